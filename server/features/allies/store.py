"""SQL of the allies room: allies."""

from __future__ import annotations

from server.base.database import Row, Snapshot, Transaction
from server.features.allies.model import Ally, AllyKind

_ALLIES = (
    "SELECT l.*, COALESCE(a.handle, '') AS handle FROM allies l"
    " LEFT JOIN remote_actors a ON l.kind = 'actor' AND a.uri = l.target"
)


def _ally(row: Row) -> Ally:
    return Ally(
        id=row["id"],
        kind=row["kind"],
        target=row["target"],
        label=row["label"],
        url=row["url"],
        shown=bool(row["shown"]),
        created_at=row["created_at"],
        handle=row["handle"],
    )


async def insert(tx: Transaction, *, kind: AllyKind, target: str, label: str, url: str, shown: bool) -> bool:
    """Remember an ally; False if it was one already."""
    rows = await tx.execute(
        "INSERT INTO allies (id, kind, target, label, url, shown, created_at)"
        " VALUES (:id, :kind, :target, :label, :url, :shown, :now) ON CONFLICT (target) DO NOTHING",
        id=tx.new_id(),
        kind=kind,
        target=target,
        label=label,
        url=url,
        shown=int(shown),
        now=tx.now,
    )
    return rows == 1


async def update(tx: Transaction, ally_id: int, *, label: str, shown: bool) -> bool:
    """Name an ally otherwise, show or hide it; False if there is none."""
    rows = await tx.execute(
        "UPDATE allies SET label = :label, shown = :shown WHERE id = :id", label=label, shown=int(shown), id=ally_id
    )
    return rows == 1


async def delete(tx: Transaction, ally_id: int) -> str | None:
    """Forget an ally; what it was, or None if there was none."""
    row = await tx.one("DELETE FROM allies WHERE id = :id RETURNING target", id=ally_id)
    return row["target"] if row else None


async def count(snapshot: Snapshot) -> int:
    """How many there are."""
    many: int = await snapshot.value("SELECT count(*) FROM allies")
    return many


async def allies(snapshot: Snapshot) -> list[Ally]:
    """All allies by their names."""
    return [_ally(row) for row in await snapshot.fetch(f"{_ALLIES} ORDER BY lower(l.label), l.id")]
