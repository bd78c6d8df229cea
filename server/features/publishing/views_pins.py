"""Reading what is pinned, and what should be."""

from __future__ import annotations

from server.base.database import Row, Snapshot
from server.features.posts.views import LISTED
from server.features.publishing.model import Pin

_PIN = (
    "SELECT s.id, s.public_id, s.pinned_at, c.state AS call_state, v.ends_at FROM posts s"
    " LEFT JOIN call_outs c ON c.post_id = s.id LEFT JOIN call_revisions v ON v.revision_id = s.live_revision_id"
)
STANDING = "c.state IN ('open', 'urgent', 'moved')"


def _pin(row: Row) -> Pin:
    return Pin(
        id=row["id"],
        public_id=row["public_id"],
        pinned_at=row["pinned_at"],
        call=row["call_state"] is not None,
        standing=row["call_state"] in {"open", "urgent", "moved"},
        ends_at=row["ends_at"] or "",
    )


async def pins(snapshot: Snapshot, actor_id: int) -> list[Pin]:
    """Public posts that are pinned, and open call-outs."""
    pinned = await snapshot.fetch(
        f"{_PIN} WHERE s.actor_id = :actor_id AND s.pinned_at IS NOT NULL AND {LISTED}", actor_id=actor_id
    )
    standing = await snapshot.fetch(
        f"{_PIN} WHERE {STANDING} AND s.actor_id = :actor_id AND s.pinned_at IS NULL AND {LISTED}", actor_id=actor_id
    )
    return [_pin(row) for row in [*pinned, *standing]]
