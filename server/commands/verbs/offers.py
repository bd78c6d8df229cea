"""Offers from the command line."""

from __future__ import annotations

from typing import Any

import msgspec

from server.base.errors import Invalid
from server.commands.verbs.people import Nothing
from server.features.access.model import Who
from server.features.offers.model import Kind, Offer, Wanted
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


class Aside(msgspec.Struct, frozen=True):
    """Offers by their names; `undo` takes them back from the spam."""

    names: tuple[str, ...] = ()
    undo: bool = False


class Ask(msgspec.Struct, frozen=True):
    """The kinds to ask for; none asks for nothing."""

    kinds: tuple[str, ...] = ()


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


async def release(house: House, args: Named) -> dict[str, Any]:
    """Let anybody see to an offer again."""
    await house.offers.release(Who.console(), args.name)
    return {"name": args.name}


async def spam(house: House, args: Aside) -> dict[str, Any]:
    """Put offers aside, or take them back."""
    put = house.offers.put_back if args.undo else house.offers.put_aside
    return {"changed": await put(Who.console(), args.names)}


async def asked(house: House, _: Nothing) -> dict[str, Any]:
    """What is asked for."""
    found = await house.offers.choices(Who.console())
    return {"asks": found.on, "kinds": [kind.value for kind in found.kinds], "kept_days": found.kept_days}


async def ask(house: House, args: Ask) -> dict[str, Any]:
    """Ask for these kinds, or for nothing; what holds then."""
    if not set(args.kinds) <= set(Kind):
        raise Invalid(f"A kind is one of {', '.join(Kind)}.")
    kinds = [Kind(one) for one in args.kinds]
    await house.offers.choose(Who.console(), on=bool(kinds), kinds=kinds or list(Kind))
    return await asked(house, Nothing())


async def delete(house: House, args: Several) -> dict[str, Any]:
    """Erase offers."""
    return {"deleted": await house.offers.delete(Who.console(), args.names)}
