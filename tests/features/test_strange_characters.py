"""What no text of a database can hold is nobody's fault there: it is refused, and nothing breaks."""

from __future__ import annotations

import pytest

from server.house import House
from tests.world import World

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "path",
    [
        "p/%00",
        "p/a%00b/history",
        "p/%00/card",
        "p/%00/event.ics",
        "tags/%00",
        "feed.atom?tag=%00",
        "users/campaign/stamps/%00",
    ],
)
async def test_an_address_that_no_text_can_hold_is_refused_on_either_engine(
    world: World, house: House, path: str
) -> None:
    answer = await world.get(f"https://here.test/{path}")
    assert answer.status_code in {404, 422}


async def test_a_name_that_no_text_can_hold_signs_nobody_in(world: World, house: House) -> None:
    async with world.client(base_url="https://here.test") as client:
        answer = await client.post("/desk/sign-in", data={"name": "a\x00da", "password": "a long password"})
    assert answer.status_code in {401, 422}
