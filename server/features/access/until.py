"""Roles that end by themselves: a last day, as people say it, and the moment after it, as the house keeps it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from server.base.errors import Invalid
from server.base.timestamps import LAST_YEAR, from_text, to_text


def end_of(day: str, zone: str) -> str | None:
    """The moment after the last day of a role, in the campaign's time zone; None for no day. Raises Invalid."""
    if not day:
        return None
    try:
        last = date.fromisoformat(day)
    except ValueError:
        raise Invalid("Write the last day as year, month and day: 2026-09-30.") from None
    if last.year > LAST_YEAR:
        raise Invalid("Choose a day that is nearer.")
    return to_text(datetime.combine(last + timedelta(days=1), time(), ZoneInfo(zone)))


def last_day(until: str, zone: str) -> str:
    """The last day of a role that ends at this moment."""
    return (from_text(until).astimezone(ZoneInfo(zone)) - timedelta(microseconds=1)).date().isoformat()
