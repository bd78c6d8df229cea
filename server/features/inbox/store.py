"""SQL of the inbox room: seen_activities and early_deletes."""

from __future__ import annotations

import hashlib
from typing import Final

from server.base.database import Snapshot, Transaction

#: So that the writer is free again within milliseconds.
TRIMMED_AT_ONCE: Final = 1_000


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


async def trim(tx: Transaction, seen_before: str, early_before: str) -> bool:
    """Erase some of what no sender repeats any more; True if there may be more."""
    seen = await tx.execute_long(
        "DELETE FROM seen_activities WHERE hash IN"
        " (SELECT hash FROM seen_activities WHERE seen_at < :before ORDER BY seen_at LIMIT :most)",
        before=seen_before,
        most=TRIMMED_AT_ONCE,
    )
    early = await tx.execute_long(
        "DELETE FROM early_deletes WHERE hash IN"
        " (SELECT hash FROM early_deletes WHERE seen_at < :before ORDER BY seen_at LIMIT :most)",
        before=early_before,
        most=TRIMMED_AT_ONCE,
    )
    return max(seen, early) >= TRIMMED_AT_ONCE
