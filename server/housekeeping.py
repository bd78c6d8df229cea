"""What is done at intervals: forgetting in time, and cutting the log so that what was erased does not linger."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from federation.errors import FederationError
from server.base import changes
from server.base.clock import Clock, SteadyClock
from server.base.database import Database
from server.base.database.sqlite import SqliteDatabase
from server.base.errors import AppError
from server.base.jobs import queue
from server.base.jobs.steps import Steps, Waits
from server.base.log import event

EVERY_SECONDS: Final = 3600.0
MINUTE_SECONDS: Final = 60.0
CLOCK_EVERY_SECONDS: Final = 1.0
#: The log cannot be cut while it is read; reads are short.
CUT_TRIES, CUT_AGAIN_SECONDS = 5, 0.2


def days(count: int) -> timedelta:
    """So many days."""
    return timedelta(days=count)


class Housekeeping:
    """Runs each chore, one after the other; a chore that fails spares the others."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        chores: Sequence[Callable[[], Awaitable[Any]]],
        minutely: Sequence[Callable[[], Awaitable[Any]]],
        *,
        waits: Sequence[Waits] = (),
        before_telling: Sequence[changes.Before] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._chores = chores
        self._each_minute = minutely
        self._steps = Steps(database, waits)
        self._before_telling = before_telling

    async def run(self) -> None:
        """Keep house until cancelled."""
        await self._spared(self._steps.at_start)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._hourly())
            if isinstance(self._clock, SteadyClock):
                group.create_task(self._with_the_clock(self._clock))
            group.create_task(self._minutely())
            if self._database.dialect == "postgres":
                group.create_task(changes.follow(self._database, self._before_telling))

    async def _minutely(self) -> None:
        # At once: what came due while nobody ran is over before anybody reads it as open.
        while True:
            await self.minute_chores()
            await asyncio.sleep(MINUTE_SECONDS)

    async def _with_the_clock(self, clock: SteadyClock) -> None:
        while True:
            await asyncio.sleep(CLOCK_EVERY_SECONDS)
            await self._spared(lambda: self._steps.follow(clock))

    async def _hourly(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self.all_chores()

    async def minute_chores(self) -> None:
        """What is done each minute, once: what was deleted or forgotten leaves the log with it."""
        for chore in [*self._each_minute, self._cut_log]:
            await self._spared(chore)

    async def all_chores(self) -> None:
        """What is done each hour, once."""
        for chore in [*self._chores, self._trim_changes, self._cut_log]:
            await self._spared(chore)

    async def _cut_log(self) -> None:
        if isinstance(self._database, SqliteDatabase):
            for _ in range(CUT_TRIES):
                if await self._database.checkpoint():
                    return
                await asyncio.sleep(CUT_AGAIN_SECONDS)

    async def _spared(self, chore: Callable[[], Awaitable[Any]]) -> None:
        try:
            await chore()
        except (AppError, FederationError, OSError) as error:
            event("chore_failed", error=type(error).__name__)

    async def _trim_changes(self) -> None:
        async with self._database.transaction() as tx:
            await changes.trim(tx)
            await queue.trim(tx)
