"""SQL of the delivery room: what became of deliveries, and how well their hosts are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from server.base.database import Transaction, Value
from server.base.timestamps import from_text, to_text
from server.features.delivery import retry
from server.features.delivery.model import Claimed, Outcome, Priority
from server.features.delivery.retry import Decision, Done, GiveUp, TryAgain

#: Rows of one host from which on a change of them is made in a thread.
MANY: Final = 100


@dataclass(frozen=True, slots=True)
class Result:
    """A claimed delivery, how it went, and what follows."""

    claimed: Claimed
    outcome: Outcome
    decision: Decision


async def write_results(tx: Transaction, results: Sequence[Result]) -> None:
    """Write a batch of results down in one transaction."""
    delivered: dict[int, int] = defaultdict(int)
    given_up: dict[int, int] = defaultdict(int)
    finished: list[dict[str, str | int | float | None]] = []
    failed: dict[str, bool] = {}
    now = from_text(tx.now)
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
            case TryAgain(wait=wait, host_failed=host_failed):
                await _again(tx, result, to_text(now + wait), failing=host_failed)
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


async def _again(tx: Transaction, result: Result, due: str, *, failing: bool) -> None:
    await tx.execute(
        "UPDATE deliveries SET state = 'ready', leased_until = NULL, due_at = :due, last_status = :status,"
        " reason = :reason, class = CASE WHEN :failing = 1 THEN :lane ELSE class END WHERE id = :id",
        due=due,
        status=result.outcome.status,
        reason=result.outcome.reason[:80] or f"answered {result.outcome.status}",
        failing=int(failing),
        lane=int(Priority.FAILING),
        id=result.claimed.id,
    )


async def _hosts(tx: Transaction, failed: dict[str, bool], now: datetime) -> None:
    """Keep the health of hosts: a success forgets everything, failures pause and after fourteen days end it."""
    for host in [host for host, bad in failed.items() if bad]:
        row = await tx.one(
            "INSERT INTO hosts (host, failures, failing_since) VALUES (:host, 1, :now)"
            " ON CONFLICT (host) DO UPDATE SET failures = hosts.failures + 1 RETURNING failures, failing_since",
            host=host,
            now=tx.now,
        )
        if row is None:
            continue
        if row["failures"] == 1:
            await _set_aside(tx, host)
        until = retry.pause_until(row["failures"], now)
        if until is not None:
            await _pause(tx, host, to_text(until))
        if from_text(row["failing_since"]) + retry.DEAD_AFTER <= now:
            await tx.execute("UPDATE hosts SET dead_since = :now WHERE host = :host", now=tx.now, host=host)
            await _bury(tx, host)
    await tx.execute_many("DELETE FROM hosts WHERE host = :host", [{"host": h} for h, bad in failed.items() if not bad])


async def _set_aside(tx: Transaction, host: str) -> None:
    """The host began to fail: what else waits for it leaves the way of those who are well."""
    await _of_host(
        tx,
        "UPDATE deliveries SET class = :lane WHERE host = :host AND state = 'ready'",
        host,
        lane=int(Priority.FAILING),
    )


async def _pause(tx: Transaction, host: str, until: str) -> None:
    """Nothing for this host is due before; so no claim ever meets rows that it may not take."""
    await tx.execute("UPDATE hosts SET paused_until = :until WHERE host = :host", until=until, host=host)
    await _of_host(
        tx,
        "UPDATE deliveries SET due_at = :until WHERE host = :host AND state = 'ready' AND due_at < :until",
        host,
        until=until,
    )


async def _of_host(tx: Transaction, sql: str, host: str, **given: Value) -> None:
    """Change what waits for a host: few rows at once, which thousands of hosts may need a second, many without holding up others."""
    seen = await tx.value(
        f"SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE host = :host LIMIT {MANY}) AS d", host=host
    )
    await (tx.execute_long if seen == MANY else tx.execute)(sql, host=host, **given)


async def _bury(tx: Transaction, host: str) -> None:
    """Give up everything that waits for a dead host."""
    rows = await tx.fetch("SELECT id, outbox_id FROM deliveries WHERE host = :host", host=host)
    for row in rows:
        await tx.execute("DELETE FROM deliveries WHERE id = :id", id=row["id"])
        await tx.execute(
            "UPDATE delivery_counts SET given_up = given_up + 1 WHERE outbox_id = :id", id=row["outbox_id"]
        )
