"""Tags, the archive and threads: whatever was said is found again from the page where one stands."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

import pytest

from server.features.posts.model import Audience
from tests.web.reading import HOME
from tests.world import CONSOLE, World


def rows(html: str) -> list[tuple[str, str, int]]:
    found = re.findall(r'<li><a href="/tags/([^"]+)"><bdi>#([^<]+)</bdi><span class="muted count">(\d+)</span>', html)
    return [(tag, shown, int(count)) for tag, shown, count in found]


async def test_all_tags_are_listed_with_how_often_each_was_used(world: World) -> None:
    house = await world.campaign("here.test")
    assert "No tag was used yet." in (await world.get(f"{HOME}/tags")).text
    await world.publish(house, "One #Harbour #Tea")
    await world.publish(house, "Two #harbour #ميناء")
    await world.publish(house, "Quiet #secret", audience=Audience.UNLISTED)
    gone = await world.publish(house, "Three #tea")
    await house.publishing.delete(CONSOLE, gone.public_id)
    found = rows((await world.get(f"{HOME}/tags")).text)
    assert [(shown.lower(), count) for _, shown, count in found] == [("harbour", 2), ("tea", 1), ("ميناء", 1)]
    for tag, shown, _ in found:
        assert f"#{shown.lower()}" in (await world.get(f"{HOME}/tags/{tag}")).text


async def test_the_archive_leads_to_the_tags_and_back(world: World) -> None:
    house = await world.campaign("here.test")
    assert "/tags" not in (await world.get(f"{HOME}/archive")).text.split("<main")[1]
    await world.publish(house, "One #Harbour")
    archive = (await world.get(f"{HOME}/archive")).text
    assert 'href="/tags/harbour" dir="auto">#Harbour</a>' in archive
    assert 'href="/tags"' in archive
    assert 'href="/archive"' in (await world.get(f"{HOME}/tags")).text.split("<main")[1]
    assert 'href="/tags"' in (await world.get(f"{HOME}/tags/harbour")).text


async def test_a_thread_is_whole_from_wherever_one_comes(world: World) -> None:
    house = await world.campaign("here.test")
    parts = [await world.publish(house, "Part 1")]
    for number in range(2, 5):
        parts.append(await world.publish(house, f"Part {number}", in_reply_to=world.uri(house, parts[-1])))
    aside = await world.publish(house, "Part aside", in_reply_to=world.uri(house, parts[0]))
    pages = [(await world.get(f"{HOME}/p/{one.public_id}")).text.split("<main")[1] for one in [*parts, aside]]
    shown = [re.findall(r"<p>Part (\w+)</p>", page) for page in pages]
    assert shown == [["1", "2", "3", "4", "aside"], ["2", "3", "4"], ["3", "4"], ["4"], ["aside"]]
    first = f'<a href="/p/{parts[0].public_id}">The beginning of this thread</a>'
    assert [first in page for page in pages] == [False, True, True, True, True]


async def test_a_post_that_was_edited_leads_to_what_it_said(world: World) -> None:
    house = await world.campaign("here.test")
    post = await world.publish(house, "At the quay")
    await world.correct(house, post, "At the gate", "The place was wrong")
    page = (await world.get(f"{HOME}/p/{post.public_id}")).text
    assert re.search(rf'href="[^"]*/p/{post.public_id}/history"', page)
    history = (await world.get(f"{HOME}/p/{post.public_id}/history")).text
    assert "quay" in history
    assert "gate" in history


@pytest.mark.parametrize(
    "tag", ["हिन्दी", "বাংলা", "தமிழ்", "မြန်မာ", "مُحَمَّد", "خانه\u200cام", "ወደብ", "cafe\u0301", "Việt", "עִבְרִית", "ไทยแลนด์"]
)
async def test_a_tag_is_whole_in_every_script(world: World, tag: str) -> None:
    house = await world.campaign("here.test")
    post = await world.publish(house, f"Word #{tag}, and more")
    whole = unicodedata.normalize("NFC", tag)
    assert post.tags == (whole,)
    assert f"<span>{whole}</span></a>, and more" in post.main.html
    for form in ("NFC", "NFD"):
        name = quote(unicodedata.normalize(form, tag))
        for path in (f"/tags/{name}", f"/feed.atom?tag={name}"):
            assert "and more" in (await world.get(f"{HOME}{path}")).text, (path, form)
