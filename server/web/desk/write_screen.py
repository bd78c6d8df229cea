"""Writing, answering, editing and correcting: each form is a draft, kept before anything else is done with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from server.base.errors import AppError, Conflict, Gone, Misfilled, NotFound
from server.base.timestamps import to_text
from server.base.words import marked
from server.features.access.model import Act, SignedIn
from server.features.posts.model import Audience, Draft, KeptDraft, Post
from server.features.publishing.correcting import as_correction
from server.features.publishing.writing import ChangedMeanwhile
from server.web.desk.call_form import Refused, read_hours, read_words
from server.web.desk.draft_form import Sheet, add_pictures, kept_pictures, number_field, read_draft, read_end, show_form
from server.web.desk.forget_screen import forgotten
from server.web.desk.screen import back, desk_form
from server.web.shared.documents import find_post
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import signed_in

MAX_KEY_CHARS: Final = 200
GONE: Final = marked(
    "This draft was published or thrown away meanwhile. Your words are kept as a new draft; look before you publish them."
)
CHANGED: Final = marked(
    "Somebody else has changed this draft meanwhile. These are your words; open the draft in another tab to see theirs."
    " Saving again puts yours in their place."
)


async def _blank(request: Request) -> Sheet:
    house = house_of(request)
    language, uri = house.actors.campaign().language, request.query_params.get("reply_to", "")
    if not uri:
        return Sheet(draft=Draft(text="", language=language))
    if house.addresses.is_local(uri):
        local = house.addresses.local(uri)
        ours = await find_post(request, local.public_id if local else "")
        uri = house.addresses.post(house.actors.by_id(ours.actor_id).handle, ours.public_id)
        draft = Draft(text="", language=ours.language, audience=ours.audience, in_reply_to=uri)
        return Sheet(draft=replace(draft, warning=ours.main.warning), answering_words=ours.main.html)
    post, author = await house.remote.post(uri)
    audience = {"public": Audience.PUBLIC, "unlisted": Audience.UNLISTED}.get(post.visibility, Audience.DIRECT)
    draft = Draft(
        text=f"@{author.handle} ",
        language=post.language or language,
        warning=post.warning,
        audience=audience,
        in_reply_to=post.uri,
    )
    return Sheet(draft=draft, answering_words=post.html)


async def show(request: Request) -> Response:
    """An empty form, or an answer to something."""
    who = await signed_in(request)
    who.who.must(Act.WRITE)
    return await show_form(request, who, await _blank(request))


async def _standing(request: Request) -> Post:
    post = await find_post(request, request.path_params["public_id"])
    if post.deleted_at:
        raise Gone("This post was deleted.")
    return post


def _edit(post: Post) -> Sheet:
    return Sheet(draft=post.as_draft(), action=f"/desk/posts/{post.public_id}/edit", edits=post.public_id)


def _correction(post: Post) -> Sheet:
    draft = as_correction(post.as_draft(), "")
    return Sheet(draft=draft, action=f"/desk/posts/{post.public_id}/correct", edits=post.public_id)


async def show_edit(request: Request) -> Response:
    """The form of a post that stands."""
    who = await signed_in(request)
    who.who.must(Act.WRITE)
    return await show_form(request, who, _edit(await _standing(request)))


async def show_correction(request: Request) -> Response:
    """The form that puts a post right."""
    who = await signed_in(request)
    who.who.must(Act.WRITE)
    return await show_form(request, who, _correction(await _standing(request)))


async def write(request: Request) -> Response:
    """What an empty form or an answer became."""
    async with desk_form(request) as (form, who):
        language = house_of(request).actors.campaign().language
        return await taken(request, form, who, Sheet(draft=Draft(text="", language=language)))


async def edit(request: Request) -> Response:
    """New words for a post that stands."""
    async with desk_form(request) as (form, who):
        return await taken(request, form, who, _edit(await _standing(request)))


async def correct(request: Request) -> Response:
    """New words for a post that stands, and what was wrong."""
    async with desk_form(request) as (form, who):
        return await taken(request, form, who, _correction(await _standing(request)))


async def show_draft(request: Request) -> Response:
    """The form of a draft."""
    who = await signed_in(request)
    kept = await house_of(request).drafting.draft(who.who, request.path_params["name"])
    return await show_form(request, who, Sheet.of(kept))


async def write_on(request: Request) -> Response:
    """The next words of a draft."""
    async with desk_form(request) as (form, who):
        try:
            sheet = Sheet.of(await house_of(request).drafting.draft(who.who, request.path_params["name"]))
        except NotFound:
            return await _after_it_is_gone(request, form, who)
        return await taken(request, form, who, sheet)


async def _after_it_is_gone(request: Request, form: FormData, who: SignedIn) -> Response:
    """Sent twice, or written on while somebody published it: nothing is lost and nothing is said twice."""
    if await _was_published(request, form, who):
        return back("/desk/posts", "published")
    campaign = house_of(request).actors.campaign()
    blank = Draft(text="", language=campaign.language)
    draft = read_words(form, read_draft(form, blank, new="audience" in form), campaign.time_zone)
    draft = read_hours(form, replace(draft, media=kept_pictures(form)))
    kept = await house_of(request).drafting.keep(who.who, draft, edits=text_field(form, "edits") or None)
    return await show_form(request, who, Sheet.of(kept), error=GONE, status=Conflict.status)


async def _was_published(request: Request, form: FormData, who: SignedIn) -> bool:
    key = text_field(form, "key")
    doing = text_field(form, "do", "publish")
    return bool(key) and doing == "publish" and await house_of(request).drafting.published(who.who, key) is not None


async def taken(request: Request, form: FormData, who: SignedIn, sheet: Sheet) -> Response:
    """Keep the draft, then do what was asked; whatever goes wrong, the form comes back with its words."""
    who.who.must(Act.WRITE)
    if await _was_published(request, form, who):
        return back("/desk/posts", "published")
    zone = house_of(request).actors.campaign().time_zone
    draft = read_words(form, read_draft(form, sheet.draft, new=not sheet.edits), zone)
    draft = replace(draft, media=kept_pictures(form))
    sheet = replace(sheet, draft=draft, version=text_field(form, "version"))
    try:
        draft = read_end(form, draft, zone)
        draft = read_hours(form, draft)
        sheet = replace(sheet, draft=draft)
        draft = await add_pictures(request, form, who, draft)
        kept = await kept_as(request, form, who, sheet, draft)
        sheet = Sheet.of(kept)
        return await _done(request, form, who, kept)
    except AppError as error:
        if await _was_published(request, form, who):
            return back("/desk/posts", "published")
        words = str(error)
        if isinstance(error, ChangedMeanwhile):
            sheet = await looked_again(request, sheet)
        elif isinstance(error, Conflict) and sheet.kept is not None and sheet.version != str(sheet.kept.version):
            sheet, words = replace(sheet, version=str(sheet.kept.version)), CHANGED
        # The draft of this key says something else by now: saving again keeps these words beside it.
        other = isinstance(error, Conflict) and sheet.kept is None
        key = "" if other else text_field(form, "key")
        refused = None
        if isinstance(error, Misfilled):
            refused = Refused(error=error, at=to_text(house_of(request).clock()), typed=form)
        return await show_form(request, who, sheet, error=words, status=error.status, key=key, refused=refused)


async def looked_again(request: Request, sheet: Sheet) -> Sheet:
    """The form after it was said that the post was changed: the next time it is their choice."""
    now = await find_post(request, sheet.edits)
    return replace(sheet, draft=replace(sheet.draft, base=now.base))


async def kept_as(
    request: Request, form: FormData, who: SignedIn, sheet: Sheet, draft: Draft, *, by_itself: bool = False
) -> KeptDraft:
    """The draft of this form, kept. Raises Conflict if it is of an earlier version."""
    return await house_of(request).drafting.keep(
        who.who,
        draft,
        name=sheet.kept.public_id if sheet.kept else None,
        version=number_field(form, "version"),
        edits=sheet.edits or None,
        key=text_field(form, "key")[:MAX_KEY_CHARS] or None,
        by_itself=by_itself,
    )


async def _done(request: Request, form: FormData, who: SignedIn, kept: KeptDraft) -> Response:
    match text_field(form, "do", "publish"):
        case "publish":
            return await published(request, who, kept, text_field(form, "key") or None)
        case "preview":
            return RedirectResponse(f"/desk/drafts/{kept.public_id}/preview", 303)
        case "schedule":
            return RedirectResponse(f"/desk/drafts/{kept.public_id}/schedule", 303)
        case _:
            return back(f"/desk/drafts/{kept.public_id}", "kept")


async def published(request: Request, who: SignedIn, kept: KeptDraft, key: str | None) -> Response:
    """Publish a draft that is kept, or let it wait for a second pair of eyes."""
    house = house_of(request)
    draft = kept.draft if kept.edits else await house.previewing.complete(who.who, kept.draft)
    if draft != kept.draft:
        kept = await house.drafting.keep(who.who, draft, name=kept.public_id, version=kept.version)
    post = await house.drafting.publish(who.who, kept.public_id, version=kept.version, key=key)
    if post is None:
        return back("/desk/reviews", "asked")
    if not kept.edits:
        return back("/desk/posts", "published")
    if draft.forget and draft.correction is None:
        return forgotten(post, "edited-forgotten")
    return back("/desk/posts", "edited" if draft.correction is None else "corrected")


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/desk/write", show, methods=["GET"]),
        Route("/desk/write", write, methods=["POST"]),
        Route("/desk/posts/{public_id}/edit", show_edit, methods=["GET"]),
        Route("/desk/posts/{public_id}/edit", edit, methods=["POST"]),
        Route("/desk/posts/{public_id}/correct", show_correction, methods=["GET"]),
        Route("/desk/posts/{public_id}/correct", correct, methods=["POST"]),
        Route("/desk/drafts/{name}", show_draft, methods=["GET"]),
        Route("/desk/drafts/{name}", write_on, methods=["POST"]),
    ]
