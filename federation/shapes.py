"""One-or-many, string-or-object: the shapes in which the same thing comes, settled here once."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from federation.errors import Malformed, TooLarge
from federation.gate import Document
from federation.identifiers import origin_of

MAX_ADDRESSEES: Final = 200
MAX_LANGUAGES: Final = 32
MAX_LANGUAGE_CHARS: Final = 35
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,4}")
_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,12})?)?\s?(Z|z|[+-]\d\d:?\d\d)?"
)


def text(value: object, limit: int) -> str | None:
    """A string cut to the limit, or None for anything else."""
    return value[:limit] if isinstance(value, str) else None


def usable_url(value: object) -> str | None:
    """The string if it is a usable http(s) URL, else None."""
    if not isinstance(value, str):
        return None
    try:
        origin_of(value)
    except Malformed:
        return None
    return value


def many(value: object) -> list[Any]:
    """Nothing, one or several as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def id_of(value: object) -> str | None:
    """The id of a string, an object with an id, or a list of one of them; None if there is no usable one."""
    if value is None:
        return None
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else None
    if isinstance(value, dict):
        value = value.get("id")
    return usable_url(value)


def required_id(document: Document, key: str) -> str:
    """The id under a key. Raises Malformed."""
    found = id_of(document.get(key))
    if found is None:
        raise Malformed(f"{key} is missing or unusable")
    return found


def type_of(document: Document) -> str:
    """The one type; of several none is trusted. Raises Malformed."""
    value = document.get("type")
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return "+".join(sorted(value[:4]))[:200]
    if not isinstance(value, str) or not value:
        raise Malformed("type is missing")
    return value[:200]


def addressees(document: Document, *keys: str) -> tuple[str, ...]:
    """Ids under several keys, each once. Raises TooLarge."""
    found: dict[str, None] = {}
    for key in keys:
        for value in many(document.get(key)):
            address = value.get("id") if isinstance(value, dict) else value
            if isinstance(address, str) and len(address) <= 2_048:
                found[address] = None
    if len(found) > MAX_ADDRESSEES:
        raise TooLarge("too many addressees")
    return tuple(found)


def language_map(value: object, limit: int) -> tuple[tuple[str, str], ...]:
    """Pairs of a well-formed language tag and a text, in the order given, a bounded number."""
    if not isinstance(value, dict):
        return ()
    pairs = []
    for tag, words in list(value.items())[:MAX_LANGUAGES]:
        if len(tag) <= MAX_LANGUAGE_CHARS and _LANGUAGE.fullmatch(tag) and isinstance(words, str):
            pairs.append((tag, words[:limit]))
    return tuple(pairs)


def moment(value: object) -> datetime | None:
    """An ISO 8601 time in UTC to the second, or None for anything that is none."""
    found = exact_moment(value)
    try:
        return found.astimezone(UTC) if found else None
    except OverflowError:
        return None


def exact_moment(value: object) -> datetime | None:
    """As `moment`, with the distance from UTC that it came with."""
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) and len(value) < 64 else None
    if match is None:
        return None
    year, month, day, hour, minute = (int(match[index]) for index in range(1, 6))
    try:
        naive = datetime(year, month, day, hour, minute, min(int(match[6] or 0), 59), tzinfo=UTC)
        zone = match[7]
        if zone and zone not in "Zz":
            return naive.replace(tzinfo=datetime.strptime(zone, "%z").tzinfo)
    except (ValueError, OverflowError):
        return None
    return naive


def integer(value: object, low: int, high: int) -> int | None:
    """A whole number within bounds, or None."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if low <= value <= high else None
