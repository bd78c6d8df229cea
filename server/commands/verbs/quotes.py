"""Verbs about who quotes us."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from server.features.access.model import Who
from server.house import House


class Listed(msgspec.Struct):
    """Which ones."""

    state: Literal["asked", "given", "refused"] = "asked"


class Answer(msgspec.Struct):
    """What we say to one."""

    number: int
    answer: Literal["yes", "no", "take-back"]


async def quotes(house: House, args: Listed) -> list[dict[str, Any]]:
    """Quotes of us."""
    return [
        {"number": one.id, "from": one.handle, "uri": one.interacting_uri, "post": one.post, "at": one.created_at}
        for one in await house.stamping.quotes(args.state)
    ]


async def answer(house: House, args: Answer) -> dict[str, Any]:
    """Yes, no, or no longer."""
    if args.answer == "take-back":
        await house.stamping.take_back(Who.console(), args.number)
    else:
        await house.stamping.answer(Who.console(), args.number, yes=args.answer == "yes")
    return {}
