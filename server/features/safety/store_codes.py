"""SQL of the safety room: table lock_codes."""

from __future__ import annotations

from server.base.database import Row, Snapshot, Transaction
from server.features.safety.model import LockCode, LockLevel


def _code(row: Row) -> LockCode:
    return LockCode(
        hash=row["code_hash"], level=LockLevel(row["level"]), label=row["label"], created_day=row["created_day"]
    )


async def insert(tx: Transaction, *, code_hash: str, level: LockLevel, label: str) -> None:
    """Keep a code by its hash."""
    await tx.execute(
        "INSERT INTO lock_codes (code_hash, level, label, created_day) VALUES (:hash, :level, :label, :day)",
        hash=code_hash,
        level=int(level),
        label=label,
        day=tx.now[:10],
    )


async def codes(snapshot: Snapshot) -> list[LockCode]:
    """Every code that waits, the lowest level first."""
    rows = await snapshot.fetch("SELECT * FROM lock_codes ORDER BY level, created_day, label, code_hash")
    return [_code(row) for row in rows]


async def delete(tx: Transaction, code_hash: str) -> bool:
    """A used code is no code; False if it was none. Of two who use it at once one finds it."""
    return await tx.execute("DELETE FROM lock_codes WHERE code_hash = :hash", hash=code_hash) == 1


async def delete_all(tx: Transaction) -> int:
    """No code waits any more; how many there were."""
    return await tx.execute("DELETE FROM lock_codes")
