"""SQL of the access room: wrong passwords and wrong codes, counted for each account."""

from __future__ import annotations

from typing import Final, Literal

from server.base.database import Snapshot, Transaction

Kind = Literal["password", "code"]
#: The columns of a kind: how many, and when the last one was.
_COLUMNS: Final[dict[Kind, tuple[str, str]]] = {
    "password": ("failures", "last_at"),
    "code": ("code_failures", "code_last_at"),
}


async def hold(tx: Transaction, organiser_id: int) -> None:
    """Whoever else would count for this organiser waits until this transaction ends."""
    await tx.execute("UPDATE organisers SET name = name WHERE id = :id", id=organiser_id)


async def failures(snapshot: Snapshot, organiser_id: int, kind: Kind) -> tuple[int, str]:
    """Wrong tries since the last right one, and when the last came."""
    count, at = _COLUMNS[kind]
    row = await snapshot.one(
        f"SELECT {count} AS failures, {at} AS last_at FROM sign_in_failures WHERE organiser_id = :id", id=organiser_id
    )
    return (row["failures"], row["last_at"]) if row else (0, "")


async def set_failures(tx: Transaction, organiser_id: int, kind: Kind, failures: int, last_at: str) -> None:
    """So many wrong tries, the last one then."""
    await tx.execute(
        "INSERT INTO sign_in_failures (organiser_id, failures, last_at) VALUES (:id, 0, '')"
        " ON CONFLICT (organiser_id) DO NOTHING",
        id=organiser_id,
    )
    count, at = _COLUMNS[kind]
    await tx.execute(
        f"UPDATE sign_in_failures SET {count} = :failures, {at} = :last_at WHERE organiser_id = :id",
        failures=failures,
        last_at=last_at,
        id=organiser_id,
    )


async def clear(tx: Transaction, organiser_id: int) -> None:
    """Whoever came in is forgiven."""
    await tx.execute("DELETE FROM sign_in_failures WHERE organiser_id = :id", id=organiser_id)


async def forget(tx: Transaction, before: str) -> int:
    """Erase what nobody has added to for long."""
    return await tx.execute(
        "DELETE FROM sign_in_failures WHERE last_at < :before AND code_last_at < :before", before=before
    )
