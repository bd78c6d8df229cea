"""Posts of every type that people write, read as a Note."""

from __future__ import annotations

from typing import Any, Final

from federation.errors import Malformed
from federation.gate import Document
from federation.identifiers import ActorId, ObjectId
from federation.objects import NOTE_TYPES, Attachment, Hashtag, Mention, Note, Poll, PollOption, Tombstone
from federation.parse_event import parse_occasion
from federation.shapes import (
    addressees,
    id_of,
    integer,
    language_map,
    many,
    moment,
    required_id,
    text,
    type_of,
    usable_url,
)

MAX_CONTENT: Final = 400_000
MAX_SUMMARY, MAX_NAME, MAX_ALT = 2_000, 500, 1_500
MAX_ATTACHMENTS, MAX_TAGS, MAX_OPTIONS = 16, 200, 20
MAX_SIDE: Final = 100_000
MAX_COUNT: Final = 2**53
#: A reply's `inReplyTo` may be one id only; lists of several were never meant by anybody.
_PICTURE_TYPES: Final = frozenset({"Document", "Image", "Video", "Audio"})


def is_note(document: Document) -> bool:
    """True for anything that we read as a post."""
    return isinstance(document.get("type"), str) and document["type"] in NOTE_TYPES


def _focus(value: object) -> tuple[float, float] | None:
    if isinstance(value, list) and len(value) == 2 and all(isinstance(n, (int, float)) and -1 <= n <= 1 for n in value):
        return float(value[0]), float(value[1])
    return None


def _attachment(value: Any) -> Attachment | None:
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in _PICTURE_TYPES:
        return None
    links = [one.get("href") if isinstance(one, dict) else one for one in many(value.get("url"))[:4]]
    url = next((found for found in map(usable_url, links) if found is not None), None)
    if url is None:
        return None
    blurhash = value.get("blurhash")
    return Attachment(
        url=url,
        media_type=text(value.get("mediaType"), 100) or "application/octet-stream",
        alt=text(value.get("summary"), MAX_ALT) or text(value.get("name"), MAX_ALT) or "",
        width=integer(value.get("width"), 1, MAX_SIDE),
        height=integer(value.get("height"), 1, MAX_SIDE),
        blurhash=blurhash if isinstance(blurhash, str) and 6 <= len(blurhash) <= 100 and blurhash.isascii() else None,
        focus=_focus(value.get("focalPoint")),
    )


def _tags(document: Document) -> tuple[tuple[Mention, ...], tuple[Hashtag, ...]]:
    mentions, hashtags = [], []
    for value in many(document.get("tag"))[:MAX_TAGS]:
        if not isinstance(value, dict):
            continue
        href, name = usable_url(value.get("href")), text(value.get("name"), 320)
        if value.get("type") == "Mention" and href is not None:
            mentions.append(Mention(href=ActorId(href), name=name or ""))
        elif value.get("type") == "Hashtag" and name:
            hashtags.append(Hashtag(name=name, href=href or ""))
    return tuple(mentions), tuple(hashtags)


def _option(value: Any) -> PollOption | None:
    name = text(value.get("name"), MAX_NAME) if isinstance(value, dict) else None
    if name is None:
        return None
    replies = value.get("replies")
    votes = integer(replies.get("totalItems"), 0, MAX_COUNT) if isinstance(replies, dict) else None
    return PollOption(name=name, votes=votes or 0)


def _poll(document: Document) -> Poll | None:
    key = "oneOf" if "oneOf" in document else "anyOf"
    options = tuple(found for found in map(_option, many(document.get(key))[:MAX_OPTIONS]) if found is not None)
    if document.get("type") != "Question" or not options:
        return None
    closed = moment(document.get("closed"))
    return Poll(
        options=options,
        multiple=key == "anyOf",
        ends=moment(document.get("endTime")) or closed,
        closed=closed,
        voters=integer(document.get("votersCount"), 0, MAX_COUNT),
    )


def _total(value: object) -> int | None:
    return integer(value.get("totalItems"), 0, MAX_COUNT) if isinstance(value, dict) else None


def _words(document: Document, key: str, limit: int) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """A text and its language map; without the text the map's first entry stands for it."""
    plain, mapped = text(document.get(key), limit), language_map(document.get(f"{key}Map"), limit)
    return (mapped[0][1] if plain is None and mapped else plain), mapped


def _can_quote(document: Document) -> tuple[str, ...] | None:
    policy = document.get("interactionPolicy")
    quote = policy.get("canQuote") if isinstance(policy, dict) else None
    return addressees(quote, "automaticApproval") if isinstance(quote, dict) else None


def parse_note(document: Document) -> Note:
    """A post with its author. Raises Malformed."""
    if not is_note(document):
        raise Malformed("not a post")
    mentions, hashtags = _tags(document)
    content, content_map = _words(document, "content", MAX_CONTENT)
    summary, summary_map = _words(document, "summary", MAX_SUMMARY)
    name, name_map = _words(document, "name", MAX_NAME)
    parent, quote = id_of(document.get("inReplyTo")), _quote(document)
    attachments = map(_attachment, many(document.get("attachment"))[:MAX_ATTACHMENTS])
    return Note(
        id=ObjectId(required_id(document, "id")),
        type=type_of(document),
        attributed_to=ActorId(required_id(document, "attributedTo")),
        to=addressees(document, "to", "bto"),
        cc=addressees(document, "cc", "bcc"),
        content=content or "",
        content_map=content_map,
        summary=summary or None,
        summary_map=summary_map,
        name=name,
        name_map=name_map,
        url=_page(document),
        in_reply_to=ObjectId(parent) if parent else None,
        published=moment(document.get("published")),
        updated=moment(document.get("updated")),
        sensitive=document.get("sensitive") is True,
        attachments=tuple(found for found in attachments if found is not None),
        mentions=mentions,
        hashtags=hashtags,
        poll=_poll(document),
        quote=ObjectId(quote) if quote else None,
        context=id_of(document.get("context")),
        conversation=text(document.get("conversation"), 2_048),
        replies=id_of(document.get("replies")),
        likes=id_of(document.get("likes")),
        shares=id_of(document.get("shares")),
        replies_total=_total(document.get("replies")),
        likes_total=_total(document.get("likes")),
        shares_total=_total(document.get("shares")),
        can_quote=_can_quote(document),
        occasion=parse_occasion(document) if document.get("type") == "Event" else None,
    )


def _quote(document: Document) -> str | None:
    keys = ("quote", "quoteUri", "quoteUrl", "_misskey_quote")
    return next((found for found in (id_of(document.get(key)) for key in keys) if found is not None), None)


def _page(document: Document) -> str | None:
    """The page of a post: a string, or the first link to HTML."""
    links = many(document.get("url"))[:8]
    pages = [one for one in links if not isinstance(one, dict) or one.get("mediaType") in (None, "text/html")]
    hrefs = [one.get("href") if isinstance(one, dict) else one for one in pages]
    return next((found for found in map(usable_url, hrefs) if found is not None), None)


def parse_tombstone(document: Document) -> Tombstone:
    """What stands where a post was. Raises Malformed."""
    return Tombstone(
        id=ObjectId(required_id(document, "id")),
        former_type=text(document.get("formerType"), 50) or "Note",
        deleted=moment(document.get("deleted")),
    )
