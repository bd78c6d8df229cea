"""What is dangerous asks once more who it is; what protects does not wait for that."""

from __future__ import annotations

import pytest

from server.features.access.model import Role
from server.features.safety.model import LockLevel
from tests.world import CONSOLE, World, later, signed_in

pytestmark = pytest.mark.anyio

DANGEROUS = [
    ("/desk/team", {"act": "invite", "name": "ben", "role": "writer"}),
    ("/desk/team", {"act": "link", "name": "cleo"}),
    ("/desk/team", {"act": "role", "name": "cleo", "role": "keyholder"}),
    ("/desk/team", {"act": "remove", "name": "cleo", "sure": "on"}),
    ("/desk/lock/codes", {"level": "1"}),
    ("/desk/audit/export", {"format": "csv"}),
    ("/desk/policy", {"update": "1"}),
]


@pytest.mark.parametrize(("path", "fields"), DANGEROUS)
async def test_a_dangerous_act_asks_who_it_is_once_the_last_proof_is_old(
    world: World, path: str, fields: dict[str, str]
) -> None:
    house = await world.campaign("here.test")
    await house.access.invite(CONSOLE, "cleo", Role.WRITER)
    async with signed_in(world, house) as ada:
        later(world, minutes=11)
        answer = await ada.post(path, fields)
        assert 'name="proof_password"' in answer.text
        roles = {one.name: one.role for one in await house.access.organisers(CONSOLE)}
        assert roles == {"ada": Role.KEYHOLDER, "cleo": Role.WRITER}


async def test_a_lost_phone_is_shut_out_and_the_house_is_locked_without_a_proof(world: World) -> None:
    house = await world.campaign("here.test")
    await house.access.invite(CONSOLE, "cleo", Role.WRITER)
    async with signed_in(world, house) as ada:
        later(world, minutes=11)
        await ada.post("/desk/team", {"act": "suspend", "name": "cleo"})
        await ada.post("/desk/lock", {"level": "2", "seen": "0"})
        assert house.safety.level is LockLevel.CONVERSATION_CLOSED
        cleo = next(one for one in await house.access.organisers(CONSOLE) if one.name == "cleo")
        assert cleo.suspended
        answer = await ada.post("/desk/lock", {"level": "0", "seen": "2"})
        assert 'name="proof_password"' in answer.text
        assert house.safety.level is LockLevel.CONVERSATION_CLOSED
