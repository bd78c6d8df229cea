"""Reading: the months in which something was published."""

from __future__ import annotations

from server.base.database import Snapshot
from server.features.posts.views import LISTED


async def months(snapshot: Snapshot, actor_id: int) -> list[tuple[str, int]]:
    """Months with public posts and how many, newest first."""
    rows = await snapshot.fetch(
        f"SELECT s.month AS month, count(*) AS posts FROM posts s WHERE s.actor_id = :actor_id AND {LISTED}"
        " GROUP BY s.month ORDER BY s.month DESC",
        actor_id=actor_id,
    )
    return [(row["month"], row["posts"]) for row in rows]


async def latest_months(snapshot: Snapshot, actor_id: int, limit: int) -> list[str]:
    """The newest months with public posts: a step into the index for each, however many posts there are."""
    newest = f"SELECT MAX(s.month) FROM posts s WHERE s.actor_id = :actor_id AND {LISTED}"
    rows = await snapshot.fetch(
        f"WITH RECURSIVE m (month) AS ({newest} UNION ALL SELECT ({newest} AND s.month < m.month) FROM m"
        " WHERE m.month IS NOT NULL) SELECT month FROM m WHERE month IS NOT NULL LIMIT :limit",
        actor_id=actor_id,
        limit=limit,
    )
    return [row["month"] for row in rows]
