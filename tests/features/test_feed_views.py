"""What feeds, the sitemap and the page of tags read, on either engine."""

from __future__ import annotations

import pytest

from server.features.posts.model import Audience, Draft, Post
from server.features.posts.views_feeds import FeedKind, Selection, has_tag, of_feed, stamps, tags
from server.house import House
from tests.calling import call_out
from tests.world import CONSOLE, World, later

pytestmark = pytest.mark.anyio


async def said(house: House, text: str, **more: object) -> Post:
    return await house.publishing.submit(CONSOLE, Draft(text=text, language="en", **more))  # type: ignore[arg-type]


async def of(house: House, kind: FeedKind = FeedKind.ALL, tag: str = "", limit: int = 30) -> list[int]:
    async with house.database.snapshot() as snapshot:
        actor = house.actors.campaign().id
        return [post.id for post in await of_feed(snapshot, actor, Selection(kind=kind, tag=tag), limit)]


async def test_a_selection_holds_its_own_and_what_corrects_it(world: World, house: House) -> None:
    tea = await said(house, "Tea #tea")
    call = await said(house, "Come #tea", **call_out())
    urgent = await said(house, "Come now", **call_out(urgent=True))
    right = await world.correct(house, urgent, "Come at noon", "The hour was wrong", **call_out(urgent=True))
    await said(house, "Quiet #tea", audience=Audience.UNLISTED)
    assert await of(house) == [right.id, urgent.id, call.id, tea.id]
    assert await of(house, limit=2) == [right.id, urgent.id]
    assert await of(house, FeedKind.CALL_OUTS) == [right.id, urgent.id, call.id]
    assert await of(house, FeedKind.URGENT) == [right.id, urgent.id]
    assert await of(house, tag="tea") == [call.id, tea.id]
    assert await of(house, FeedKind.CALL_OUTS, "tea") == [call.id]
    assert await of(house, FeedKind.URGENT, "tea") == []


async def test_tags_count_what_is_listed(house: House) -> None:
    await said(house, "One #Tea #bread")
    await said(house, "Two #tea")
    await said(house, "Quiet #secret", audience=Audience.UNLISTED)
    async with house.database.snapshot() as snapshot:
        found = await tags(snapshot, house.actors.campaign().id)
        assert [(one.tag, one.posts) for one in found] == [("tea", 2), ("bread", 1)]
        assert await has_tag(snapshot, "tea")
        assert not await has_tag(snapshot, "secret")


async def test_stamps_come_in_order_and_know_of_edits(world: World, house: House) -> None:
    posts = [await said(house, f"Post {number}") for number in range(3)]
    later(world, hours=1)
    await house.publishing.edit(CONSOLE, posts[0].public_id, Draft(text="Other words", language="en"))
    async with house.database.snapshot() as snapshot:
        found = await stamps(snapshot, house.actors.campaign().id, 0, 2)
        rest = await stamps(snapshot, house.actors.campaign().id, 2, 2)
    assert [one.public_id for one in (*found, *rest)] == [one.public_id for one in posts]
    assert found[0].changed_at > found[1].changed_at == posts[1].published_at
