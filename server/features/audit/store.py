"""SQL of the audit room: table audit."""

from __future__ import annotations

from server.base.database import Row, Transaction
from server.features.audit.model import Entry


def entry_from(row: Row) -> Entry:
    """A line from its row."""
    return Entry(id=row["id"], day=row["day"], organiser_id=row["organiser_id"], act=row["act"], subject=row["subject"])


async def insert(tx: Transaction, *, organiser_id: int | None, act: str, subject: str) -> None:
    """Write one line under today."""
    await tx.execute(
        "INSERT INTO audit (id, day, organiser_id, act, subject) VALUES (:id, :day, :organiser_id, :act, :subject)",
        id=tx.new_id(),
        day=tx.now[:10],
        organiser_id=organiser_id,
        act=act,
        subject=subject,
    )


async def erase_before(tx: Transaction, day: str) -> int:
    """Erase every line older than the day; how many there were."""
    return await tx.execute("DELETE FROM audit WHERE day < :day", day=day)
