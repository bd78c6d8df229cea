"""Times as text: UTC, one width, so that they sort. `2026-01-31T18:00:00.000000Z`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

TICK: Final = timedelta(seconds=1)
#: Years outside of this are nobody's honest clock.
FIRST_YEAR, LAST_YEAR = 1990, 2200


def to_text(moment: datetime) -> str:
    """An aware time as text of 27 characters."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{utc.isoformat(timespec='microseconds')[:26]}Z"  # twice as fast as strftime, and asked for by every verb


def from_text(text: str) -> datetime:
    """The time of a text written by `to_text`."""
    return datetime.fromisoformat(text)


def rounded_to_minute(text: str) -> str:
    """Rounded down to the minute: what we publish must not tell habits."""
    return f"{text[:16]}:00.000000Z"


def later_than(before: str, now: str) -> str:
    """Now in whole seconds, or a second after `before` if that is not later: it strictly grows (Mastodon needs that)."""
    whole = from_text(now).replace(microsecond=0)
    least = from_text(before).replace(microsecond=0) + TICK
    return to_text(max(whole, least))


def to_wire(text: str) -> str:
    """ISO 8601 with whole seconds and Z."""
    return f"{text[:19]}Z"


def clamped(moment: datetime | None, now: datetime) -> datetime:
    """A time that others gave, if it is believable; else now. Nothing comes from the future."""
    if moment is None or not FIRST_YEAR <= moment.year <= LAST_YEAR or moment > now:
        return now
    return moment
