"""Reading the conversation: what pages show and what waits on the Desk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from server.base.database import Row, Snapshot
from server.features.conversation.model import Attachment, Heard, Near, Waiting
from server.features.remote.model import RemoteActor
from server.features.remote.store import post_from

PAGE: Final = 50
FAR: Final = 2**62
#: More than that are not counted but called so many: whoever has a thousand to read need not know how many more.
COUNTED: Final = 1_000
MUTES_IN_MEMORY: Final = 1_000

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


async def is_muted(snapshot: Snapshot, targets: Sequence[str]) -> bool:
    """True if one of these is muted: the id of an actor, its host or a name above it."""
    marks = ", ".join(f":t{number}" for number in range(len(targets)))
    named = {f"t{number}": target for number, target in enumerate(targets)}
    return await snapshot.value(f"SELECT 1 FROM mutes WHERE target IN ({marks}) LIMIT 1", **named) is not None


async def follows(snapshot: Snapshot, actor_id: int, remote_actor_id: int) -> bool:
    """True if somebody follows one of our actors."""
    found = await snapshot.value(
        "SELECT 1 FROM followers WHERE actor_id = :ours AND remote_actor_id = :id AND state = 'accepted'",
        ours=actor_id,
        id=remote_actor_id,
    )
    return found is not None


async def shown_before(snapshot: Snapshot, remote_actor_id: int) -> bool:
    """True if something that somebody said of late was approved."""
    # Their posts first, each with its row: asked the other way round the engine walks all that was ever approved.
    # The limit is a number in the text: for one that is bound, SQLite plans the statement anew each time, which costs ten of it.
    rows = await snapshot.fetch(
        "SELECT r.state FROM remote_posts p JOIN replies r ON r.remote_post_id = p.id WHERE p.actor_id = :id"
        f" ORDER BY p.id DESC LIMIT {PAGE}",
        id=remote_actor_id,
    )
    return any(row["state"] == "approved" for row in rows)


async def near(snapshot: Snapshot, actor_id: int) -> Near:
    """Who is near to one of our actors: allies, and those who let it follow; and who is muted, unless they are many."""
    allies = await snapshot.fetch("SELECT kind, target FROM allies")
    followed = await snapshot.fetch(
        "SELECT remote_actor_id FROM following WHERE actor_id = :ours AND state = 'accepted'", ours=actor_id
    )
    muted = await snapshot.fetch("SELECT target FROM mutes LIMIT :most", most=MUTES_IN_MEMORY + 1)
    return Near(
        muted=frozenset(row["target"] for row in muted) if len(muted) <= MUTES_IN_MEMORY else None,
        allies=frozenset(row["target"] for row in allies if row["kind"] == "actor"),
        allied_hosts=frozenset(row["target"] for row in allies if row["kind"] == "host"),
        followed=frozenset(row["remote_actor_id"] for row in followed),
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
