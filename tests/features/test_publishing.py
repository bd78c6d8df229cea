"""What may be published, and what becomes of it here."""

from __future__ import annotations

import pytest

from server.base.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from server.features.access.model import Role, Who
from server.features.posts.limits import MAX_TEXT_CHARS
from server.features.posts.model import Audience, Draft, DraftPoll, DraftText, Post
from server.features.posts.views import by_public_id
from server.features.safety.model import LockLevel
from server.house import House
from tests.world import CONSOLE, World, later

pytestmark = pytest.mark.anyio

WRITER = Who(organiser_id=1, role=Role.WRITER)


async def stands(house: House, name: str) -> Post:
    async with house.database.snapshot() as snapshot:
        found = await by_public_id(snapshot, name)
    assert found is not None
    return found


async def events(house: House) -> int:
    async with house.database.snapshot() as snapshot:
        return int(await snapshot.value("SELECT count(*) FROM outbox"))


@pytest.mark.parametrize(
    "draft",
    [
        Draft(text="", language="en"),
        Draft(text="   \n ", language="en"),
        Draft(text="x" * (MAX_TEXT_CHARS + 1), language="en"),
        Draft(text="x", language=""),
        Draft(text="x", language="not a language"),
        Draft(text="x", language="en", warning="w" * 2000),
        Draft(text="x", language="en", poll=DraftPoll(options=("one",), seconds=3600)),
        Draft(text="x", language="en", poll=DraftPoll(options=("same", "same"), seconds=3600)),
        Draft(text="x", language="en", poll=DraftPoll(options=("a", "b"), seconds=1)),
        Draft(text="x", language="en", translations=(DraftText(language="en", text="y"),)),
        Draft(text="nobody is named", language="en", audience=Audience.DIRECT),
    ],
)
async def test_a_draft_that_cannot_stand_is_refused_and_changes_nothing(house: House, draft: Draft) -> None:
    with pytest.raises(Invalid):
        await house.publishing.submit(CONSOLE, draft)
    assert await events(house) == 0


async def test_a_writer_publishes_and_does_not_delete(house: House) -> None:
    post = await house.publishing.submit(WRITER, Draft(text="Hello", language="en"))
    with pytest.raises(Forbidden):
        await house.publishing.delete(WRITER, post.public_id)
    with pytest.raises(Forbidden):
        await house.publishing.submit(Who(organiser_id=1, role=Role.MODERATOR), Draft(text="Hello", language="en"))


async def test_nothing_is_published_while_the_house_is_locked(house: House) -> None:
    async with house.database.transaction() as tx:
        await house.safety.set_level(tx, LockLevel.PUBLISHING_FROZEN)
    with pytest.raises(Forbidden):
        await house.publishing.submit(CONSOLE, Draft(text="Hello", language="en"))


async def test_an_edit_is_a_new_revision_and_the_old_one_stays(world: World, house: House) -> None:
    post = await world.publish(house, "One")
    later(world, minutes=3)
    await house.publishing.edit(CONSOLE, post.public_id, Draft(text="Two", language="en", warning="careful"))
    now = await stands(house, post.public_id)
    assert (now.main.source, now.main.warning, now.revision_number) == ("Two", "careful", 2)
    assert now.published_at == post.published_at
    assert now.edited_at is not None
    async with house.database.snapshot() as snapshot:
        assert await snapshot.value("SELECT count(*) FROM post_revisions") == 2


async def test_an_edit_changes_neither_audience_nor_parent(world: World, house: House) -> None:
    post = await world.publish(house, "Quietly", audience=Audience.UNLISTED)
    await house.publishing.edit(CONSOLE, post.public_id, Draft(text="Loud", language="en", audience=Audience.PUBLIC))
    assert (await stands(house, post.public_id)).audience is Audience.UNLISTED


async def test_a_deleted_post_loses_every_word(world: World, house: House) -> None:
    post = await world.publish(house, "A word that hurts #tagged")
    await house.publishing.edit(CONSOLE, post.public_id, Draft(text="Another word that hurts", language="en"))
    await house.publishing.delete(CONSOLE, post.public_id)
    await world.settle()
    later(world, days=15)
    await house.delivery.trim()
    async with house.database.snapshot() as snapshot:
        for table in ("texts", "post_revisions", "post_tags", "outbox", "posts", "revision_mentions"):
            found = await snapshot.fetch(f"SELECT * FROM {table}")
            assert "hurts" not in str([dict(row) for row in found]), table  # type: ignore[call-overload]
    with pytest.raises(Gone):
        await house.publishing.edit(CONSOLE, post.public_id, Draft(text="Back", language="en"))
    with pytest.raises(Gone):
        await house.publishing.delete(CONSOLE, post.public_id)


async def test_at_most_five_posts_are_pinned(world: World, house: House) -> None:
    posts = [await world.publish(house, f"number {number}") for number in range(6)]
    for post in posts[:5]:
        await house.acting.pin(CONSOLE, post.public_id, pinned=True)
    with pytest.raises((Invalid, Conflict)):
        await house.acting.pin(CONSOLE, posts[5].public_id, pinned=True)


async def test_a_post_for_few_cannot_be_pinned(world: World, house: House) -> None:
    post = await world.publish(house, "Among us", audience=Audience.FOLLOWERS)
    with pytest.raises((Invalid, NotFound)):
        await house.acting.pin(CONSOLE, post.public_id, pinned=True)


async def test_a_private_post_of_others_is_not_boosted(world: World, house: House) -> None:
    bob = world.peer()
    note = bob.note("Among friends", to=[f"{bob.uri}/followers"], cc=[])
    with pytest.raises(Invalid):
        await house.acting.boost(CONSOLE, *await house.remote.post(note["id"]))


async def test_an_answer_in_the_same_thread_shares_its_context(world: World, house: House) -> None:
    first = await world.publish(house, "First")
    second = await world.publish(house, "Second", in_reply_to=world.uri(house, first))
    assert second.thread_public_id == first.public_id
    with pytest.raises(NotFound):
        await world.publish(house, "Nothing there", in_reply_to=f"{world.uri(house, first)}x")


async def test_the_audit_log_names_the_deed(house: House) -> None:
    post = await house.publishing.submit(WRITER, Draft(text="Hello", language="en"))
    async with house.database.snapshot() as snapshot:
        rows = [dict(row) for row in await snapshot.fetch("SELECT * FROM audit ORDER BY id")]  # type: ignore[call-overload]
    assert post.public_id in str(rows[-1])
    assert "Hello" not in str(rows)
