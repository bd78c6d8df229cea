"""The table of jobs: add in the caller's transaction, claim in batches under a lease, finish in one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from server.base.database import Transaction
from server.base.timestamps import from_text, to_text

LEASE: Final = timedelta(seconds=60)
PARKED_FOR: Final = timedelta(days=30)
#: No job of ours is a hundredth of it; a longer one is not even read.
MAX_PAYLOAD_CHARS: Final = 262_144
MAX_REASON_CHARS: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A claimed job; `attempts` counts this one. The payload is as it was written down, None if it is too long."""

    id: int
    kind: str
    payload: str | None
    attempts: int


async def add(
    tx: Transaction, kind: str, payload: dict[str, Any], *, key: str | None = None, due: str | None = None
) -> None:
    """Write a job down with the caller's transaction. One with the same key that still waits is enough."""
    tx.has_jobs = True
    await tx.execute(
        "INSERT INTO jobs (id, kind, key, payload, due_at) VALUES (:id, :kind, :key, :payload, :due)"
        " ON CONFLICT (key) DO NOTHING",
        id=tx.new_id(),
        kind=kind,
        key=key,
        payload=json.dumps(payload),
        due=due or tx.now,
    )


async def claim(tx: Transaction, limit: int) -> list[Job]:
    """Lease the jobs that are due, and those whose lease ran out."""
    rows = await tx.fetch(
        "UPDATE jobs SET state = 'leased', leased_until = :until, attempts = attempts + 1 WHERE id IN ("
        "SELECT id FROM jobs WHERE (state = 'ready' AND due_at <= :now) OR (state = 'leased' AND leased_until <= :now)"
        f" ORDER BY due_at, id LIMIT :limit{tx.skip_locked})"
        " RETURNING id, kind, CASE WHEN length(payload) <= :most THEN payload END AS payload, attempts",
        most=MAX_PAYLOAD_CHARS,
        now=tx.now,
        until=to_text(from_text(tx.now) + LEASE),
        limit=limit,
    )
    return [Job(id=row["id"], kind=row["kind"], payload=row["payload"], attempts=row["attempts"]) for row in rows]


async def release_leases(tx: Transaction) -> int:
    """After a crash of the only process: what it had leased is ready again at once."""
    return await tx.execute("UPDATE jobs SET state = 'ready', leased_until = NULL WHERE state = 'leased'")


async def done(tx: Transaction, ids: Sequence[int]) -> None:
    """Erase finished jobs."""
    await tx.execute_many("DELETE FROM jobs WHERE id = :id", [{"id": job_id} for job_id in ids])


async def again(tx: Transaction, job_id: int, wait: timedelta, reason: str) -> None:
    """Put a job back for so long, by the clock as it is now: it may have been set since the job failed."""
    await tx.execute(
        "UPDATE jobs SET state = 'ready', leased_until = NULL, due_at = :due, reason = :reason WHERE id = :id",
        id=job_id,
        due=to_text(from_text(tx.now) + wait),
        reason=reason[:MAX_REASON_CHARS],
    )


async def park(tx: Transaction, job_id: int, reason: str) -> None:
    """Give a job up for now; it stays visible, and its key is free for a new one."""
    await tx.execute(
        "UPDATE jobs SET state = 'parked', leased_until = NULL, key = NULL, reason = :reason, due_at = :now"
        " WHERE id = :id",
        id=job_id,
        reason=reason[:MAX_REASON_CHARS],
        now=tx.now,
    )


async def trim(tx: Transaction) -> int:
    """Erase jobs parked long ago."""
    before = to_text(from_text(tx.now) - PARKED_FOR)
    return await tx.execute("DELETE FROM jobs WHERE state = 'parked' AND due_at < :before", before=before)
