"""Feeds, for readers who follow without an account."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from server.features.posts.model import Draft, DraftMedia
from tests.flows.test_outbound import picture
from tests.world import CONSOLE, World, later

ATOM = "{http://www.w3.org/2005/Atom}"


async def test_the_atom_feed_is_well_formed_and_tells_all_a_reader_needs(world: World) -> None:
    house = await world.campaign("here.test")
    item = await house.media.add(picture())
    words = 'Ampersands & <angles> "quotes" ]]> #harbour'
    post = await world.publish(house, words, media=(DraftMedia(public_id=item.public_id, alt="A <wall>"),))
    answer = await world.get("https://here.test/feed.atom")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(answer.content)
    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}id") == world.uri(house, post)
    assert entry.findtext(f"{ATOM}published") == entry.findtext(f"{ATOM}updated") == "2026-09-28T09:30:00Z"
    content = entry.findtext(f"{ATOM}content") or ""
    assert "Ampersands &amp; &lt;angles&gt;" in content
    assert 'alt="A &lt;wall&gt;"' in content
    assert [one.get("term") for one in entry.findall(f"{ATOM}category")] == ["harbour"]
    links = {one.get("rel"): one.get("href") for one in feed.findall(f"{ATOM}link")}
    assert links["self"] == "https://here.test/feed.atom"
    assert links["alternate"] == "https://here.test/"


async def test_an_edit_moves_updated_and_not_the_id(world: World) -> None:
    house = await world.campaign("here.test")
    post = await world.publish(house, "One")
    later(world, minutes=90)
    await house.publishing.edit(CONSOLE, post.public_id, Draft(text="Two", language="en"))
    entry = ET.fromstring((await world.get("https://here.test/feed.atom")).content).find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}id") == world.uri(house, post)
    assert entry.findtext(f"{ATOM}published") == "2026-09-28T09:30:00Z"
    assert entry.findtext(f"{ATOM}updated") == "2026-09-28T11:00:12Z"
    (item,) = (await world.get("https://here.test/feed.json")).json()["items"]
    assert item["date_modified"] == "2026-09-28T11:00:12Z"


async def test_the_json_feed_says_the_same(world: World) -> None:
    house = await world.campaign("here.test")
    post = await world.publish(house, "خبر #harbour", language="ar", warning="تحذير")
    answer = await world.get("https://here.test/feed.json")
    assert answer.headers["content-type"] == "application/feed+json"
    feed = answer.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    (item,) = feed["items"]
    assert item["id"] == world.uri(house, post)
    assert item["url"] == house.addresses.post_page(post.public_id)
    assert (item["language"], item["title"], item["tags"]) == ("ar", "تحذير", ["harbour"])
    assert 'dir="rtl"' in item["content_html"]


async def test_an_empty_feed_is_a_feed(world: World) -> None:
    await world.campaign("here.test")
    assert ET.fromstring((await world.get("https://here.test/feed.atom")).content).find(f"{ATOM}entry") is None
    assert (await world.get("https://here.test/feed.json")).json()["items"] == []


@pytest.mark.parametrize("kind", ["atom", "json"])
async def test_a_feed_holds_the_newest_thirty(world: World, kind: str) -> None:
    house = await world.campaign("here.test")
    for number in range(33):
        await house.publishing.submit(CONSOLE, Draft(text=f"entry{number:02}", language="en"))
    text = (await world.get(f"https://here.test/feed.{kind}")).text
    assert [number for number in range(33) if f"entry{number:02}" in text] == list(range(3, 33))
