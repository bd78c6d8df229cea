"""What was said before a call-out moved: translations, corrections. Nothing of it leads anybody to the old place, or stays behind."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from server.features.posts.model import Kind, Post
from server.features.posts.model_call import CallState
from server.house import House
from tests.calls import FARSI, PLACE, call_draft
from tests.world import AP, CONSOLE, World, later

pytestmark = pytest.mark.anyio

MOVED = replace(call_draft().call, place="Below the bridge", needs="Torches")  # type: ignore[type-var]


@pytest.fixture
async def one(world: World) -> House:
    return await world.campaign("one.test", "harbour")


async def moved(world: World, one: House) -> tuple[Post, Post]:
    """A call-out in three languages that moved, and the post that said so."""
    post = await one.publishing.submit(CONSOLE, call_draft(own_notes=True))
    await world.settle()
    later(world, minutes=5)
    news = await one.calling.set_state(CONSOLE, post.public_id, CallState.MOVED, said="", call=MOVED)
    await world.settle()
    return post, news


async def test_an_old_translation_names_no_old_place_as_the_new_one(world: World, one: House) -> None:
    bob = world.peer()
    await bob.follow(one)
    post, _ = await moved(world, one)
    (told,) = [said["object"] for said in bob.of_type("Update") if list(said["object"].get("contentMap", {})) == ["fa"]]
    first, *rest = told["content"].split("</p>")
    assert "این ترجمه از متن اصلی قدیمی‌تر است:" in first
    assert "Below the bridge" in rest[0]
    assert FARSI.place not in told["content"]
    assert "Torches" in told["content"]
    page = (await world.get(f"https://one.test/fa/p/{post.public_id}")).text
    assert FARSI.title in page, "the old words stand, marked"
    assert FARSI.place not in page
    described = re.search(r'property="og:description" content="([^"]*)"', page)
    assert described is not None
    assert "Below the bridge" in described[1]
    assert '<meta itemprop="address" content="Below the bridge">' in page


async def test_whoever_reads_an_outbox_later_finds_the_new_place(world: World, one: House) -> None:
    post, _ = await moved(world, one)
    for actor, uri in (("harbour", world.uri(one, post)), ("agenda", one.addresses.event("harbour", post.public_id))):
        page = (await world.get(f"https://one.test/users/{actor}/outbox?page=true", AP)).json()
        (create,) = [said for said in page["orderedItems"] if said["object"]["id"] == uri]
        assert create["type"] == "Create"
        assert "Below the bridge" in create["object"]["content"]
        assert PLACE not in json.dumps(create)
        again = (await world.get(create["id"], AP)).json()
        assert again["object"] == create["object"]


async def test_what_said_that_it_moved_goes_with_the_call_out(world: World, one: House) -> None:
    bob = world.peer()
    await bob.follow(one)
    post, news = await moved(world, one)
    await one.publishing.delete(CONSOLE, post.public_id)
    await world.settle()
    gone = {said["object"]["id"] for said in bob.of_type("Delete")}
    assert {world.uri(one, post), world.uri(one, news)} <= gone
    for path in ("/", "/feed.atom", f"/p/{news.public_id}"):
        assert "Below the bridge" not in (await world.get(f"https://one.test{path}", "*/*")).text


async def test_what_corrects_an_update_stays_when_it_is_deleted(world: World, one: House) -> None:
    post = await world.publish(one, "At noon")
    said = await world.correct(one, post, "At one", "Not at noon")
    await one.publishing.delete(CONSOLE, post.public_id)
    assert (await world.get(f"https://one.test/p/{said.public_id}")).status_code == 200


@pytest.mark.parametrize("kind", [Kind.CALL_OUT, Kind.UPDATE])
async def test_a_date_chosen_later_holds_for_what_was_said_before(world: World, one: House, kind: Kind) -> None:
    bob = world.peer()
    await bob.follow(one)
    if kind is Kind.CALL_OUT:
        post, news = await moved(world, one)
    else:
        post = await world.publish(one, "At noon")
        news = await world.correct(one, post, "At one", "Not at noon")
    async with one.database.snapshot() as snapshot:
        standing = await one.publishing.saying.live(snapshot, post.public_id)
    await one.publishing.edit(
        CONSOLE, post.public_id, replace(standing.as_draft(), expires_at="2026-10-05T00:00:00.000000Z")
    )
    later(world, days=8)
    await one.publishing.delete_expired()
    await one.publishing.delete_expired()
    await world.settle()
    gone = {said["object"]["id"] for said in bob.of_type("Delete")}
    assert {world.uri(one, post), world.uri(one, news)} <= gone
