"""SQL of the timelines room: home_timeline."""

from __future__ import annotations

from collections.abc import Sequence

from server.base.database import Snapshot, Transaction

_UNREFERENCED = (
    "NOT EXISTS (SELECT 1 FROM replies r WHERE r.remote_post_id = p.id)"
    " AND NOT EXISTS (SELECT 1 FROM home_timeline h WHERE h.remote_post_id = p.id)"
    " AND NOT EXISTS (SELECT 1 FROM our_boosts b JOIN actors o ON o.id = b.actor_id WHERE b.object_uri = p.uri)"
    " AND NOT EXISTS (SELECT 1 FROM our_likes k JOIN actors w ON w.id = k.actor_id WHERE k.object_uri = p.uri)"
    " AND NOT EXISTS (SELECT 1 FROM posts s WHERE s.in_reply_to_uri = p.uri)"
)


async def insert(tx: Transaction, *, remote_post_id: int, boosted_by: int | None, proposed: int) -> bool:
    """Put a post on top; False if it is on the timeline already."""
    rows = await tx.execute(
        "INSERT INTO home_timeline (id, remote_post_id, boosted_by, proposed, created_at)"
        " VALUES (:id, :post, CAST(:by AS BIGINT), :proposed, :now) ON CONFLICT (remote_post_id) DO NOTHING",
        id=tx.new_id(),
        post=remote_post_id,
        by=boosted_by,
        proposed=proposed,
        now=tx.now,
    )
    return rows == 1


async def propose(tx: Transaction, remote_post_id: int) -> bool:
    """Propose what is on the timeline, if nobody decided about it yet."""
    rows = await tx.execute(
        "UPDATE home_timeline SET proposed = 1 WHERE remote_post_id = :post AND proposed = 0", post=remote_post_id
    )
    return rows == 1


async def decided(tx: Transaction, home_id: int) -> bool:
    """Somebody decided about a proposal; False if there is no such thing on the timeline."""
    rows = await tx.execute("UPDATE home_timeline SET proposed = 2 WHERE id = :id AND proposed > 0", id=home_id)
    return rows == 1


async def unboosted(tx: Transaction, *, actor_id: int, uri: str) -> int | None:
    """Take off what only this boost brought; which post it was."""
    row = await tx.one(
        "DELETE FROM home_timeline WHERE boosted_by = :actor_id AND proposed = 0"
        " AND remote_post_id IN (SELECT id FROM remote_posts WHERE uri = :uri) RETURNING remote_post_id",
        actor_id=actor_id,
        uri=uri,
    )
    return row["remote_post_id"] if row else None


async def take_off_older(tx: Transaction, kept: int, limit: int) -> list[int]:
    """Take off some of what stands below the newest so many; which posts they were."""
    rows = await tx.fetch(
        "DELETE FROM home_timeline WHERE id IN (SELECT id FROM home_timeline WHERE id <= ("
        "SELECT id FROM home_timeline ORDER BY id DESC LIMIT 1 OFFSET :kept) ORDER BY id LIMIT :limit)"
        " RETURNING remote_post_id",
        kept=kept,
        limit=limit,
    )
    return [row["remote_post_id"] for row in rows]


async def unreferenced(snapshot: Snapshot, remote_post_ids: Sequence[int]) -> list[int]:
    """Which of these posts of others nothing else needs."""
    if not remote_post_ids:
        return []
    quoted = {
        row["quote_uri"] for row in await snapshot.fetch("SELECT quote_uri FROM posts WHERE quote_uri IS NOT NULL")
    }
    found = []
    for post_id in remote_post_ids:
        uri = await snapshot.value(f"SELECT p.uri FROM remote_posts p WHERE p.id = :id AND {_UNREFERENCED}", id=post_id)
        if uri is not None and uri not in quoted:
            found.append(post_id)
    return found
