"""SQL of the inbox room: seen_activities and early_deletes."""

from __future__ import annotations

import hashlib

from server.base.database import Snapshot, Transaction


def _hash(actor: str, what: str) -> str:
    return hashlib.sha256(f"{actor} {what}".encode()).hexdigest()


async def first_time(tx: Transaction, actor: str, activity_id: str) -> bool:
    """Remember an activity; False if it was applied before."""
    rows = await tx.execute(
        "INSERT INTO seen_activities (hash, seen_at) VALUES (:hash, :now) ON CONFLICT (hash) DO NOTHING",
        hash=_hash(actor, activity_id),
        now=tx.now,
    )
    return rows == 1


async def seen(snapshot: Snapshot, actor: str, activity_id: str) -> bool:
    """True if an activity was applied before."""
    return (
        await snapshot.value("SELECT 1 FROM seen_activities WHERE hash = :hash", hash=_hash(actor, activity_id))
        is not None
    )


async def remember_early(tx: Transaction, actor: str, what: str) -> None:
    """Something was taken back before it came."""
    await tx.execute(
        "INSERT INTO early_deletes (hash, seen_at) VALUES (:hash, :now) ON CONFLICT (hash) DO UPDATE SET seen_at = :now",
        hash=_hash(actor, what),
        now=tx.now,
    )


async def came_too_late(tx: Transaction, actor: str, what: str) -> bool:
    """True if it was taken back before it came."""
    return await tx.value("SELECT 1 FROM early_deletes WHERE hash = :hash", hash=_hash(actor, what)) is not None


async def trim(tx: Transaction, seen_before: str, early_before: str) -> None:
    """Erase what no sender repeats any more."""
    await tx.execute_long("DELETE FROM seen_activities WHERE seen_at < :before", before=seen_before)
    await tx.execute_long("DELETE FROM early_deletes WHERE seen_at < :before", before=early_before)
