"""What other servers would not take is refused while somebody can still make it shorter, and never stops what else is due."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from federation.errors import TooLarge
from server.base.errors import Invalid
from server.features.posts.model import Draft, DraftText
from server.house import House
from server.housekeeping import Housekeeping
from tests.features.test_agenda import CALL, a_call, said
from tests.world import CONSOLE, World

pytestmark = pytest.mark.anyio

#: Each is longer as a link than as it is typed.
LINKS, TAGS = "https://a.test/ " * 312, "#ab " * 1250


@pytest.mark.parametrize("text", [LINKS, TAGS, "&" * 5000, f"{LINKS[:4900]} @nobody@nowhere.test"])
async def test_a_text_that_is_too_long_only_for_others_is_refused_in_words(house: House, text: str) -> None:
    wide = replace(CALL, needs="&" * 1000, instead="&" * 1000)
    with pytest.raises(Invalid, match="longer than other servers take"):
        await house.publishing.submit(CONSOLE, a_call(text=text, call=wide))
    async with house.database.snapshot() as snapshot:
        assert await snapshot.value("SELECT count(*) FROM posts") == 0


async def test_a_translation_that_is_too_long_alone_is_refused_in_words(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, Draft(text="Come", language="en"))
    version = await house.translating.save(CONSOLE, post.public_id, DraftText(language="fr", text=TAGS))
    with pytest.raises(Invalid, match="longer than other servers take"):
        await house.translating.approve(CONSOLE, post.public_id, "fr", f"{version}.{post.main.fingerprint}")


async def test_an_event_that_is_large_goes_out_in_one_language_without_maps(house: House) -> None:
    await house.publishing.submit(CONSOLE, a_call(text="<" * 5000, call=replace(CALL, needs='"' * 1000)))
    (create,) = await said(house)
    assert create["object"]["content"].count("&lt;") == 5000


async def test_a_scheduled_post_that_is_too_long_says_why_it_stays(house: House, world: World) -> None:
    kept = await house.drafting.keep(CONSOLE, Draft(text=TAGS, language="en"))
    await house.drafting.schedule(CONSOLE, kept.public_id, "2026-09-28T12:00:00.000000Z")
    world.clock.now = world.clock.now.replace(hour=12, minute=1)
    assert await house.drafting.publish_due() == 1
    assert "longer than other servers" in (await house.drafting.draft(CONSOLE, kept.public_id)).problem


class Enough(Exception):
    """The chores have been done."""


async def test_what_came_due_while_nobody_ran_is_done_at_once_and_one_failure_spares_the_rest(house: House) -> None:
    async def too_long() -> None:
        raise TooLarge("more than other servers take")

    async def enough() -> None:
        raise Enough

    keeper = Housekeeping(house.database, house.clock, [], [too_long, enough])
    with pytest.raises(ExceptionGroup) as ended:
        async with asyncio.timeout(5):
            await keeper.run()
    assert ended.group_contains(Enough), "no minute went by"
