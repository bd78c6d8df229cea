"""The one clock. Everything else is handed a `Clock`, so that tests own the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final

Clock = Callable[[], datetime]
#: A wall clock that moves so much more or less than time went by was set; less is what corrects itself.
STEP: Final = timedelta(seconds=10)
_STEP_SECONDS: Final = STEP.total_seconds()


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class SteadyClock:
    """The wall clock, except that a step of it (set by hand, or by NTP after a start) is held back until it is taken over.

    Rows that wait for a time were written on the old time: whoever takes the step over moves them along first.
    """

    def __init__(self, wall: Clock, elapsed: Callable[[], float]) -> None:
        self._wall = wall
        self._elapsed = elapsed
        self._lock = Lock()
        self._seen, self._at = wall(), elapsed()
        self._held = timedelta()

    def __call__(self) -> datetime:
        """Now, on the time that the waiting rows are on."""
        with self._lock:
            seen, at = self._wall(), self._elapsed()
            late = (seen - self._seen).total_seconds() - (at - self._at)
            if abs(late) >= _STEP_SECONDS:
                self._held += timedelta(seconds=late)
            self._seen, self._at = seen, at
            return seen - self._held if self._held else seen

    def hold(self, step: timedelta) -> None:
        """Hold a step back that could not be taken over after all."""
        with self._lock:
            self._held = step

    @property
    def step(self) -> timedelta:
        """By how much the wall clock was set, and not yet taken over."""
        self()
        return self._held if abs(self._held) >= STEP else timedelta()

    def take_over(self) -> None:
        """Follow the wall clock again."""
        with self._lock:
            self._held = timedelta()
