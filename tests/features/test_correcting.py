"""Corrections, ends and previews: what is said beside, after and before a post."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from server.base.errors import Conflict, Forbidden, Gone, Invalid
from server.base.timestamps import to_text
from server.features.access.model import Role, Who
from server.features.posts.model import Audience, Draft, DraftMedia, DraftPoll, Kind, ReplyPolicy
from server.features.posts.views import by_public_id, latest, pinned
from server.features.posts.views_parts import history
from server.features.publishing.correcting import as_correction
from server.features.safety.model import LockLevel
from server.house import House
from tests.flows.test_outbound import picture
from tests.world import CONSOLE, World, later

pytestmark = pytest.mark.anyio

WORDS = Draft(text="Meet at the quay", language="en")


async def test_a_correction_changes_the_old_words_and_says_so_in_a_new_post(house: House, world: World) -> None:
    old = await house.publishing.submit(CONSOLE, WORDS)
    new = await world.correct(house, old, "Meet at the bridge", "Not the quay: the bridge.")
    async with house.database.snapshot() as snapshot:
        after = await by_public_id(snapshot, old.public_id)
    assert after is not None
    assert after.main.source == "Meet at the bridge"
    assert [one.public_id for one in after.corrections] == [new.public_id]
    assert (new.kind, new.corrects, new.thread_public_id) == (Kind.CORRECTION, old.public_id, old.thread_public_id)
    assert new.main.source == f"Not the quay: the bridge.\n\nhttps://here.test/p/{old.public_id}"


@pytest.mark.parametrize("note", ["  ", "w" * 5001, "w" * 4990])  # the last one is too long with its link
async def test_a_correction_that_cannot_be_published_changes_nothing(house: House, world: World, note: str) -> None:
    old = await house.publishing.submit(CONSOLE, WORDS)
    with pytest.raises(Invalid):
        await world.correct(house, old, "Bridge", note)
    async with house.database.snapshot() as snapshot:
        posts = await latest(snapshot, house.actors.campaign().id)
    assert [post.main.source for post in posts] == ["Meet at the quay"]


async def test_what_only_the_named_people_know_is_not_corrected_in_a_post(house: House, world: World) -> None:
    world.peer("dora.test", "dora")
    old = await house.publishing.submit(CONSOLE, replace(WORDS, text="@dora@dora.test Quay", audience=Audience.DIRECT))
    with pytest.raises(Invalid, match="Only the people named"):
        await world.correct(house, old, "@dora@dora.test Bridge", "Wrong place.")


async def test_a_correction_can_wait_for_its_hour(house: House, world: World) -> None:
    old = await house.publishing.submit(CONSOLE, WORDS)
    draft = as_correction(replace(WORDS, text="Bridge"), "Wrong place.")
    kept = await house.drafting.keep(CONSOLE, draft, edits=old.public_id)
    await house.drafting.schedule(CONSOLE, kept.public_id, to_text(world.clock() + timedelta(hours=1)))
    later(world, hours=2)
    await house.drafting.publish_due()
    async with house.database.snapshot() as snapshot:
        after = await by_public_id(snapshot, old.public_id)
    assert after is not None
    assert (after.main.source, len(after.corrections)) == ("Bridge", 1)


async def test_who_may_not_publish_corrects_nothing(house: House) -> None:
    old = await house.publishing.submit(CONSOLE, WORDS)
    kept = await house.drafting.keep(CONSOLE, as_correction(WORDS, "No"), edits=old.public_id)
    with pytest.raises(Forbidden):
        await house.drafting.publish(Who(organiser_id=3, role=Role.MODERATOR), kept.public_id)


async def test_a_post_that_ends_is_deleted_at_its_minute_and_by_nobody(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, replace(WORDS, expires_days=7))
    assert post.expires_at == "2026-10-05T09:30:00.000000Z"
    later(world, days=6)
    assert await house.publishing.delete_expired() == 0
    async with house.database.transaction() as tx:
        await house.safety.set_level(tx, LockLevel.PUBLISHING_FROZEN)
    later(world, days=1)
    assert await house.publishing.delete_expired() == 1
    assert await house.publishing.delete_expired() == 0
    async with house.database.snapshot() as snapshot:
        gone = await by_public_id(snapshot, post.public_id)
        acts = await snapshot.fetch("SELECT organiser_id, act FROM audit WHERE act = 'expired'")
    assert gone is not None
    assert gone.deleted_at is not None
    assert [row["organiser_id"] for row in acts] == [None]


async def test_an_end_is_counted_from_publication_and_may_be_changed(house: House, world: World) -> None:
    kept = await house.drafting.keep(CONSOLE, replace(WORDS, expires_days=1))
    later(world, days=3)
    post = await house.drafting.publish(CONSOLE, kept.public_id)
    assert post is not None
    assert post.expires_at == "2026-10-02T09:30:00.000000Z"
    unending = await house.publishing.edit(CONSOLE, post.public_id, replace(post.as_draft(), expires_at=None))
    assert unending.expires_at is None


@pytest.mark.parametrize(
    "ends", [{"expires_days": 0}, {"expires_days": 367}, {"expires_at": "2026-09-01T00:00:00.000000Z"}]
)
async def test_an_end_that_makes_no_sense_is_refused(house: House, ends: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        await house.publishing.submit(CONSOLE, replace(WORDS, **ends))  # type: ignore[arg-type]


async def test_what_a_post_said_is_kept_until_it_is_deleted(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, WORDS)
    await house.publishing.edit(CONSOLE, post.public_id, replace(WORDS, text="Meet at the bridge"))
    async with house.database.snapshot() as snapshot:
        said = await history(snapshot, post.id, 10)
    assert [(one.number, one.text.source) for one in said] == [(2, "Meet at the bridge"), (1, "Meet at the quay")]
    await house.publishing.delete(CONSOLE, post.public_id)
    async with house.database.snapshot() as snapshot:
        assert await history(snapshot, post.id, 10) == []


async def test_an_edit_that_starts_from_the_post_changes_only_what_was_changed(house: House) -> None:
    draft = replace(
        WORDS, warning="Sea", reply_policy=ReplyPolicy.CLOSED, quote_policy=ReplyPolicy.OPEN, audience=Audience.UNLISTED
    )
    post = await house.publishing.submit(CONSOLE, draft)
    after = await house.publishing.edit(CONSOLE, post.public_id, replace(post.as_draft(), text="Bridge"))
    assert after.as_draft() == replace(draft, text="Bridge", base=after.base)
    assert after.base != post.base


async def test_a_preview_finds_who_is_named_and_publishes_nothing(house: House, world: World) -> None:
    world.peer("dora.test", "dora")
    text = "Ask @dora@dora.test or @nobody@nowhere.test #harbour"
    poll = DraftPoll(options=("Yes", "No"), seconds=3600)
    seen = await house.previewing.preview(CONSOLE, replace(WORDS, text=text, poll=poll))
    assert [(one.handle, one.actor is not None) for one in seen.named] == [
        ("dora@dora.test", True),
        ("nobody@nowhere.test", False),
    ]
    assert 'href="https://dora.test/@dora"' in seen.post.main.html
    assert seen.post.poll is not None
    assert [one.name for one in seen.post.poll.answers] == ["Yes", "No"]
    async with house.database.snapshot() as snapshot:
        assert await latest(snapshot, house.actors.campaign().id) == []


async def test_what_is_quoted_is_looked_up_and_named_by_its_id(house: House, world: World) -> None:
    note = world.peer("dora.test", "dora").note("Worth hearing")
    ours = await house.publishing.submit(CONSOLE, WORDS)
    for given, wanted in [(note["id"], note["id"]), (f"https://here.test/p/{ours.public_id}", world.uri(house, ours))]:
        assert (await house.previewing.complete(CONSOLE, replace(WORDS, quote=given))).quote == wanted
    for bad in ["https://nowhere.test/1", "no address", "https://here.test/p/zzzzzzzzzzzz"]:
        with pytest.raises(Invalid, match="quote"):
            await house.previewing.complete(CONSOLE, replace(WORDS, quote=bad))


async def test_a_form_sent_twice_makes_one_post_and_leaves_no_draft(house: House) -> None:
    first = await house.drafting.keep(CONSOLE, WORDS)
    second = await house.drafting.keep(CONSOLE, WORDS)
    one = await house.drafting.publish(CONSOLE, first.public_id, key="tap")
    two = await house.drafting.publish(CONSOLE, second.public_id, key="tap")
    assert one is not None
    assert two is not None
    assert one.id == two.id
    assert await house.drafting.drafts(CONSOLE) == []
    assert (await house.drafting.published(CONSOLE, "tap")) == two


async def test_the_same_words_sent_again_are_no_conflict(house: House) -> None:
    kept = await house.drafting.keep(CONSOLE, WORDS)
    changed = replace(WORDS, text="Bridge")
    await house.drafting.keep(CONSOLE, changed, name=kept.public_id, version=1)
    assert (await house.drafting.keep(CONSOLE, changed, name=kept.public_id, version=1)).version == 2
    with pytest.raises(Conflict):
        await house.drafting.keep(CONSOLE, WORDS, name=kept.public_id, version=1)


async def test_the_sixth_pin_is_refused_and_the_newest_pin_comes_first(house: House) -> None:
    posts = [await house.publishing.submit(CONSOLE, replace(WORDS, text=f"number {one}")) for one in range(6)]
    for post in posts[:5]:
        await house.acting.pin(CONSOLE, post.public_id, pinned=True)
    with pytest.raises(Conflict, match="At most 5"):
        await house.acting.pin(CONSOLE, posts[5].public_id, pinned=True)
    async with house.database.snapshot() as snapshot:
        featured = await pinned(snapshot, house.actors.campaign().id)
    assert [post.main.source for post in featured] == [f"number {one}" for one in (4, 3, 2, 1, 0)]


async def test_a_scheduled_edit_of_a_post_that_was_deleted_says_why_it_stays(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, WORDS)
    kept = await house.drafting.keep(CONSOLE, replace(WORDS, text="Bridge"), edits=post.public_id)
    await house.drafting.schedule(CONSOLE, kept.public_id, to_text(world.clock() + timedelta(hours=1)))
    await house.publishing.delete(CONSOLE, post.public_id)
    later(world, hours=2)
    await house.drafting.publish_due()
    assert "deleted" in (await house.drafting.draft(CONSOLE, kept.public_id)).problem
    with pytest.raises(Gone):
        await house.drafting.publish(CONSOLE, kept.public_id)


async def test_an_edit_gives_a_poll_no_pictures(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, replace(WORDS, poll=DraftPoll(options=("Yes", "No"), seconds=3600)))
    item = await house.media.add(picture())
    with pytest.raises(Invalid, match="poll cannot have pictures"):
        await house.publishing.edit(
            CONSOLE, post.public_id, replace(WORDS, media=(DraftMedia(public_id=item.public_id),))
        )
