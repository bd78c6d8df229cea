"""The pump: expands fan-outs, claims deliveries, hands them to a sender, writes results down. Loses nothing, blocks nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from random import Random
from typing import Final

from server.base.clock import Clock
from server.base.database import Database, Transaction
from server.base.errors import Unavailable
from server.base.log import event
from server.base.timestamps import from_text
from server.features.delivery import retry, store_queue
from server.features.delivery.model import Claimed, Key, Letter, Outcome, Sender
from server.features.delivery.store_queue import Result

#: Deliveries a claim takes, and how many may be in hand.
BATCH: Final = 100
IN_HAND: Final = 400
LONGEST_SLEEP_SECONDS: Final = 30.0
AFTER_TROUBLE_SECONDS: Final = 2.0
#: A server that is told to stop ends within ten seconds; who has not answered by then is asked again.
DRAIN_SECONDS: Final = 3.0
GIVE_BACK_SECONDS: Final = 1.0


class Pump:
    """Delivers until cancelled. `key` gives the signing key of one of our actors."""

    def __init__(
        self, database: Database, sender: Sender, key: Callable[[int], Key], clock: Clock, random: Random
    ) -> None:
        self._database = database
        self._sender = sender
        self._key = key
        self._clock = clock
        self._random = random
        self._woken = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_hand = 0
        database.on_commit(self._woken.set)

    async def run(self, *, release: bool) -> None:
        """Deliver until cancelled, then write down what is in hand. `release` frees all leases of a crashed predecessor."""
        async with self._database.transaction() as tx:
            await store_queue.release(tx, everything=release)
        try:
            while True:
                try:
                    if not await self._step():
                        await self._sleep()
                except Unavailable:
                    await asyncio.sleep(AFTER_TROUBLE_SECONDS)
        finally:
            await asyncio.shield(self._drain())

    async def run_until_idle(self) -> None:
        """Deliver everything that is due now, and return (for tests and for the command line)."""
        while await self._step() or self._tasks:
            if self._tasks:
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def _step(self) -> bool:
        """One round; True if there may be more to do at once."""
        self._woken.clear()
        room = IN_HAND - self._in_hand
        if room <= 0:
            await self._woken.wait()
            return True
        if not await self._anything():
            return False
        async with self._database.transaction() as tx:
            claimed = await store_queue.claim(tx, min(BATCH, room))
            bodies = await store_queue.bodies(tx, [one.outbox_id for one in claimed])
        expanded = False
        if len(claimed) < BATCH:
            async with self._database.transaction() as tx:
                expanded = await store_queue.expand_some(tx)
        if claimed:
            task = asyncio.create_task(self._deliver(claimed, bodies))
            self._in_hand += len(claimed)
            self._tasks.add(task)
            task.add_done_callback(self._finished)
        return bool(claimed) or expanded

    async def _anything(self) -> bool:
        async with self._database.snapshot() as snapshot:
            work = await store_queue.waiting(snapshot)
        if work.late:
            async with self._database.transaction() as tx:
                await store_queue.release(tx, everything=False)
        return work.due or work.late or work.fanout

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            event("delivery_batch_failed", error=type(task.exception()).__name__)

    async def _deliver(self, claimed: list[Claimed], bodies: dict[int, str]) -> None:
        waiting = {one.id: one for one in claimed}
        try:
            letters = [Letter(one.id, one.url, one.actor_id, one.outbox_id) for one in claimed]
            keys = [self._key(actor_id) for actor_id in dict.fromkeys(one.actor_id for one in claimed)]
            async with aclosing(self._sender.send(letters, bodies, keys)) as answers:
                async for outcomes in answers:
                    await self._write(waiting, outcomes)
            if waiting:
                await self._surely(lambda tx: store_queue.unclaim(tx, list(waiting)))
        finally:
            self._let_go(len(waiting))

    async def _write(self, waiting: dict[int, Claimed], outcomes: list[Outcome]) -> None:
        """Write some results down, which makes room for others."""
        results = [self._result(waiting[one.delivery_id], one) for one in outcomes if one.delivery_id in waiting]
        await self._surely(lambda tx: store_queue.write_results(tx, results, self._clock()))
        for result in results:
            del waiting[result.claimed.id]
        self._let_go(len(results))

    async def _surely(self, write: Callable[[Transaction], Awaitable[None]]) -> None:
        """Write something down; while that cannot be done (full disk), what was sent stays in hand and nothing new is."""
        while True:
            try:
                async with self._database.transaction() as tx:
                    await write(tx)
            except Unavailable:
                await asyncio.sleep(AFTER_TROUBLE_SECONDS)
            else:
                return

    def _let_go(self, count: int) -> None:
        self._in_hand -= count
        self._woken.set()

    def _result(self, claimed: Claimed, outcome: Outcome) -> Result:
        decision = retry.decide(
            outcome.status, outcome.retry_after, claimed.attempts, self._clock(), self._random.uniform(-1, 1)
        )
        return Result(claimed, outcome, decision)

    async def _sleep(self) -> None:
        async with self._database.snapshot() as snapshot:
            due = await store_queue.next_due(snapshot)
        wait = LONGEST_SLEEP_SECONDS
        if due is not None:
            wait = min(wait, max(0.05, (from_text(due) - self._clock()).total_seconds()))
        try:
            async with asyncio.timeout(wait):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _drain(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DRAIN_SECONDS)
        await self._sender.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GIVE_BACK_SECONDS)
