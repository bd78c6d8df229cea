"""SQL of the followers room: followers, followed_inboxes, follower_counts, following."""

from __future__ import annotations

from typing import Final

from server.base.database import Row, Snapshot, Transaction
from server.features.followers.model import FOLLOWERS_PAGE, Tie
from server.features.remote.model import RemoteActor
from server.features.remote.store import actor_from

JOINED: Final = "SELECT a.*, t.id AS tie_id, t.state AS tie_state, t.follow_uri, t.created_at AS tie_created FROM"


def tie_from(row: Row) -> Tie:
    """A follow from a row of JOINED."""
    return Tie(
        id=row["tie_id"],
        actor=actor_from(row),
        state=row["tie_state"],
        follow_uri=row["follow_uri"],
        created_at=row["tie_created"],
    )


async def follower(snapshot: Snapshot, actor_id: int, remote_id: int) -> Tie | None:
    """How somebody follows one of our actors."""
    row = await snapshot.one(
        f"{JOINED} followers t JOIN remote_actors a ON a.id = t.remote_actor_id"
        " WHERE t.actor_id = :actor_id AND t.remote_actor_id = :remote_id",
        actor_id=actor_id,
        remote_id=remote_id,
    )
    return tie_from(row) if row else None


async def follower_by_id(snapshot: Snapshot, actor_id: int, tie_id: int) -> Tie | None:
    """A follower of one of our actors by the id of the tie."""
    row = await snapshot.one(
        f"{JOINED} followers t JOIN remote_actors a ON a.id = t.remote_actor_id"
        " WHERE t.id = :id AND t.actor_id = :actor_id",
        id=tie_id,
        actor_id=actor_id,
    )
    return tie_from(row) if row else None


async def is_follower(snapshot: Snapshot, actor_id: int, remote_uri: str) -> bool:
    """True for an accepted follower."""
    return (
        await snapshot.value(
            "SELECT 1 FROM followers f JOIN remote_actors a ON a.id = f.remote_actor_id"
            " WHERE f.actor_id = :actor_id AND a.uri = :uri AND f.state = 'accepted'",
            actor_id=actor_id,
            uri=remote_uri,
        )
        is not None
    )


async def set_follower(
    tx: Transaction, *, actor_id: int, remote: RemoteActor, inbox_id: int, state: str, follow_uri: str
) -> None:
    """Write a follower as it is now and keep the distinct inboxes exact."""
    await _forget_inbox(tx, actor_id, remote.id)
    await tx.execute(
        "INSERT INTO followers (id, actor_id, remote_actor_id, inbox_id, state, follow_uri, created_at)"
        " VALUES (:id, :actor_id, :remote_id, :inbox_id, :state, :follow_uri, :now)"
        " ON CONFLICT (actor_id, remote_actor_id) DO UPDATE SET inbox_id = :inbox_id, state = :state,"
        " follow_uri = :follow_uri",
        id=tx.new_id(),
        actor_id=actor_id,
        remote_id=remote.id,
        inbox_id=inbox_id,
        state=state,
        follow_uri=follow_uri,
        now=tx.now,
    )
    if state == "accepted":
        await tx.execute(
            "INSERT INTO followed_inboxes (id, actor_id, inbox_id, followers) VALUES (:id, :actor_id, :inbox_id, 1)"
            " ON CONFLICT (actor_id, inbox_id) DO UPDATE SET followers = followed_inboxes.followers + 1",
            id=tx.new_id(),
            actor_id=actor_id,
            inbox_id=inbox_id,
        )
        await _count(tx, actor_id, 1)


async def _count(tx: Transaction, actor_id: int, change: int) -> None:
    await tx.execute(
        "INSERT INTO follower_counts (actor_id, followers) VALUES (:actor_id, :change)"
        " ON CONFLICT (actor_id) DO UPDATE SET followers = follower_counts.followers + :change",
        actor_id=actor_id,
        change=change,
    )


async def _forget_inbox(tx: Transaction, actor_id: int, remote_id: int) -> None:
    row = await tx.one(
        "SELECT inbox_id FROM followers WHERE actor_id = :actor_id AND remote_actor_id = :remote_id AND state = 'accepted'",
        actor_id=actor_id,
        remote_id=remote_id,
    )
    if row is None:
        return
    await _count(tx, actor_id, -1)
    await tx.execute(
        "UPDATE followed_inboxes SET followers = followers - 1 WHERE actor_id = :actor_id AND inbox_id = :inbox_id",
        actor_id=actor_id,
        inbox_id=row["inbox_id"],
    )
    await tx.execute(
        "DELETE FROM followed_inboxes WHERE actor_id = :actor_id AND inbox_id = :inbox_id AND followers <= 0",
        actor_id=actor_id,
        inbox_id=row["inbox_id"],
    )


async def remove_follower(tx: Transaction, actor_id: int, remote_id: int) -> bool:
    """Forget a follower; False if there was none."""
    await _forget_inbox(tx, actor_id, remote_id)
    removed = await tx.execute(
        "DELETE FROM followers WHERE actor_id = :actor_id AND remote_actor_id = :remote_id",
        actor_id=actor_id,
        remote_id=remote_id,
    )
    return removed > 0


async def follows_of(tx: Transaction, remote_id: int) -> list[int]:
    """Which of our actors somebody follows."""
    rows = await tx.fetch("SELECT actor_id FROM followers WHERE remote_actor_id = :id", id=remote_id)
    return [row["actor_id"] for row in rows]


async def followed_by(tx: Transaction, remote_id: int) -> list[int]:
    """Which of our actors follow somebody."""
    rows = await tx.fetch("SELECT actor_id FROM following WHERE remote_actor_id = :id", id=remote_id)
    return [row["actor_id"] for row in rows]


async def followed_ids(snapshot: Snapshot, actor_id: int) -> frozenset[int]:
    """The inner ids of all who let one of our actors follow."""
    rows = await snapshot.fetch(
        "SELECT remote_actor_id FROM following WHERE actor_id = :actor_id AND state = 'accepted'", actor_id=actor_id
    )
    return frozenset(row["remote_actor_id"] for row in rows)


async def followers(snapshot: Snapshot, actor_id: int, state: str, before: int) -> list[Tie]:
    """A page of followers, the newest first."""
    rows = await snapshot.fetch(
        f"{JOINED} followers t JOIN remote_actors a ON a.id = t.remote_actor_id WHERE t.actor_id = :actor_id"
        " AND t.state = :state AND t.id < :before ORDER BY t.id DESC LIMIT :page",
        actor_id=actor_id,
        state=state,
        before=before,
        page=FOLLOWERS_PAGE,
    )
    return [tie_from(row) for row in rows]


async def count(snapshot: Snapshot, actor_id: int) -> tuple[int, int]:
    """How many follow, and how many are followed."""
    followers_count: int | None = await snapshot.value(
        "SELECT followers FROM follower_counts WHERE actor_id = :id", id=actor_id
    )
    following_count: int = await snapshot.value(
        "SELECT count(*) FROM following WHERE actor_id = :id AND state = 'accepted'", id=actor_id
    )
    return followers_count or 0, following_count


async def follow(tx: Transaction, *, actor_id: int, remote_id: int, follow_uri: str) -> bool:
    """Note that we asked to follow; False if we follow or asked already."""
    rows = await tx.execute(
        "INSERT INTO following (id, actor_id, remote_actor_id, state, follow_uri, created_at)"
        " VALUES (:id, :actor_id, :remote_id, 'pending', :follow_uri, :now)"
        " ON CONFLICT (actor_id, remote_actor_id) DO UPDATE SET state = 'pending', follow_uri = :follow_uri"
        " WHERE following.state = 'rejected'",
        id=tx.new_id(),
        actor_id=actor_id,
        remote_id=remote_id,
        follow_uri=follow_uri,
        now=tx.now,
    )
    return rows > 0


async def followed(snapshot: Snapshot, actor_id: int, remote_id: int) -> Tie | None:
    """How we follow somebody."""
    row = await snapshot.one(
        f"{JOINED} following t JOIN remote_actors a ON a.id = t.remote_actor_id"
        " WHERE t.actor_id = :actor_id AND t.remote_actor_id = :remote_id",
        actor_id=actor_id,
        remote_id=remote_id,
    )
    return tie_from(row) if row else None


async def following(snapshot: Snapshot, actor_id: int) -> list[Tie]:
    """Whom we follow or asked to, the newest first."""
    rows = await snapshot.fetch(
        f"{JOINED} following t JOIN remote_actors a ON a.id = t.remote_actor_id WHERE t.actor_id = :actor_id"
        " ORDER BY t.id DESC LIMIT 1000",
        actor_id=actor_id,
    )
    return [tie_from(row) for row in rows]


async def answer_follow(
    tx: Transaction, *, remote_id: int, follow_uri: str | None, actor_id: int | None, state: str
) -> int:
    """Accept or reject a Follow of ours: only one that waits for exactly this actor. How many there were."""
    return await tx.execute(
        "UPDATE following SET state = :state WHERE remote_actor_id = :remote_id"
        " AND (follow_uri = :follow_uri OR actor_id = :actor_id) AND state <> :state",
        state=state,
        remote_id=remote_id,
        follow_uri=follow_uri or "",
        actor_id=actor_id or 0,
    )


async def unfollow(tx: Transaction, actor_id: int, remote_id: int) -> str | None:
    """Forget that we follow somebody; the Follow that is taken back."""
    rows = await tx.fetch(
        "DELETE FROM following WHERE actor_id = :actor_id AND remote_actor_id = :remote_id RETURNING follow_uri",
        actor_id=actor_id,
        remote_id=remote_id,
    )
    return rows[0]["follow_uri"] if rows else None
