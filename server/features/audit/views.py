"""The log with the names that keyholders know."""

from __future__ import annotations

from server.base.database import Snapshot
from server.features.audit.model import Line
from server.features.audit.store import entry_from

FAR = 2**62


async def lines(snapshot: Snapshot, before: int | None, limit: int) -> list[Line]:
    """Lines, newest first; `before` is the id of the last line seen."""
    rows = await snapshot.fetch(
        "SELECT a.id, a.day, a.organiser_id, a.act, a.subject, o.name FROM audit a"
        " LEFT JOIN organisers o ON o.id = a.organiser_id WHERE a.id < :before ORDER BY a.id DESC LIMIT :limit",
        before=FAR if before is None else before,
        limit=limit,
    )
    return [Line(entry=entry_from(row), name=row["name"]) for row in rows]
