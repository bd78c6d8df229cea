"""SQL of the delivery room: claiming. Expanding fan-outs: store_fanouts.py. Each statement looks at a bounded number of rows, however long the queue is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from server.base.database import Row, Snapshot, Transaction
from server.base.timestamps import from_text, to_text
from server.features.delivery.model import Claimed, Priority

LEASE: Final = timedelta(seconds=60)
#: Rows of one lane that a claim looks at, whether it may take them or not; not fewer than it may want. A number in the
#: statement's text: SQLite plans anew at each call what has a bound LIMIT.
LOOK: Final = 64
MAX_A_HOST: Final = 2
#: A host that failed last time is asked by one delivery at a time.
MAX_A_FAILING_HOST: Final = 1
#: The lanes of a claim, in their order; what is for failing hosts is claimed by itself.
WELL: Final = (Priority.PERSON, Priority.URGENT, Priority.FANOUT)
FAILING: Final = (Priority.FAILING,)
PERSONAL: Final = (Priority.PERSON,)


@dataclass(slots=True)
class Hand:
    """Where a lane's next look begins. It goes round like a clock's: rows that must wait are not looked at again and again."""

    after: dict[int, tuple[str, int]] = field(default_factory=dict)

    def start(self, lane: int) -> tuple[str, int]:
        """The key of the last row seen."""
        return self.after.get(lane, ("", 0))

    def moved(self, lane: int, last: Row | None) -> None:
        """Go on behind this row, or back to the beginning."""
        if last is None:
            self.after.pop(lane, None)
        else:
            self.after[lane] = (last["due_at"], last["id"])


@dataclass(frozen=True, slots=True)
class Claim:
    """What was claimed, and whether all that is due was looked at."""

    taken: list[Claimed]
    seen_all: bool


async def claim(tx: Transaction, limit: int, lanes: Sequence[Priority] = WELL, hand: Hand | None = None) -> Claim:
    """Lease due deliveries: people first, few a host at a time, in order for each thing at each host."""
    hand = Hand() if hand is None else hand
    taken: list[Claimed] = []
    hosts: dict[str, int] = defaultdict(int)
    seen_all = True
    for lane in lanes:
        if len(taken) >= limit:
            seen_all = False
            break
        begun_at_start = hand.start(lane) == ("", 0)
        rows = await _due(tx, lane, hand.start(lane))
        before = len(taken)
        for row in rows:
            if len(taken) < limit and _may_go(row, hosts[row["host"]]):
                hosts[row["host"]] += 1
                taken.append(_claimed(row, lane, tx.now))
        ended = len(rows) < LOOK
        skipped = len(taken) - before < len(rows) and len(taken) < limit
        hand.moved(lane, rows[-1] if skipped and not ended else None)
        seen_all = seen_all and ended and begun_at_start
    until = to_text(from_text(tx.now) + LEASE)
    await tx.execute_many(
        "UPDATE deliveries SET state = 'leased', leased_until = :until, attempts = attempts + 1,"
        " first_tried_at = :first WHERE id = :id",
        [{"until": until, "first": one.first_tried_at, "id": one.id} for one in taken],
    )
    return Claim(taken, seen_all)


async def _due(tx: Transaction, lane: int, after: tuple[str, int]) -> list[Row]:
    return await tx.fetch(
        "SELECT d.id, d.due_at, d.outbox_id, d.host, d.attempts, d.first_tried_at, i.url, o.actor_id, h.failures,"
        " (SELECT count(*) FROM deliveries l WHERE l.host = d.host AND l.state = 'leased') AS leased,"
        " EXISTS (SELECT 1 FROM deliveries e WHERE e.host = d.host AND e.object_uri = d.object_uri AND e.id < d.id) AS behind"
        " FROM deliveries d JOIN inboxes i ON i.id = d.inbox_id JOIN outbox o ON o.id = d.outbox_id"
        " LEFT JOIN hosts h ON h.host = d.host WHERE d.state = 'ready' AND d.class = :lane AND d.due_at <= :now"
        f" AND (d.due_at, d.id) > (:due, :id) ORDER BY d.due_at, d.id LIMIT {LOOK}"
        f"{tx.skip_locked and ' FOR UPDATE OF d SKIP LOCKED'}",
        now=tx.now,
        lane=lane,
        due=after[0],
        id=after[1],
    )


def _may_go(row: Row, taken: int) -> bool:
    most = MAX_A_FAILING_HOST if row["failures"] else MAX_A_HOST
    return not row["behind"] and row["leased"] + taken < most


def _claimed(row: Row, lane: Priority, now: str) -> Claimed:
    return Claimed(
        id=row["id"],
        outbox_id=row["outbox_id"],
        actor_id=row["actor_id"],
        url=row["url"],
        host=row["host"],
        lane=lane,
        attempts=row["attempts"] + 1,
        first_tried_at=row["first_tried_at"] or now,
    )


async def release(tx: Transaction, *, everything: bool) -> int:
    """Make leased deliveries ready again: all after a crash of the only process, else those whose lease ran out."""
    before = "9999" if everything else tx.now
    return await tx.execute_long(
        "UPDATE deliveries SET state = 'ready', leased_until = NULL WHERE state = 'leased' AND leased_until <= :before",
        before=before,
    )


async def unclaim(tx: Transaction, ids: Sequence[int]) -> None:
    """Give back what was claimed and not tried."""
    await tx.execute_many(
        "UPDATE deliveries SET state = 'ready', leased_until = NULL, attempts = attempts - 1 WHERE id = :id",
        [{"id": delivery_id} for delivery_id in ids],
    )


async def bodies(tx: Transaction, ids: Iterable[int]) -> dict[int, str]:
    """The bytes of some sayings."""
    found: dict[int, str] = {}
    for outbox_id in dict.fromkeys(ids):
        body = await tx.value("SELECT body FROM outbox WHERE id = :id", id=outbox_id)
        if body is not None:
            found[outbox_id] = body
    return found


@dataclass(frozen=True, slots=True)
class Waiting:
    """What there is to do: lanes with due deliveries, leases that ran out, fan-outs not yet expanded or left with failing hosts."""

    lanes: frozenset[int]
    late: bool
    fanout: bool
    leftovers: bool


async def waiting(snapshot: Snapshot, *, late: bool) -> Waiting:
    """Look what there is to do, at the head of each lane; with `late` also at each lease."""
    heads = await _heads(snapshot)
    ran_out = "SELECT 1 FROM deliveries WHERE state = 'leased' AND leased_until <= :now LIMIT 1"
    late = late and await snapshot.value(ran_out, now=snapshot.now) is not None
    open_ = {row["done"] for row in await snapshot.fetch("SELECT DISTINCT done FROM fanouts WHERE done IN (0, 2)")}
    due = frozenset(lane for lane, head in heads.items() if head <= snapshot.now)
    return Waiting(due, late, fanout=0 in open_, leftovers=2 in open_)


async def next_due(snapshot: Snapshot) -> str | None:
    """When the next delivery is due."""
    return min((await _heads(snapshot)).values(), default=None)


async def _heads(snapshot: Snapshot) -> dict[int, str]:
    """The first due time of each lane: one step into the index each, where a minimum over all would walk through it."""
    heads = {}
    for lane in Priority:
        due: str | None = await snapshot.value(
            "SELECT due_at FROM deliveries WHERE state = 'ready' AND class = :lane ORDER BY due_at LIMIT 1",
            lane=int(lane),
        )
        if due is not None:
            heads[int(lane)] = due
    return heads
