"""A call-out through its life, as another server of ours and a peer hear it: note, pins, page, feed and search agree at each step."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from server.features.posts.model import DraftText, Post
from server.features.posts.model_call import CallState
from server.features.posts.views import by_id
from server.house import House
from tests.features.test_callouts import CALL, DRAFT
from tests.world import CONSOLE, Peer, World, later

pytestmark = pytest.mark.anyio
DOCUMENT = "application/activity+json"


@pytest.fixture(params=["sqlite", "postgres"])
async def one(request: pytest.FixtureRequest, world: World) -> House:
    return await world.campaign("one.test", "harbour", engine=request.param)


async def note(world: World, house: House, post: Post) -> dict[str, Any]:
    found: dict[str, Any] = (await world.get(world.uri(house, post), DOCUMENT)).json()
    return found


async def featured(world: World) -> list[str]:
    answer = (await world.get("https://one.test/users/harbour/featured", DOCUMENT)).json()
    return [one if isinstance(one, str) else one["id"] for one in answer["orderedItems"]]


async def agree(world: World, house: House, post: Post, bob: Peer, words: str, *, pinned: bool) -> str:
    """What everybody sees begins with these words; the text of the other server's copy."""
    await world.settle()
    content: str = (await note(world, house, post))["content"]
    assert content.startswith(f"<p><strong>{words}"), content
    assert bob.of_type("Update")[-1]["object"]["content"] == content if bob.of_type("Update") else True
    assert (world.uri(house, post) in await featured(world)) is pinned
    item = (await world.get("https://one.test/feed.json", "*/*")).json()["items"]
    assert any(words in one["content_html"] for one in item)
    assert words in (await world.get("https://one.test/feed.atom", "*/*")).text.replace("&amp;", "&")
    page = (await world.get(house.addresses.post_page(post.public_id))).text
    assert ('class="call"' in page) is pinned
    await agree_as_an_event(world, house, post, page)
    return content


async def agree_as_an_event(world: World, house: House, post: Post, page: str) -> None:
    """The event, calendars and the search say the same place and the same end as the page."""
    stands = await note(world, house, post)
    event = (await world.get(house.addresses.event("harbour", post.public_id), DOCUMENT)).json()
    place, cancelled = event["location"]["name"], "CANCELLED" in stands["content"]
    assert place in stands["content"]
    assert place in page
    assert event["status"] == ("CANCELLED" if cancelled else "CONFIRMED")
    for path in ("/calendar.ics", f"/p/{post.public_id}/event.ics"):
        lines = (await world.get(f"https://one.test{path}", "*/*")).text.replace("\r\n ", "").splitlines()
        assert any(line.startswith("LOCATION") and line.endswith(place) for line in lines)
        assert f"STATUS:{event['status']}" in lines
        assert f"SEQUENCE:{(await sequence(house, post))}" in lines
    await house.search.catch_up()
    assert post.public_id in (await world.get(f"https://one.test/search?q={place.split()[-1]}")).text


async def sequence(house: House, post: Post) -> int:
    """How many changes calendars were told of."""
    async with house.database.snapshot() as snapshot:
        found = await by_id(snapshot, post.id)
    assert found is not None
    assert found.call is not None
    return found.call.sequence


async def test_a_call_out_from_its_beginning_to_its_end(world: World, one: House) -> None:
    two = await world.campaign("two.test", "bridges")
    await two.followers.follow(CONSOLE, await two.remote.actor_by_handle("@harbour@one.test"))
    bob = world.peer()
    await bob.follow(one)
    await world.settle()
    french = DraftText(language="fr", text="Venez", title="Venez vendredi", place="près du port", needs="Du thé")
    post = await one.publishing.submit(CONSOLE, replace(DRAFT, translations=(french,)))

    content = await agree(
        world, one, post, bob, "CALL-OUT - near the port - until Friday 2 October, 18:00", pinned=True
    )
    assert post.call is not None
    for said in ("Come on Friday", "Come and stand with us.", "Tents, tea", "Lend a car", "one.test/offer?about="):
        assert said in content
    assert f'href="https://one.test/fr/p/{post.public_id}"' in content
    assert f'href="https://one.test/c/{post.call.code}"' in content
    types = [one["type"] for one in bob.received]
    assert types.index("Create") < types.index("Add")
    theirs, _ = await two.remote.post(world.uri(one, post))
    assert "CALL-OUT - near the port" in theirs.html

    later(world, hours=1)
    moved = replace(CALL, place="the bridge")
    news = await one.calling.set_state(CONSOLE, post.public_id, CallState.MOVED, said="", call=moved)
    await agree(world, one, post, bob, "MOVED - CALL-OUT - now: the bridge", pinned=True)
    told = bob.of_type("Create")[-1]["object"]
    assert told["inReplyTo"] == world.uri(one, post)
    assert "Moved: Come on Friday. It is now here: the bridge" in told["content"]
    assert "Moved: Come on Friday" in (await world.get(one.addresses.post_page(news.public_id))).text
    theirs, _ = await two.remote.post(world.uri(one, post))
    assert "MOVED" in theirs.html

    before = (await note(world, one, post))["updated"]
    later(world, days=5)
    assert await one.calling.end_due() == 1
    await agree(world, one, post, bob, "OVER - this call-out has ended - the bridge", pinned=False)
    after = await note(world, one, post)
    assert after["updated"] > before
    assert list(after["contentMap"]) == ["en"], "a translation that names the old place is told to nobody"
    assert len(bob.of_type("Update")) == 2
    assert bob.of_type("Remove")[-1]["object"] == world.uri(one, post)
    assert await one.calling.end_due() == 0
    await world.settle()
    assert len(bob.of_type("Update")) == 2

    await one.publishing.delete(CONSOLE, post.public_id)
    await world.settle()
    assert bob.of_type("Delete")[-1]["object"]["id"] == world.uri(one, post)
    assert (await world.get(world.uri(one, post), DOCUMENT)).status_code == 410
    assert (await world.get(one.addresses.post_page(post.public_id))).status_code == 410
    assert (await world.get(one.addresses.event("harbour", post.public_id), DOCUMENT)).status_code == 410
    assert (await world.get(f"https://one.test/p/{post.public_id}/event.ics", "*/*")).status_code == 410
    for path in ("/calendar", "/calendar.ics"):
        assert post.public_id not in (await world.get(f"https://one.test{path}", "*/*")).text
    for path in ("/feed.atom", "/feed.rss"):
        assert f"<id>{world.uri(one, post)}</id>" not in (await world.get(f"https://one.test{path}", "*/*")).text
        assert f">{world.uri(one, post)}</guid>" not in (await world.get(f"https://one.test{path}", "*/*")).text
    await one.search.catch_up()
    assert post.public_id not in (await world.get("https://one.test/search?q=tents")).text


async def test_a_cancelled_call_out_says_so_first_everywhere(world: World, one: House) -> None:
    bob = world.peer()
    await bob.follow(one)
    await world.settle()
    post = await one.publishing.submit(CONSOLE, DRAFT)
    await agree(world, one, post, bob, "CALL-OUT", pinned=True)
    later(world, minutes=5)
    await one.calling.set_state(CONSOLE, post.public_id, CallState.CANCELLED, said="")
    content = await agree(world, one, post, bob, "CANCELLED - do not come - near the port", pinned=False)
    assert "/offer" not in content
    assert "Please do not come" in bob.of_type("Create")[-1]["object"]["content"]
    page = (await world.get(one.addresses.post_page(post.public_id))).text
    assert "Please do not come, and tell others." in page
    assert "Corrected on" in page


async def test_two_processes_end_a_call_out_once(world: World, one: House) -> None:
    bob = world.peer()
    await bob.follow(one)
    await one.publishing.submit(CONSOLE, DRAFT)
    await world.settle()
    later(world, days=5)
    ended = await asyncio.gather(one.calling.end_due(), one.calling.end_due(), one.calling.end_due())
    await world.settle()
    assert sorted(ended) == [0, 0, 1]
    assert len(bob.of_type("Update")) == 1


async def test_somebody_unknown_who_is_named_delays_the_pin_with_the_post(world: World, one: House) -> None:
    bob = world.peer()
    await bob.follow(one)
    await world.settle()
    world.peer("dora.test", "dora")
    post = await one.publishing.submit(CONSOLE, replace(DRAFT, text="Ask @dora@dora.test"))
    await world.settle()
    assert [one["type"] for one in bob.received if one["type"] in {"Create", "Add"}] == ["Create", "Add"]
    assert await featured(world) == [world.uri(one, post)]
