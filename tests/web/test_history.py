"""What readers see of edits and corrections."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from server.features.posts.model import Audience, Draft
from server.house import House
from tests.world import CONSOLE, World, later

WORDS = Draft(text="Meet at the quay at ten", language="en")


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


def words(html: str) -> str:
    return " ".join(re.sub(r'<span class="unseen".*?</span>', "", html).split())


async def test_an_edited_post_leads_to_what_changed(world: World, house: House) -> None:
    post = await world.publish(house, WORDS.text)
    page = house.addresses.post_page(post.public_id)
    link = f'href="/p/{post.public_id}/history"'
    assert link not in (await world.get(page)).text
    later(world, minutes=10)
    await house.publishing.edit(CONSOLE, post.public_id, replace(WORDS, text="Meet at the <bridge> at ten"))
    assert link in (await world.get(page)).text
    text = words((await world.get(f"{page}/history")).text)
    assert "Meet at the <del>quay</del><ins>&lt;bridge&gt;</ins> at ten" in text
    assert "Meet at the quay at ten" in text
    later(world, minutes=10)
    await house.publishing.edit(CONSOLE, post.public_id, replace(WORDS, text="Come", warning="Sea"))
    text = words((await world.get(f"{page}/history")).text)
    assert "<ins>Sea</ins>" in text
    assert "<details><summary>The words</summary>" in text


async def test_nobody_reads_the_history_of_what_nobody_may_read(world: World, house: House) -> None:
    hidden = await world.publish(house, "For us", audience=Audience.FOLLOWERS)
    gone = await world.publish(house, "Secret")
    await house.publishing.edit(CONSOLE, gone.public_id, WORDS)
    await house.publishing.delete(CONSOLE, gone.public_id)
    for post in (hidden, gone):
        answer = await world.get(f"{house.addresses.post_page(post.public_id)}/history")
        assert answer.status_code == 404
        assert "Secret" not in answer.text
    assert (await world.get("https://here.test/p/nobody/history")).status_code == 404


async def test_a_correction_is_marked_on_both_pages_and_in_the_feeds(world: World, house: House) -> None:
    old = await world.publish(house, WORDS.text)
    new = await world.correct(house, old, "Meet at the bridge", "It is not the quay.")
    there, here = house.addresses.post_page(old.public_id), house.addresses.post_page(new.public_id)
    page = (await world.get(there)).text
    assert "Corrected on 28 September 2026" in page
    assert f'href="/p/{new.public_id}"' in page
    said = (await world.get(here)).text
    assert f'<a href="/p/{old.public_id}">of this post</a>' in said
    assert f">{there}</a>" not in said
    assert "In answer to this post" not in said
    feed = (await world.get("https://here.test/feed.atom", "*/*")).text
    assert "<title>Correction: It is not the quay." in feed
    await house.publishing.delete(CONSOLE, new.public_id)
    assert "Corrected on" not in (await world.get(there)).text


async def test_words_that_were_warned_of_stay_behind_the_warning_when_they_are_gone(world: World) -> None:
    house = await world.campaign("here.test")
    post = await world.publish(house, "Horrible", warning="Violence")
    later(world, minutes=3)
    await house.publishing.edit(CONSOLE, post.public_id, Draft(text="Calm", language="en"))
    page = (await world.get(f"{house.addresses.post_page(post.public_id)}/history")).text
    hidden = re.findall(r"<details>.*?</details>", page, re.DOTALL)
    assert page.count("Horrible") == "".join(hidden).count("Horrible") == 2
