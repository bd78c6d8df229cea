"""When the clock was set: what waits for a time waits as long as before, neither a year more nor all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from server.base import changes
from server.base.clock import STEP, SteadyClock
from server.base.database import Database, Transaction
from server.base.log import event
from server.base.timestamps import from_text, to_text

BATCH: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """A table whose rows wait for times in `until`, or count the time since `since`."""

    table: str
    key: str
    until: tuple[str, ...]
    since: tuple[str, ...] = ()


JOBS: Final = Waits(table="jobs", key="id", until=("due_at", "leased_until"))


class Steps:
    """Takes steps of the clock over, in one transaction with all that waits."""

    def __init__(self, database: Database, waits: Sequence[Waits]) -> None:
        self._database = database
        self._waits = waits

    async def at_start(self) -> None:
        """If the newest commit is of a time to come, the clock was set back while nobody looked."""
        if self._database.dialect == "postgres":
            return
        async with self._database.transaction() as tx:
            last = await changes.latest_at(tx)
            if last is not None and from_text(last) - from_text(tx.now) >= STEP:
                await self._move(tx, from_text(last), from_text(tx.now))

    async def follow(self, clock: SteadyClock) -> None:
        """Take a step over if there is one. With PostgreSQL rows stay: other machines' clocks were not set."""
        step = clock.step
        if not step:
            return
        event("clock_set", seconds=step.total_seconds())
        if self._database.dialect == "postgres":
            clock.take_over()
            return
        try:
            async with self._database.transaction() as tx:
                # From here on others, who write after us, are on the new time.
                clock.take_over()
                before = from_text(tx.now)
                await self._move(tx, before, before + step)
        except BaseException:
            clock.hold(step)
            raise

    async def _move(self, tx: Transaction, before: datetime, now: datetime) -> None:
        for waits in self._waits:
            for column in waits.until:
                await tx.execute_long(
                    f"UPDATE {waits.table} SET {column} = :now WHERE {column} > :now AND {column} <= :before",
                    now=to_text(now),
                    before=to_text(before),
                )
                await _move_later(tx, waits, column, after=before, by=now - before)
            for column in waits.since:
                await _move_later(tx, waits, column, after=None, by=now - before)


async def _move_later(tx: Transaction, waits: Waits, column: str, *, after: datetime | None, by: timedelta) -> None:
    """Move the times of a column that lie after this moment (or all), some rows at a time."""
    key, table = waits.key, waits.table
    limit = to_text(after) if after else ""
    rows = await tx.fetch(f"SELECT {key} AS k, {column} AS t FROM {table} WHERE {column} > :limit", limit=limit)
    for start in range(0, len(rows), BATCH):
        moved = [{"k": row["k"], "t": to_text(from_text(row["t"]) + by)} for row in rows[start : start + BATCH]]
        await tx.execute_many(f"UPDATE {table} SET {column} = :t WHERE {key} = :k", moved)
