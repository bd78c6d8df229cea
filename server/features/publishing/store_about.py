"""SQL of the publishing room: table about_words."""

from __future__ import annotations

from server.base.database import Snapshot, Transaction


async def words(snapshot: Snapshot, actor_id: int, purpose: str) -> dict[str, str]:
    """What an actor says for a purpose, by language."""
    rows = await snapshot.fetch(
        "SELECT language, source FROM about_words WHERE actor_id = :actor AND purpose = :purpose ORDER BY language",
        actor=actor_id,
        purpose=purpose,
    )
    return {row["language"]: row["source"] for row in rows}


async def put(tx: Transaction, actor_id: int, purpose: str, language: str, source: str) -> None:
    """Say it from now on; nothing takes it back."""
    place: dict[str, str | int] = {"actor": actor_id, "purpose": purpose, "language": language}
    if not source:
        await tx.execute(
            "DELETE FROM about_words WHERE actor_id = :actor AND purpose = :purpose AND language = :language", **place
        )
        return
    await tx.execute(
        "INSERT INTO about_words (actor_id, purpose, language, source, updated_at)"
        " VALUES (:actor, :purpose, :language, :source, :now) ON CONFLICT (actor_id, purpose, language)"
        " DO UPDATE SET source = excluded.source, updated_at = excluded.updated_at",
        **place,
        source=source,
        now=tx.now,
    )
