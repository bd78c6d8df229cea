"""When a request was signed, and whether that is near enough to now."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from federation.errors import BadSignature

#: How far Date and (created) may be from our clock, either way.
WINDOW_SECONDS: Final = 3_600
#: How long a signature may say that it lives. Mastodon counts no more of it either.
MAX_LIFETIME_SECONDS: Final = 12 * 3_600

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBERS: Final = {name: number for number, name in enumerate(_MONTHS, start=1)}
_IMF_FIXDATE: Final = re.compile(
    rf"(?:{'|'.join(_DAYS)}), ([0-9]{{2}}) ({'|'.join(_MONTHS)}) ([0-9]{{4}})"
    r" ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)
#: Eleven digits last until the year 5138 and are always an integer that float and datetime can hold.
_UNIX_TIME: Final = re.compile(r"[0-9]{1,11}")


def http_date(now: datetime) -> str:
    """Write an aware time as the IMF-fixdate of a Date header (RFC 9110 5.6.7)."""
    return _imf_fixdate(now.astimezone(UTC).replace(microsecond=0))


@lru_cache(maxsize=4)
def _imf_fixdate(at: datetime) -> str:
    return (
        f"{_DAYS[at.weekday()]}, {at.day:02d} {_MONTHS[at.month - 1]} {at.year:04d}"
        f" {at.hour:02d}:{at.minute:02d}:{at.second:02d} GMT"
    )


def read_http_date(text: str) -> float:
    """Read an IMF-fixdate, the only form that anybody sends, as seconds since 1970. Raises BadSignature."""
    match = _IMF_FIXDATE.fullmatch(text)
    if match is None:
        raise BadSignature("Date is not an HTTP date")
    day, month, year, hour, minute, second = match.groups()
    try:
        at = datetime(int(year), _MONTH_NUMBERS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        raise BadSignature("Date is not in the calendar") from None
    return at.timestamp()


def read_unix_time(text: str) -> int:
    """Read a parameter in whole seconds since 1970. Raises BadSignature."""
    if _UNIX_TIME.fullmatch(text) is None:
        raise BadSignature("a time that is not in whole seconds")
    return int(text)


def check_times(now: datetime, *, date: str | None = None, created: str | None, expires: str | None) -> None:
    """Judge the Date header, if it is signed, and the two parameters of either dialect. Raises BadSignature."""
    here = now.timestamp()
    began = here
    if date is not None:
        began = read_http_date(date)
        _check_near(began, here)
    if created is not None:
        began = float(read_unix_time(created))
        _check_near(began, here)
    if expires is not None:
        end = read_unix_time(expires)
        if end < here or end < began or end > began + MAX_LIFETIME_SECONDS:
            raise BadSignature("expired, or made to last too long")


def _check_near(moment: float, here: float) -> None:
    if abs(moment - here) > WINDOW_SECONDS:
        raise BadSignature("signed too long ago, or in the future")
