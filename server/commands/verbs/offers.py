"""Offers from the command line."""

from __future__ import annotations

from typing import Any

import msgspec

from server.features.access.model import Who
from server.features.offers.model import Offer, Wanted
from server.house import House


class Listed(msgspec.Struct, frozen=True):
    """Which offers, and the page of the list, from 0."""

    kind: str = ""
    language: str = ""
    about: str = ""
    state: str = ""
    page: int = 0


class Named(msgspec.Struct, frozen=True):
    """An offer by its name."""

    name: str


class Answered(msgspec.Struct, frozen=True):
    """An offer by its name, what is answered and in which language; without one, in that of the offer."""

    name: str
    text: str
    language: str = ""


class Several(msgspec.Struct, frozen=True):
    """Offers by their names."""

    names: tuple[str, ...] = ()


def _shown(offer: Offer) -> dict[str, Any]:
    line = offer.line
    return {
        "name": line.name,
        "kind": line.kind.value,
        "state": line.state.value,
        "language": line.language,
        "page_language": line.page_language,
        "about": line.about_code,
        "claimed_by": line.claimer,
        "day": line.arrived_at[:10],
        "deleted_on": line.due_at[:10],
        "copies": line.copies,
        "pictures": line.pictures,
        "fields": dict(offer.fields),
        "contact": offer.contact,
        "answers": [{"text": one.text, "language": one.language} for one in offer.answers],
        "reply": offer.reply,
    }


async def listed(house: House, args: Listed) -> list[dict[str, Any]]:
    """A page of the queue."""
    wanted = Wanted(kind=args.kind, language=args.language, about=args.about, state=args.state)
    found = await house.offers.queue(Who.console(), wanted, max(args.page, 0))
    return [_shown(one) for one in found.offers]


async def show(house: House, args: Named) -> dict[str, Any]:
    """All of one offer."""
    return _shown(await house.offers.offer(Who.console(), args.name))


async def answer(house: House, args: Answered) -> dict[str, Any]:
    """Answer an offer."""
    offer = await house.offers.offer(Who.console(), args.name)
    await house.offers.answer(Who.console(), args.name, args.text, args.language or offer.line.page_language)
    return {"name": args.name}


async def delete(house: House, args: Several) -> dict[str, Any]:
    """Erase offers."""
    return {"deleted": await house.offers.delete(Who.console(), args.names)}
