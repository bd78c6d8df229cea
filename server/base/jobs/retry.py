"""When to try a job again: a pure decision."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

#: Waits before the second, third ... try; a job that fails after the last one is parked.
WAITS: Final = (
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(hours=1),
    timedelta(hours=6),
)
JITTER: Final = 0.2
#: A job that was begun so often and never ended, neither well nor badly, ends the process that does it.
MOST_BEGUN: Final = 10


def wait_after(attempts: int, jitter: float) -> timedelta | None:
    """How long to wait after so many attempts, or None to park. `jitter` is in [-1, 1]."""
    if attempts > len(WAITS):
        return None
    return WAITS[attempts - 1] * (1 + JITTER * jitter)
