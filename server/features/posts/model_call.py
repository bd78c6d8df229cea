"""What makes a post a call-out: when, where, what is needed, and how it stands. Its title and text are those of any post."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class CallState(StrEnum):
    """How a call-out stands. The first three are open: people may come."""

    OPEN = "open"
    URGENT = "urgent"
    MOVED = "moved"
    OVER = "over"
    CANCELLED = "cancelled"


#: States in which people may still come: such call-outs are pinned and stand in the calendar as confirmed.
STANDING = frozenset({CallState.OPEN, CallState.URGENT, CallState.MOVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """An exact place in degrees (WGS 84), shown until a time (UTC text) and erased then. Never there unless an organiser gave it."""

    latitude: float
    longitude: float
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCall:
    """What a draft of a call-out says beside title and text, the words in its main language.

    `starts_at` and `ends_at` are UTC text, `time_zone` is an IANA name: the one in which people are told the hours. No start means: from
    now on. `place` is where, in words; `needs` what is needed and `instead` what to do "if you cannot come", plain text of several lines.
    `state` is how it will stand; without one a new one is open, or urgent, and an edit leaves it as it stands then.
    """

    ends_at: str
    time_zone: str
    place: str
    starts_at: str | None = None
    needs: str = ""
    instead: str = ""
    urgent: bool = False
    point: Point | None = None
    state: CallState | None = None

    @property
    def stands(self) -> CallState:
        """How it will stand."""
        return self.state or (CallState.URGENT if self.urgent else CallState.OPEN)

    def in_state(self, state: CallState) -> DraftCall:
        """The same in another state."""
        return replace(self, state=state, urgent=state is CallState.URGENT)

    def after(self, before: CallState | None) -> DraftCall:
        """The same with its state said: what stands, unless the draft chose another."""
        return self if self.state is not None or before is None else self.in_state(before)

    def previewed(self, code: str = "…", sequence: int = 0) -> CallOut:
        """The call-out that it would become."""
        return CallOut(
            code=code,
            state=self.stands,
            sequence=sequence,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            time_zone=self.time_zone,
            point=self.point,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOut:
    """A call-out as it stands; its words by language are in the texts of the post.

    `code` names it in the short address, `sequence` grows with each change that calendars must hear of (RFC 5545, SEQUENCE).
    """

    code: str
    state: CallState
    sequence: int
    ends_at: str
    time_zone: str
    starts_at: str | None = None
    point: Point | None = None

    @property
    def standing(self) -> bool:
        """True while people may come."""
        return self.state in STANDING

    def as_draft(self, place: str, needs: str, instead: str) -> DraftCall:
        """What an edit starts from, with the words in the main language."""
        return DraftCall(
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            time_zone=self.time_zone,
            place=place,
            needs=needs,
            instead=instead,
            urgent=self.state is CallState.URGENT,
            point=self.point,
        )
