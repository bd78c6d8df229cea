"""Days, hours and time zones as people say them, in the words of a catalogue: for pages and for texts that other servers show."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from server.base.catalogue import Catalogue
from server.base.solar_hijri import beside
from server.base.timestamps import from_text
from server.base.words import marked

RIGHT_TO_LEFT: Final = frozenset(
    {
        "acm", "aeb", "apc", "ar", "arc", "ary", "arz", "azb", "bal", "bqi", "ckb", "dv", "fa", "glk", "haz", "he", "ks", "lrc",
        "mzn", "nqo", "pnb", "prs", "ps", "sd", "sdh", "syr", "ug", "ur", "uzs", "yi",
    }
)  # fmt: skip
#: Scripts as a language tag names them (`ku-Arab`): they decide before the language.
SCRIPTS_RIGHT_TO_LEFT: Final = frozenset(
    {"adlm", "arab", "aran", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"}
)
SCRIPT_CHARS: Final = 4
#: Digits by language, where CLDR's default ones are not 0 to 9. Arabic has 0 to 9: they are read from Rabat to Baghdad.
DIGITS: Final = {
    "fa": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"),
    "ps": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"),
}
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
#: Between these (FIRST STRONG ISOLATE, POP DIRECTIONAL ISOLATE) text has its own direction.
ISOLATE, END = "\u2068", "\u2069"
#: A tag or a handle in Latin letters.
_SIGNED: Final = re.compile(r"(?<![\w/])[#@][A-Za-z][\w.@-]*\b")
#: Farsi writes it over the last letter of a word that belongs to the next one, such as a month over a year.
EZAFE: Final = "\u0654"
#: Monday first, as `datetime.weekday` counts.
WEEKDAYS: Final = (
    marked("Monday"), marked("Tuesday"), marked("Wednesday"), marked("Thursday"),
    marked("Friday"), marked("Saturday"), marked("Sunday"),
)  # fmt: skip
#: A day of the week, a moment, the first of a month apart (French: 1er).
WEEKDAY: Final = marked("%(weekday)s %(day)s %(month)s")
WEEKDAY_FIRST: Final = marked("%(weekday)s 1 %(month)s")
#: Days with their year.
DAY, FIRST = ("%(day)s %(month)s %(year)s", "1 %(month)s %(year)s")
AT: Final = marked("%(day)s, %(time)s")
#: A span without a start, within a day, over several days.
UNTIL: Final = marked("until %(end)s (%(zone)s)")
WITHIN: Final = marked("%(day)s, %(start)s to %(end)s (%(zone)s)")
SPAN: Final = marked("%(start)s to %(end)s (%(zone)s)")
ZONE: Final = marked("%(city)s time, %(offset)s")
ZONE_ALONE: Final = marked("%(city)s time")
#: Cities that time zones are called after; those not here keep the name that the zone has.
CITIES: Final = {
    "Europe/Paris": marked("Paris"),
    "Europe/London": marked("London"),
    "Europe/Brussels": marked("Brussels"),
    "Europe/Berlin": marked("Berlin"),
    "Europe/Rome": marked("Rome"),
    "Europe/Athens": marked("Athens"),
}


def direction(language: str) -> str:
    """`rtl` or `ltr` by the language's script: the one that its tag names, else its usual one."""
    first, *others = language.lower().split("-")
    script = next((one for one in others if len(one) == SCRIPT_CHARS and one.isalpha()), "")
    return "rtl" if (script in SCRIPTS_RIGHT_TO_LEFT if script else first in RIGHT_TO_LEFT) else "ltr"


def digits(language: str, text: str) -> str:
    """Digits as the language writes them."""
    return text.translate(DIGITS[language]) if language in DIGITS else text


def _there(text: str, zone: str) -> datetime:
    return from_text(text).astimezone(ZoneInfo(zone))


def _clock(words: Catalogue, moment: datetime, *, exact: bool = False) -> str:
    """What a clock shows; `exact` with its distance from UTC."""
    shown = digits(words.language, f"{moment:%H:%M}")
    return f"{shown} ({isolated(words.language, _offset(moment))})" if exact else shown


def _month(words: Catalogue, moment: datetime) -> str:
    """A month with nothing behind it that it belongs to."""
    return words.one(MONTHS[moment.month - 1]).removesuffix(EZAFE)


def weekday_text(words: Catalogue, moment: datetime) -> str:
    """A day with the name it has in the week, and its month; for those who count by the solar year, by that one, too."""
    pattern = words.one(WEEKDAY_FIRST if moment.day == 1 else WEEKDAY)
    weekday, month = words.one(WEEKDAYS[moment.weekday()]), _month(words, moment)
    said = pattern % {"weekday": weekday, "day": moment.day, "month": month}
    return digits(words.language, beside(said, moment.date(), words.language, words.one(DAY)))


def day_text(words: Catalogue, moment: datetime) -> str:
    """A day with its month and year; for those who count by the solar year, by that one, too."""
    pattern = words.one(FIRST if moment.day == 1 else DAY)
    said = pattern % {"day": moment.day, "month": words.one(MONTHS[moment.month - 1]), "year": moment.year}
    return digits(words.language, beside(said, moment.date(), words.language, words.one(DAY)))


def spoken(words: Catalogue, text: str, zone: str) -> str:
    """A stored time as `Friday 2 October, 18:00`, by the clocks of a zone that stands beside it."""
    moment = _there(text, zone)
    return words.one(AT) % {"day": weekday_text(words, moment), "time": _clock(words, moment)}


def dated(words: Catalogue, text: str, zone: str) -> str:
    """The same with its year, for paper that hangs for long: `Friday 2 October 2026, 18:00`."""
    moment = _there(text, zone)
    names = {"weekday": words.one(WEEKDAYS[moment.weekday()]), "day": day_text(words, moment)}
    return words.one(AT) % {"day": words.one(marked("%(weekday)s %(day)s")) % names, "time": _clock(words, moment)}


def _offset(moment: datetime) -> str:
    distance = moment.utcoffset() or timedelta()
    minutes = round(distance.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes >= 0 else "−"  # noqa: RUF001 - the minus sign of typography
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def zone_spoken(words: Catalogue, zone: str, *moments: str) -> str:
    """A time zone as `Paris time, UTC+2`; without the distance if it is not the same at all of these stored times."""
    city = words.one(CITIES[zone]) if zone in CITIES else zone.rpartition("/")[2].replace("_", " ")
    if city == "UTC":
        return city
    offsets = {_offset(_there(one, zone)) for one in moments}
    if len(offsets) != 1:
        return words.one(ZONE_ALONE) % {"city": isolated(words.language, city)}
    offset = isolated(words.language, offsets.pop())
    return words.one(ZONE) % {"city": isolated(words.language, city), "offset": offset}


def isolated(language: str, text: str) -> str:
    """A name from left to right that must not turn a sentence from right to left around."""
    return f"{ISOLATE}{text}{END}" if direction(language) == "rtl" else text


def clocks_change(zone: str, starts_at: str | None, ends_at: str) -> bool:
    """True if clocks are set forward or back in between: then each hour says its own distance from UTC."""
    return starts_at is not None and _offset(_there(starts_at, zone)) != _offset(_there(ends_at, zone))


def turned(text: str, language: str) -> str:
    """Plain words whose Latin tags and handles begin with their sign also in a language from right to left."""
    return _SIGNED.sub(rf"{ISOLATE}\g<0>{END}", text) if direction(language) == "rtl" else text


def span(words: Catalogue, starts_at: str | None, ends_at: str, zone: str) -> str:
    """From when until when, with the time zone: `until Friday 2 October, 18:00 (Paris time, UTC+2)`."""
    end = _there(ends_at, zone)
    if starts_at is None:
        said = zone_spoken(words, zone, ends_at)
        return words.one(UNTIL) % {"end": spoken(words, ends_at, zone), "zone": said}
    start, said = _there(starts_at, zone), zone_spoken(words, zone, starts_at, ends_at)
    exact = clocks_change(zone, starts_at, ends_at)
    hours = {"start": _clock(words, start, exact=exact), "end": _clock(words, end, exact=exact)}
    if start.date() == end.date():
        return words.one(WITHIN) % {"day": weekday_text(words, start), "zone": said, **hours}
    days = {"start": weekday_text(words, start), "end": weekday_text(words, end)}
    both = {name: words.one(AT) % {"day": days[name], "time": hours[name]} for name in hours}
    return words.one(SPAN) % {**both, "zone": said}
