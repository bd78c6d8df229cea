"""What is being written: kept, shared, scheduled, published once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from server.base.errors import Conflict, Forbidden, Invalid, NotFound
from server.base.timestamps import to_text
from server.features.access.model import Role, Who
from server.features.posts.model import Draft, DraftState
from server.features.safety.model import LockLevel
from server.house import House
from tests.world import CONSOLE, World

pytestmark = pytest.mark.anyio

WORDS = Draft(text="Come to the quay", language="en")


async def published(house: House) -> list[str]:
    async with house.database.snapshot() as snapshot:
        rows = await snapshot.fetch(
            "SELECT t.source FROM posts p JOIN texts t ON t.revision_id = p.live_revision_id WHERE p.state = 'live' ORDER BY p.id"
        )
    return [row["source"] for row in rows]


async def test_a_draft_is_kept_and_shared_and_nobody_outside_sees_it(house: House) -> None:
    kept = await house.drafting.keep(CONSOLE, WORDS)
    assert (await house.drafting.draft(Who(organiser_id=2, role=Role.WRITER), kept.public_id)).draft == WORDS
    assert await published(house) == []


async def test_a_change_makes_a_new_version_and_the_same_words_make_none(house: House) -> None:
    kept = await house.drafting.keep(CONSOLE, WORDS)
    again = await house.drafting.keep(CONSOLE, WORDS, name=kept.public_id)
    changed = await house.drafting.keep(CONSOLE, replace(WORDS, text="Come tonight"), name=kept.public_id)
    assert (kept.version, again.version, changed.version) == (1, 1, 2)


async def test_two_who_write_at_once_do_not_overwrite_each_other(house: House) -> None:
    kept = await house.drafting.keep(CONSOLE, WORDS)
    await house.drafting.keep(CONSOLE, replace(WORDS, text="One"), name=kept.public_id, version=1)
    with pytest.raises(Conflict):
        await house.drafting.keep(CONSOLE, replace(WORDS, text="Other"), name=kept.public_id, version=1)
    assert (await house.drafting.draft(CONSOLE, kept.public_id)).draft.text == "One"


async def test_a_form_that_is_sent_twice_makes_one_draft_and_a_changed_one_the_next_version(house: House) -> None:
    kept = await house.drafting.keep(CONSOLE, WORDS, key="tap")
    again = await house.drafting.keep(CONSOLE, WORDS, key="tap")
    changed = await house.drafting.keep(CONSOLE, replace(WORDS, text="Come tonight"), key="tap")
    assert (again.public_id, changed.public_id) == (kept.public_id, kept.public_id)
    assert (again.version, changed.version) == (1, 2)


async def test_a_form_that_is_sent_again_does_not_overwrite_what_somebody_wrote_since(house: House) -> None:
    kept = await house.drafting.keep(CONSOLE, WORDS, key="tap")
    colleague = Who(organiser_id=2, role=Role.WRITER)
    await house.drafting.keep(colleague, replace(WORDS, text="Theirs"), name=kept.public_id, version=1)
    with pytest.raises(Conflict):
        await house.drafting.keep(CONSOLE, WORDS, key="tap")
    assert (await house.drafting.draft(CONSOLE, kept.public_id)).draft.text == "Theirs"


async def test_publishing_makes_one_post_and_the_draft_is_gone(house: House) -> None:
    kept = await house.drafting.keep(CONSOLE, WORDS)
    await house.drafting.publish(CONSOLE, kept.public_id)
    with pytest.raises(NotFound):
        await house.drafting.publish(CONSOLE, kept.public_id)
    assert await published(house) == ["Come to the quay"]


async def test_a_draft_of_an_edit_replaces_the_words_when_it_is_published(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, WORDS)
    kept = await house.drafting.keep(CONSOLE, replace(WORDS, text="Come to the bridge"), edits=post.public_id)
    assert await published(house) == ["Come to the quay"]
    await house.drafting.publish(CONSOLE, kept.public_id)
    assert await published(house) == ["Come to the bridge"]


async def test_what_is_scheduled_goes_out_at_its_hour_once(house: House, world: World) -> None:
    kept = await house.drafting.keep(CONSOLE, WORDS)
    at = to_text(world.clock() + timedelta(hours=2))
    assert (await house.drafting.schedule(CONSOLE, kept.public_id, at)).state is DraftState.SCHEDULED
    await house.drafting.publish_due()
    assert await published(house) == []
    world.clock.forward(timedelta(hours=2))
    await house.drafting.publish_due()
    await house.drafting.publish_due()
    assert await published(house) == ["Come to the quay"]


async def test_a_changed_draft_waits_for_no_hour_any_more(house: House, world: World) -> None:
    kept = await house.drafting.keep(CONSOLE, WORDS)
    await house.drafting.schedule(CONSOLE, kept.public_id, to_text(world.clock() + timedelta(hours=2)))
    changed = await house.drafting.keep(CONSOLE, replace(WORDS, text="Not yet"), name=kept.public_id)
    assert (changed.state, changed.publish_at) == (DraftState.DRAFT, None)


async def test_nothing_scheduled_goes_out_of_a_frozen_house_and_it_says_so(house: House, world: World) -> None:
    kept = await house.drafting.keep(CONSOLE, WORDS)
    await house.drafting.schedule(CONSOLE, kept.public_id, to_text(world.clock() + timedelta(hours=2)))
    async with house.database.transaction() as tx:
        await house.safety.set_level(tx, LockLevel.PUBLISHING_FROZEN)
    world.clock.forward(timedelta(hours=3))
    await house.drafting.publish_due()
    waits = await house.drafting.draft(CONSOLE, kept.public_id)
    assert await published(house) == []
    assert waits.state is DraftState.DRAFT
    assert "frozen" in waits.problem


@pytest.mark.parametrize("hours", [-1, 0, 24 * 400])
async def test_an_hour_that_is_past_or_far_away_is_refused(house: House, world: World, hours: int) -> None:
    kept = await house.drafting.keep(CONSOLE, WORDS)
    with pytest.raises(Invalid):
        await house.drafting.schedule(CONSOLE, kept.public_id, to_text(world.clock() + timedelta(hours=hours)))


async def test_a_moderator_writes_no_drafts_and_reads_none(house: House) -> None:
    moderator = Who(organiser_id=3, role=Role.MODERATOR)
    with pytest.raises(Forbidden):
        await house.drafting.keep(moderator, WORDS)
    with pytest.raises(Forbidden):
        await house.drafting.drafts(moderator)


async def test_a_discarded_draft_is_gone(house: House) -> None:
    kept = await house.drafting.keep(CONSOLE, WORDS)
    await house.drafting.discard(CONSOLE, kept.public_id)
    assert await house.drafting.drafts(CONSOLE) == []
