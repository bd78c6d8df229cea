"""Two campaigns that are allies; a list that cuts; an allow-list that refuses."""

from __future__ import annotations

import pytest

from tests.world import CONSOLE, World

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_a_call_out_of_an_ally_arrives_and_is_boosted_by_one_tap(world: World, engine: str) -> None:
    one = await world.campaign("one.test", "harbour", engine=engine)
    two = await world.campaign("two.test", "bridges", engine=engine)
    reader = world.peer("reader.test", "rita")
    await reader.follow(two)
    ally = await two.remote.actor_by_handle("harbour@one.test")
    await two.allies.mark_actor(CONSOLE, ally, shown=True)
    await two.followers.follow(CONSOLE, ally)
    await world.settle()
    await world.publish(one, "The kettle is on.")
    post = await world.publish(one, "CALL-OUT - Calais, near the port\nCome and stand with them. #Calais")
    uri = world.uri(one, post)
    ((proposed,), _) = await two.timelines.home(CONSOLE, proposed=True)
    assert proposed.post.uri == uri
    assert len((await two.timelines.home(CONSOLE))[0]) == 2
    await two.timelines.take_up(CONSOLE, proposed.id)
    await world.settle()
    assert [one["object"] for one in reader.of_type("Announce")] == [uri]
    assert "1 boost" in (await world.get(one.addresses.post_page(post.public_id))).text
    assert "harbour" in (await world.get("https://two.test/allies")).text
    await one.publishing.delete(CONSOLE, post.public_id)
    await world.settle()
    assert len((await two.timelines.home(CONSOLE))[0]) == 1


async def test_a_list_ends_what_two_campaigns_had_with_each_other(world: World, engine: str) -> None:
    one = await world.campaign("one.test", "harbour", engine=engine)
    two = await world.campaign("two.test", "bridges", engine=engine)
    await two.followers.follow(CONSOLE, await two.remote.actor_by_handle("harbour@one.test"))
    await world.settle()
    number, _ = await one.blocking.apply(CONSOLE, "Bad", ["two.test"])
    await world.settle()
    await world.publish(one, "Not for them")
    assert (await two.timelines.home(CONSOLE))[0] == []
    await world.publish(two, "@harbour@one.test Hello?")
    assert await one.conversation.queue(("reply", "mention"), "held") == []
    await one.blocking.undo(CONSOLE, number)
    await world.publish(two, "@harbour@one.test Hello again?")
    assert len(await one.conversation.queue(("reply", "mention"), "held")) == 1


async def test_while_the_allow_list_is_on_only_its_servers_are_heard_and_hear(world: World, engine: str) -> None:
    one = await world.campaign("one.test", "harbour", engine=engine)
    two = await world.campaign("two.test", "bridges", engine=engine)
    three = await world.campaign("three.test", "roads", engine=engine)
    for house in (two, three):
        await house.followers.follow(CONSOLE, await house.remote.actor_by_handle("harbour@one.test"))
    await world.settle()
    await one.allowing.allow(CONSOLE, "two.test")
    await one.allowing.switch(CONSOLE, on=True)
    await world.publish(one, "For those on the list")
    assert len((await two.timelines.home(CONSOLE))[0]) == 1
    assert (await three.timelines.home(CONSOLE))[0] == []
    await world.publish(two, "@harbour@one.test Hello from two")
    await world.publish(three, "@harbour@one.test Hello from three")
    (held,) = await one.conversation.queue(("reply", "mention"), "held")
    assert held.author.handle == "bridges@two.test"
    await one.allowing.switch(CONSOLE, on=False)
    await world.publish(one, "For all")
    assert len((await three.timelines.home(CONSOLE))[0]) == 1
