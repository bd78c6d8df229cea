"""What changed, numbered in the order of the commits: versions caches and wakes listeners, here and in other processes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

from server.base.database import Database, Snapshot, Transaction
from server.base.timestamps import from_text, to_text

KEPT: Final = timedelta(days=1)
POLL_SECONDS: Final = 1.0
BATCH: Final = 1_000

#: Reads into memory what news of (kind, subject) made old.
Before = Callable[[Sequence[tuple[str, str]]], Awaitable[None]]


async def record(tx: Transaction, kind: str, subject: str = "") -> None:
    """Note a change with its transaction. The row lock of the counter makes the numbers follow the commits."""
    if (kind, subject) in tx.changes or (kind, subject) in tx.noted:
        return
    number: int = await tx.value("UPDATE change_counter SET latest = latest + 1 WHERE one = 1 RETURNING latest")
    await tx.execute(
        "INSERT INTO changes (number, kind, subject, at) VALUES (:number, :kind, :subject, :now)",
        number=number,
        kind=kind,
        subject=subject,
        now=tx.now,
    )
    tx.changes.append((kind, subject))


async def latest(snapshot: Snapshot) -> int:
    """The number of the newest change."""
    number: int = await snapshot.value("SELECT latest FROM change_counter WHERE one = 1")
    return number


async def latest_at(snapshot: Snapshot) -> str | None:
    """When the newest change that is still remembered was made."""
    at: str | None = await snapshot.value("SELECT max(at) FROM changes")
    return at


async def oldest(snapshot: Snapshot) -> int | None:
    """The number of the oldest change that is still remembered."""
    number: int | None = await snapshot.value("SELECT min(number) FROM changes")
    return number


async def since(snapshot: Snapshot, number: int) -> list[tuple[int, str, str]]:
    """Changes after a number, oldest first, a bounded batch."""
    rows = await snapshot.fetch(
        "SELECT number, kind, subject FROM changes WHERE number > :number ORDER BY number LIMIT :batch",
        number=number,
        batch=BATCH,
    )
    return [(row["number"], row["kind"], row["subject"]) for row in rows]


async def trim(tx: Transaction) -> int:
    """Erase changes that every listener has long seen."""
    return await tx.execute_long("DELETE FROM changes WHERE at < :before", before=to_text(from_text(tx.now) - KEPT))


async def follow(database: Database, before_telling: Sequence[Before] = ()) -> None:
    """Tell this process of other processes' changes, within a second; runs until cancelled.

    `before_telling` comes first: who is told draws pages anew, and must not do so from what memory held before.
    """
    async with database.snapshot() as snapshot:
        seen = await latest(snapshot)
    while True:
        await asyncio.sleep(POLL_SECONDS)
        async with database.snapshot() as snapshot:
            news = await since(snapshot, seen)
        if news:
            told = [(kind, subject) for _, kind, subject in news]
            for catch_up in before_telling:
                await catch_up(told)
            seen = news[-1][0]
            database.tell(told)
