"""SQL of the delivery room: expanding fan-outs, claiming, writing results down. Each statement touches a bounded batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from server.base.database import Snapshot, Transaction
from server.base.timestamps import from_text, to_text
from server.features.delivery import retry
from server.features.delivery.model import Claimed, Outcome, Priority
from server.features.delivery.retry import Decision, Done, GiveUp, TryAgain
from server.features.delivery.store import insert_deliveries

LEASE: Final = timedelta(seconds=60)
#: Followed inboxes that one transaction turns into deliveries.
CHUNK: Final = 500
#: A claim looks at so many times the rows it wants, to be fair between hosts.
LOOK: Final = 3
MAX_A_HOST: Final = 2


async def expand_some(tx: Transaction) -> bool:
    """Turn the next chunk of the most urgent open fan-out into deliveries; False if there is none."""
    row = await tx.one(
        "SELECT f.*, o.object_uri FROM fanouts f JOIN outbox o ON o.id = f.outbox_id WHERE f.done = 0"
        f" ORDER BY f.class, f.outbox_id LIMIT 1{tx.skip_locked and ' FOR UPDATE OF f SKIP LOCKED'}"
    )
    if row is None:
        return False
    inboxes = await tx.fetch(
        "SELECT w.id AS walk, i.id, i.host, i.gone_at, h.dead_since FROM followed_inboxes w"
        " JOIN inboxes i ON i.id = w.inbox_id LEFT JOIN hosts h ON h.host = i.host"
        " WHERE w.actor_id = :actor_id AND w.id > :cursor AND w.id <= :up_to ORDER BY w.id LIMIT :chunk",
        actor_id=row["actor_id"],
        cursor=row["cursor"],
        up_to=row["up_to"],
        chunk=CHUNK,
    )
    living = [inbox for inbox in inboxes if inbox["gone_at"] is None and inbox["dead_since"] is None]
    await insert_deliveries(
        tx,
        outbox_id=row["outbox_id"],
        object_uri=row["object_uri"],
        inboxes=living,
        priority=Priority(row["class"]),
    )
    await tx.execute(
        "UPDATE fanouts SET cursor = :cursor, done = :done WHERE outbox_id = :id",
        cursor=inboxes[-1]["walk"] if inboxes else row["up_to"],
        done=int(len(inboxes) < CHUNK),
        id=row["outbox_id"],
    )
    return True


async def claim(tx: Transaction, limit: int) -> list[Claimed]:
    """Lease due deliveries: people first, at most two a host, in order for each thing at each host."""
    rows = await tx.fetch(
        "SELECT d.id, d.outbox_id, d.host, d.object_uri, d.attempts, d.first_tried_at, i.url, o.actor_id, h.paused_until"
        " FROM deliveries d JOIN inboxes i ON i.id = d.inbox_id JOIN outbox o ON o.id = d.outbox_id"
        " LEFT JOIN hosts h ON h.host = d.host WHERE d.state = 'ready' AND d.due_at <= :now"
        " AND NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.host = d.host AND e.object_uri = d.object_uri AND e.id < d.id)"
        " AND (h.paused_until IS NULL OR h.paused_until <= :now)"
        " AND (SELECT count(*) FROM deliveries l WHERE l.host = d.host AND l.state = 'leased') < :most"
        " ORDER BY d.class, d.due_at, d.id LIMIT :look"
        f"{tx.skip_locked and ' FOR UPDATE OF d SKIP LOCKED'}",
        now=tx.now,
        most=MAX_A_HOST,
        look=limit * LOOK,
    )
    taken: list[Claimed] = []
    hosts: dict[str, int] = defaultdict(int)
    for row in rows:
        if len(taken) >= limit:
            break
        allowed = 1 if row["paused_until"] is not None else MAX_A_HOST
        if hosts[row["host"]] >= allowed:
            continue
        hosts[row["host"]] += 1
        taken.append(
            Claimed(
                id=row["id"],
                outbox_id=row["outbox_id"],
                actor_id=row["actor_id"],
                url=row["url"],
                host=row["host"],
                attempts=row["attempts"] + 1,
                first_tried_at=row["first_tried_at"] or tx.now,
            )
        )
    until = to_text(from_text(tx.now) + LEASE)
    await tx.execute_many(
        "UPDATE deliveries SET state = 'leased', leased_until = :until, attempts = attempts + 1,"
        " first_tried_at = :first WHERE id = :id",
        [{"until": until, "first": one.first_tried_at, "id": one.id} for one in taken],
    )
    return taken


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


@dataclass(frozen=True, slots=True)
class Result:
    """A claimed delivery, how it went, and what follows."""

    claimed: Claimed
    outcome: Outcome
    decision: Decision


async def write_results(tx: Transaction, results: Sequence[Result], now: datetime) -> None:
    """Write a batch of results down in one transaction."""
    delivered: dict[int, int] = defaultdict(int)
    given_up: dict[int, int] = defaultdict(int)
    finished: list[dict[str, str | int | float | None]] = []
    failed: dict[str, bool] = {}
    for result in results:
        match result.decision:
            case Done():
                delivered[result.claimed.outbox_id] += 1
                finished.append({"id": result.claimed.id})
                failed[result.claimed.host] = False
            case GiveUp(inbox_gone=inbox_gone):
                given_up[result.claimed.outbox_id] += 1
                finished.append({"id": result.claimed.id})
                if inbox_gone:
                    await tx.execute(
                        "UPDATE inboxes SET gone_at = :now WHERE url = :url", now=tx.now, url=result.claimed.url
                    )
            case TryAgain(at=at, host_failed=host_failed):
                await _again(tx, result, to_text(at))
                failed.setdefault(result.claimed.host, host_failed)
    await tx.execute_many("DELETE FROM deliveries WHERE id = :id", finished)
    await tx.execute_many(
        "UPDATE delivery_counts SET delivered = delivered + :delivered, given_up = given_up + :given_up"
        " WHERE outbox_id = :id",
        [
            {"id": outbox_id, "delivered": delivered[outbox_id], "given_up": given_up[outbox_id]}
            for outbox_id in {*delivered, *given_up}
        ],
    )
    await _hosts(tx, failed, now)


async def _again(tx: Transaction, result: Result, due: str) -> None:
    await tx.execute(
        "UPDATE deliveries SET state = 'ready', leased_until = NULL, due_at = :due, last_status = :status,"
        " reason = :reason WHERE id = :id",
        due=due,
        status=result.outcome.status,
        reason=result.outcome.reason[:80] or f"answered {result.outcome.status}",
        id=result.claimed.id,
    )


async def _hosts(tx: Transaction, failed: dict[str, bool], now: datetime) -> None:
    """Keep the health of hosts: a success forgets everything, failures pause and after fourteen days end it."""
    known = {}
    for host, bad in failed.items():
        if bad:
            row = await tx.one(
                "INSERT INTO hosts (host, failures, failing_since) VALUES (:host, 1, :now)"
                " ON CONFLICT (host) DO UPDATE SET failures = hosts.failures + 1 RETURNING failures, failing_since",
                host=host,
                now=tx.now,
            )
            known[host] = row
    for host, row in known.items():
        if row is None:
            continue
        until = retry.pause_until(row["failures"], now)
        dead = from_text(row["failing_since"]) + retry.DEAD_AFTER <= now
        await tx.execute(
            "UPDATE hosts SET paused_until = :until, dead_since = CASE WHEN :dead = 1 THEN :now ELSE dead_since END"
            " WHERE host = :host",
            until=to_text(until) if until else None,
            dead=int(dead),
            now=tx.now,
            host=host,
        )
        if dead:
            await _bury(tx, host)
    await tx.execute_many("DELETE FROM hosts WHERE host = :host", [{"host": h} for h, bad in failed.items() if not bad])


async def _bury(tx: Transaction, host: str) -> None:
    """Give up everything that waits for a dead host."""
    rows = await tx.fetch("SELECT id, outbox_id FROM deliveries WHERE host = :host", host=host)
    for row in rows:
        await tx.execute("DELETE FROM deliveries WHERE id = :id", id=row["id"])
        await tx.execute(
            "UPDATE delivery_counts SET given_up = given_up + 1 WHERE outbox_id = :id", id=row["outbox_id"]
        )


async def bodies(tx: Transaction, ids: Sequence[int]) -> dict[int, str]:
    """The bytes of some sayings."""
    found: dict[int, str] = {}
    for outbox_id in dict.fromkeys(ids):
        body = await tx.value("SELECT body FROM outbox WHERE id = :id", id=outbox_id)
        if body is not None:
            found[outbox_id] = body
    return found


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whether there is anything to do: due deliveries, leases that ran out, fan-outs not yet expanded."""

    due: bool
    late: bool
    fanout: bool


async def waiting(snapshot: Snapshot) -> Waiting:
    """Look what there is to do."""
    due = await snapshot.value(
        "SELECT 1 FROM deliveries d LEFT JOIN hosts h ON h.host = d.host WHERE d.state = 'ready' AND d.due_at <= :now"
        " AND (h.paused_until IS NULL OR h.paused_until <= :now) LIMIT 1",
        now=snapshot.now,
    )
    late = await snapshot.value(
        "SELECT 1 FROM deliveries WHERE state = 'leased' AND leased_until <= :now LIMIT 1", now=snapshot.now
    )
    fanout = await snapshot.value("SELECT 1 FROM fanouts WHERE done = 0 LIMIT 1")
    return Waiting(due is not None, late is not None, fanout is not None)


async def next_due(snapshot: Snapshot) -> str | None:
    """When the next delivery is due."""
    due: str | None = await snapshot.value("SELECT MIN(due_at) FROM deliveries WHERE state = 'ready'")
    return due
