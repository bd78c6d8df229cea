"""Days and hours in words, by language, on the clocks of a place. What people come for says whose clocks it means."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from server.base.catalogue import Catalogue
from server.base.timestamps import from_text
from server.base.words import marked

#: Digits by language, where CLDR's default ones are not 0 to 9. Arabic has 0 to 9: they are read from Rabat to Baghdad.
DIGITS: Final = {
    "fa": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"),
    "ps": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"),
}
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS: Final = (
    marked("Monday"), marked("Tuesday"), marked("Wednesday"), marked("Thursday"),
    marked("Friday"), marked("Saturday"), marked("Sunday"),
)  # fmt: skip
#: Days, the first of a month apart (French: 1er).
DAY, FIRST = ("%(day)s %(month)s %(year)s", "1 %(month)s %(year)s")


def digits(language: str, text: str) -> str:
    """Digits as the language writes them."""
    return text.translate(DIGITS[language]) if language in DIGITS else text


def day_text(words: Catalogue, moment: datetime) -> str:
    """A day with its month and year."""
    pattern = words.one(FIRST if moment.day == 1 else DAY)
    name = words.one(MONTHS[moment.month - 1])
    return digits(words.language, pattern % {"day": moment.day, "month": name, "year": moment.year})


def weekday_text(words: Catalogue, moment: datetime) -> str:
    """A day with the name it has in the week."""
    names = {"weekday": words.one(WEEKDAYS[moment.weekday()]), "day": day_text(words, moment)}
    return words.one(marked("%(weekday)s %(day)s")) % names


def _hour(words: Catalogue, moment: datetime) -> str:
    return digits(words.language, f"{moment:%H:%M}")


def _moment(words: Catalogue, moment: datetime) -> str:
    return words.one(marked("%(day)s, %(time)s")) % {
        "day": weekday_text(words, moment),
        "time": _hour(words, moment),
    }


def clocks_of(words: Catalogue, zone: str) -> str:
    """Whose clocks are meant: `Paris time` for Europe/Paris."""
    region, _, city = zone.rpartition("/")
    if not region or region == "Etc":
        return city
    return words.one(marked("%(city)s time")) % {"city": city.replace("_", " ")}


def span_text(words: Catalogue, starts_at: str | None, ends_at: str, zone: str) -> str:
    """From when until when (UTC text), on the clocks of a zone, which is named."""
    end = from_text(ends_at).astimezone(ZoneInfo(zone))
    given = {"end": _moment(words, end), "clocks": clocks_of(words, zone)}
    if starts_at is None:
        return words.one(marked("until %(end)s (%(clocks)s)")) % given
    start = from_text(starts_at).astimezone(ZoneInfo(zone))
    given["start"] = _moment(words, start)
    if start.date() == end.date():
        return words.one(marked("%(start)s\u2013%(end)s (%(clocks)s)")) % {**given, "end": _hour(words, end)}
    return words.one(marked("%(start)s to %(end)s (%(clocks)s)")) % given
