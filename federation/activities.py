"""What actors do. One union, `Activity`; whoever dispatches matches every member (mypy checks it).

`id` is None where senders leave it out (Mastodon's Add and Remove). `object` of Accept, Reject and Undo may come embedded or as
a bare id: `Inner` holds what there was. Embedded copies of others' things are hints, never believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from federation.identifiers import ActivityId, ActorId, ObjectId
from federation.objects import Actor, Event, Note, Tombstone

__all__ = [
    "Accept",
    "Activity",
    "Add",
    "Announce",
    "Block",
    "Create",
    "Delete",
    "Flag",
    "Follow",
    "Ignore",
    "Inner",
    "Join",
    "Like",
    "Move",
    "QuoteRequest",
    "Reject",
    "Remove",
    "ReplyRequest",
    "Undo",
    "Unknown",
    "Update",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    id: ActivityId | None
    actor: ActorId
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    published: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """The activity that another one answers or takes back: all of it when embedded, only the id when not."""

    id: str | None
    type: str | None = None
    actor: ActorId | None = None
    object: str | None = None
    instrument: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow(_Base):
    """`actor` wants to follow `object`."""

    object: ActorId


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept(_Base):
    """Yes to a Follow, or to a quote or reply that needs consent; `result` is its stamp."""

    inner: Inner
    result: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject(_Base):
    """No to a Follow or a QuoteRequest, also later: a follower removed."""

    inner: Inner


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo(_Base):
    """Takes back an own Follow, Like, Announce, Block or Accept."""

    inner: Inner


@dataclass(frozen=True, slots=True, kw_only=True)
class Create(_Base):
    """A new post; a bare id where the sender embeds nothing (private posts of some servers)."""

    object: Note | Event | ObjectId


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(_Base):
    """An edited post or profile, whole; a bare id asks to fetch it."""

    object: Note | Event | Actor | ObjectId


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete(_Base):
    """A post, or the actor itself, is gone."""

    object: ObjectId | Tombstone

    @property
    def object_id(self) -> ObjectId:
        """The id of what is gone, however it was written."""
        return self.object.id if isinstance(self.object, Tombstone) else self.object


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce(_Base):
    """A boost. `wraps` is the type of an embedded activity (FEP-1b12 groups) and None for a plain boost."""

    object: ObjectId
    wraps: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Like(_Base):
    """A like; with `emoji` for Misskey's and Pleroma's reactions (EmojiReact is read as this)."""

    object: ObjectId
    emoji: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(_Base):
    """`actor` wants to have nothing to do with `object`."""

    object: ActorId


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(_Base):
    """A report about an actor and its posts, in plain text."""

    objects: tuple[str, ...]
    content: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(_Base):
    """`object` (the actor itself) goes on as `target`."""

    object: ActorId
    target: ActorId


@dataclass(frozen=True, slots=True, kw_only=True)
class Add(_Base):
    """`object` enters the collection `target` (a pin)."""

    object: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove(_Base):
    """`object` leaves the collection `target` (an unpin)."""

    object: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteRequest(_Base):
    """`actor` asks to quote our `object` in its post `instrument` (FEP-044f)."""

    object: ObjectId
    instrument: ObjectId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRequest(_Base):
    """`actor` asks that its reply `instrument` to our `object` may stand (GoToSocial's interaction controls)."""

    object: ObjectId
    instrument: ObjectId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(_Base):
    """`actor` wants to take part in the event `object` (Mobilizon)."""

    object: ObjectId


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore(_Base):
    """The answer to a Join where nobody joins by the network (FEP-8a8e); `object` is the id of the Join. Only sent."""

    object: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown(_Base):
    """Anything else: answered with 202 and dropped."""

    type: str


Activity = (
    Follow
    | Accept
    | Reject
    | Undo
    | Create
    | Update
    | Delete
    | Announce
    | Like
    | Block
    | Flag
    | Move
    | Add
    | Remove
    | QuoteRequest
    | ReplyRequest
    | Join
    | Ignore
    | Unknown
)
