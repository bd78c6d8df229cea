"""The lock: who may move it, what it stops, and codes that only lock."""

from __future__ import annotations

import asyncio

import pytest

from server.base.errors import Conflict, Forbidden, Invalid
from server.features.access.locking import MAX_CODES, normal_code
from server.features.access.model import Role, Who
from server.features.posts.model import Draft
from server.features.safety.model import LockLevel
from server.features.safety.service import Safety
from server.house import House
from tests.world import CONSOLE, World

pytestmark = pytest.mark.anyio


def acting(role: Role) -> Who:
    return Who(organiser_id=7, role=role)


def level_of(house: House) -> LockLevel:
    return house.safety.level


async def test_who_may_lock_locks_and_only_a_keyholder_opens(house: House) -> None:
    with pytest.raises(Forbidden):
        await house.locking.set_level(acting(Role.WRITER), LockLevel.PUBLISHING_FROZEN)
    for level, role in ((1, Role.EDITOR), (2, Role.MODERATOR), (3, Role.EDITOR)):
        await house.locking.set_level(acting(role), LockLevel(level))
        assert house.safety.level == level
    for role in (Role.EDITOR, Role.MODERATOR):
        for level in (0, 1, 2):
            with pytest.raises(Forbidden):
                await house.locking.set_level(acting(role), LockLevel(level))
    assert level_of(house) == LockLevel.STATEMENT_ONLY
    for level in (2, 1, 0):
        await house.locking.set_level(acting(Role.KEYHOLDER), LockLevel(level))
    with pytest.raises(Conflict):
        await house.locking.set_level(acting(Role.KEYHOLDER), LockLevel.OPEN)
    acts = [(line.entry.act, line.entry.subject) for line in await house.oversight.page(CONSOLE)]
    assert acts[:6] == [("unlock", "0"), ("unlock", "1"), ("unlock", "2"), ("lock", "3"), ("lock", "2"), ("lock", "1")]


async def test_the_lock_is_moved_only_from_where_it_was_seen(house: House) -> None:
    await house.locking.set_level(CONSOLE, LockLevel.STATEMENT_ONLY)
    for level in (LockLevel.PUBLISHING_FROZEN, LockLevel.STATEMENT_ONLY):
        with pytest.raises(Conflict, match="meanwhile"):
            await house.locking.set_level(CONSOLE, level, seen=LockLevel.OPEN)
    assert level_of(house) == LockLevel.STATEMENT_ONLY
    await house.locking.set_level(CONSOLE, LockLevel.PUBLISHING_FROZEN, seen=LockLevel.STATEMENT_ONLY)
    assert level_of(house) == LockLevel.PUBLISHING_FROZEN


async def test_nothing_is_published_while_it_is_frozen_and_everything_after(world: World, house: House) -> None:
    post = await world.publish(house, "Before")
    await house.locking.set_level(CONSOLE, LockLevel.PUBLISHING_FROZEN)
    draft = Draft(text="During", language="en")
    for tried in (
        house.publishing.submit(CONSOLE, draft),
        house.publishing.edit(CONSOLE, post.public_id, draft),
        house.publishing.delete(CONSOLE, post.public_id),
        house.acting.pin(CONSOLE, post.public_id, pinned=True),
    ):
        with pytest.raises(Forbidden):
            await tried
    await house.locking.set_level(CONSOLE, LockLevel.OPEN)
    await house.publishing.edit(CONSOLE, post.public_id, draft)


async def test_the_level_is_known_after_a_restart_and_in_other_processes(house: House) -> None:
    elsewhere = Safety(house.database)
    await elsewhere.load()
    await house.locking.set_level(CONSOLE, LockLevel.CONVERSATION_CLOSED)
    again = Safety(house.database)
    await again.load()
    assert again.level == LockLevel.CONVERSATION_CLOSED
    # A process elsewhere reads the note of the change, nothing more.
    async with house.database.snapshot() as snapshot:
        rows = await snapshot.fetch("SELECT kind, subject FROM changes WHERE kind = 'lock'")
    assert [(row["kind"], row["subject"]) for row in rows] == [("lock", "2")]
    assert elsewhere.level == LockLevel.CONVERSATION_CLOSED


async def test_a_code_locks_once_and_never_opens(house: House) -> None:
    (code,) = await house.locking.make_codes(CONSOLE, LockLevel.CONVERSATION_CLOSED, 1, "the neighbour")
    (kept,) = await house.locking.codes(CONSOLE)
    assert (kept.level, kept.label) == (LockLevel.CONVERSATION_CLOSED, "the neighbour")
    assert code not in str(kept)
    assert normal_code(code) not in str(kept)
    assert await house.locking.by_code(f" {code.lower().replace('-', ' ')} ") == LockLevel.CONVERSATION_CLOSED
    assert level_of(house) == LockLevel.CONVERSATION_CLOSED
    assert await house.locking.codes(CONSOLE) == []
    await house.locking.set_level(CONSOLE, LockLevel.OPEN)
    with pytest.raises(Forbidden) as used:
        await house.locking.by_code(code)
    with pytest.raises(Forbidden) as wrong:
        await house.locking.by_code("AAAA-BBBB-CCCC-DDDD")
    assert str(used.value) == str(wrong.value)
    assert level_of(house) == LockLevel.OPEN


async def test_a_code_for_less_opens_nothing(house: House) -> None:
    (code,) = await house.locking.make_codes(CONSOLE, LockLevel.PUBLISHING_FROZEN, 1)
    await house.locking.set_level(CONSOLE, LockLevel.STATEMENT_ONLY)
    assert await house.locking.by_code(code) == LockLevel.STATEMENT_ONLY
    assert level_of(house) == LockLevel.STATEMENT_ONLY


async def test_a_code_used_twice_at_once_is_used_once(house: House) -> None:
    (code,) = await house.locking.make_codes(CONSOLE, LockLevel.PUBLISHING_FROZEN, 1)
    results = await asyncio.gather(*(house.locking.by_code(code) for _ in range(5)), return_exceptions=True)
    assert len([one for one in results if one == LockLevel.PUBLISHING_FROZEN]) == 1
    assert len([one for one in results if isinstance(one, Forbidden)]) == 4


@pytest.mark.parametrize("text", ["", "-", "x" * 5000, "\0", "0000-0000-0000-0000", "' OR 1=1 --", "ÄÖÜ"])
async def test_what_is_no_code_does_nothing(house: House, text: str) -> None:
    await house.locking.make_codes(CONSOLE, LockLevel.STATEMENT_ONLY, 3)
    with pytest.raises(Forbidden):
        await house.locking.by_code(text)
    assert level_of(house) == LockLevel.OPEN
    assert len(await house.locking.codes(CONSOLE)) == 3


async def test_letters_that_look_alike_count_as_the_same() -> None:
    assert normal_code("oil-0lI") == "011011"


async def test_codes_are_made_and_discarded_by_keyholders_within_bounds(house: House) -> None:
    for role in (Role.WRITER, Role.EDITOR, Role.MODERATOR):
        for tried in (
            house.locking.make_codes(acting(role), LockLevel.STATEMENT_ONLY, 1),
            house.locking.codes(acting(role)),
            house.locking.discard_codes(acting(role)),
        ):
            with pytest.raises(Forbidden):
                await tried
    for level, count, label in ((0, 1, ""), (1, 0, ""), (1, 11, ""), (1, 1, "x" * 61)):
        with pytest.raises(Invalid):
            await house.locking.make_codes(CONSOLE, LockLevel(level), count, label)
    for _ in range(MAX_CODES // 10):
        made = await house.locking.make_codes(CONSOLE, LockLevel.PUBLISHING_FROZEN, 10)
        assert len(set(made)) == 10
    with pytest.raises(Conflict):
        await house.locking.make_codes(CONSOLE, LockLevel.PUBLISHING_FROZEN, 1)
    assert await house.locking.discard_codes(CONSOLE) == MAX_CODES
    assert await house.locking.codes(CONSOLE) == []
