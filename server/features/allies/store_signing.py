"""SQL of the allies room: signature_decisions."""

from __future__ import annotations

from server.base.database import Transaction


async def decide(tx: Transaction, post_id: int, remote_actor_id: int, *, counts: bool) -> None:
    """What an organiser says about one signature; the last word holds."""
    await tx.execute(
        "INSERT INTO signature_decisions (post_id, remote_actor_id, counts) VALUES (:post_id, :actor_id, :counts)"
        " ON CONFLICT (post_id, remote_actor_id) DO UPDATE SET counts = :counts",
        post_id=post_id,
        actor_id=remote_actor_id,
        counts=int(counts),
    )


async def erase_of_deleted(tx: Transaction) -> int:
    """Forget what was decided about posts that are deleted; how much there was."""
    return await tx.execute_long(
        "DELETE FROM signature_decisions WHERE post_id IN (SELECT id FROM posts WHERE state = 'deleted')"
    )
