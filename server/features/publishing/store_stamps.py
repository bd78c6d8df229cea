"""SQL of the publishing room: table stamps, and what others say of our own quotes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from server.base.database import Row, Snapshot, Transaction

Kind = Literal["quote", "reply"]
StampState = Literal["asked", "given", "refused"]
MAX_LISTED: Final = 200
_SELECT: Final = (
    "SELECT s.*, p.public_id AS post, a.uri AS actor_uri, a.handle, a.inbox FROM stamps s JOIN posts p ON p.id = s.post_id"
    " JOIN remote_actors a ON a.id = s.remote_actor_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Somebody quotes a post of ours or replies to it, and what we say to that; `post` is its public id."""

    id: int
    public_id: str
    kind: Kind
    post: str
    post_id: int
    actor_uri: str
    handle: str
    inbox: str
    interacting_uri: str
    request_uri: str | None
    state: StampState
    created_at: str


def _consent(row: Row) -> Consent:
    return Consent(
        id=row["id"],
        public_id=row["public_id"],
        kind=row["kind"],
        post=row["post"],
        post_id=row["post_id"],
        actor_uri=row["actor_uri"],
        handle=row["handle"],
        inbox=row["inbox"],
        interacting_uri=row["interacting_uri"],
        request_uri=row["request_uri"],
        state=row["state"],
        created_at=row["created_at"],
    )


async def ask(
    tx: Transaction,
    *,
    public_id: str,
    kind: Kind,
    post_id: int,
    remote_actor_id: int,
    interacting_uri: str,
    request_uri: str | None,
) -> Consent | None:
    """Note that somebody asks, or what is known of it already. Who asks again gets the answer to the newer request."""
    await tx.execute(
        "INSERT INTO stamps (id, public_id, kind, post_id, remote_actor_id, interacting_uri, request_uri, state, created_at)"
        " VALUES (:id, :public_id, :kind, :post_id, :actor_id, :interacting, :request, 'asked', :now)"
        " ON CONFLICT (interacting_uri) DO UPDATE SET request_uri = COALESCE(excluded.request_uri, stamps.request_uri)"
        " WHERE stamps.remote_actor_id = excluded.remote_actor_id AND stamps.post_id = excluded.post_id",
        id=tx.new_id(),
        public_id=public_id,
        kind=kind,
        post_id=post_id,
        actor_id=remote_actor_id,
        interacting=interacting_uri,
        request=request_uri,
        now=tx.now,
    )
    return await of(tx, interacting_uri)


async def of(snapshot: Snapshot, interacting_uri: str) -> Consent | None:
    """What is known about one quote or reply."""
    row = await snapshot.one(f"{_SELECT} WHERE s.interacting_uri = :uri", uri=interacting_uri)
    return _consent(row) if row else None


async def by_id(snapshot: Snapshot, stamp_id: int) -> Consent | None:
    """One of them."""
    row = await snapshot.one(f"{_SELECT} WHERE s.id = :id", id=stamp_id)
    return _consent(row) if row else None


async def given(snapshot: Snapshot, public_id: str) -> Consent | None:
    """A stamp that stands, by its public id; None once its post is gone."""
    row = await snapshot.one(
        f"{_SELECT} WHERE s.public_id = :id AND s.state = 'given' AND p.state = 'live'", id=public_id
    )
    return _consent(row) if row else None


async def listed(snapshot: Snapshot, kind: Kind, state: StampState) -> list[Consent]:
    """The newest of a state."""
    rows = await snapshot.fetch(
        f"{_SELECT} WHERE s.kind = :kind AND s.state = :state ORDER BY s.id DESC LIMIT :most",
        kind=kind,
        state=state,
        most=MAX_LISTED,
    )
    return [_consent(row) for row in rows]


async def set_state(tx: Transaction, stamp_id: int, state: StampState) -> None:
    """Give or refuse."""
    await tx.execute("UPDATE stamps SET state = :state WHERE id = :id", state=state, id=stamp_id)


async def asked_since(snapshot: Snapshot, remote_actor_id: int, after: str) -> int:
    """What one actor brought about since: requests that wait or were refused, and quotes, which a policy may allow unseen."""
    count: int = await snapshot.value(
        "SELECT count(*) FROM stamps WHERE remote_actor_id = :id AND created_at > :after"
        " AND (state <> 'given' OR kind = 'quote')",
        id=remote_actor_id,
        after=after,
    )
    return count


async def erase_unanswered(tx: Transaction, before: str) -> int:
    """Forget requests from before a time that were refused or that nobody answered; how many."""
    return await tx.execute_long(
        "DELETE FROM stamps WHERE state IN ('asked', 'refused') AND created_at < :before", before=before
    )


async def delete_of(tx: Transaction, post_id: int) -> None:
    """Forget all about a post of ours that is deleted."""
    await tx.execute("DELETE FROM stamps WHERE post_id = :id", id=post_id)


async def delete(tx: Transaction, stamp_id: int) -> None:
    """Take back: whoever checks finds nothing."""
    await tx.execute("DELETE FROM stamps WHERE id = :id", id=stamp_id)


async def set_quote(tx: Transaction, post_id: int, state: str, stamp: str | None = None) -> None:
    """What the author of the post that ours quotes says to it."""
    await tx.execute(
        "UPDATE posts SET quote_state = :state, quote_stamp = :stamp WHERE id = :id",
        state=state,
        stamp=stamp,
        id=post_id,
    )


async def request_about(snapshot: Snapshot, activity_public_id: str) -> str | None:
    """The id of our post that a QuoteRequest of ours was about: for answers that name the request alone."""
    found: str | None = await snapshot.value(
        "SELECT object_uri FROM outbox WHERE public_id = :id AND type = 'QuoteRequest'", id=activity_public_id
    )
    return found


async def quoted_by(snapshot: Snapshot, public_id: str) -> tuple[int, str] | None:
    """What a live post of ours quotes: (its inner id, id of the quoted post)."""
    row = await snapshot.one(
        "SELECT id, quote_uri FROM posts WHERE public_id = :id AND state = 'live' AND quote_uri IS NOT NULL",
        id=public_id,
    )
    return (row["id"], row["quote_uri"]) if row else None


async def stamped_with(snapshot: Snapshot, stamp: str) -> list[tuple[int, str]]:
    """Live posts of ours whose quote stands by this stamp: (id, public id)."""
    rows = await snapshot.fetch(
        "SELECT id, public_id FROM posts WHERE quote_uri IS NOT NULL AND quote_stamp = :stamp AND state = 'live'",
        stamp=stamp,
    )
    return [(row["id"], row["public_id"]) for row in rows]
