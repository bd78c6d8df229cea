"""Reading the conversation: what pages show and what waits on the Desk."""

from __future__ import annotations

import json
from typing import Final

from server.base.database import Row, Snapshot
from server.features.conversation.model import Heard, Interaction, Report, Waiting
from server.features.remote.model import RemoteActor
from server.features.remote.store import post_from

PAGE: Final = 50
FAR: Final = 2**62
#: More than that are not counted but called so many: whoever has a thousand to read need not know how many more.
COUNTED: Final = 1_000

_AUTHOR: Final = (
    "a.id AS a_id, a.uri AS a_uri, a.host AS a_host, a.type AS a_type, a.username AS a_username, a.handle AS a_handle,"
    " a.name AS a_name, a.url AS a_url, a.inbox AS a_inbox, a.shared_inbox AS a_shared, a.fetched_at AS a_fetched"
)
_HEARD: Final = (
    f"SELECT p.*, r.kind, r.state, s.public_id AS our_post, {_AUTHOR} FROM replies r"
    " JOIN remote_posts p ON p.id = r.remote_post_id JOIN remote_actors a ON a.id = p.actor_id"
    " LEFT JOIN posts s ON s.id = r.post_id"
)


def _author(row: Row) -> RemoteActor:
    return RemoteActor(
        id=row["a_id"],
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


def _heard(row: Row) -> Heard:
    return Heard(
        post=post_from(row),
        author=_author(row),
        kind=row["kind"],
        state=row["state"],
        our_post_public_id=row["our_post"],
        parent_uri=row["in_reply_to"],
    )


async def heard(snapshot: Snapshot, kinds: tuple[str, str], state: str, before: int | None = None) -> list[Heard]:
    """What was said to us of two kinds in one state, the newest first."""
    # A page of each kind and then the newest of both: with IN the engine would sort all there are.
    found = [
        row
        for kind in dict.fromkeys(kinds)
        for row in await snapshot.fetch(
            f"{_HEARD} WHERE r.state = :state AND r.kind = :kind AND r.remote_post_id < :before"
            " ORDER BY r.remote_post_id DESC LIMIT :page",
            state=state,
            kind=kind,
            before=before or FAR,
            page=PAGE,
        )
    ]
    found.sort(key=lambda row: int(row["id"]), reverse=True)
    return [_heard(row) for row in found[:PAGE]]


async def one(snapshot: Snapshot, remote_post_id: int) -> Heard | None:
    """One thing that was said to us."""
    row = await snapshot.one(f"{_HEARD} WHERE r.remote_post_id = :id", id=remote_post_id)
    return _heard(row) if row else None


async def approved_replies(snapshot: Snapshot, post_id: int, after: int = 0, limit: int = PAGE) -> list[Heard]:
    """Replies that everybody may read, the oldest first. Those of blocked people are left out by the caller."""
    rows = await snapshot.fetch(
        f"{_HEARD} WHERE r.post_id = :post_id AND r.state = 'approved' AND r.kind = 'reply'"
        " AND p.visibility IN ('public', 'unlisted') AND r.remote_post_id > :after ORDER BY r.remote_post_id LIMIT :limit",
        post_id=post_id,
        after=after,
        limit=limit,
    )
    return [_heard(row) for row in rows]


async def interactions(snapshot: Snapshot, before: int | None = None) -> list[Interaction]:
    """Boosts and likes of our posts, the newest first."""
    rows = await snapshot.fetch(
        f"SELECT i.id, i.kind, i.emoji, i.created_at, s.public_id AS our_post, {_AUTHOR} FROM interactions i"
        " JOIN remote_actors a ON a.id = i.remote_actor_id JOIN posts s ON s.id = i.post_id"
        " WHERE i.id < :before ORDER BY i.id DESC LIMIT :page",
        before=before or FAR,
        page=PAGE,
    )
    return [
        Interaction(
            id=row["id"],
            kind=row["kind"],
            author=_author(row),
            our_post_public_id=row["our_post"],
            emoji=row["emoji"],
            created_at=row["created_at"],
        )
        for row in rows
    ]


async def reports(snapshot: Snapshot) -> list[Report]:
    """Reports, the open ones first."""
    rows = await snapshot.fetch("SELECT * FROM reports ORDER BY state, id DESC LIMIT 200")
    return [
        Report(
            id=row["id"],
            host=row["host"],
            objects=tuple(json.loads(row["objects"])),
            content=row["content"],
            state=row["state"],
            created_at=row["created_at"],
        )
        for row in rows
    ]


async def waiting(snapshot: Snapshot) -> Waiting:
    """What waits for an organiser."""
    row = await snapshot.one(
        "SELECT (SELECT count(*) FROM (SELECT 1 AS one FROM replies WHERE state = 'held' AND kind <> 'direct' LIMIT :most) h)"
        " AS held,"
        " (SELECT count(*) FROM (SELECT 1 AS one FROM replies WHERE state = 'held' AND kind = 'direct' LIMIT :most) d) AS direct,"
        " (SELECT count(*) FROM reports WHERE state = 'open') AS reports,"
        " (SELECT count(*) FROM (SELECT 1 AS one FROM followers WHERE state = 'pending'"
        " AND actor_id IN (SELECT id FROM actors) LIMIT :most) f) AS pending,"
        " (SELECT count(*) FROM (SELECT 1 AS one FROM stamps WHERE state = 'asked' AND kind = 'quote' LIMIT :most) q) AS quotes",
        most=COUNTED,
    )
    if row is None:
        return Waiting(held=0, direct=0, reports=0, pending_followers=0)
    return Waiting(
        held=row["held"],
        direct=row["direct"],
        reports=row["reports"],
        pending_followers=row["pending"],
        quotes=row["quotes"],
    )
