"""The calendar of Iran and Afghanistan, by arithmetic: leap years as they fall from 1178 to 1633 (1799 to 2255)."""

from __future__ import annotations

from datetime import date
from typing import Final

#: Month names as CLDR has them for its `persian` calendar.
MONTHS: Final = {
    "fa": ("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"),
    "ps": ("وری", "غویی", "غبرگولی", "چنگاښ", "زمری", "وږی", "تله", "لړم", "لیندۍ", "مرغومی", "سلواغه", "کب"),
}
#: Days in 33 years, in the first four of them, and in a half of six long months.
CYCLE, FOUR, HALF = 12_053, 1_461, 186
#: So many days before the first day of Python's count the cycles begin, in the year -1595.
_BEFORE: Final = 356_032


def solar_hijri(day: date) -> tuple[int, int, int]:
    """Year, month and day of a Gregorian day."""
    cycles, left = divmod(day.toordinal() + _BEFORE, CYCLE)
    fours, left = divmod(left, FOUR)
    year = -1595 + 33 * cycles + 4 * fours
    if left > 365:
        more, left = divmod(left - 1, 365)
        year += more
    if left < HALF:
        return year, 1 + left // 31, 1 + left % 31
    return year, 7 + (left - HALF) // 30, 1 + (left - HALF) % 30


def beside(said: str, day: date, language: str, pattern: str) -> str:
    """A day as it is said, with the same day of the solar year behind it for those who count by it; `pattern` as of the first. Digits 0 to 9."""
    names = MONTHS.get(language)
    if names is None:
        return said
    year, month, number = solar_hijri(day)
    return f"{said} ({pattern % {'day': number, 'month': names[month - 1], 'year': year}})"
