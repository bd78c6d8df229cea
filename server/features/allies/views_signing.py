"""Reading who signs a call-out: those who boost it or answer it with #signed, as far as they count."""

from __future__ import annotations

from typing import Final

from server.base.database import Row, Snapshot
from server.features.allies.model import Signature
from server.features.conversation.views import AUTHOR, author_from

#: More signatures than that are counted no further.
MOST: Final = 1_000
#: Of those who ask, a screen shows so many of the newest.
ASKING: Final = 100

#: Whoever boosts the post, or says #signed under it where everybody may read it.
_SAID: Final = (
    "SELECT remote_actor_id AS actor_id, created_at AS said_at, 0 AS by_reply FROM interactions"
    " WHERE kind = 'boost' AND post_id = :post_id"
    " UNION ALL SELECT p.actor_id, r.received_at, 1 FROM replies r JOIN remote_posts p ON p.id = r.remote_post_id"
    " WHERE r.post_id = :post_id AND r.signs = 1 AND r.state <> 'hidden' AND p.visibility IN ('public', 'unlisted')"
)
_SIGNING: Final = (
    f"SELECT {AUTHOR}, d.counts, s.said_at, s.by_reply FROM (SELECT actor_id, min(said_at) AS said_at,"
    f" max(by_reply) AS by_reply FROM ({_SAID}) said GROUP BY actor_id) s JOIN remote_actors a ON a.id = s.actor_id"
    " LEFT JOIN signature_decisions d ON d.post_id = :post_id AND d.remote_actor_id = a.id WHERE a.suspended = 0"
)
#: Wide: a host may have a port. Who is an ally by the letter is asked of the room.
_ALLIED: Final = (
    "(a.uri IN (SELECT target FROM allies WHERE kind = 'actor') OR EXISTS (SELECT 1 FROM allies l WHERE l.kind = 'host'"
    " AND (a.host = l.target OR a.host LIKE l.target || ':%')))"
)


def _signature(row: Row) -> Signature:
    counts = row["counts"]
    return Signature(
        actor=author_from(row),
        said_at=row["said_at"],
        by_reply=bool(row["by_reply"]),
        decided=None if counts is None else bool(counts),
    )


async def counting(snapshot: Snapshot, post_id: int) -> list[Signature]:
    """Those that count if they are allies still or were let sign, the first one first; in one query."""
    rows = await snapshot.fetch(
        f"{_SIGNING} AND (d.counts = 1 OR (d.counts IS NULL AND {_ALLIED})) ORDER BY s.said_at, a.id LIMIT :most",
        post_id=post_id,
        most=MOST,
    )
    return [_signature(row) for row in rows]


async def others(snapshot: Snapshot, post_id: int) -> list[Signature]:
    """Those who do not count: whoever asks, with #signed first, then those who were taken off."""
    rows = await snapshot.fetch(
        f"{_SIGNING} AND (d.counts = 0 OR (d.counts IS NULL AND NOT {_ALLIED}))"
        " ORDER BY s.by_reply DESC, s.said_at DESC, a.id LIMIT :most",
        post_id=post_id,
        most=ASKING,
    )
    return [_signature(row) for row in rows]


async def known(snapshot: Snapshot, post_id: int, remote_actor_id: int) -> bool:
    """True if this actor boosts the post or says #signed under it."""
    found = await snapshot.value(
        f"SELECT 1 FROM ({_SAID}) said WHERE actor_id = :actor_id LIMIT 1", post_id=post_id, actor_id=remote_actor_id
    )
    return found is not None
