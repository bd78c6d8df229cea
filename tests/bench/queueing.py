"""A million deliveries that wait: what a claim and an expansion cost, and how the server is to those who read meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from server.base.clock import system_clock
from server.base.database import Database, Transaction
from server.base.database.migrate import open_database
from server.base.settings import Settings
from server.features.delivery import store_fanouts, store_queue, store_results
from server.features.delivery.model import Claimed, Outcome
from server.features.delivery.retry import Done
from server.features.delivery.store_results import Result
from tests.bench import filling_words, work
from tests.bench.figures import Figure, most
from tests.bench.sending import PAGE, PAGES_A_SECOND
from tests.bench.watching import Watch, memory
from tests.bench.world import World, running
from tests.loopback.load import percentile

HOLD_MILLISECONDS, CLAIM_MILLISECONDS, PAGE_MILLISECONDS = 50, 10, 200
ALL_MIB, FLAT = 220, 1.15
BATCH = 64
WAITING = (
    "SELECT (SELECT count(*) FROM deliveries) + (SELECT COALESCE(sum((SELECT count(*) FROM followed_inboxes w"
    " WHERE w.id > f.cursor AND w.id <= f.up_to)), 0) FROM fanouts f WHERE f.done = 0)"
)


@dataclass
class Holds:
    """Milliseconds for which the writer was held, commit included, by what was done; and its statements alone."""

    whole: dict[str, list[float]] = field(default_factory=dict)
    statements: dict[str, list[float]] = field(default_factory=dict)

    @property
    def claims(self) -> list[float]:
        return self.statements["claim"]

    def told(self, name: str) -> str:
        whole, alone = self.whole[name], max(self.statements[name])
        return f"{name} {max(whole):.1f}, 99 of 100 below {percentile(whole, 99):.1f}, statements alone {alone:.1f}"


async def _held(database: Database, name: str, holds: Holds, do: Callable[[Transaction], Awaitable[object]]) -> None:
    begun = time.perf_counter()
    async with database.transaction() as tx:
        await do(tx)
        alone = time.perf_counter() - begun
    holds.statements.setdefault(name, []).append(alone * 1000)
    holds.whole.setdefault(name, []).append((time.perf_counter() - begun) * 1000)


async def drained(data: Path, seconds: float) -> Holds:
    """What the pump does, without sending: claim, write down, expand."""
    holds, hand = Holds(), store_queue.Hand()
    taken: list[Claimed] = []

    async def claim(tx: Transaction) -> None:
        taken[:] = (await store_queue.claim(tx, BATCH, hand=hand)).taken
        await store_queue.bodies(tx, [one.outbox_id for one in taken])

    async def write(tx: Transaction) -> None:
        results = [Result(one, Outcome(one.id, 202), Done()) for one in taken]
        await store_results.write_results(tx, results)

    database = await open_database(Settings(data=data), system_clock)
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await _held(database, "claim", holds, claim)
            await _held(database, "results", holds, write)
            await _held(database, "expansion", holds, store_fanouts.expand_some)
    finally:
        await database.close()
    return holds


def queueing(world: World) -> Iterator[Figure]:
    """The stores first, in this process; then the server itself, from outside."""
    campaign = world.big().campaign
    world.say("filling the queue")
    with world.filled(campaign) as filled:
        filling_words.queue(filled, world.size.expanded, world.size.unexpanded)
    waiting = campaign.count(WAITING)
    with asyncio.Runner() as runner:
        holds = runner.run(drained(campaign.terminal.data, world.size.hold_seconds))
    note = f"{waiting:,} waiting, {len(holds.claims):,} claims; the slowest {max(holds.claims):.1f} ms"
    yield most("claim in a long queue, p99", percentile(holds.claims, 99), "ms", CLAIM_MILLISECONDS, note)
    longest = max(max(found) for found in holds.whole.values())
    note = "with its commit; " + "; ".join(holds.told(name) for name in holds.whole)
    yield most("longest hold of the writer", longest, "ms", HOLD_MILLISECONDS, note)
    yield from _from_outside(world)


def _from_outside(world: World) -> Iterator[Figure]:
    campaign, seconds = world.big().campaign, world.size.drain_seconds
    with world.behind(world.big()), running(campaign):
        before = campaign.count(WAITING)
        asked = world.helpers.submit(work.steadily, campaign.port, "/", PAGE, PAGES_A_SECOND, seconds)
        with Watch(lambda: memory(campaign.pid), seconds / 20) as watch:
            time.sleep(seconds)
        found = asked.result(60)
        after = campaign.count(WAITING)
    assert all(status == 200 for _, _, status in found)
    p99 = percentile([took for _, took, _ in found], 99) * 1000
    note = f"{PAGES_A_SECOND} a second, {len(found)} asked; {before - after:,} gone meanwhile"
    yield most("home page while a long queue drains, p99", p99, "ms", PAGE_MILLISECONDS, note)
    yield most("memory while a long queue drains", watch.most, "MiB", ALL_MIB, "PSS, all processes, the most seen")
    early, late = max(watch.seen[: len(watch.seen) // 2]), max(watch.seen[len(watch.seen) // 2 :])
    yield most("memory of its second half to the first", late / early, "x", FLAT, f"{early:.0f} and {late:.0f} MiB")
