"""What is signed: a request as it came over the wire, before anything was parsed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from federation.errors import BadSignature

#: How far Date and (created) may be from our clock, either way.
WINDOW: Final = timedelta(hours=1)
MAX_HEADER_CHARS: Final = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request: `target` is the raw path with its query; header names are lower case, repeated ones kept in order."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key == name]

    def only(self, name: str) -> str | None:
        """The value of a header that must not come twice; None if it is not there. Raises BadSignature."""
        values = self.all(name)
        if len(values) > 1:
            raise BadSignature(f"{name} came twice")
        if values and len(values[0]) > MAX_HEADER_CHARS:
            raise BadSignature(f"{name} is too long")
        return values[0] if values else None


def check_window(moment: datetime, now: datetime) -> None:
    """Raise BadSignature for a time too far from now."""
    if abs(moment - now) > WINDOW:
        raise BadSignature("signed too long ago, or in the future")


def http_date(text: str) -> datetime:
    """The time of a Date header (RFC 9110 5.6.7). Raises BadSignature."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        raise BadSignature("Date is no date") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def unix_time(text: str) -> datetime:
    """The time of a number of seconds. Raises BadSignature."""
    if not text.isascii() or not text.isdigit() or len(text) > 11:
        raise BadSignature("not a number of seconds")
    return datetime.fromtimestamp(int(text), UTC)


def check_times(created: str | None, expires: str | None, now: datetime) -> None:
    """Judge the created and expires parameters of either dialect. Raises BadSignature."""
    if created is not None:
        check_window(unix_time(created), now)
    if expires is not None:
        end = unix_time(expires)
        if end < now or (created is not None and end < unix_time(created)):
            raise BadSignature("expired")
