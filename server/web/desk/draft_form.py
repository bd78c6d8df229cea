"""The form of a draft: its choices, and what comes back from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from server.base.errors import Invalid, NotFound
from server.base.local_time import Clocks
from server.base.pictures import MAX_BYTES
from server.base.words import marked
from server.features.access.model import Act, SignedIn
from server.features.media.model import MediaItem
from server.features.posts.limits import MAX_PICTURES, MAX_POLL_OPTIONS, MAX_TEXT_CHARS
from server.features.posts.model import Audience, Draft, DraftMedia, DraftPoll, KeptDraft, Kind, ReplyPolicy
from server.web.desk import call_form
from server.web.desk.call_form import Refused
from server.web.desk.screen import screen
from server.web.shared.request import house_of, number_of, text_field

AUDIENCES: Final = (
    (Audience.PUBLIC, "Everybody"),
    (Audience.UNLISTED, "Everybody, but not in lists"),
    (Audience.FOLLOWERS, "Followers only"),
    (Audience.DIRECT, "Only the people named in the text"),
)
REPLIES: Final = (
    (ReplyPolicy.OPEN, "Everybody"),
    (ReplyPolicy.KNOWN, "Followers, people we follow and allies; others wait"),
    (ReplyPolicy.APPROVAL, "Each reply waits for our approval"),
    (ReplyPolicy.CLOSED, "Nobody"),
)
QUOTES: Final = (
    (ReplyPolicy.OPEN, "Everybody"),
    (ReplyPolicy.KNOWN, "Followers, people we follow and allies"),
    (ReplyPolicy.APPROVAL, "Whoever asks us and gets our consent"),
    (ReplyPolicy.CLOSED, "Nobody but us"),
)
POLL_SECONDS: Final = (
    (3_600, "1 hour"),
    (6 * 3_600, "6 hours"),
    (86_400, "1 day"),
    (3 * 86_400, "3 days"),
    (7 * 86_400, "1 week"),
    (30 * 86_400, "30 days"),
)
#: Numbers of versions, minutes and the like are small.
MAX_FIELD_DIGITS: Final = 9
ENDS: Final = ((1, "After 1 day"), (7, "After 1 week"), (30, "After 30 days"))
MAX_BASE_CHARS: Final = 64
LANGUAGES: Final = (
    ("en", "English"), ("fr", "Français"), ("de", "Deutsch"), ("es", "Español"), ("it", "Italiano"), ("pt", "Português"),
    ("ar", "العربية"), ("fa", "فارسی"), ("ps", "پښتو"), ("ti", "ትግርኛ"), ("tr", "Türkçe"), ("uk", "Українська"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What the form starts from; `action` is where it goes. `edits` is the public id of the post whose next words these are.

    `version` is the one that its words grew from: it stays through a refusal, or somebody else's change would be overwritten.
    """

    draft: Draft
    action: str = "/desk/write"
    edits: str = ""
    kept: KeptDraft | None = None
    version: str = ""
    answering_words: str = ""

    @classmethod
    def of(cls, kept: KeptDraft) -> Sheet:
        """The form of a draft that is kept."""
        return cls(
            draft=kept.draft,
            action=f"/desk/drafts/{kept.public_id}",
            edits=kept.edits or "",
            kept=kept,
            version=str(kept.version),
        )


async def pictures_of(request: Request, draft: Draft) -> list[tuple[MediaItem, str]]:
    """The pictures of a draft that are still here, each with its words."""
    found = []
    for one in draft.media:
        try:
            found.append((await house_of(request).media.get(one.public_id), one.alt))
        except NotFound:
            continue  # publishing says it
    return found


async def show_form(
    request: Request,
    who: SignedIn,
    sheet: Sheet,
    *,
    error: str = "",
    status: int = 200,
    key: str = "",
    refused: Refused | None = None,
) -> Response:
    """The form."""
    house, draft = house_of(request), sheet.draft
    zone = house.actors.campaign().time_zone
    languages = list(LANGUAGES)
    if draft.language not in {code for code, _ in languages}:
        languages.insert(0, (draft.language, draft.language))
    pictures = await pictures_of(request, draft)
    return await screen(
        request,
        who,
        "call.html" if draft.call is not None else "write.html",
        here="write",
        status=status,
        sheet=sheet,
        draft=draft,
        error=error,
        pictures=pictures,
        slots=range(1, MAX_PICTURES - len(pictures) + 1),
        audiences=AUDIENCES,
        replies=REPLIES,
        quotes=QUOTES,
        languages=languages,
        poll_seconds=_with(POLL_SECONDS, draft.poll.seconds if draft.poll else None),
        poll_options=[*(draft.poll.options if draft.poll else ()), *[""] * MAX_POLL_OPTIONS][:MAX_POLL_OPTIONS],
        deletions=_with(ENDS, draft.expires_days),
        ends_on=Clocks(zone=zone).wall(draft.expires_at) if draft.expires_at else "",
        max_chars=MAX_TEXT_CHARS,
        key=key or house.random(12).hex(),
        **call_form.values(draft, refused),
    )


def _with(choices: tuple[tuple[int, str], ...], chosen: int | None) -> list[tuple[int, str]]:
    """The choices, and, without words, the one that was made elsewhere."""
    if chosen is None or chosen in {value for value, _ in choices}:
        return list(choices)
    return [*choices, (chosen, "")]


def _choice(form: FormData, name: str, kind: Any, otherwise: Any, words: str) -> Any:
    """One of the members of an enumeration; never guessed from something else."""
    text = text_field(form, name)
    if not text and otherwise is not None:
        return otherwise
    try:
        return kind(text)
    except ValueError:
        raise Invalid(words) from None


def number_field(form: FormData, name: str) -> int | None:
    """A whole number, or None for anything else."""
    return number_of(text_field(form, name), MAX_FIELD_DIGITS)


def _poll(form: FormData) -> DraftPoll | None:
    options = [text_field(form, f"poll{number}").strip() for number in range(1, MAX_POLL_OPTIONS + 1)]
    if not any(options):
        return None
    return DraftPoll(
        options=tuple(option for option in options if option),
        seconds=number_field(form, "poll_seconds") or 86_400,
        multiple="poll_multiple" in form,
    )


def read_draft(form: FormData, before: Draft, *, new: bool) -> Draft:
    """What the form says, on top of what it does not show. Only a new post has a choice of audience, poll and quote."""
    draft = replace(
        before,
        text=text_field(form, "text").strip(),
        language=text_field(form, "language"),
        warning=text_field(form, "warning").strip(),
        sensitive="sensitive" in form,
        reply_policy=_choice(form, "reply_policy", ReplyPolicy, before.reply_policy, marked("Choose who may reply.")),
        quote_policy=_choice(
            form, "quote_policy", ReplyPolicy, before.quote_policy, marked("Choose who may quote it.")
        ),
    )
    if "base" in form:
        draft = replace(draft, base=text_field(form, "base")[:MAX_BASE_CHARS], forget="forget" in form)
    if "translating" in form:
        draft = replace(draft, own_notes="own_notes" in form, minor="minor" in form)
    if "correction" in form:
        draft = replace(draft, kind=Kind.CORRECTION, correction=text_field(form, "correction").strip())
    if not new:
        return draft
    return replace(
        draft,
        audience=_choice(form, "audience", Audience, None, marked("Choose who sees it.")),
        in_reply_to=text_field(form, "in_reply_to") or before.in_reply_to,
        poll=_poll(form),
        quote=text_field(form, "quote").strip() or None,
    )


def read_end(form: FormData, draft: Draft, zone: str) -> Draft:
    """The draft with the time at which its post is deleted. Raises Invalid."""
    if "ends" not in form:
        return draft
    if text_field(form, "ends") == "on":
        at = Clocks(zone=zone).exact(text_field(form, "ends_on"), second=False)
        return replace(draft, expires_at=at, expires_days=None)
    return replace(draft, expires_at=None, expires_days=number_field(form, "ends"))


def kept_pictures(form: FormData) -> tuple[DraftMedia, ...]:
    """The pictures that the draft had and keeps, in their order, with their words as the form has them."""
    return tuple(
        DraftMedia(public_id=name, alt=text_field(form, f"alt-{name}").strip())
        for name in form.getlist("keep")
        if isinstance(name, str)
    )


async def add_pictures(request: Request, form: FormData, who: SignedIn, draft: Draft) -> Draft:
    """The draft with the pictures that came with the form; each is redrawn before anything else happens."""
    who.who.must(Act.WRITE)
    media = list(draft.media)
    for number in range(1, MAX_PICTURES + 1):
        upload = form.get(f"picture{number}")
        if not isinstance(upload, UploadFile) or not upload.filename:
            continue
        data = await upload.read(MAX_BYTES + 1)
        if not data:
            continue
        if len(media) >= MAX_PICTURES:
            raise Invalid("A post has at most %(max)s pictures.", max=MAX_PICTURES)
        item = await house_of(request).media.add(data)
        media.append(DraftMedia(public_id=item.public_id, alt=text_field(form, f"alt{number}").strip()))
    return replace(draft, media=tuple(media))
