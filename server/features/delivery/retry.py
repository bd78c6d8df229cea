"""What to do after an attempt: a pure decision from the answer, the attempts and the times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

#: Waits before the second, third ... try: about seven days in all.
WAITS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=8),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=3),
)
JITTER: Final = 0.2
#: Answers that no repetition changes.
PERMANENT: Final = frozenset({400, 403, 404, 405, 406, 413, 415, 422, 501})
GONE: Final = 410
MAX_RETRY_AFTER: Final = timedelta(days=1)
#: A host that fails is left alone for so long after five failures in a row, and for good after fourteen days.
BREAKER_FAILURES: Final = 5
BREAKER_PAUSE: Final = timedelta(minutes=30)
DEAD_AFTER: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Done:
    """It was taken."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It will never be taken; `inbox_gone` if the inbox itself is no more."""

    inbox_gone: bool = False


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Not now, but after so long; `host_failed` if the host as a whole seems unwell.

    It is a wait and no hour: until it is written down the clock may be set.
    """

    wait: timedelta
    host_failed: bool


Decision = Done | GiveUp | TryAgain


def decide(status: int | None, retry_after: int | None, attempts: int, jitter: float) -> Decision:
    """What follows from an answer. `status` is None when there was none; `attempts` counts this one; jitter in [-1, 1]."""
    if status is not None and 200 <= status < 300:
        return Done()
    if status in PERMANENT or status == GONE or (status is not None and 300 <= status < 400):
        return GiveUp(inbox_gone=status == GONE)
    if attempts > len(WAITS):
        return GiveUp()
    wait = WAITS[attempts - 1] * (1 + JITTER * jitter)
    if retry_after is not None:
        wait = max(wait, min(timedelta(seconds=retry_after), MAX_RETRY_AFTER))
    return TryAgain(wait, host_failed=status is None or status >= 500)


def pause_until(failures: int, now: datetime) -> datetime | None:
    """Until when a host is left alone after so many failures in a row."""
    return now + BREAKER_PAUSE if failures >= BREAKER_FAILURES else None
