"""What a call-out needs before it goes out: where, until when, and something to say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from math import isfinite
from typing import Final
from zoneinfo import available_timezones

from server.base.errors import Invalid, Misfilled
from server.base.timestamps import from_text
from server.base.words import marked
from server.features.posts.model import Draft, DraftText, Kind, Post
from server.features.posts.model_call import STANDING, CallState, DraftCall

MAX_PLACE_CHARS: Final = 200
MAX_NEEDS_CHARS: Final = 1_000
MAX_INSTEAD_CHARS: Final = 1_000
#: Who calls from a day, or from now on, to one further away has mistyped a year.
LONGEST: Final = timedelta(days=366)


def within(text: str, limit: int, too_long: str) -> None:
    """Raise Invalid for words that are too long, or hold what cannot be published."""
    if len(text) > limit:
        raise Invalid(too_long, max=limit)
    if any(ord(char) < 0x20 and char not in "\n\t" for char in text) or any(0xD800 <= ord(c) < 0xE000 for c in text):
        raise Invalid("There are characters in it that cannot be published.")


def degrees(typed: str) -> float:
    """A number of degrees. Raises ValueError, also for what only computers call a number."""
    found = float(typed)
    if not isfinite(found):
        raise ValueError(typed)
    return found


def problems(draft: Draft, at: str = "") -> Iterator[Misfilled]:
    """Everything that keeps the call-out of a draft from going out at a time, field by field."""
    call = draft.call
    if call is None:
        return
    if not draft.title.strip() and not draft.text.strip():
        yield Misfilled("Say what it is about: a title or some words.", field="title")
    if not call.place.strip():
        yield Misfilled("Say where, in words that people there use.", field="place")
    if "\n" in call.place:
        yield Misfilled("The place is one line.", field="place")
    yield from _hours(call, at)
    yield from _point(call, at)


def _hours(call: DraftCall, at: str) -> Iterator[Misfilled]:
    if call.time_zone not in available_timezones():
        yield Misfilled("Choose a time zone from the list.", field="zone")
    if not call.ends_at:
        yield Misfilled("Say until when: after that the call-out is over by itself.", field="until")
    elif call.starts_at is not None and call.ends_at <= call.starts_at:
        yield Misfilled("It ends before it begins. Choose a later end.", field="until")
    elif at and call.stands in STANDING and call.ends_at <= at:
        yield Misfilled("The end is past, so nobody could come. Choose a later one.", field="until")
    elif call.starts_at and from_text(call.ends_at) - from_text(call.starts_at) > LONGEST:
        yield Misfilled("It would last longer than a year. Look at both years again.", field="until")
    elif at and call.stands in STANDING and not call.starts_at and from_text(call.ends_at) - from_text(at) > LONGEST:
        yield Misfilled("The end is more than a year away. Look at the year again.", field="until")


def _point(call: DraftCall, at: str) -> Iterator[Misfilled]:
    point = call.point
    if point is None:
        return
    if not (-90 <= point.latitude <= 90 and -180 <= point.longitude <= 180):
        yield Misfilled("The exact place is two numbers: degrees north and degrees east.", field="point")
    if not point.until:
        yield Misfilled("Say until when the exact place may be shown.", field="point_until")
    elif call.ends_at and point.until > call.ends_at:
        yield Misfilled("The exact place may be shown until the end at the latest.", field="point_until")
    elif at and point.until <= at:
        yield Misfilled(
            "The exact place would never be shown. Choose a later time, or take it out.", field="point_until"
        )


def check(draft: Draft, at: str = "") -> None:
    """Raise Invalid if the call-out of a draft cannot go out, or if its kind says something else than its form."""
    # What corrects a call-out is a correction that holds the call-out's next form.
    if draft.correction is None and (draft.kind is Kind.CALL_OUT) != (draft.call is not None):
        raise Invalid("A call-out has a place and an end, and nothing else has.")
    if draft.call is None:
        return
    if draft.poll is not None:
        raise Invalid("A call-out cannot have a poll. Ask in a post of its own.")
    for problem in problems(draft, at):
        raise problem


def check_moved(before: Post, draft: Draft) -> None:
    """Raise Misfilled if a call-out would be said to have moved though place and hours stay as they are."""
    call, stood = draft.call, before.call
    if call is None or stood is None or call.state is not CallState.MOVED or stood.state is CallState.MOVED:
        return
    now = (call.place.strip(), call.starts_at, call.ends_at, call.time_zone)
    if now == (before.main.place, stood.starts_at, stood.ends_at, stood.time_zone):
        raise Misfilled("Place and hours are as before. Write where or when it is now.", field="place")


def check_unfinished(draft: Draft) -> None:
    """Raise Invalid if the call-out of a draft could not go out however much is added to it."""
    if draft.call is not None:
        check_words(draft.call)


def check_words(one: DraftCall | DraftText) -> None:
    """Raise Invalid if what a call-out says beside title and text is too long, in its main language or another."""
    within(one.place, MAX_PLACE_CHARS, marked("The place has more than %(max)s characters."))
    within(one.needs, MAX_NEEDS_CHARS, marked("What is needed has more than %(max)s characters."))
    within(one.instead, MAX_INSTEAD_CHARS, marked("What to do instead has more than %(max)s characters."))
