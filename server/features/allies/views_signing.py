"""Reading who signs a call-out: those who boost it or answer it with #signed, as far as they count.

Whoever may count is looked for from the side of the allies, which are few; those who boost are as many as they like.
"""

from __future__ import annotations

from typing import Final

from server.base.database import Row, Snapshot
from server.features.allies.model import Signature
from server.features.conversation.views import AUTHOR, author_from

#: More signatures than that are counted no further.
MOST: Final = 1_000
#: Of those who boost, and of those who say #signed, a screen looks at so many of the newest.
WINDOW: Final = 300

#: Answers with #signed where everybody may read them.
_SAYING: Final = (
    "replies r JOIN remote_posts p ON p.id = r.remote_post_id WHERE r.post_id = :post_id AND r.signs = 1"
    " AND r.state <> 'hidden' AND p.visibility IN ('public', 'unlisted')"
)
_BOOSTS: Final = "interactions WHERE kind = 'boost' AND post_id = :post_id"
#: Those that were let sign, and allies.
_TRUSTED: Final = (
    "SELECT remote_actor_id AS id FROM signature_decisions WHERE post_id = :post_id AND counts = 1"
    " UNION SELECT a.id FROM allies l JOIN remote_actors a ON a.uri = l.target WHERE l.kind = 'actor'"
    " UNION SELECT a.id FROM allies l JOIN remote_actors a ON a.host = l.target WHERE l.kind = 'host'"
)
_NEWEST: Final = (
    "SELECT remote_actor_id AS id FROM signature_decisions WHERE post_id = :post_id AND counts = 0"
    f" UNION SELECT id FROM (SELECT p.actor_id AS id FROM {_SAYING} ORDER BY r.remote_post_id DESC LIMIT :window) s"
    f" UNION SELECT id FROM (SELECT remote_actor_id AS id FROM {_BOOSTS} ORDER BY interactions.id DESC LIMIT :window) b"
)
#: When each of some actors signed: by a boost, by the first answer, or both.
_SIGNING: Final = (
    f"SELECT {AUTHOR}, d.counts, s.said_at AS answered_at, b.created_at AS boosted_at FROM (%s) c"
    " JOIN remote_actors a ON a.id = c.id"
    " LEFT JOIN signature_decisions d ON d.post_id = :post_id AND d.remote_actor_id = a.id"
    " LEFT JOIN interactions b ON b.kind = 'boost' AND b.post_id = :post_id AND b.remote_actor_id = a.id"
    f" LEFT JOIN (SELECT p.actor_id, min(r.received_at) AS said_at FROM {_SAYING} GROUP BY p.actor_id) s ON s.actor_id = a.id"
    " WHERE a.suspended = 0 AND (b.id IS NOT NULL OR s.said_at IS NOT NULL)"
)


def _signature(row: Row) -> Signature:
    times = [at for at in (row["answered_at"], row["boosted_at"]) if at is not None]
    return Signature(
        actor=author_from(row),
        said_at=min(times),
        by_reply=row["answered_at"] is not None,
        decided=None if row["counts"] is None else bool(row["counts"]),
    )


async def trusted(snapshot: Snapshot, post_id: int) -> list[Signature]:
    """Those that count if they are allies by the letter or were let sign, in one query."""
    rows = await snapshot.fetch(
        f"{_SIGNING % _TRUSTED} AND (d.counts IS NULL OR d.counts = 1) ORDER BY a.id LIMIT :most",
        post_id=post_id,
        most=MOST,
    )
    return [_signature(row) for row in rows]


async def newest(snapshot: Snapshot, post_id: int) -> list[Signature]:
    """The newest of those who boost or say #signed, whether they count or not, and all that were taken off."""
    rows = await snapshot.fetch(f"{_SIGNING % _NEWEST} ORDER BY a.id", post_id=post_id, window=WINDOW)
    return [_signature(row) for row in rows]


async def known(snapshot: Snapshot, post_id: int, remote_actor_id: int) -> bool:
    """True if this actor boosts the post or says #signed under it."""
    found = await snapshot.value(
        f"SELECT 1 FROM {_BOOSTS} AND remote_actor_id = :actor_id UNION SELECT 1 FROM {_SAYING} AND p.actor_id = :actor_id",
        post_id=post_id,
        actor_id=remote_actor_id,
    )
    return found is not None
