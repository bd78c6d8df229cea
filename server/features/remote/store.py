"""SQL of the remote room: remote_actors, remote_keys, remote_posts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from federation.identifiers import origin_of
from federation.objects import Actor
from server.base import changes
from server.base.database import Row, Snapshot, Transaction
from server.features.remote.model import CleanPost, RemoteActor, RemotePost

#: The kind of change that says: this profile is another now, or is gone.
ACTORS: Final = "actors"


def actor_from(row: Row) -> RemoteActor:
    """An actor from a row of the table."""
    return RemoteActor(
        id=row["id"],
        uri=row["uri"],
        host=row["host"],
        type=row["type"],
        username=row["username"],
        handle=row["handle"],
        name=row["name"],
        bio=row["bio"],
        url=row["url"],
        inbox=row["inbox"],
        shared_inbox=row["shared_inbox"],
        followers_uri=row["followers_uri"],
        also_known_as=tuple(json.loads(row["also_known_as"])),
        moved_to=row["moved_to"],
        suspended=bool(row["suspended"]),
        fetched_at=row["fetched_at"],
    )


def post_from(row: Row) -> RemotePost:
    """A post from a row of the table."""
    return RemotePost(
        id=row["id"],
        uri=row["uri"],
        actor_id=row["actor_id"],
        url=row["url"],
        type=row["type"],
        in_reply_to=row["in_reply_to"],
        visibility=row["visibility"],
        language=row["language"],
        warning=row["warning"],
        html=row["html"],
        sensitive=bool(row["sensitive"]),
        published_at=row["published_at"],
        edited_at=row["edited_at"],
    )


async def actor_by_uri(snapshot: Snapshot, uri: str) -> RemoteActor | None:
    """One actor by id."""
    row = await snapshot.one("SELECT * FROM remote_actors WHERE uri = :uri", uri=uri)
    return actor_from(row) if row else None


async def actor_by_id(snapshot: Snapshot, actor_id: int) -> RemoteActor | None:
    """One actor by its inner id."""
    row = await snapshot.one("SELECT * FROM remote_actors WHERE id = :id", id=actor_id)
    return actor_from(row) if row else None


async def actor_by_handle(snapshot: Snapshot, handle: str) -> RemoteActor | None:
    """One actor by `user@host`, the latest seen if two claimed it."""
    row = await snapshot.one(
        "SELECT * FROM remote_actors WHERE handle = :handle ORDER BY fetched_at DESC LIMIT 1", handle=handle
    )
    return actor_from(row) if row else None


async def upsert_actor(tx: Transaction, actor: Actor, *, handle: str, name: str, bio: str) -> RemoteActor:
    """Write an actor as it is now; name and bio come clean."""
    row = await tx.one(
        "INSERT INTO remote_actors (id, uri, host, type, username, handle, name, bio, url, inbox, shared_inbox,"
        " followers_uri, featured_uri, also_known_as, moved_to, manually_approves, suspended, first_seen_at, fetched_at)"
        " VALUES (:id, :uri, :host, :type, :username, :handle, :name, :bio, :url, :inbox, :shared_inbox,"
        " :followers, :featured, :aliases, :moved_to, :approves, :suspended, :now, :now)"
        " ON CONFLICT (uri) DO UPDATE SET type = :type, username = :username, handle = :handle, name = :name, bio = :bio,"
        " url = :url, inbox = :inbox, shared_inbox = :shared_inbox, followers_uri = :followers, featured_uri = :featured,"
        " also_known_as = :aliases, moved_to = :moved_to, manually_approves = :approves, suspended = :suspended,"
        " fetched_at = :now RETURNING *",
        id=tx.new_id(),
        uri=actor.id,
        host=origin_of(actor.id).authority,
        type=actor.type,
        username=actor.username,
        handle=handle,
        name=name,
        bio=bio,
        url=actor.url,
        inbox=actor.inbox,
        shared_inbox=actor.shared_inbox,
        followers=actor.followers,
        featured=actor.featured,
        aliases=json.dumps(list(actor.also_known_as)),
        moved_to=actor.moved_to,
        approves=int(actor.manually_approves),
        suspended=int(actor.suspended),
        now=tx.now,
    )
    if row is None:
        raise LookupError("the actor was written and is not there")
    return actor_from(row)


async def upsert_key(tx: Transaction, *, key_id: str, actor_uri: str, pem: str) -> None:
    """Remember a key."""
    await tx.execute(
        "INSERT INTO remote_keys (key_id, actor_uri, public_pem, fetched_at) VALUES (:key_id, :actor, :pem, :now)"
        " ON CONFLICT (key_id) DO UPDATE SET actor_uri = :actor, public_pem = :pem, fetched_at = :now",
        key_id=key_id,
        actor=actor_uri,
        pem=pem,
        now=tx.now,
    )


async def key(snapshot: Snapshot, key_id: str) -> tuple[str, str, str, RemoteActor | None] | None:
    """A key by its id: (owner, PEM, when fetched, the owner's profile if it is known)."""
    row = await snapshot.one(
        "SELECT a.*, k.actor_uri, k.public_pem, k.fetched_at AS key_fetched_at FROM remote_keys k"
        " LEFT JOIN remote_actors a ON a.uri = k.actor_uri WHERE k.key_id = :key_id",
        key_id=key_id,
    )
    if row is None:
        return None
    owner = actor_from(row) if row["id"] is not None else None
    return row["actor_uri"], row["public_pem"], row["key_fetched_at"], owner


async def delete_keys_of(tx: Transaction, actor_uri: str, keep: Sequence[str] = ()) -> None:
    """Forget the keys of an actor but those named."""
    for row in await tx.fetch("SELECT key_id FROM remote_keys WHERE actor_uri = :uri", uri=actor_uri):
        if row["key_id"] not in keep:
            await tx.execute("DELETE FROM remote_keys WHERE key_id = :key_id", key_id=row["key_id"])


async def delete_actor(tx: Transaction, actor_id: int, uri: str) -> None:
    """Forget an actor, its keys, and by cascade all it said and did here."""
    await delete_keys_of(tx, uri)
    await changes.record(tx, ACTORS, uri)
    await tx.execute_long("DELETE FROM remote_actors WHERE id = :id", id=actor_id)


async def post_by_uri(snapshot: Snapshot, uri: str) -> RemotePost | None:
    """One post by id."""
    row = await snapshot.one("SELECT * FROM remote_posts WHERE uri = :uri", uri=uri)
    return post_from(row) if row else None


async def post_by_id(snapshot: Snapshot, post_id: int) -> RemotePost | None:
    """One post by its inner id."""
    row = await snapshot.one("SELECT * FROM remote_posts WHERE id = :id", id=post_id)
    return post_from(row) if row else None


async def insert_post(tx: Transaction, actor_id: int, post: CleanPost) -> int | None:
    """Keep a post; its inner id, or None if it was kept already."""
    post_id = tx.new_id()
    made = await tx.execute(
        "INSERT INTO remote_posts (id, uri, actor_id, url, type, in_reply_to, context, visibility, language, warning,"
        " html, sensitive, attachments, published_at, edited_at, received_at)"
        " VALUES (:id, :uri, :actor_id, :url, :type, :parent, :context, :visibility, :language, :warning, :html,"
        " :sensitive, :attachments, :published, :edited, :now) ON CONFLICT (uri) DO NOTHING",
        id=post_id,
        uri=post.uri,
        actor_id=actor_id,
        url=post.url,
        type=post.type,
        parent=post.in_reply_to,
        context=post.context,
        visibility=post.visibility,
        language=post.language,
        warning=post.warning,
        html=post.html,
        sensitive=int(post.sensitive),
        attachments=json.dumps([list(one) for one in post.attachments]),
        published=post.published_at,
        edited=post.edited_at,
        now=tx.now,
    )
    return post_id if made else None


async def update_post(tx: Transaction, post_id: int, post: CleanPost, edited_at: str) -> None:
    """Replace the words of a post; who may see it never widens by an edit."""
    await tx.execute(
        "UPDATE remote_posts SET url = :url, language = :language, warning = :warning, html = :html,"
        " sensitive = :sensitive, attachments = :attachments, edited_at = :edited, edits = edits + 1 WHERE id = :id",
        id=post_id,
        url=post.url,
        language=post.language,
        warning=post.warning,
        html=post.html,
        sensitive=int(post.sensitive),
        attachments=json.dumps([list(one) for one in post.attachments]),
        edited=edited_at,
    )


async def edits_of(snapshot: Snapshot, post_id: int) -> int:
    """How often a post was edited."""
    edits: int = await snapshot.value("SELECT edits FROM remote_posts WHERE id = :id", id=post_id)
    return edits


async def delete_post(tx: Transaction, post_id: int) -> None:
    """Forget a post."""
    await tx.execute("DELETE FROM remote_posts WHERE id = :id", id=post_id)


_UNNEEDED: Final = (
    "a.fetched_at < :before AND NOT EXISTS (SELECT 1 FROM followers f WHERE f.remote_actor_id = a.id)"
    " AND NOT EXISTS (SELECT 1 FROM following g WHERE g.remote_actor_id = a.id)"
    " AND NOT EXISTS (SELECT 1 FROM remote_posts p WHERE p.actor_id = a.id)"
    " AND NOT EXISTS (SELECT 1 FROM interactions i WHERE i.remote_actor_id = a.id)"
    " AND NOT EXISTS (SELECT 1 FROM stamps s WHERE s.remote_actor_id = a.id AND s.state = 'given')"
)


async def unneeded(snapshot: Snapshot, before: str, limit: int) -> list[tuple[int, str]]:
    """Actors last seen before a time that have no reason left to be known: (inner id, id). It may look at very many."""
    rows = await snapshot.fetch(
        f"SELECT a.id, a.uri FROM remote_actors a WHERE {_UNNEEDED} LIMIT :limit", before=before, limit=limit
    )
    return [(row["id"], row["uri"]) for row in rows]


async def erase_unneeded(tx: Transaction, found: Sequence[tuple[int, str]], before: str) -> int:
    """Forget these actors, but those who did something meanwhile; how many."""
    erased = 0
    for actor_id, uri in found:
        if await tx.value(
            f"SELECT 1 FROM remote_actors a WHERE a.id = :id AND {_UNNEEDED}", id=actor_id, before=before
        ):
            await delete_actor(tx, actor_id, uri)
            erased += 1
    return erased
