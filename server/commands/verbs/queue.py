"""The delivery queue from the command line, and what a house says about itself."""

from __future__ import annotations

from typing import Any

import msgspec

from server.base.errors import NotFound
from server.commands.verbs.people import Nothing
from server.house import House


class Retry(msgspec.Struct, frozen=True):
    """One host, or all."""

    host: str = ""


async def queue_list(house: House, _: Nothing) -> list[dict[str, Any]]:
    """What waits, by host."""
    return [
        {
            "host": one.host,
            "waiting": one.waiting,
            "attempts": one.attempts,
            "next_at": one.next_at,
            "reason": one.reason,
        }
        for one in await house.delivery.queue()
    ]


async def queue_retry(house: House, args: Retry) -> dict[str, Any]:
    """Try what waits now."""
    return {"waiting": await house.delivery.retry(args.host or None)}


async def about(house: House, _: Nothing) -> dict[str, Any]:
    """Who this campaign is."""
    try:
        campaign = house.actors.campaign()
    except NotFound:
        return {"handle": None}
    return {
        "handle": house.addresses.acct(campaign.handle),
        "name": campaign.name,
        "home": house.addresses.home(),
        "uri": house.actors.uri(campaign),
    }
