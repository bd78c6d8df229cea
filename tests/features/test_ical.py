"""iCalendar: read back by a library and by a reader that forgives nothing (RFC 5545)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.features.agenda.ical import Entry, calendar

ENTRY = Entry(
    uid="abcdefgh@here.test",
    sequence=3,
    status="CONFIRMED",
    starts=datetime(2026, 10, 2, 16, tzinfo=UTC),
    ends=datetime(2026, 10, 2, 18, tzinfo=UTC),
    published=datetime(2026, 9, 28, 9, 30, tzinfo=UTC),
    modified=datetime(2026, 9, 28, 9, 31, tzinfo=UTC),
    url="https://here.test/p/abcdefgh",
    language="en",
    summary="Come; bring tents, please",
    description="First line\nSecond \\ line",
    location="Near the port",
)

_LINE = re.compile(r'([A-Z][A-Z0-9-]*)((?:;[A-Z-]+=[^:;,"\x00-\x1f]+)*):(.*)', re.DOTALL)
_ONCE = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "STATUS", "SEQUENCE", "URL", "LOCATION"}
_NEEDED = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "STATUS", "SEQUENCE", "URL", "LAST-MODIFIED"}
_TEXT = {"SUMMARY", "DESCRIPTION", "LOCATION", "NAME", "X-WR-CALNAME"}


def strict(body: bytes) -> tuple[dict[str, str], list[dict[str, str]]]:
    """The properties of a calendar and of its events; a failed assertion for anything that RFC 5545 forbids."""
    assert body.endswith(b"\r\n")
    for piece in body.split(b"\r\n"):
        assert len(piece) <= 75, "longer than 75 octets"
        assert b"\n" not in piece, "a naked LF"
        assert b"\r" not in piece, "a naked CR"
        piece.decode()
    lines = body.decode().removesuffix("\r\n").replace("\r\n ", "").split("\r\n")
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    whole: dict[str, str] = {}
    events: list[dict[str, str]] = []
    here = whole
    for line in lines[1:-1]:
        match = _LINE.fullmatch(line)
        assert match, f"not a content line: {line!r}"
        name, _, value = match.groups()
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", value)
        if name == "BEGIN":
            assert value == "VEVENT"
            here = {}
        elif name == "END":
            assert set(here) >= _NEEDED, f"missing: {_NEEDED - set(here)}"
            events.append(here)
            here = whole
        else:
            assert name not in here or name not in _ONCE, f"{name} twice"
            here[name] = _unescaped(value) if name in _TEXT else value
    assert here is whole
    assert whole["VERSION"] == "2.0"
    assert whole["PRODID"]
    for event in events:
        for name in ("DTSTAMP", "DTSTART", "DTEND", "LAST-MODIFIED", "CREATED"):
            assert re.fullmatch(r"\d{8}T\d{6}Z", event[name])
        assert event["DTSTART"] < event["DTEND"]
        assert event["STATUS"] in {"CONFIRMED", "TENTATIVE", "CANCELLED"}
    return whole, events


def _unescaped(value: str) -> str:
    assert not re.search(r"(?<!\\)(?:\\\\)*[,;]", value), "a comma or semicolon that is not escaped"
    assert not re.search(r"(?<!\\)(?:\\\\)*\\[^\\,;n]", value), "an escape that there is not"
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], value)


def test_an_entry_says_everything() -> None:
    whole, (event,) = strict(calendar("A campaign", [ENTRY]))
    assert "METHOD" not in whole, "with it RFC 5546 asks for an organiser, and RFC 5545 for the same word in the type"
    assert "REFRESH-INTERVAL" not in whole, "nobody reads a lone entry again"
    assert event["SUMMARY"] == "Come; bring tents, please"
    assert event["DESCRIPTION"] == "First line\nSecond \\ line"
    assert (event["UID"], event["SEQUENCE"]) == ("abcdefgh@here.test", "3")
    assert (event["DTSTART"], event["DTEND"]) == ("20261002T160000Z", "20261002T180000Z")


def test_a_feed_says_its_name_and_when_to_come_again() -> None:
    whole, events = strict(calendar("Bridges, ports", [], "https://here.test/calendar.ics"))
    assert events == []
    assert whole["NAME"] == whole["X-WR-CALNAME"] == "Bridges, ports"
    assert whole["REFRESH-INTERVAL"] == whole["X-PUBLISHED-TTL"] == "PT1H"
    assert whole["SOURCE"] == "https://here.test/calendar.ics"


def test_without_a_place_there_is_no_line_for_it() -> None:
    _, (event,) = strict(calendar("A", [replace(ENTRY, location="")]))
    assert "LOCATION" not in event


@pytest.mark.parametrize("words", ["ش" * 400, "a" * 74 + "é", "\U0001f6a2" * 60, "", "x\r\ny\rz\x00\x07", "a;b,c\\n\\"])
def test_words_of_any_script_survive_folding(words: str) -> None:
    _, (event,) = strict(calendar("A", [replace(ENTRY, summary=words, language="ar")]))
    assert event["SUMMARY"] == re.sub(r"[\x00\x07]", "", words.replace("\r\n", "\n").replace("\r", "\n"))


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=100))
def test_whatever_people_write_is_a_calendar(summary: str, description: str, name: str) -> None:
    made = replace(ENTRY, summary=summary, description=description)
    if any(0xD800 <= ord(char) < 0xE000 for char in summary + description + name):
        return
    strict(calendar(name, [made, replace(made, uid="other@here.test")], "https://here.test/calendar.ics"))


def test_the_library_reads_the_same() -> None:
    body = calendar("A campaign", [replace(ENTRY, status="CANCELLED", language="fr")])
    read = icalendar.Calendar.from_ical(body)
    event: dict[str, Any]
    (event,) = (dict(one.items()) for one in read.walk("VEVENT") if one.errors == [])
    assert (str(event["SUMMARY"]), str(event["DESCRIPTION"])) == (ENTRY.summary, ENTRY.description)
    assert event["SUMMARY"].params["LANGUAGE"] == "fr"
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (ENTRY.starts, ENTRY.ends)
    assert (int(event["SEQUENCE"]), str(event["STATUS"])) == (3, "CANCELLED")
