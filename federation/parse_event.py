"""When and where the Events of others are: of Mobilizon, Gancio, Friendica, WordPress and whoever follows FEP-8a8e. Nothing is refused."""

from __future__ import annotations

from typing import Any, Final

from federation.gate import Document
from federation.objects import Occasion, Place
from federation.shapes import exact_moment, many, text

MAX_PLACES: Final = 8
MAX_PLACE_CHARS: Final = 300
MAX_ZONE_CHARS: Final = 64
#: The parts of a postal address in the order in which they are read aloud.
_ADDRESS: Final = ("streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry")
_STATUSES: Final = {
    "CONFIRMED": "CONFIRMED",
    "TENTATIVE": "TENTATIVE",
    "CANCELLED": "CANCELLED",
    "EVENTSCHEDULED": "CONFIRMED",
    "EVENTRESCHEDULED": "CONFIRMED",
    "EVENTMOVEDONLINE": "CONFIRMED",
    "EVENTTENTATIVE": "TENTATIVE",
    "EVENTPOSTPONED": "TENTATIVE",
    "EVENTCANCELLED": "CANCELLED",
}


def _status(document: Document) -> str:
    for key in ("eventStatus", "status", "ical:status"):
        value = document.get(key)
        if isinstance(value, str):
            word = value.rstrip("/").rpartition("/")[2].rpartition("#")[2].rpartition(":")[2].upper()
            if word in _STATUSES:
                return _STATUSES[word]
    return "CONFIRMED"


def _address(value: Any) -> str:
    if isinstance(value, str):
        return value[:MAX_PLACE_CHARS]
    parts = [text(value.get(key), 100) for key in _ADDRESS] if isinstance(value, dict) else []
    return ", ".join(part for part in parts if part)[:MAX_PLACE_CHARS]


def _degrees(value: Any, most: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -most <= value <= most else None


def _place(value: Any) -> Place | None:
    if isinstance(value, str):
        return Place(name=value[:MAX_PLACE_CHARS]) if value else None
    if not isinstance(value, dict) or value.get("type") == "VirtualLocation":
        return None
    name, address = text(value.get("name"), MAX_PLACE_CHARS) or "", _address(value.get("address"))
    if not name and not address:
        return None
    latitude, longitude = _degrees(value.get("latitude"), 90), _degrees(value.get("longitude"), 180)
    whole = latitude is not None and longitude is not None
    return Place(
        name=name or address,
        address=address,
        latitude=latitude if whole else None,
        longitude=longitude if whole else None,
    )


def parse_occasion(document: Document) -> Occasion:
    """What an Event says of when and where, as far as it can be read."""
    places = (_place(value) for value in many(document.get("location"))[:MAX_PLACES])
    return Occasion(
        start=exact_moment(document.get("startTime")),
        end=exact_moment(document.get("endTime")),
        zone=text(document.get("timezone"), MAX_ZONE_CHARS),
        place=next((place for place in places if place is not None), None),
        status=_status(document),
    )
