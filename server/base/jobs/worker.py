"""The worker: claims due jobs, runs their handlers outside of any transaction, writes down how it went.

Whatever a handler does, the others go on: it may raise anything, never end, or have a payload that nobody can read.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Any, Final

from server.base.clock import Clock
from server.base.database import Database, Transaction
from server.base.errors import Unavailable
from server.base.jobs import queue, retry
from server.base.jobs.queue import Job
from server.base.log import event
from server.base.timestamps import from_text

AT_ONCE: Final = 8
#: A job that runs longer than this gives its place to another, until so many run in all.
PATIENCE_SECONDS: Final = 0.3
MOST_AT_ONCE: Final = 64
#: A handler that takes longer than its lease would run twice.
HANDLER_SECONDS: Final = 50.0
STOP_SECONDS: Final = 1.0
SHORTEST_SLEEP_SECONDS, LONGEST_SLEEP_SECONDS = 0.05, 60.0
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
        self._running: dict[asyncio.Task[None], float] = {}
        database.on_jobs(self._woken.set)

    async def run(self, *, release: bool) -> None:
        """Work until cancelled; `release` frees the leases of a crashed predecessor (only process on SQLite)."""
        if release:
            await self._surely(queue.release_leases)
        try:
            while True:
                try:
                    if not await self._start_due(self._room()):
                        await self._sleep()
                except Unavailable:
                    await asyncio.sleep(AFTER_TROUBLE_SECONDS)
        finally:
            await self._stop()

    async def run_due(self) -> int:
        """Run one batch of due jobs to their end; how many."""
        tasks = await self._start_due(AT_ONCE)
        if tasks:
            await asyncio.wait(tasks)
        return len(tasks)

    def _room(self) -> int:
        """How many more may begin now: those that take long do not count, until they are very many."""
        since = asyncio.get_running_loop().time() - PATIENCE_SECONDS
        young = sum(begun > since for begun in self._running.values())
        return min(AT_ONCE - young, MOST_AT_ONCE - len(self._running))

    async def _start_due(self, limit: int) -> list[asyncio.Task[None]]:
        self._woken.clear()
        if limit <= 0 or not await self._anything():
            return []
        async with self._database.transaction() as tx:
            jobs = await queue.claim(tx, limit)
        return [self._start(job) for job in jobs]

    async def _anything(self) -> bool:
        async with self._database.snapshot() as snapshot:
            waiting = await snapshot.value(
                "SELECT 1 FROM jobs WHERE (state = 'ready' AND due_at <= :now)"
                " OR (state = 'leased' AND leased_until <= :now) LIMIT 1",
                now=snapshot.now,
            )
        return waiting is not None

    def _start(self, job: Job) -> asyncio.Task[None]:
        task = asyncio.create_task(self._run(job))
        self._running[task] = asyncio.get_running_loop().time()
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._woken.set()
        if not task.cancelled() and task.exception() is not None:
            event("job_lost", error=type(task.exception()).__name__)

    async def _run(self, job: Job) -> None:
        reason = "never ended" if job.attempts > retry.MOST_BEGUN else await self._in_time(job)
        if reason:
            await self._failed(job, reason)
        else:
            await self._surely(lambda tx: queue.done(tx, [job.id]))

    async def _in_time(self, job: Job) -> str:
        """Why it failed, or nothing. A handler that does not even end when it is cancelled is left to itself."""
        trying = asyncio.create_task(self._tried(job))
        try:
            await asyncio.wait({trying}, timeout=HANDLER_SECONDS)
            if not trying.done():
                trying.cancel()
                await asyncio.wait({trying}, timeout=STOP_SECONDS)
                return TimeoutError.__name__
        finally:
            trying.cancel()
        return asyncio.CancelledError.__name__ if trying.cancelled() else trying.result()

    async def _tried(self, job: Job) -> str:
        handler = self._handlers.get(job.kind)
        if handler is None:
            return "no handler"
        if job.payload is None:
            return "payload too long"
        try:
            await handler(json.loads(job.payload))
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - one bad job must not stop the others; only its class is kept
            return type(error).__name__
        return ""

    async def _failed(self, job: Job, reason: str) -> None:
        wait = retry.wait_after(job.attempts, self._random.uniform(-1, 1))
        event(
            "job_failed",
            kind=job.kind,
            error=reason,
            attempts=job.attempts,
            state="parked" if wait is None else "again",
        )
        if wait is None:
            await self._surely(lambda tx: queue.park(tx, job.id, reason))
        else:
            await self._surely(lambda tx: queue.again(tx, job.id, wait, reason))

    async def _surely(self, write: Callable[[Transaction], Awaitable[Any]]) -> None:
        """Write something down as soon as that can be done (full disk, locked file)."""
        while True:
            try:
                async with self._database.transaction() as tx:
                    await write(tx)
            except Unavailable:
                await asyncio.sleep(AFTER_TROUBLE_SECONDS)
            else:
                return

    async def _sleep(self) -> None:
        wait = LONGEST_SLEEP_SECONDS if self._room() > 0 else PATIENCE_SECONDS
        async with self._database.snapshot() as snapshot:
            due = await snapshot.value(
                "SELECT MIN(CASE WHEN state = 'ready' THEN due_at ELSE leased_until END) FROM jobs WHERE state <> 'parked'"
            )
        if due is not None and self._room() > 0:
            wait = min(wait, max(SHORTEST_SLEEP_SECONDS, (from_text(due) - self._clock()).total_seconds()))
        try:
            async with asyncio.timeout(wait):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _stop(self) -> None:
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_SECONDS)
