"""What whoever can come does next: a page that says when and where again, and asks for nothing."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pytest

from server.base.catalogue import languages
from server.features.posts.model import Audience, Post
from server.features.posts.model_call import CallState
from server.features.safety.model import LockLevel
from server.house import House
from server.web.pages.crawling import PAGES
from tests.calling import CALL, call_out
from tests.world import CONSOLE, World

BASE = "https://here.test"
MAX_PAGE_BYTES = 30_000


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def call(world: World, house: House) -> Post:
    return await world.publish(house, "Come to the port.", **call_out(french=True))


async def asked(world: World, call: Post, language: str = "") -> httpx.Response:
    return await world.get(f"{BASE}{language and '/' + language}/p/{call.public_id}/come")


async def test_the_band_leads_there_and_one_link_of_it_to_the_calendar(world: World, call: Post) -> None:
    page = (await world.get(f"{BASE}/fr/p/{call.public_id}")).text
    assert f'<a class="button" href="/fr/p/{call.public_id}/come">Je peux venir</a>' in page
    assert page.count(f'href="/fr/p/{call.public_id}/event.ics"') == 1


async def test_it_says_when_and_where_and_leads_to_all_that_one_can_do(world: World, house: House, call: Post) -> None:
    assert call.call is not None
    page = (await asked(world, call)).text
    for said in ("near the port", "Friday 2 October, 18:00", "Paris time, UTC+2", "Tea", "nobody is counted"):
        assert said in page
    assert "Send ideas" not in page, "that is for those who cannot"
    agenda = house.actors.agenda()
    assert agenda is not None
    for link in (
        f"/en/p/{call.public_id}/event.ics",
        f"/p/{call.public_id}/leaflet",
        f"/p/{call.public_id}/share",
        f"/p/{call.public_id}",
        "/interact",
        f"/interact?uri={house.actors.uri(agenda).replace(':', '%3A')}",
        "/feeds",
    ):
        assert f'href="{link}"' in page, link
    assert f"{BASE}/c/{call.call.code}" in page
    assert "<form" not in page, "nothing is asked"


async def test_each_language_has_it_and_it_is_small(world: World, call: Post) -> None:
    for language in languages():
        answer = await asked(world, call, language)
        assert answer.status_code == 200
        assert len(answer.content) < MAX_PAGE_BYTES
        assert f'<html lang="{language}"' in answer.text
        assert "<script" not in answer.text
    assert "près du port" in (await asked(world, call, "fr")).text


async def test_it_is_cached_like_other_pages_and_no_crawler_lists_it(world: World, call: Post) -> None:
    answer, page = await asked(world, call), await world.get(f"{BASE}/p/{call.public_id}")
    assert answer.headers["cache-control"] == page.headers["cache-control"]
    again = await world.get(str(answer.url), extra={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert '<meta name="robots" content="noindex">' in answer.text
    assert not any("come" in path for path in PAGES)
    assert "/come" not in (await world.get(f"{BASE}/sitemap.xml")).text


@pytest.mark.parametrize("state", [CallState.OVER, CallState.CANCELLED])
async def test_where_nobody_should_come_any_more_the_call_out_says_so(
    world: World, house: House, call: Post, state: CallState
) -> None:
    assert (await asked(world, call, "fr")).status_code == 200
    await house.calling.set_state(CONSOLE, call.public_id, state)
    answer = await asked(world, call, "fr")
    assert (answer.status_code, answer.headers["location"]) == (302, f"/fr/p/{call.public_id}")


async def test_what_moved_is_said_as_it_stands_now(world: World, house: House, call: Post) -> None:
    assert "near the port" in (await asked(world, call)).text
    moved = replace(CALL, place="the bridge")
    await house.calling.set_state(CONSOLE, call.public_id, CallState.MOVED, call=moved)
    page = (await asked(world, call)).text
    assert "the bridge" in page
    assert "near the port" not in page


async def test_what_is_deleted_is_gone_and_other_posts_have_none(world: World, house: House, call: Post) -> None:
    for post in (
        await world.publish(house, "Words"),
        await world.publish(house, "Come", audience=Audience.FOLLOWERS, **call_out()),
    ):
        assert (await asked(world, post)).status_code == 404
    await house.publishing.delete(CONSOLE, call.public_id)
    answer = await asked(world, call)
    assert answer.status_code == 410
    assert "This post was deleted" in answer.text


async def test_facts_of_a_warned_call_out_open_on_a_tap(world: World, house: House) -> None:
    post = await world.publish(house, "Come", warning="Police violence", **call_out())
    page = (await asked(world, post)).text
    assert re.search(r"<details><summary[^>]*>Police violence</summary>\s*<dl", page)
    assert page.count("near the port") == 1


async def test_it_is_open_and_closed_as_its_call_out_is(world: World, house: House, call: Post) -> None:
    await house.locking.set_level(CONSOLE, LockLevel.CONVERSATION_CLOSED)
    page = (await asked(world, call)).text
    assert "/interact" not in page, "nobody follows now"
    assert 'href="/feeds"' in page
    await house.locking.set_level(CONSOLE, LockLevel.STATEMENT_ONLY)
    assert (await asked(world, call)).status_code == 503
