"""The lock and the audit log from the command line."""

from __future__ import annotations

from typing import Any

import msgspec

from server.base.errors import Invalid
from server.commands.verbs.people import Nothing
from server.features.access.model import Who
from server.features.access.oversight import as_fields
from server.features.safety.model import LockLevel
from server.house import House


class Lock(msgspec.Struct, frozen=True):
    """How far to lock; None to look."""

    level: int | None = None


class Codes(msgspec.Struct, frozen=True):
    """How many codes, how far each locks, and a note on who carries them."""

    level: int
    count: int = 1
    label: str = ""


def _level(number: int) -> LockLevel:
    if number not in set(LockLevel):
        raise Invalid(
            "A level is 0 (open), 1 (publishing frozen), 2 (replies and follows paused) or 3 (statement only)."
        )
    return LockLevel(number)


async def lock(house: House, args: Lock) -> dict[str, Any]:
    """Lock or open the house, or say how far it is locked."""
    if args.level is not None:
        await house.locking.set_level(Who.console(), _level(args.level))
    return {"level": int(house.safety.level), "since": await house.locking.since(Who.console())}


async def codes(house: House, _: Nothing) -> list[dict[str, Any]]:
    """The codes that wait, without the codes."""
    return [
        {"level": int(one.level), "label": one.label, "since": one.created_day}
        for one in await house.locking.codes(Who.console())
    ]


async def make_codes(house: House, args: Codes) -> dict[str, Any]:
    """Codes that lock once each."""
    made = await house.locking.make_codes(Who.console(), _level(args.level), args.count, args.label)
    return {"codes": made, "level": args.level, "address": f"{house.addresses.base}/lock"}


async def discard_codes(house: House, _: Nothing) -> dict[str, Any]:
    """Make every code worthless."""
    return {"discarded": await house.locking.discard_codes(Who.console())}


async def audit(house: House, _: Nothing) -> list[dict[str, str]]:
    """The whole log, newest first."""
    return [as_fields(line) for line in await house.oversight.export(Who.console())]
