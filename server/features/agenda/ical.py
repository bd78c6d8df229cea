"""iCalendar (RFC 5545, with RFC 7986's names for calendars): entries -> text that every calendar program reads. Pure.

Times are in UTC: they are exact on every clock of the world, and no VTIMEZONE can be missing or out of date; whose clocks a call-out
means is said in words. There is no METHOD: that would make a message of it (RFC 5546), which has an organiser with an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

MAX_OCTETS: Final = 75
PRODUCT: Final = "-//Callout//Agenda//EN"
REFRESH: Final = "PT1H"
TYPE: Final = "text/calendar; charset=utf-8"
#: What no text may hold (RFC 5545, section 3.1: CONTROL).
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event of a calendar. `uid` and `published` never change; `sequence` and `modified` grow with what calendars must hear of."""

    uid: str
    sequence: int
    status: str
    starts: datetime
    ends: datetime
    published: datetime
    modified: datetime
    url: str
    language: str
    summary: str
    description: str
    location: str


def escaped(text: str) -> str:
    """A value of type TEXT."""
    plain = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def folded(line: str) -> str:
    """A content line of at most 75 octets a piece; no character is torn apart."""
    pieces, piece, size = [], "", 0
    for char in line:
        octets = len(char.encode())
        if size + octets > MAX_OCTETS:
            pieces.append(piece)
            piece, size = " ", 1
        piece += char
        size += octets
    return "\r\n".join([*pieces, piece])


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _entry(entry: Entry) -> Iterator[str]:
    said = f";LANGUAGE={entry.language}"
    yield "BEGIN:VEVENT"
    yield f"UID:{entry.uid}"
    yield f"DTSTAMP:{_time(entry.modified)}"
    yield f"CREATED:{_time(entry.published)}"
    yield f"LAST-MODIFIED:{_time(entry.modified)}"
    yield f"SEQUENCE:{entry.sequence}"
    yield f"STATUS:{entry.status}"
    yield f"DTSTART:{_time(entry.starts)}"
    yield f"DTEND:{_time(entry.ends)}"
    yield f"SUMMARY{said}:{escaped(entry.summary)}"
    yield f"DESCRIPTION{said}:{escaped(entry.description)}"
    if entry.location:
        yield f"LOCATION{said}:{escaped(entry.location)}"
    yield f"URL:{entry.url}"
    yield "END:VEVENT"


def _head(name: str, address: str) -> Sequence[str]:
    """`address` is where the calendar is read again; a lone entry has none."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN"]
    if address:
        lines += [f"NAME:{escaped(name)}", f"X-WR-CALNAME:{escaped(name)}", f"SOURCE;VALUE=URI:{address}"]
        lines += [f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}", f"X-PUBLISHED-TTL:{REFRESH}"]
    return lines


def calendar(name: str, entries: Iterable[Entry], address: str = "") -> bytes:
    """A whole calendar: a feed under its address, or one entry to be put into somebody's own."""
    lines = [*_head(name, address), *(line for entry in entries for line in _entry(entry)), "END:VCALENDAR"]
    return "".join(f"{folded(line)}\r\n" for line in lines).encode()
