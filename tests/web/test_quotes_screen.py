"""Quotes at the Desk: asked, answered, taken back."""

from __future__ import annotations

import re

import pytest

from server.features.posts.model import ReplyPolicy
from tests.world import World, signed_in

pytestmark = pytest.mark.anyio


async def test_a_quote_is_answered_and_taken_back_at_the_desk(world: World) -> None:
    house = await world.campaign("here.test")
    bob = world.peer()
    post = await world.publish(house, quote_policy=ReplyPolicy.APPROVAL)
    quote = bob.note("Look", quote=world.uri(house, post))
    await bob.send(house, bob.activity("QuoteRequest", world.uri(house, post), instrument=quote["id"]))
    async with signed_in(world, house) as ada:
        screen = (await ada.get("/desk/conversation/quotes")).text
        assert "@bob@peer.test" in screen
        assert "(1)" in screen
        path = re.search(r'action="(/desk/conversation/quotes/\d+)"', screen)
        assert path is not None
        assert (await ada.post(path[1], {"answer": "perhaps"})).status_code == 422
        assert "Their server is told" in (await ada.post(path[1], {"answer": "yes"})).text
        await world.settle()
        assert bob.of_type("Accept")
        await ada.post(path[1], {"answer": "take-back"})
        assert await house.stamping.quotes("given") == []
