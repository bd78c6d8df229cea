"""Posts of strangers made safe and believable, before any transaction."""

from __future__ import annotations

from datetime import datetime

from federation.objects import Actor, Note, Occasion
from server.base.safe_html import TooLongError, clean_name, clean_remote_async
from server.base.timestamps import clamped, to_text
from server.features.remote.model import CleanPost

MAX_ATTACHMENTS_KEPT = 4
MAX_BIO_CHARS = 5_000


async def clean_post(note: Note, followers_uri: str | None, now: datetime) -> CleanPost:
    """A post ready to be stored. What is too long to clean keeps no words, only its address."""
    try:
        html = await clean_remote_async(_html(note))
    except TooLongError:
        html = ""
    published = clamped(note.published, now)
    edited = clamped(note.updated, now) if note.updated and note.updated > published else None
    return CleanPost(
        uri=note.id,
        author=note.attributed_to,
        url=note.url or note.id,
        type=note.type,
        in_reply_to=note.in_reply_to,
        context=note.context,
        visibility=note.visibility(followers_uri).value,
        language=note.language,
        warning=clean_name(note.summary or "", 300) if note.type in {"Note", "Question"} else "",
        html=html,
        sensitive=note.sensitive,
        attachments=tuple((one.url, one.media_type, clean_name(one.alt, 1500)) for one in note.attachments)[
            :MAX_ATTACHMENTS_KEPT
        ],
        published_at=to_text(published),
        edited_at=to_text(edited) if edited else None,
        mentions=tuple(mention.href for mention in note.mentions),
        addressed=(*note.to, *note.cc),
        vote=note.name if note.is_vote else None,
        quote=note.quote,
    )


def _html(note: Note) -> str:
    """The words to show: a title before the content, as Mastodon converts other types."""
    if note.name and note.type != "Note":
        title = _escaped(clean_name(note.name, 200))
        return f"<p><strong>{title}</strong></p>{_when_and_where(note)}{note.content or note.summary or ''}"
    return note.content


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _when_and_where(note: Note) -> str:
    """Of an Event: its content seldom says when and where it is. Mobilizon and Gancio say it in `summary`, in words."""
    if note.occasion is None:
        return ""
    words = note.summary if note.content and note.summary else _escaped(_told(note.occasion))
    return f"<p>{words}</p>" if words and words not in note.content else ""


def _told(occasion: Occasion) -> str:
    times = [f"{one:%Y-%m-%d %H:%M}" for one in (occasion.start, occasion.end) if one is not None]
    place = clean_name(occasion.place.name, 200) if occasion.place else ""
    return " — ".join(part for part in (" \u2013 ".join(times), place) if part)


async def clean_profile(actor: Actor) -> tuple[str, str]:
    """Name and bio of an actor, fit to show."""
    try:
        bio = await clean_remote_async(actor.summary[:MAX_BIO_CHARS])
    except TooLongError:
        bio = ""
    return clean_name(actor.name), bio
