"""Which language a page speaks, and how it writes numbers and times."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.types import Scope

from server.base.catalogue import MAX_HEADER, SOURCE, Catalogue, accepted, catalogue, desk_languages, known
from server.base.language_names import language_name
from server.base.spoken import END, ISOLATE, MONTHS, clocks_change, day_text, digits, direction, spoken, zone_spoken
from server.base.timestamps import from_text
from server.base.words import Words
from server.features.posts.model_call import CallOut, DraftCall
from server.web.shared.request import house_of

#: Moments and months as people write them.
MINUTE, MONTH = ("%(day)s, %(time)s %(zone)s", "%(month)s %(year)s")
#: Where a request's scope carries what its organiser chose.
CHOSEN: Final = "callout.language"
#: Where a request's scope carries the language that its address names.
SPOKEN: Final = "callout.spoken"
#: And the part of its path that named it, such as `/fa`.
PREFIX: Final = "callout.prefix"
#: So many different Accept-Language headers are remembered, each with what it asks for.
HEADERS_KEPT: Final = 1_024
DESK: Final = ("/desk", "/authorize_interaction", "/lock", "/oauth")


def of_desk(scope: Scope) -> bool:
    """True for the screens of organisers."""
    path: str = scope["path"]
    return path.startswith(DESK)


@lru_cache(maxsize=HEADERS_KEPT)
def asked(header: bytes) -> str:
    """What an Accept-Language header asks for among our languages, empty if nothing. Give no more than MAX_HEADER bytes: they are kept."""
    return accepted(header.decode("latin-1")) or ""


def language_of(request: Request) -> str:
    """The language of an answer.

    Public pages: the one that the address names, else the browser's, else the campaign's. The Desk, among those in which it is whole:
    the organiser's choice, else the browser's, else the campaign's.
    """
    campaign = house_of(request).actors.campaign().language
    heard = request.headers.get("accept-language", "")
    if of_desk(request.scope):
        all_of_them = desk_languages()
        chosen = known(str(request.scope.get(CHOSEN, "")), all_of_them) or accepted(heard, all_of_them)
        return chosen or known(campaign, all_of_them) or SOURCE
    named: str = request.scope.get(SPOKEN, "")
    return named or asked(heard.encode("latin-1")[:MAX_HEADER]) or known(campaign) or SOURCE


def named_language(request: Request) -> str:
    """The language of what is no page, such as a feed: the one that the address names, else the campaign's. It says nothing of who asks."""
    named: str = request.scope.get(SPOKEN, "")
    return named or known(house_of(request).actors.campaign().language) or SOURCE


def shown_languages() -> list[tuple[str, str]]:
    """The languages of the Desk, each by its own name."""
    return [(code, language_name(code)) for code in desk_languages()]


def _words(context: Context) -> Catalogue:
    found: str = context.get("lang", SOURCE)
    return catalogue(found)


def _shown(language: str, value: Any) -> Any:
    """A value as it stands in a sentence. Names and addresses from left to right must not turn one from right to left around."""
    if isinstance(value, Words):
        return _filled(language, catalogue(language).one(value.message), value.given)
    if isinstance(value, int) and not isinstance(value, bool):
        return digits(language, str(value))
    return f"{ISOLATE}{value}{END}" if type(value) is str and direction(language) == "rtl" else value


def _filled(language: str, text: str, given: dict[str, Any]) -> Markup:
    """The text with its values, everything escaped, numbers in the language's digits."""
    if not given:
        return escape(text)
    shown = {name: _shown(language, value) for name, value in given.items()}
    return escape(text) % shown


@pass_context
def translated(context: Context, text: str, **given: Any) -> Markup:
    """A string in the language of the page. `Words` bring their own values."""
    words = _words(context)
    if isinstance(text, Words):
        return _filled(words.language, words.one(text.message), text.given)
    return _filled(words.language, words.one(text), given)


def said(request: Request, text: str) -> str:
    """A string in the language of a request, for a script of ours that shows it as text."""
    words = catalogue(language_of(request))
    if isinstance(text, Words) and text.given:
        return words.one(text.message) % text.given
    return words.one(text)


@pass_context
def counted(context: Context, one: str, several: str, number: int, **given: Any) -> Markup:
    """A string that counts, as `%(num)s`."""
    words = _words(context)
    return _filled(words.language, words.of(one, several, number), {"num": number, **given})


@pass_context
def number(context: Context, value: int) -> str:
    """A number in the language's digits."""
    return digits(_words(context).language, str(value))


@pass_context
def many(context: Context, count: int) -> str:
    """A count that ends at 999, as nobody counts further for it."""
    return digits(_words(context).language, str(count) if count < 1_000 else "999+")


def _there(context: Context, text: str) -> datetime:
    return from_text(text).astimezone(ZoneInfo(context.get("zone", "UTC")))


@pass_context
def day(context: Context, text: str) -> str:
    """A stored time as a day people read, in the campaign's time zone."""
    return day_text(_words(context), _there(context, text))


@pass_context
def on_day(context: Context, text: str) -> str:
    """A stored day as people read it; a day alone has no time zone."""
    return day_text(_words(context), datetime.fromisoformat(text))


@pass_context
def minute(context: Context, text: str) -> str:
    """A stored time as day and minute, in the campaign's time zone, which is named."""
    words, moment = _words(context), _there(context, text)
    name = moment.tzname() or ""
    zone = name if name.isalpha() else f"UTC{name}"
    clock = digits(words.language, f"{moment:%H:%M}")
    return words.one(MINUTE) % {"day": day_text(words, moment), "time": clock, "zone": zone}


@pass_context
def spoken_there(context: Context, text: str, zone: str) -> str:
    """A stored time as `Friday 2 October, 18:00`, by the clocks of a zone."""
    return spoken(_words(context), text, zone)


@pass_context
def zone_of(context: Context, call: CallOut | DraftCall) -> str:
    """The time zone of a call-out, spelled out, as it is at the end."""
    return zone_spoken(_words(context), call.time_zone, *filter(None, [call.ends_at]))


@pass_context
def zone_before(context: Context, call: CallOut | DraftCall) -> str:
    """The same as it is at the beginning, if the clocks are set forward or back in between; else nothing."""
    if not call.starts_at or not call.ends_at or not clocks_change(call.time_zone, call.starts_at, call.ends_at):
        return ""
    return zone_spoken(_words(context), call.time_zone, call.starts_at)


@pass_context
def month(context: Context, text: str) -> str:
    """`2026-01` as people read it."""
    words = _words(context)
    year, _, number_of = text.partition("-")
    name = words.one(MONTHS[int(number_of) - 1])
    return digits(words.language, words.one(MONTH) % {"month": name, "year": year})


def install(made: Environment) -> None:
    """Give the templates words, numbers and times in the language of the page, which their context names as `lang`."""
    made.globals.update(_=translated, gettext=translated, ngettext=counted)
    made.filters.update(day=day, minute=minute, month=month, on_day=on_day, many=many, number=number, dir=direction)
    made.filters.update(spoken=spoken_there, zone_of=zone_of, zone_before=zone_before, name_of=language_name)
