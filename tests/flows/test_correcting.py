"""Corrections and ends, as another server of ours hears them."""

from __future__ import annotations

import pytest

from server.house import House
from tests.world import CONSOLE, World, later

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sqlite", "postgres"])
async def one(request: pytest.FixtureRequest, world: World) -> House:
    return await world.campaign("one.test", "harbour", engine=request.param)


async def test_a_correction_reaches_the_other_server_as_update_and_create(world: World, one: House) -> None:
    two = await world.campaign("two.test", "bridges")
    await two.followers.follow(CONSOLE, await two.remote.actor_by_handle("@harbour@one.test"))
    bob = world.peer()
    await bob.follow(one)
    await world.settle()
    old = await world.publish(one, "Meet at the quay")
    await two.remote.post(world.uri(one, old))
    later(world, minutes=5)
    new = await world.correct(one, old, "Meet at the bridge", "Not the quay.")
    (update,) = bob.of_type("Update")
    assert update["object"]["id"] == world.uri(one, old)
    assert "bridge" in update["object"]["content"]
    create = bob.of_type("Create")[-1]["object"]
    assert create["inReplyTo"] == world.uri(one, old)
    assert "Not the quay." in create["content"]
    assert f'href="https://one.test/p/{old.public_id}"' in create["content"]
    changed, _ = await two.remote.post(world.uri(one, old))
    said, _ = await two.remote.post(world.uri(one, new))
    assert "bridge" in changed.html
    assert "Not the quay." in said.html


async def test_a_post_that_ends_sends_its_deletion(world: World, one: House) -> None:
    bob = world.peer()
    await bob.follow(one)
    post = await world.publish(one, "Tonight only", expires_days=1)
    assert bob.of_type("Delete") == []
    later(world, days=1)
    await one.publishing.delete_expired()
    await world.settle()
    (delete,) = bob.of_type("Delete")
    assert delete["object"]["id"] == world.uri(one, post)
    assert (await world.get(one.addresses.post_page(post.public_id))).status_code == 410
