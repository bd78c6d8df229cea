"""Hours spelled out for paper: weekday, date, hour, and the clock of which town it is."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from server.base.catalogue import Catalogue
from server.base.spoken import CITIES, END, ISOLATE, WEEKDAYS, day_text, digits, direction
from server.base.timestamps import from_text

#: A moment with its weekday, and whose clock tells it.
MOMENT, CLOCK = "%(weekday)s %(day)s, %(time)s", "%(city)s time (%(offset)s)"
UTC: Final = "UTC"


def there(text: str, zone: str) -> datetime:
    """A stored time on the clock of a time zone."""
    return from_text(text).astimezone(ZoneInfo(zone))


def moment(words: Catalogue, at: datetime) -> str:
    """`Friday 2 October 2026, 18:00`; for those who count by the solar year, by that one, too."""
    weekday, day = words.one(WEEKDAYS[at.weekday()]), day_text(words, at)
    said = words.one(MOMENT) % {"weekday": weekday, "day": day, "time": f"{at:%H:%M}"}
    return digits(words.language, said)


def clock(words: Catalogue, at: datetime, zone: str) -> str:
    """`Paris time (UTC+2)`; `UTC` alone where that is the zone. The town is the one that names the zone."""
    minutes = int((at.utcoffset() or at - at).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    offset = f"{UTC}{sign}{hours}{f':{rest:02}' if rest else ''}"
    rtl = direction(words.language) == "rtl"
    area, slash, city = zone.rpartition("/")
    if not slash or area == "Etc":
        return UTC if not minutes else offset
    city = words.one(CITIES[zone]) if zone in CITIES else city.replace("_", " ")
    given = {"city": city, "offset": digits(words.language, offset)}
    return words.one(CLOCK) % {name: f"{ISOLATE}{value}{END}" if rtl else value for name, value in given.items()}
