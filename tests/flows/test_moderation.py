"""What is decided at the Desk is so on every page, list and feed with the next request."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from server.features.conversation.model import Filter
from server.features.posts.model import Post
from server.house import House
from tests.world import AP, Organiser, Peer, World, signed_in

DECIDE = "/desk/conversation/decide"


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def ada(world: World, house: House) -> AsyncIterator[Organiser]:
    async with signed_in(world, house) as organiser:
        yield organiser


async def reply(world: World, house: House, post: Post, host: str, words: str) -> Peer:
    peer = world.peer(host, "amal")
    note = peer.note(words, inReplyTo=world.uri(house, post))
    assert (await peer.send(house, peer.activity("Create", note))).status_code == 202
    return peer


async def seen(world: World, house: House, post: Post, words: str) -> list[bool]:
    """Whether page, list of replies, and count on the page's header show it; asked twice, so that a cache would answer."""
    found = []
    for _ in range(2):
        page = (await world.get(house.addresses.post_page(post.public_id))).text
        listed = (await world.get(f"{world.uri(house, post)}/replies", AP)).json()
        home = (await world.get("https://here.test/")).text
        feed = (await world.get("https://here.test/feed.json")).text
        assert words not in home + feed, "strangers' words stand below the post and nowhere else"
        found.append([words in page, listed["totalItems"] == 1])
    assert found[0] == found[1]
    return found[0]


async def test_showing_hiding_and_blocking_act_at_once(world: World, house: House, ada: Organiser) -> None:
    post = await world.publish(house, "Hello")
    await reply(world, house, post, "kind.test", "We come with tea")
    assert await seen(world, house, post, "We come with tea") == [False, False]
    (line,) = (await house.moderation.listing(Filter())).lines
    one = line.heard.post.id
    for form, shown in (
        ({"decide": f"approved:one:{one}"}, True),
        ({"decide": f"hidden:one:{one}"}, False),
        ({"decide": f"held:one:{one}", "state": "hidden"}, False),
        ({"decide": f"approved:one:{one}"}, True),
        ({"decide": f"block-host:one:{one}", "sure": "1"}, False),
    ):
        await ada.post(DECIDE, form)
        assert await seen(world, house, post, "We come with tea") == [shown, shown], form
    await ada.post("/desk/act", {"act": "unblock", "uri": "kind.test"})
    assert await seen(world, house, post, "We come with tea") == [False, False], "a lifted block brings nothing back"


async def test_a_new_rule_takes_what_waits_and_a_mute_what_is_shown(world: World, house: House, ada: Organiser) -> None:
    post = await world.publish(house, "Hello")
    await reply(world, house, post, "mean.test", "Go home")
    await ada.post("/desk/conversation/rules/words", {"do": "add", "words": "go home", "act": "hide"})
    assert (await house.moderation.listing(Filter())).lines == ()
    await reply(world, house, post, "kind.test", "We come with tea")
    (line,) = (await house.moderation.listing(Filter())).lines
    await ada.post(DECIDE, {"decide": f"approved:one:{line.heard.post.id}"})
    assert await seen(world, house, post, "We come with tea") == [True, True]
    await ada.post("/desk/conversation/rules/mutes", {"do": "mute", "target": "kind.test"})
    assert await seen(world, house, post, "We come with tea") == [False, False]


async def test_acts_on_many_send_the_stamps_that_are_owed_and_mutes_send_nothing(
    world: World, house: House, ada: Organiser
) -> None:
    post = await world.publish(house, "Hello")
    peers = [await reply(world, house, post, f"{name}.test", "We come with tea") for name in ("kind", "union", "far")]
    (line,) = (await house.moderation.listing(Filter())).lines
    await ada.post(DECIDE, {"decide": f"approved:group:{line.heard.same_text}", "state": "held"})
    await world.settle()
    assert [len(peer.of_type("Accept")) for peer in peers] == [1, 1, 1]
    await ada.post(DECIDE, {"decide": "hidden:server:kind.test", "state": "approved"})
    await ada.post("/desk/act", {"uri": peers[1].uri, "act": "mute"})
    await world.settle()
    assert [len(peer.of_type("Delete")) for peer in peers] == [1, 0, 0], (
        "hidden: the stamp is taken back; muted: not told"
    )
    assert await house.conversation.replies(post) != []
