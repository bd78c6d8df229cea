"""Letters and what became of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

import msgspec

from federation.resolving import Turn


class Priority(IntEnum):
    """Whose turn comes first: what is meant for one person, what is urgent, what goes to everybody.

    What waits for a host that failed last time goes a way of its own, on which it holds up nobody.
    """

    PERSON = 0
    URGENT = 1
    FANOUT = 2
    FAILING = 3


class Letter(msgspec.Struct, frozen=True, array_like=True):
    """One activity for one inbox, ready to be signed and sent, and in whose turn its host is looked up."""

    delivery_id: int
    url: str
    actor_id: int
    outbox_id: int
    turn: Turn = Turn.USUAL


class Outcome(msgspec.Struct, frozen=True, array_like=True):
    """How a letter went: the status answered, or None with a reason; seconds of Retry-After if given."""

    delivery_id: int
    status: int | None
    retry_after: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """How some letters went, and how many of the others wait for hosts that take their time."""

    outcomes: list[Outcome]
    slow: int = 0


class Key(msgspec.Struct, frozen=True, array_like=True):
    """A signing key for a sender."""

    actor_id: int
    key_id: str
    private_pem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery that is ours to make until its lease ends, and the lane that it came by."""

    id: int
    outbox_id: int
    actor_id: int
    url: str
    host: str
    lane: Priority
    attempts: int
    first_tried_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStatus:
    """How far a post got, in servers (distinct inboxes)."""

    expected: int = 0
    delivered: int = 0
    retrying: int = 0
    given_up: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLine:
    """One host of the queue, as the console shows it."""

    host: str
    waiting: int
    attempts: int
    next_at: str
    reason: str


class Sender(Protocol):
    """Whoever signs and posts."""

    @property
    def room(self) -> int:
        """How many letters may be under way at once: each waits with an open file."""

    def send(
        self, letters: Sequence[Letter], bodies: dict[int, str], keys: Sequence[Key]
    ) -> AsyncGenerator[News, None]:
        """Send some letters; at most one outcome each, as they come. `bodies` are by outbox id. Never raises for what a host does."""

    async def stop(self) -> None:
        """End; what is in hand gets no outcome."""
