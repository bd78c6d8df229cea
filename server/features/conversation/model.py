"""The conversation in our words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from server.features.remote.model import RemoteActor, RemotePost

#: What was said to us, but messages, which are read elsewhere.
WORDS: Final = ("reply", "mention", "quote")
KINDS: Final = (*WORDS, "direct")
STATES: Final = ("held", "approved", "hidden")
MAX_MARKED: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file with something that was said: where it lies and what it shows. It is never loaded, only linked."""

    url: str
    media_type: str
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Something that was said to us, and what we do with it: kind is reply, mention, direct or quote."""

    post: RemotePost
    author: RemoteActor
    kind: str
    state: str
    our_post_public_id: str | None
    parent_uri: str | None
    language: str = ""
    first_contact: bool = False
    same_text: str = ""
    rule_id: int | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """A boost or a like of one of our posts."""

    id: int
    kind: str
    author: RemoteActor
    our_post_public_id: str
    emoji: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report from another server."""

    id: int
    host: str
    objects: tuple[str, ...]
    content: str
    state: str
    created_at: str
    about: tuple[Heard, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What the Desk counts."""

    held: int
    direct: int
    reports: int
    pending_followers: int
    quotes: int = 0

    @property
    def total(self) -> int:
        """Everything that waits for somebody."""
        return self.held + self.direct + self.reports + self.pending_followers + self.quotes


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which of what was said: empty fields ask for nothing. `server` is one host, `same` one group of equal texts."""

    state: str = "held"
    kinds: tuple[str, ...] = WORDS
    language: str = ""
    server: str = ""
    first: bool = False
    same: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the list: something that was said, and how many said the same from how many servers (both may be capped)."""

    heard: Heard
    copies: int = 1
    servers: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of lines, and where the next one begins, if there is one."""

    lines: tuple[Line, ...]
    older: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """What the newest of a state have in them, each with its count: for choosing a filter."""

    languages: tuple[tuple[str, int], ...] = ()
    servers: tuple[tuple[str, int], ...] = ()
    first: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What an act is about: some by number, groups of equal texts of a filter, or all that a filter finds."""

    ids: tuple[int, ...] = ()
    same: tuple[str, ...] = ()
    within: Filter = Filter()
    everything: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What came of an act on several: how many it was done to, and whether some are left for another time."""

    done: int
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Who is near to us: ids and hosts of allies, inner ids of those we follow; and who is muted, None if they are too many to keep."""

    allies: frozenset[str]
    allied_hosts: frozenset[str]
    followed: frozenset[int]
    muted: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an author stands to us, when something is heard from them."""

    muted: bool = False
    ally: bool = False
    follows: bool = False
    followed: bool = False
    shown_before: bool = False

    @property
    def stranger(self) -> bool:
        """True if nobody here has had to do with them: the first contact."""
        return not (self.ally or self.follows or self.followed or self.shown_before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Somebody, or a whole server, that we leave talking."""

    id: int
    kind: Literal["host", "actor"]
    target: str
    label: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WordRule:
    """Words that decide at once: `act` is hide or hold."""

    id: int
    words: str
    act: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of something that is heard, before anybody looked at it, and what it is found by. `signs`: it says #signed."""

    state: str
    language: str
    first_contact: bool
    same_text: str
    rule_id: int | None = None
    ally: bool = False
    signs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Which of several changed their state, and the posts of ours that they belong to."""

    ids: tuple[int, ...]
    posts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something that was said stands: the post of ours it belongs to, kind and state."""

    post_id: int | None
    kind: str
    state: str
