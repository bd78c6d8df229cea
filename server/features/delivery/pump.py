"""The pump: expands fan-outs, claims deliveries, hands them to a sender, writes results down. Loses nothing, blocks nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from random import Random
from typing import Final

from federation.resolving import Turn
from server.base.clock import Clock
from server.base.database import Database, Transaction
from server.base.errors import Unavailable
from server.base.log import event
from server.base.timestamps import from_text
from server.features.delivery import retry, store_fanouts, store_queue, store_results
from server.features.delivery.model import Claimed, Key, Letter, Outcome, Priority, Sender
from server.features.delivery.retry import GiveUp
from server.features.delivery.store_queue import FAILING, PERSONAL, WELL, Claim, Hand, Waiting
from server.features.delivery.store_results import Result

#: Deliveries a claim takes, and how many may be in hand of those whose hosts answer at once: what a crash may send twice.
BATCH, QUICK = store_queue.LOOK, 192
#: Fewer are not worth a claim: who is slow gives room within a moment.
LEAST: Final = 32
#: How many may be in hand in all: waiting for a slow host costs a socket and 15 KiB. So many that some thousands who died at once
#: do not fill it for the ten seconds that each is given.
IN_HAND: Final = 6_000
#: How many beside them for one person each, when all others wait for slow hosts, or have had no room for so long (a narrow line).
PERSONAL_IN_HAND, PERSONAL_AFTER_SECONDS = 64, 0.25
#: How many for hosts that failed last time, and never more than a quarter of all.
FAILING_IN_HAND: Final = 200
FAILING_EVERY_SECONDS: Final = 1.0
#: How often it is looked whether leases of a minute ran out.
LATE_EVERY_SECONDS: Final = 1.0
#: While something is in hand its outcomes wake the pump; else it sleeps until the next delivery is due.
AT_WORK_SLEEP_SECONDS, LONGEST_SLEEP_SECONDS = 0.5, 30.0
AFTER_TROUBLE_SECONDS: Final = 2.0
#: After so many looks at rows that all have to wait, so much rest.
FRUITLESS_LOOKS, REST_SECONDS = 64, 0.05
#: Claims in a row before it is looked at all that may wait.
CLAIMS_A_LOOK: Final = 4
MORE: Final = Waiting(lanes=frozenset(WELL), late=False, fanout=False, leftovers=False)
#: A server that is told to stop ends within ten seconds; who has not answered by then is asked again.
DRAIN_SECONDS: Final = 3.0
GIVE_BACK_SECONDS: Final = 1.0


class _Batch:
    """Deliveries that were claimed together and are not yet written down."""

    def __init__(self, claimed: Sequence[Claimed], lanes: Sequence[Priority]) -> None:
        self.waiting = {one.id: one for one in claimed}
        self.lanes = lanes
        self.slow = 0

    @property
    def quick(self) -> int:
        return max(0, len(self.waiting) - self.slow)


class Pump:
    """Delivers until cancelled. `key` gives the signing key of one of our actors."""

    def __init__(
        self,
        database: Database,
        sender: Sender,
        key: Callable[[int], Key],
        clock: Clock,
        random: Random,
        refuses: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`refuses` says which hosts get nothing any more, whatever waits for them."""
        self._database = database
        self._sender = sender
        self._key = key
        self._clock = clock
        self._random = random
        self._refuses = refuses
        self._woken = asyncio.Event()
        self._tasks: dict[asyncio.Task[None], _Batch] = {}
        self._hand = Hand()
        self._fruits = 0
        self._well_again = 0
        self._busy = False
        self._failing_at = self._leftovers_at = self._late_at = self._room_at = 0.0
        database.on_commit(self._woken.set)

    async def run(self, *, release: bool) -> None:
        """Deliver until cancelled, then write down what is in hand. `release` frees all leases of a crashed predecessor."""
        async with self._database.transaction() as tx:
            await store_queue.release(tx, everything=release)
        fruitless = 0
        try:
            while True:
                try:
                    before = self._fruits
                    if not await self._step():
                        await self._sleep()
                    fruitless = 0 if self._fruits != before else fruitless + 1
                    if fruitless > FRUITLESS_LOOKS:
                        await asyncio.sleep(REST_SECONDS)
                except Unavailable:
                    await asyncio.sleep(AFTER_TROUBLE_SECONDS)
        finally:
            await asyncio.shield(self._drain())

    async def run_until_idle(self) -> None:
        """Deliver everything that is due now, and return (for tests and for the command line)."""
        while True:
            # Nobody waits for a turn.
            self._busy, self._failing_at = True, 0.0
            self._leftovers_at = self._late_at = 0.0
            self._well_again = 0
            if not await self._step() and not self._tasks:
                return
            if self._tasks:
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def close(self) -> None:
        """End the sender, also if it was started after the last letter."""
        await self._sender.stop()

    def _room(self, lanes: Sequence[Priority]) -> int:
        batches = self._tasks.values()
        most = min(IN_HAND, self._sender.room)
        free = most - sum(len(batch.waiting) for batch in batches)
        if lanes is WELL:
            room = min(BATCH, free, QUICK - sum(batch.quick for batch in batches if batch.lanes is lanes))
            return room if room >= LEAST else 0
        theirs = sum(len(batch.waiting) for batch in batches if batch.lanes is lanes)
        if lanes is FAILING:
            return min(BATCH, free, min(FAILING_IN_HAND, most // 4) - theirs)
        long_full = asyncio.get_running_loop().time() - self._room_at >= PERSONAL_AFTER_SECONDS
        return PERSONAL_IN_HAND - theirs if free < LEAST or long_full else 0

    async def _step(self) -> bool:
        """One round; True if there may be more to do at once."""
        self._woken.clear()
        lanes: Sequence[Priority] = WELL
        well, failing = self._room(WELL), self._room(FAILING)
        now = asyncio.get_running_loop().time()
        if well > 0:
            self._room_at = now
        else:
            lanes, well = PERSONAL, self._room(PERSONAL)
        if well <= 0 and (failing <= 0 or now < self._failing_at):
            await self._woken_within(PERSONAL_AFTER_SECONDS)
            return True
        work = await self._waiting()
        begun, unseen = self._fruits, False
        if work.late:
            async with self._database.transaction() as tx:
                self._fruits += await store_queue.release(tx, everything=False) > 0
        failing_turn = (work.leftovers or bool(work.lanes & {*FAILING})) and self._is_turn_of_failing(work)
        if failing > 0 and failing_turn and work.lanes & {*FAILING}:
            unseen = not (await self._claim(FAILING, failing)).seen_all
            well = min(well, self._room(lanes))
        if well > 0 and work.lanes & {*lanes}:
            claim = await self._claim(lanes, well)
            unseen = unseen or not claim.seen_all
            if lanes is WELL and not claim.seen_all and len(claim.taken) == well:
                self._well_again = CLAIMS_A_LOOK
            well -= len(claim.taken)
        leftovers = failing_turn and self._is_turn_of_leftovers(work)
        if lanes is WELL and well > 0 and (work.fanout or leftovers):
            async with self._database.transaction() as tx:
                self._fruits += await store_fanouts.expand_some(tx, leftovers=leftovers)
        return unseen or self._fruits > begun

    def _is_turn_of_failing(self, work: Waiting) -> bool:
        """While there is something for hosts that are well, the others are seen to once a second only, and not at its beginning."""
        now = asyncio.get_running_loop().time()
        at_work = any(batch.lanes is WELL and batch.quick for batch in self._tasks.values())
        busy = bool(work.fanout or work.lanes & {*WELL} or at_work)
        begins, self._busy = busy and not self._busy, busy
        if busy and not begins and now < self._failing_at:
            return False
        self._failing_at = now + FAILING_EVERY_SECONDS
        return not begins

    def _is_turn_of_leftovers(self, work: Waiting) -> bool:
        """While others that failed are due, more are written down once a second only: they would have to wait as well."""
        now = asyncio.get_running_loop().time()
        if not work.leftovers or (work.lanes & {*FAILING} and now < self._leftovers_at):
            return False
        self._leftovers_at = now + FAILING_EVERY_SECONDS
        return True

    async def _waiting(self) -> Waiting:
        """What there is to do. After a claim that left some lying, there is more: only each fourth time it is looked up."""
        if self._well_again > 1:
            self._well_again -= 1
            return MORE
        now = asyncio.get_running_loop().time()
        late = now >= self._late_at
        if late:
            self._late_at = now + LATE_EVERY_SECONDS
        async with self._database.snapshot() as snapshot:
            return await store_queue.waiting(snapshot, late=late)

    async def _claim(self, lanes: Sequence[Priority], room: int) -> Claim:
        """Take some and send them on their way, also when told to stop meanwhile: a lease without a batch would stay."""
        taking = asyncio.create_task(self._take(lanes, room))
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            await asyncio.wait({taking})
            raise

    async def _take(self, lanes: Sequence[Priority], room: int) -> Claim:
        async with self._database.transaction() as tx:
            claim = await store_queue.claim(tx, room, lanes, self._hand)
            bodies = await store_queue.bodies(tx, [one.outbox_id for one in claim.taken])
        if claim.taken:
            self._fruits += 1
            batch = _Batch(claim.taken, lanes)
            task = asyncio.create_task(self._deliver(batch, bodies))
            self._tasks[task] = batch
            task.add_done_callback(self._finished)
        return claim

    def _finished(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._woken.set()
        if not task.cancelled() and task.exception() is not None:
            event("delivery_batch_failed", error=type(task.exception()).__name__)

    async def _deliver(self, batch: _Batch, bodies: dict[int, str]) -> None:
        claimed = [one for one in batch.waiting.values() if one.outbox_id in bodies and not self._refuses(one.host)]
        if len(claimed) < len(batch.waiting):
            sent = {one.id for one in claimed}
            nothing = [one for one in batch.waiting.values() if one.id not in sent]
            await self._keep(batch, [Result(one, Outcome(one.id, None), GiveUp()) for one in nothing])
        letters = [Letter(one.id, one.url, one.actor_id, one.outbox_id, _turn(one.lane)) for one in claimed]
        keys = [self._key(actor_id) for actor_id in dict.fromkeys(one.actor_id for one in claimed)]
        async with aclosing(self._sender.send(letters, bodies, keys)) as answers:
            async for news in answers:
                if news.outcomes:
                    await self._write(batch, news.outcomes)
                batch.slow = news.slow
                self._woken.set()
        if batch.waiting:
            await self._surely(lambda tx: store_queue.unclaim(tx, list(batch.waiting)))

    async def _write(self, batch: _Batch, outcomes: list[Outcome]) -> None:
        """Write some results down, which makes room for others."""
        waiting = batch.waiting
        results = [self._result(waiting[one.delivery_id], one) for one in outcomes if one.delivery_id in waiting]
        await self._keep(batch, results)

    async def _keep(self, batch: _Batch, results: list[Result]) -> None:
        await self._surely(lambda tx: store_results.write_results(tx, results))
        for result in results:
            del batch.waiting[result.claimed.id]

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

    def _result(self, claimed: Claimed, outcome: Outcome) -> Result:
        decision = retry.decide(outcome.status, outcome.retry_after, claimed.attempts, self._random.uniform(-1, 1))
        return Result(claimed, outcome, decision)

    async def _sleep(self) -> None:
        wait, due = AT_WORK_SLEEP_SECONDS, None
        if not self._tasks:
            wait = LONGEST_SLEEP_SECONDS
            async with self._database.snapshot() as snapshot:
                due = await store_queue.next_due(snapshot)
        if due is not None:
            wait = min(wait, max(REST_SECONDS, (from_text(due) - self._clock()).total_seconds()))
        await self._woken_within(wait)

    async def _woken_within(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()

    async def _drain(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DRAIN_SECONDS)
        await self._sender.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GIVE_BACK_SECONDS)


def _turn(lane: Priority) -> Turn:
    """What one person waits for is not behind thousands of names, and nobody is behind names that may not answer."""
    return {Priority.PERSON: Turn.FIRST, Priority.FAILING: Turn.DOUBTFUL}.get(lane, Turn.USUAL)
