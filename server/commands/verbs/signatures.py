"""Who signs a call-out, from the command line."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from server.base.errors import NotFound
from server.commands.verbs.posts import public_id_of
from server.features.access.model import Who
from server.features.allies.model import Signature
from server.features.posts.model import State
from server.features.posts.views import by_public_id
from server.house import House


class Of(msgspec.Struct, frozen=True):
    """A call-out, by the address of its page or its id."""

    target: str


class Sign(msgspec.Struct, frozen=True):
    """Whether a group, by its number in the list, signs a call-out."""

    target: str
    number: int
    answer: Literal["yes", "no"]


def _said(one: Signature, *, counts: bool) -> dict[str, Any]:
    return {
        "number": one.actor.id,
        "from": one.actor.handle,
        "name": one.actor.shown_name,
        "by": "reply" if one.by_reply else "boost",
        "counts": counts,
    }


async def signatures(house: House, args: Of) -> list[dict[str, Any]]:
    """Those that count, then those that do not."""
    async with house.database.snapshot() as snapshot:
        post = await by_public_id(snapshot, public_id_of(house, args.target))
    if post is None or post.state is not State.LIVE or post.call is None:
        raise NotFound("There is no such call-out.")
    counting = [_said(one, counts=True) for one in await house.signing.signatures(post)]
    return counting + [_said(one, counts=False) for one in await house.signing.others(Who.console(), post)]


async def sign(house: House, args: Sign) -> dict[str, Any]:
    """Let a group sign, or take its signature off."""
    await house.signing.decide(
        Who.console(), public_id_of(house, args.target), args.number, counts=args.answer == "yes"
    )
    return {}
