"""Things on the network, complete once parsed: every field is present and valid, or None says that it is not there.

Times are aware datetimes in UTC. HTML is as it came: whoever shows it cleans it first. Languages are BCP 47 tags.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from federation.identifiers import ActorId, InboxUrl, KeyId, ObjectId, is_public

__all__ = [
    "Actor",
    "ActorKey",
    "Attachment",
    "Event",
    "Hashtag",
    "Link",
    "Mention",
    "Note",
    "Occasion",
    "Place",
    "Poll",
    "PollOption",
    "ProfileField",
    "Tombstone",
    "Visibility",
]

#: Types that people post and that we read as a Note (PROTOCOL: Mastodon's converted types).
NOTE_TYPES = frozenset({"Note", "Article", "Page", "Event", "Image", "Audio", "Video", "Question", "ChatMessage"})
ACTOR_TYPES = frozenset({"Person", "Service", "Application", "Group", "Organization"})


class Visibility(StrEnum):
    """Who may see a post, as receivers derive it from to and cc (Mastodon's names for them differ)."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "followers"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorKey:
    """A public key as an actor lists it: PEM (`publicKey`) or multibase (FEP-521a `assertionMethod`)."""

    id: KeyId
    owner: ActorId
    pem: str | None = None
    multibase: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileField:
    """One row of an actor's profile table; the value is HTML."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """An actor document. Endpoints are on the actor's own origin, or None where they were not."""

    id: ActorId
    type: str
    username: str
    name: str
    summary: str
    url: str
    inbox: InboxUrl
    shared_inbox: InboxUrl | None = None
    outbox: str | None = None
    followers: str | None = None
    following: str | None = None
    featured: str | None = None
    keys: tuple[ActorKey, ...] = ()
    webfinger: str | None = None
    icon: Attachment | None = None
    image: Attachment | None = None
    fields: tuple[ProfileField, ...] = ()
    also_known_as: tuple[ActorId, ...] = ()
    moved_to: ActorId | None = None
    manually_approves: bool = False
    discoverable: bool = False
    indexable: bool = False
    suspended: bool = False
    published: datetime | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A picture or another file. Focus is (x, y), each -1..1, (0, 0) the middle. `alt_map` holds (language, alt), the main one first."""

    url: str
    media_type: str
    alt: str = ""
    alt_map: tuple[tuple[str, str], ...] = ()
    width: int | None = None
    height: int | None = None
    blurhash: str | None = None
    focus: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """An actor named in a post: `name` is `@user@host` as written."""

    href: ActorId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashtag:
    """A tag of a post; `name` keeps its `#`."""

    name: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Another address of what is said: `name` is for people, None where nobody would read it."""

    href: str
    media_type: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something happens: in words, and as a point in degrees (WGS 84) only where somebody gave one."""

    name: str
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """When and where an Event is. The times keep the distance from UTC that they came with; `zone` is an IANA name.

    `status` is iCalendar's (CONFIRMED, TENTATIVE, CANCELLED).
    """

    start: datetime | None = None
    end: datetime | None = None
    zone: str | None = None
    place: Place | None = None
    status: str = "CONFIRMED"


@dataclass(frozen=True, slots=True, kw_only=True)
class PollOption:
    """One answer of a poll and how often it was chosen."""

    name: str
    votes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """The part of a Question that a Note has not."""

    options: tuple[PollOption, ...]
    multiple: bool
    ends: datetime | None = None
    closed: datetime | None = None
    voters: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A post: Note, Question, Article, Page, Event ... (`type` says which).

    `content` is HTML in the main language; `content_map` holds (language, HTML) pairs, the main language first.
    `summary` is the content warning (an abstract on Article, Page and Event). A `name` without content is a vote.
    Totals are None where the sender gave none. `can_quote` lists who may quote without asking, `can_ask` who may ask to; `replying`
    is the same pair for replies. `quote_stamp` is the consent of the author of `quote` (FEP-044f). `links` name the same thing in another
    shape (FEP-e232); `occasion` is there for an Event of somebody else.
    """

    id: ObjectId
    type: str
    attributed_to: ActorId
    to: tuple[str, ...]
    cc: tuple[str, ...]
    content: str = ""
    content_map: tuple[tuple[str, str], ...] = ()
    summary: str | None = None
    summary_map: tuple[tuple[str, str], ...] = ()
    name: str | None = None
    name_map: tuple[tuple[str, str], ...] = ()
    url: str | None = None
    in_reply_to: ObjectId | None = None
    published: datetime | None = None
    updated: datetime | None = None
    sensitive: bool = False
    attachments: tuple[Attachment, ...] = ()
    mentions: tuple[Mention, ...] = ()
    hashtags: tuple[Hashtag, ...] = ()
    poll: Poll | None = None
    quote: ObjectId | None = None
    context: str | None = None
    conversation: str | None = None
    replies: str | None = None
    likes: str | None = None
    shares: str | None = None
    replies_total: int | None = None
    likes_total: int | None = None
    shares_total: int | None = None
    can_quote: tuple[str, ...] | None = None
    can_ask: tuple[str, ...] = ()
    replying: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    quote_stamp: str | None = None
    links: tuple[Link, ...] = ()
    occasion: Occasion | None = None

    @property
    def language(self) -> str | None:
        """The main language: the one whose words are the content, else the first key of the map, as Mastodon reads it."""
        said = (tag for tag, words in self.content_map if words == self.content)
        return next(said, self.content_map[0][0] if self.content_map else None)

    @property
    def is_vote(self) -> bool:
        """True for an answer to a poll: a name, an inReplyTo and no content (FEP-9967)."""
        return self.type == "Note" and self.name is not None and self.in_reply_to is not None and not self.content

    def visibility(self, followers: str | None) -> Visibility:
        """Who may see it; anything unknown in `to` or `cc` never widens. `followers` is the author's collection."""
        if any(is_public(address) for address in self.to):
            return Visibility.PUBLIC
        if any(is_public(address) for address in self.cc):
            return Visibility.UNLISTED
        if followers is not None and followers in (*self.to, *self.cc):
            return Visibility.FOLLOWERS
        return Visibility.DIRECT


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event as we publish it (FEP-8a8e, and what Mobilizon, Gancio and Mastodon read of it).

    `summary` says when and where in the main language: Mastodon shows it as the text. Who wants to come is sent to `url`.
    """

    id: ObjectId
    attributed_to: ActorId
    to: tuple[str, ...]
    cc: tuple[str, ...]
    name: str
    name_map: tuple[tuple[str, str], ...]
    summary: str
    content: str
    content_map: tuple[tuple[str, str], ...]
    language: str
    occasion: Occasion
    url: str
    published: datetime
    updated: datetime | None = None
    organizers: tuple[ActorId, ...] = ()
    hashtags: tuple[Hashtag, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    links: tuple[Link, ...] = ()
    #: Who may comment, in Mobilizon's words: allow_all, moderated or closed.
    replies: str = "allow_all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What stands where a post was."""

    id: ObjectId
    former_type: str = "Note"
    deleted: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Our consent: `interacting` (a quote or reply of somebody) may stand with our `target`. `type` says to which of the two."""

    id: str
    type: str
    attributed_to: ActorId
    interacting: str
    target: ObjectId
