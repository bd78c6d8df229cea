"""SQL of the audit room: table audit."""

from __future__ import annotations

from server.base.database import Row, Snapshot, Transaction
from server.features.audit.model import Entry

PAGE = 100


def _entry(row: Row) -> Entry:
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


async def newest(snapshot: Snapshot, before: int | None = None) -> list[Entry]:
    """A page of lines, newest first; `before` is the id of the last line seen."""
    rows = await snapshot.fetch(
        "SELECT * FROM audit WHERE id < :before ORDER BY id DESC LIMIT :page",
        before=before if before is not None else 2**62,
        page=PAGE,
    )
    return [_entry(row) for row in rows]


async def erase_before(tx: Transaction, day: str) -> int:
    """Erase every line older than the day; how many there were."""
    return await tx.execute("DELETE FROM audit WHERE day < :day", day=day)
