"""Reading call-outs by when they are: what is coming, a span of days, what calendars are told."""

from __future__ import annotations

from typing import Final

from server.base.database import Snapshot
from server.features.posts.model import Post
from server.features.posts.views import by_ids

#: More than a campaign has at once; a page or feed of more would help nobody.
MOST: Final = 200

_CALLS: Final = (
    "SELECT s.id FROM posts s JOIN call_revisions v ON v.revision_id = s.live_revision_id"
    " WHERE s.state = 'live' AND s.visibility = 'public'"
)
_ORDER: Final = "ORDER BY COALESCE(v.starts_at, s.published_at), s.id LIMIT :most"


async def _posts(snapshot: Snapshot, ids: list[int]) -> list[Post]:
    found = await by_ids(snapshot, ids)
    return [post for one in ids if (post := found.get(one)) is not None and post.call is not None]


async def ending_after(snapshot: Snapshot, moment: str) -> list[Post]:
    """Public call-outs that end after a moment (UTC text), the first to begin first."""
    rows = await snapshot.fetch(f"{_CALLS} AND v.ends_at > :moment {_ORDER}", moment=moment, most=MOST)
    return await _posts(snapshot, [row["id"] for row in rows])


async def between(snapshot: Snapshot, start: str, end: str) -> list[Post]:
    """Public call-outs of which some part is in a span of time, the first to begin first."""
    rows = await snapshot.fetch(
        f"{_CALLS} AND v.ends_at > :start AND COALESCE(v.starts_at, s.published_at) < :end {_ORDER}",
        start=start,
        end=end,
        most=MOST,
    )
    return await _posts(snapshot, [row["id"] for row in rows])
