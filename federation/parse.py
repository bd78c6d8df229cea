"""Untrusted documents -> complete types. Whatever passes here is never checked for shape again.

Raises Malformed or TooLarge and nothing else, whatever comes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from federation.activities import (
    Accept,
    Activity,
    Add,
    Announce,
    Block,
    Create,
    Delete,
    Flag,
    Follow,
    Inner,
    Join,
    Like,
    Move,
    QuoteRequest,
    Reject,
    Remove,
    ReplyRequest,
    Undo,
    Unknown,
    Update,
)
from federation.errors import Malformed
from federation.gate import Document
from federation.identifiers import ActivityId, ActorId, ObjectId
from federation.objects import Actor, Note, Tombstone
from federation.parse_actor import is_actor, parse_actor
from federation.parse_note import is_note, parse_note, parse_tombstone
from federation.shapes import addressees, id_of, many, moment, required_id, text, type_of, usable_url

MAX_FLAG_OBJECTS: Final = 20
MAX_FLAG_CHARS: Final = 5_000
MAX_EMOJI_CHARS: Final = 64
#: Types that wrap something when they stand inside an Announce (FEP-1b12).
_WRAPPED: Final = frozenset(
    {"Create", "Update", "Delete", "Like", "Dislike", "Undo", "Announce", "Add", "Remove", "Flag"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peek:
    """The little that is read before a signature is checked."""

    type: str
    actor: ActorId
    object_id: str | None


def peek(document: Document) -> Peek:
    """Type, actor and object id, for decisions before any key is fetched. Raises Malformed."""
    return Peek(
        type=type_of(document),
        actor=ActorId(required_id(document, "actor")),
        object_id=id_of(document.get("object")),
    )


def _inner(document: Document) -> Inner:
    value = document.get("object")
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        actor = id_of(value.get("actor"))
        return Inner(
            id=usable_url(value.get("id")),
            type=text(value.get("type"), 50),
            actor=ActorId(actor) if actor else None,
            object=id_of(value.get("object")),
            instrument=id_of(value.get("instrument")),
        )
    return Inner(id=required_id(document, "object"))


def _object_document(document: Document) -> Document | None:
    value = document.get("object")
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) else None


def _posted(document: Document) -> Note | ObjectId | None:
    inner = _object_document(document)
    if inner is None:
        return ObjectId(required_id(document, "object"))
    return parse_note(inner) if is_note(inner) else None


def _create(document: Document, base: dict[str, Any]) -> Activity:
    posted = _posted(document)
    return Create(object=posted, **base) if posted is not None else Unknown(type="Create", **base)


def _update(document: Document, base: dict[str, Any]) -> Activity:
    inner = _object_document(document)
    if inner is not None and is_actor(inner):
        return Update(object=parse_actor(inner), **base)
    posted = _posted(document)
    return Update(object=posted, **base) if posted is not None else Unknown(type="Update", **base)


def _delete(document: Document, base: dict[str, Any]) -> Activity:
    inner = _object_document(document)
    if inner is not None and inner.get("type") == "Tombstone":
        return Delete(object=parse_tombstone(inner), **base)
    return Delete(object=ObjectId(required_id(document, "object")), **base)


def _announce(document: Document, base: dict[str, Any]) -> Activity:
    inner = _object_document(document)
    kind = inner.get("type") if inner is not None else None
    wraps = kind if isinstance(kind, str) and kind in _WRAPPED else None
    return Announce(object=ObjectId(required_id(document, "object")), wraps=wraps, **base)


def _like(document: Document, base: dict[str, Any]) -> Activity:
    emoji = text(document.get("content"), MAX_EMOJI_CHARS) or text(document.get("_misskey_reaction"), MAX_EMOJI_CHARS)
    return Like(object=ObjectId(required_id(document, "object")), emoji=emoji, **base)


def _flag(document: Document, base: dict[str, Any]) -> Activity:
    objects = [id_of(value) for value in many(document.get("object"))[:MAX_FLAG_OBJECTS]]
    found = tuple(value for value in objects if value is not None)
    if not found:
        raise Malformed("a report about nothing")
    return Flag(objects=found, content=text(document.get("content"), MAX_FLAG_CHARS) or "", **base)


def _asking(document: Document, base: dict[str, Any]) -> dict[str, Any]:
    instrument = id_of(document.get("instrument"))
    about = ObjectId(required_id(document, "object"))
    return {"object": about, "instrument": ObjectId(instrument) if instrument else None, **base}


_READERS: Final[dict[str, Callable[[Document, dict[str, Any]], Activity]]] = {
    "Follow": lambda doc, base: Follow(object=ActorId(required_id(doc, "object")), **base),
    "Accept": lambda doc, base: Accept(inner=_inner(doc), result=id_of(doc.get("result")), **base),
    "Reject": lambda doc, base: Reject(inner=_inner(doc), **base),
    "Undo": lambda doc, base: Undo(inner=_inner(doc), **base),
    "Create": _create,
    "Update": _update,
    "Delete": _delete,
    "Announce": _announce,
    "Like": _like,
    "EmojiReact": _like,
    "Block": lambda doc, base: Block(object=ActorId(required_id(doc, "object")), **base),
    "Flag": _flag,
    "Move": lambda doc, base: Move(
        object=ActorId(required_id(doc, "object")), target=ActorId(required_id(doc, "target")), **base
    ),
    "Add": lambda doc, base: Add(object=required_id(doc, "object"), target=required_id(doc, "target"), **base),
    "Remove": lambda doc, base: Remove(object=required_id(doc, "object"), target=required_id(doc, "target"), **base),
    "Join": lambda doc, base: Join(object=ObjectId(required_id(doc, "object")), **base),
    "QuoteRequest": lambda doc, base: QuoteRequest(**_asking(doc, base)),
    "ReplyRequest": lambda doc, base: ReplyRequest(**_asking(doc, base)),
}
#: Add and Remove come without an id from Mastodon; for everything else one is given, if only as a fragment.
_WITHOUT_ID: Final = frozenset({"Add", "Remove"})


def _activity_id(document: Document, kind: str) -> ActivityId | None:
    if document.get("id") is None and (kind in _WITHOUT_ID or kind not in _READERS):
        return None
    found = usable_url(document.get("id"))
    if found is None and kind in _READERS:
        raise Malformed("id is missing or unusable")
    return ActivityId(found) if found else None


def parse_activity(document: Document) -> Activity:
    """An activity; unknown types become Unknown. Raises Malformed or TooLarge."""
    kind = type_of(document)
    base: dict[str, Any] = {
        "id": _activity_id(document, kind),
        "actor": ActorId(required_id(document, "actor")),
        "to": addressees(document, "to", "bto"),
        "cc": addressees(document, "cc", "bcc"),
        "published": moment(document.get("published")),
    }
    reader = _READERS.get(kind)
    return reader(document, base) if reader is not None else Unknown(type=kind, **base)


def parse_object(document: Document) -> Note | Actor | Tombstone | Activity:
    """Whatever stands at an id: a post, an actor, a tombstone or an activity. Raises Malformed."""
    if is_note(document):
        return parse_note(document)
    if is_actor(document):
        return parse_actor(document)
    if document.get("type") == "Tombstone":
        return parse_tombstone(document)
    return parse_activity(document)
