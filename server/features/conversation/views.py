"""Reading the conversation: what pages show and what waits on the Desk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from server.base.database import Row, Snapshot
from server.features.conversation.model import Attachment, Heard, Standing, Waiting
from server.features.remote.model import RemoteActor
from server.features.remote.store import post_from

PAGE: Final = 50
FAR: Final = 2**62
#: More than that are not counted but called so many: whoever has a thousand to read need not know how many more.
COUNTED: Final = 1_000

AUTHOR: Final = (
    "a.id AS a_id, a.uri AS a_uri, a.host AS a_host, a.type AS a_type, a.username AS a_username, a.handle AS a_handle,"
    " a.name AS a_name, a.url AS a_url, a.inbox AS a_inbox, a.shared_inbox AS a_shared, a.fetched_at AS a_fetched"
)
HEARD: Final = (
    "SELECT p.*, r.kind, r.state, r.language AS said_in, r.first_contact, r.same_text, r.rule_id,"
    f" s.public_id AS our_post, {AUTHOR} FROM replies r"
    " JOIN remote_posts p ON p.id = r.remote_post_id JOIN remote_actors a ON a.id = p.actor_id"
    " LEFT JOIN posts s ON s.id = r.post_id"
)


def author_from(row: Row) -> RemoteActor:
    """Who did something, from a row with the columns of AUTHOR."""
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


def heard_from(row: Row) -> Heard:
    """Something that was said, from a row of HEARD."""
    return Heard(
        post=post_from(row),
        author=author_from(row),
        kind=row["kind"],
        state=row["state"],
        our_post_public_id=row["our_post"],
        parent_uri=row["in_reply_to"],
        language=row["said_in"],
        first_contact=bool(row["first_contact"]),
        same_text=row["same_text"],
        rule_id=row["rule_id"],
        attachments=tuple(
            Attachment(url=url, media_type=media_type, alt=alt)
            for url, media_type, alt in json.loads(row["attachments"])
        ),
    )


async def heard(snapshot: Snapshot, kinds: tuple[str, str], state: str, before: int | None = None) -> list[Heard]:
    """What was said to us of two kinds in one state, the newest first."""
    # A page of each kind and then the newest of both: with IN the engine would sort all there are.
    found = [
        row
        for kind in dict.fromkeys(kinds)
        for row in await snapshot.fetch(
            f"{HEARD} WHERE r.state = :state AND r.kind = :kind AND r.remote_post_id < :before"
            " ORDER BY r.remote_post_id DESC LIMIT :page",
            state=state,
            kind=kind,
            before=before or FAR,
            page=PAGE,
        )
    ]
    found.sort(key=lambda row: int(row["id"]), reverse=True)
    return [heard_from(row) for row in found[:PAGE]]


async def by_ids(snapshot: Snapshot, ids: Sequence[int]) -> dict[int, Heard]:
    """Several things that were said to us, by number."""
    if not ids:
        return {}
    marks = ", ".join(f":i{number}" for number in range(len(ids)))
    params = {f"i{number}": one for number, one in enumerate(ids)}
    rows = await snapshot.fetch(f"{HEARD} WHERE r.remote_post_id IN ({marks})", **params)
    return {row["id"]: heard_from(row) for row in rows}


async def standing(snapshot: Snapshot, actor_id: int, author: RemoteActor, hosts: Sequence[str]) -> Standing:
    """How an author stands to one of our actors; `hosts` are the author's host and the names above it."""
    marks = ", ".join(f":h{number}" for number in range(len(hosts)))
    named = f"(kind = 'actor' AND target = :uri) OR (kind = 'host' AND target IN ({marks}))"
    row = await snapshot.one(
        f"SELECT EXISTS (SELECT 1 FROM mutes WHERE {named}) AS muted, EXISTS (SELECT 1 FROM allies WHERE {named}) AS ally,"
        " EXISTS (SELECT 1 FROM followers WHERE actor_id = :ours AND remote_actor_id = :id AND state = 'accepted') AS follows,"
        " EXISTS (SELECT 1 FROM following WHERE actor_id = :ours AND remote_actor_id = :id AND state = 'accepted') AS followed,"
        " EXISTS (SELECT 1 FROM replies WHERE state = 'approved' AND remote_post_id IN"
        " (SELECT id FROM remote_posts WHERE actor_id = :id ORDER BY id DESC LIMIT :page)) AS shown",
        uri=author.uri,
        ours=actor_id,
        id=author.id,
        page=PAGE,
        **{f"h{number}": host for number, host in enumerate(hosts)},
    )
    if row is None:
        return Standing()
    return Standing(
        muted=bool(row["muted"]),
        ally=bool(row["ally"]),
        follows=bool(row["follows"]),
        followed=bool(row["followed"]),
        shown_before=bool(row["shown"]),
    )


async def one(snapshot: Snapshot, remote_post_id: int) -> Heard | None:
    """One thing that was said to us."""
    row = await snapshot.one(f"{HEARD} WHERE r.remote_post_id = :id", id=remote_post_id)
    return heard_from(row) if row else None


async def speakers(snapshot: Snapshot, state: str, before: int | None, limit: int) -> list[tuple[int, str]]:
    """The newest of a state: (number, id of the author)."""
    rows = await snapshot.fetch(
        "SELECT r.remote_post_id, a.uri FROM (SELECT remote_post_id FROM replies WHERE state = :state"
        " AND remote_post_id < :before ORDER BY remote_post_id DESC LIMIT :limit) r JOIN remote_posts p"
        " ON p.id = r.remote_post_id JOIN remote_actors a ON a.id = p.actor_id ORDER BY r.remote_post_id DESC",
        state=state,
        before=before or FAR,
        limit=limit,
    )
    return [(row["remote_post_id"], row["uri"]) for row in rows]


async def approved_replies(snapshot: Snapshot, post_id: int, after: int = 0, limit: int = PAGE) -> list[Heard]:
    """Replies that everybody may read, the oldest first. Those of blocked people are left out by the caller."""
    rows = await snapshot.fetch(
        f"{HEARD} WHERE r.post_id = :post_id AND r.state = 'approved' AND r.kind = 'reply'"
        " AND p.visibility IN ('public', 'unlisted') AND r.remote_post_id > :after ORDER BY r.remote_post_id LIMIT :limit",
        post_id=post_id,
        after=after,
        limit=limit,
    )
    return [heard_from(row) for row in rows]


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
