"""The first campaign of a house: its actors and its first organiser."""

from __future__ import annotations

from server.base.errors import Conflict, NotFound
from server.features.access.model import Role, Who
from server.house import House

#: The instance actor's handle is its own domain elsewhere; here its name tells what it is for.
INSTANCE_HANDLE = "actor"


def is_founded(house: House) -> bool:
    """True if this house has its campaign."""
    try:
        house.actors.campaign()
    except NotFound:
        return False
    return True


async def found(
    house: House, *, handle: str, name: str, organiser: str, language: str = "en", time_zone: str = "UTC"
) -> str:
    """Make the campaign; the one-time sign-in link of its first keyholder. Raises Invalid, or Conflict if there is one."""
    if is_founded(house) and await house.access.organisers(Who.console()):
        raise Conflict("There is a campaign here already.")
    try:
        house.actors.instance()
    except NotFound:
        await house.actors.create(handle=INSTANCE_HANDLE, kind="instance", type_="Application", name="Callout")
    if not is_founded(house):  # it is, if an earlier `init` was killed before it had invited anybody
        await house.actors.create(
            handle=handle, kind="campaign", type_="Organization", name=name, language=language, time_zone=time_zone
        )
    await house.agenda.settle()
    path = await house.access.invite(Who.console(), organiser, Role.KEYHOLDER)
    return f"{house.addresses.base}{path}"
