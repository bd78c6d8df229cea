"""Reading the home timeline."""

from __future__ import annotations

import json
from typing import Final

from server.base.database import Row, Snapshot
from server.features.remote.model import RemoteActor
from server.features.remote.store import post_from
from server.features.timelines.model import PROPOSED, Attached, HomePost

PAGE: Final = 20
FAR: Final = 2**62
_HOME: Final = (
    "SELECT p.*, h.id AS home_id, h.proposed, a.uri AS a_uri, a.host AS a_host, a.type AS a_type,"
    " a.username AS a_username, a.handle AS a_handle, a.name AS a_name, a.url AS a_url, a.inbox AS a_inbox,"
    " a.shared_inbox AS a_shared, a.fetched_at AS a_fetched, COALESCE(b.handle, '') AS booster,"
    " CASE WHEN EXISTS (SELECT 1 FROM our_boosts x WHERE x.actor_id = :actor_id AND x.object_uri = p.uri) THEN 1 ELSE 0 END"
    " AS we_boost,"
    " CASE WHEN EXISTS (SELECT 1 FROM our_likes y WHERE y.actor_id = :actor_id AND y.object_uri = p.uri) THEN 1 ELSE 0 END"
    " AS we_like"
    " FROM home_timeline h JOIN remote_posts p ON p.id = h.remote_post_id JOIN remote_actors a ON a.id = p.actor_id"
    " LEFT JOIN remote_actors b ON b.id = h.boosted_by"
)
_WAITS: Final = (
    "h.proposed = 1 AND NOT EXISTS (SELECT 1 FROM our_boosts z JOIN remote_posts o ON o.uri = z.object_uri"
    " WHERE z.actor_id = :actor_id AND o.id = h.remote_post_id)"
)


def _author(row: Row) -> RemoteActor:
    return RemoteActor(
        id=row["actor_id"],
        uri=row["a_uri"],
        host=row["a_host"],
        type=row["a_type"],
        username=row["a_username"],
        handle=row["a_handle"],
        name=row["a_name"],
        bio="",
        url=row["a_url"],
        inbox=row["a_inbox"],
        shared_inbox=row["a_shared"],
        followers_uri=None,
        also_known_as=(),
        moved_to=None,
        suspended=False,
        fetched_at=row["a_fetched"],
    )


def _attached(text: str) -> tuple[Attached, ...]:
    return tuple(
        Attached(url=url, media_type=kind, alt=alt)
        for url, kind, alt in json.loads(text)
        if url.startswith(("https://", "http://"))
    )


def _home(row: Row) -> HomePost:
    return HomePost(
        id=row["home_id"],
        post=post_from(row),
        author=_author(row),
        boosted_by=row["booster"],
        proposed=row["proposed"] == PROPOSED,
        attached=_attached(row["attachments"]),
        we_boost=bool(row["we_boost"]),
        we_like=bool(row["we_like"]),
    )


async def home(snapshot: Snapshot, actor_id: int, before: int, *, proposed: bool) -> list[HomePost]:
    """A page of the timeline, or of the proposals alone, newest first."""
    rows = await snapshot.fetch(
        f"{_HOME} WHERE h.id < :before{f' AND {_WAITS}' if proposed else ''} ORDER BY h.id DESC LIMIT :page",
        actor_id=actor_id,
        before=before,
        page=PAGE,
    )
    return [_home(row) for row in rows]


async def one(snapshot: Snapshot, actor_id: int, home_id: int) -> HomePost | None:
    """One thing on the timeline."""
    row = await snapshot.one(f"{_HOME} WHERE h.id = :id", actor_id=actor_id, id=home_id)
    return _home(row) if row else None


async def waiting(snapshot: Snapshot, actor_id: int) -> int:
    """How many call-outs of allies wait for a yes or no."""
    many: int = await snapshot.value(f"SELECT count(*) FROM home_timeline h WHERE {_WAITS}", actor_id=actor_id)
    return many


async def jobs_waiting(snapshot: Snapshot, kind: str, most: int) -> int:
    """How many jobs of a kind wait; no more are counted than asked for."""
    many: int = await snapshot.value(
        "SELECT count(*) FROM (SELECT 1 AS one FROM jobs WHERE kind = :kind AND state <> 'parked' LIMIT :most) AS j",
        kind=kind,
        most=most,
    )
    return many
