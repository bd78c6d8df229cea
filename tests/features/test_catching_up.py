"""What another process blocked is so here before any page is drawn anew."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from server.base import changes
from server.base.database import Database
from server.features.allies import store as allies_store
from server.features.allies.service import Allies
from server.features.audit.service import Audit
from server.features.safety import store as safety_store
from server.features.safety.model import LockLevel
from server.features.safety.service import Safety
from server.housekeeping import days
from tests.world import eventually

pytestmark = pytest.mark.anyio


@pytest.fixture
def rooms(database: Database) -> tuple[Safety, Allies]:
    safety = Safety(database)
    return safety, Allies(database, safety, Audit(database, days(1)))


async def elsewhere(database: Database) -> None:
    """What another process commits: our own listeners hear nothing of it, the row of the change is all there is."""
    async with database.transaction() as tx:
        await allies_store.insert(tx, kind="host", target="union.test", label="The union", url="", shown=False)
        await safety_store.insert_block(tx, kind="host", target="mean.test", label="mean.test", announced_as=None)
        await safety_store.set_lock_level(tx, LockLevel.CONVERSATION_CLOSED)
        for kind, subject in (("allies", ""), ("blocks", ""), ("lock", str(int(LockLevel.CONVERSATION_CLOSED)))):
            await changes.record(tx, kind, subject)
        tx.changes.clear()


async def test_news_of_another_process_reach_memory_before_listeners(
    database: Database, rooms: tuple[Safety, Allies], monkeypatch: pytest.MonkeyPatch
) -> None:
    safety, allies = rooms
    await safety.load()
    await allies.load()
    monkeypatch.setattr(changes, "POLL_SECONDS", 0.01)
    seen: list[tuple[str, bool, bool, LockLevel]] = []
    database.on_change(
        lambda kind, _: seen.append(
            (kind, safety.refuses_host("mean.test"), allies.is_ally("https://union.test/users/amal"), safety.level)
        )
    )
    following = asyncio.create_task(changes.follow(database, [safety.catch_up, allies.catch_up]))
    try:
        await asyncio.sleep(0.05)
        await elsewhere(database)

        async def told() -> bool:
            return {"allies", "blocks", "lock"} <= {kind for kind, *_ in seen}

        await eventually(told)
    finally:
        following.cancel()
    assert {one[1:] for one in seen} == {(True, True, LockLevel.CONVERSATION_CLOSED)}


async def test_what_could_not_be_read_is_read_the_next_time(
    database: Database, rooms: tuple[Safety, Allies], monkeypatch: pytest.MonkeyPatch
) -> None:
    safety, _ = rooms
    await safety.load()
    await elsewhere(database)
    news: Sequence[tuple[str, str]] = [("blocks", "")]
    with monkeypatch.context() as broken:
        broken.setattr(safety_store, "blocks", _fails)
        with pytest.raises(OSError, match="disk"):
            await safety.catch_up(news)
    await safety.refresh()
    assert safety.refuses_host("mean.test")


async def _fails(_: object) -> None:
    raise OSError("disk")
