"""Writing, answering and editing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from federation.errors import FederationError
from server.base.errors import AppError, Invalid, NotFound
from server.base.pictures import MAX_BYTES
from server.base.words import marked
from server.features.access.model import Act, SignedIn
from server.features.posts.limits import MAX_PICTURES, MAX_TEXT_CHARS
from server.features.posts.model import Audience, Draft, DraftMedia, Picture, Post
from server.features.reviews.model import ReviewWanted
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.documents import find_post
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import signed_in

AUDIENCES: Final = (
    (Audience.PUBLIC, "Everybody"),
    (Audience.UNLISTED, "Everybody, but not in lists"),
    (Audience.FOLLOWERS, "Followers only"),
    (Audience.DIRECT, "Only the people named in the text"),
)
LANGUAGES: Final = (
    ("en", "English"), ("fr", "Français"), ("de", "Deutsch"), ("es", "Español"), ("it", "Italiano"), ("pt", "Português"),
    ("ar", "العربية"), ("fa", "فارسی"), ("ps", "پښتو"), ("ti", "ትግርኛ"), ("tr", "Türkçe"), ("uk", "Українська"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """What the form starts from."""

    draft: Draft
    pictures: tuple[Picture, ...] = ()
    answering: str = ""
    answering_words: str = ""


async def _blank(request: Request) -> Blank:
    language = house_of(request).actors.campaign().language
    uri = request.query_params.get("reply_to", "")
    if not uri:
        return Blank(draft=Draft(text="", language=language))
    if house_of(request).addresses.is_local(uri):
        return Blank(draft=Draft(text="", language=language, in_reply_to=uri), answering=uri)
    post, author = await house_of(request).remote.post(uri)
    audience = {"public": Audience.PUBLIC, "unlisted": Audience.UNLISTED}.get(post.visibility, Audience.DIRECT)
    draft = Draft(
        text=f"@{author.handle} ",
        language=post.language or language,
        warning=post.warning,
        audience=audience,
        in_reply_to=post.uri,
    )
    return Blank(draft=draft, answering=post.uri, answering_words=post.html)


async def _form(
    request: Request, who: SignedIn, blank: Blank, *, error: str = "", editing: str = "", status: int = 200
) -> Response:
    languages = list(LANGUAGES)
    if blank.draft.language not in {code for code, _ in languages}:
        languages.insert(0, (blank.draft.language, blank.draft.language))
    return await screen(
        request,
        who,
        "write.html",
        here="write",
        status=status,
        blank=blank,
        audiences=AUDIENCES,
        languages=languages,
        error=error,
        editing=editing,
        max_chars=MAX_TEXT_CHARS,
        key=house_of(request).random(12).hex(),
        slots=range(1, MAX_PICTURES - len(blank.pictures) + 1),
    )


async def show(request: Request) -> Response:
    """An empty form, or an answer to something."""
    who = await signed_in(request)
    who.who.must(Act.WRITE)
    return await _form(request, who, await _blank(request))


async def _pictures(request: Request, form: FormData, who: SignedIn) -> tuple[DraftMedia, ...]:
    """Pictures kept and pictures added; each is redrawn before anything else happens."""
    house_of(request).publishing.must_publish(who.who)
    kept = [
        DraftMedia(public_id=name, alt=text_field(form, f"alt-{name}").strip())
        for name in form.getlist("keep")
        if isinstance(name, str)
    ]
    for number in range(1, MAX_PICTURES + 1):
        upload = form.get(f"picture{number}")
        if not isinstance(upload, UploadFile) or not upload.filename:
            continue
        data = await upload.read(MAX_BYTES + 1)
        if not data:
            continue
        item = await house_of(request).media.add(data)
        kept.append(DraftMedia(public_id=item.public_id, alt=text_field(form, f"alt{number}").strip()))
    if len(kept) > MAX_PICTURES:
        raise Invalid("A post has at most %(max)s pictures.", max=MAX_PICTURES)
    return tuple(kept)


def _audience(form: FormData) -> Audience:
    """Never guessed: words for a few would be published to everybody."""
    try:
        return Audience(text_field(form, "audience"))
    except ValueError:
        raise Invalid("Choose who sees it.") from None


def _draft(form: FormData) -> Draft:
    return Draft(
        text=text_field(form, "text").strip(),
        language=text_field(form, "language"),
        warning=text_field(form, "warning").strip(),
        sensitive="sensitive" in form,
        audience=_audience(form),
        in_reply_to=text_field(form, "in_reply_to") or None,
    )


async def publish(request: Request) -> Response:
    """Publish: nothing remote is waited for."""
    async with desk_form(request) as (form, who):
        draft = _draft(form)
        try:
            if draft.in_reply_to and not house_of(request).addresses.is_local(draft.in_reply_to):
                await house_of(request).remote.post(draft.in_reply_to)
            draft = replace(draft, media=await _pictures(request, form, who))
            key = text_field(form, "key") or None
            await house_of(request).publishing.submit(who.who, draft, key)
        except ReviewWanted:
            return back("/desk/reviews", "asked")
        except (AppError, FederationError) as error:
            words = str(error) if isinstance(error, AppError) else marked("The post that this answers cannot be found.")
            blank = Blank(draft=draft, answering=draft.in_reply_to or "")
            status = error.status if isinstance(error, AppError) else 422
            return await _form(request, who, blank, error=words, status=status)
    return back("/desk/posts", "published")


def _of(post: Post) -> Blank:
    media = tuple(DraftMedia(public_id=one.public_id, alt=one.alt) for one in post.pictures)
    draft = Draft(
        text=post.main.source,
        language=post.language,
        warning=post.main.warning,
        sensitive=post.sensitive,
        audience=post.audience,
        media=media,
    )
    return Blank(draft=draft, pictures=post.pictures)


async def show_edit(request: Request) -> Response:
    """The form of a post that stands."""
    who = await signed_in(request)
    post = await find_post(request, request.path_params["public_id"])
    if post.deleted_at:
        raise NotFound("This post was deleted.")
    return await _form(request, who, _of(post), editing=post.public_id)


async def edit(request: Request) -> Response:
    """Replace the words of a post."""
    public_id = request.path_params["public_id"]
    async with desk_form(request) as (form, who):
        draft = _draft(form)
        try:
            draft = replace(draft, media=await _pictures(request, form, who))
            await house_of(request).publishing.edit(who.who, public_id, draft)
        except ReviewWanted:
            return back("/desk/reviews", "asked")
        except AppError as error:
            pictures = (await find_post(request, public_id)).pictures
            blank = Blank(draft=draft, pictures=pictures)
            return await _form(request, who, blank, error=str(error), editing=public_id, status=error.status)
    return back("/desk/posts", "edited")


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/desk/write", show, methods=["GET"]),
        Route("/desk/write", publish, methods=["POST"]),
        Route("/desk/posts/{public_id}/edit", show_edit, methods=["GET"]),
        Route("/desk/posts/{public_id}/edit", edit, methods=["POST"]),
    ]
