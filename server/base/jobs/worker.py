"""The worker: claims due jobs, runs their handlers outside of any transaction, writes down how it went."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Any, Final

from server.base.clock import Clock
from server.base.database import Database
from server.base.errors import Unavailable
from server.base.jobs import queue, retry
from server.base.jobs.queue import Job
from server.base.log import event
from server.base.timestamps import from_text, to_text

AT_ONCE: Final = 8
#: A handler that takes longer than its lease would run twice.
HANDLER_SECONDS: Final = 50
LONGEST_SLEEP_SECONDS: Final = 60.0
AFTER_TROUBLE_SECONDS: Final = 2.0

Handler = Callable[[dict[str, Any]], Awaitable[None]]


class TryLaterError(Exception):
    """A handler's way to say: not yet, in the ordinary rhythm of retries."""


class Worker:
    """Runs jobs until cancelled. `random` gives the jitter of retries."""

    def __init__(self, database: Database, handlers: Mapping[str, Handler], clock: Clock, random: Random) -> None:
        self._database = database
        self._handlers = handlers
        self._clock = clock
        self._random = random
        self._woken = asyncio.Event()
        database.on_commit(self._woken.set)

    async def run(self, *, release: bool) -> None:
        """Work until cancelled; `release` frees the leases of a crashed predecessor (only process on SQLite)."""
        if release:
            async with self._database.transaction() as tx:
                await queue.release_leases(tx)
        while True:
            try:
                if not await self.run_due():
                    await self._sleep()
            except Unavailable:
                await asyncio.sleep(AFTER_TROUBLE_SECONDS)

    async def run_due(self) -> int:
        """Run one batch of due jobs; how many."""
        self._woken.clear()
        async with self._database.snapshot() as snapshot:
            waiting = await snapshot.value(
                "SELECT 1 FROM jobs WHERE (state = 'ready' AND due_at <= :now)"
                " OR (state = 'leased' AND leased_until <= :now) LIMIT 1",
                now=snapshot.now,
            )
        if waiting is None:
            return 0
        async with self._database.transaction() as tx:
            jobs = await queue.claim(tx, AT_ONCE)
        await asyncio.gather(*(self._run(job) for job in jobs))
        return len(jobs)

    async def _run(self, job: Job) -> None:
        handler = self._handlers.get(job.kind)
        try:
            if handler is None:
                raise LookupError("no handler")  # noqa: TRY301 - parked like any failure
            async with asyncio.timeout(HANDLER_SECONDS):
                await handler(job.payload)
        except Exception as error:  # noqa: BLE001 - one bad job must not stop the others; only its class is kept
            await self._failed(job, type(error).__name__)
        else:
            async with self._database.transaction() as tx:
                await queue.done(tx, [job.id])

    async def _failed(self, job: Job, reason: str) -> None:
        due = retry.next_attempt(job.attempts, self._clock(), self._random.uniform(-1, 1))
        event(
            "job_failed", kind=job.kind, error=reason, attempts=job.attempts, state="parked" if due is None else "again"
        )
        async with self._database.transaction() as tx:
            if due is None:
                await queue.park(tx, job.id, reason)
            else:
                await queue.again(tx, job.id, to_text(due), reason)

    async def _sleep(self) -> None:
        async with self._database.snapshot() as snapshot:
            due = await snapshot.value(
                "SELECT MIN(CASE WHEN state = 'ready' THEN due_at ELSE leased_until END) FROM jobs WHERE state <> 'parked'"
            )
        wait = LONGEST_SLEEP_SECONDS
        if due is not None:
            wait = min(wait, max(0.0, (from_text(due) - self._clock()).total_seconds()))
        try:
            async with asyncio.timeout(wait):
                await self._woken.wait()
        except TimeoutError:
            return
