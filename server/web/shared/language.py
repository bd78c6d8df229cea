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
from server.base.solar_hijri import beside
from server.base.timestamps import from_text
from server.base.words import Words
from server.web.shared.request import house_of

RIGHT_TO_LEFT: Final = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
#: Digits by language, where CLDR's default ones are not 0 to 9. Arabic has 0 to 9: they are read from Rabat to Baghdad.
DIGITS: Final = {
    "fa": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"),
    "ps": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"),
}
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
#: Days, the first of a month apart (French: 1er), moments and months as people write them.
DAY, FIRST, MINUTE, MONTH = (
    "%(day)s %(month)s %(year)s",
    "1 %(month)s %(year)s",
    "%(day)s, %(time)s %(zone)s",
    "%(month)s %(year)s",
)
#: Languages by their own names: each is found by those who read it.
NAMES: Final = {
    "en": "English",
    "fr": "Français",
    "de": "Deutsch",
    "es": "Español",
    "it": "Italiano",
    "pt": "Português",
    "ar": "العربية",
    "fa": "فارسی",
    "ps": "پښتو",
    "ti": "ትግርኛ",
    "tr": "Türkçe",
    "uk": "Українська",
}
#: Where a request's scope carries what its organiser chose.
CHOSEN: Final = "callout.language"
#: Where a request's scope carries the language that its address names.
SPOKEN: Final = "callout.spoken"
#: And the part of its path that named it, such as `/fa`.
PREFIX: Final = "callout.prefix"
#: So many different Accept-Language headers are remembered, each with what it asks for.
HEADERS_KEPT: Final = 1_024
#: Between these (FIRST STRONG ISOLATE, POP DIRECTIONAL ISOLATE) text has its own direction.
ISOLATE, END = "\u2068", "\u2069"
DESK: Final = ("/desk", "/authorize_interaction", "/lock", "/oauth")


def direction(language: str) -> str:
    """`rtl` or `ltr` by the language's script."""
    return "rtl" if language.partition("-")[0].lower() in RIGHT_TO_LEFT else "ltr"


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


def name_of(language: str) -> str:
    """A language by its own name; its code if we know none."""
    return NAMES.get(language) or NAMES.get(language.partition("-")[0].lower(), language)


def shown_languages() -> list[tuple[str, str]]:
    """The languages of the Desk, each by its own name."""
    return [(code, name_of(code)) for code in desk_languages()]


def _words(context: Context) -> Catalogue:
    found: str = context.get("lang", SOURCE)
    return catalogue(found)


def digits(language: str, text: str) -> str:
    """Digits as the language writes them."""
    return text.translate(DIGITS[language]) if language in DIGITS else text


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


def _day(words: Catalogue, moment: datetime) -> str:
    """As people write it; for those who count by the solar year, by that one, too."""
    pattern = words.one(FIRST if moment.day == 1 else DAY)
    name = words.one(MONTHS[moment.month - 1])
    said = pattern % {"day": moment.day, "month": name, "year": moment.year}
    return digits(words.language, beside(said, moment.date(), words.language, words.one(DAY)))


def _there(context: Context, text: str) -> datetime:
    return from_text(text).astimezone(ZoneInfo(context.get("zone", "UTC")))


@pass_context
def day(context: Context, text: str) -> str:
    """A stored time as a day people read, in the campaign's time zone."""
    return _day(_words(context), _there(context, text))


@pass_context
def on_day(context: Context, text: str) -> str:
    """A stored day as people read it; a day alone has no time zone."""
    return _day(_words(context), datetime.fromisoformat(text))


@pass_context
def minute(context: Context, text: str) -> str:
    """A stored time as day and minute, in the campaign's time zone, which is named."""
    words, moment = _words(context), _there(context, text)
    name = moment.tzname() or ""
    zone = name if name.isalpha() else f"UTC{name}"
    clock = digits(words.language, f"{moment:%H:%M}")
    return words.one(MINUTE) % {"day": _day(words, moment), "time": clock, "zone": zone}


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
    made.filters.update(
        day=day, minute=minute, month=month, on_day=on_day, many=many, number=number, dir=direction, name_of=name_of
    )
