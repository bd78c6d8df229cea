"""An exact place is shown to the second until its time, and where nobody should come any more it is kept nowhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.features.posts.model import Post
from server.features.posts.model_call import CallState, Point
from server.house import House
from tests.features.test_callouts import call_draft
from tests.world import CONSOLE, World

pytestmark = pytest.mark.anyio

UNTIL = datetime(2026, 9, 28, 12, tzinfo=UTC)
POINT = Point(latitude=50.9513, longitude=1.8587, until="2026-09-28T12:00:00.000000Z")


async def called(house: House, **more: Any) -> Post:
    return await house.publishing.submit(CONSOLE, call_draft(point=POINT, **more))


async def points(house: House) -> int:
    """How many revisions name one."""
    async with house.database.snapshot() as snapshot:
        count: int = await snapshot.value("SELECT count(*) FROM call_revisions WHERE latitude IS NOT NULL")
    return count


async def test_it_leaves_the_pages_at_its_time_before_anybody_erases_it(world: World) -> None:
    house = await world.campaign("here.test")
    post = await called(house)
    pages = [f"https://here.test/p/{post.public_id}", "https://here.test/"]
    world.clock.now = UNTIL - timedelta(seconds=1)
    for page in pages:
        assert "50.9513" in (await world.get(page)).text
    world.clock.now = UNTIL
    for page in pages:
        assert "50.9513" not in (await world.get(page)).text, "a page that was remembered is not true any more"
    assert await points(house) == 1, "the chore comes once a minute"


@pytest.mark.parametrize("state", [CallState.CANCELLED, CallState.OVER])
async def test_where_nobody_should_come_it_is_erased_at_once(world: World, state: CallState) -> None:
    house = await world.campaign("here.test")
    post = await called(house)
    await house.calling.set_state(CONSOLE, post.public_id, state)
    assert await points(house) == 0
    assert "50.9513" not in (await world.get(f"https://here.test/p/{post.public_id}")).text


async def test_new_words_under_a_cancelled_one_bring_it_back_nowhere(house: House) -> None:
    post = await called(house)
    await house.publishing.edit(CONSOLE, post.public_id, call_draft(point=POINT, state=CallState.CANCELLED))
    assert await points(house) == 0
