"""SQL of the publishing room: our_boosts, our_likes; and who must hear of an edit or a deletion."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from server.base.database import Row, Snapshot, Transaction
from server.features.publishing.model import OurBoost

Table = Literal["our_boosts", "our_likes"]


def _boost(row: Row) -> OurBoost:
    return OurBoost(
        id=row["id"], public_id=row["public_id"], object_uri=row["object_uri"], created_at=row["created_at"]
    )


async def insert(
    tx: Transaction, table: Table, *, public_id: str, actor_id: int, object_uri: str, remote_post_id: int | None
) -> bool:
    """Note that the campaign boosts or likes something; False if it does already."""
    rows = await tx.execute(
        f"INSERT INTO {table} (id, public_id, actor_id, object_uri, remote_post_id, created_at)"
        " VALUES (:id, :public_id, :actor_id, :object_uri, :remote_post_id, :now)"
        " ON CONFLICT (actor_id, object_uri) DO NOTHING",
        id=tx.new_id(),
        public_id=public_id,
        actor_id=actor_id,
        object_uri=object_uri,
        remote_post_id=remote_post_id,
        now=tx.now,
    )
    return rows > 0


async def delete(tx: Transaction, table: Table, *, actor_id: int, object_uri: str) -> OurBoost | None:
    """Take it back; what it was."""
    row = await tx.one(
        f"DELETE FROM {table} WHERE actor_id = :actor_id AND object_uri = :object_uri RETURNING *",
        actor_id=actor_id,
        object_uri=object_uri,
    )
    return _boost(row) if row else None


async def all_of(snapshot: Snapshot, table: Table, actor_id: int, limit: int = 100) -> list[OurBoost]:
    """What the campaign boosts or likes, the newest first."""
    rows = await snapshot.fetch(
        f"SELECT * FROM {table} WHERE actor_id = :actor_id ORDER BY id DESC LIMIT :limit",
        actor_id=actor_id,
        limit=limit,
    )
    return [_boost(row) for row in rows]


async def inboxes_that_know(snapshot: Snapshot, post_id: int) -> list[str]:
    """Inboxes of everybody who replied to, boosted or liked a post, or was named in any version of it."""
    rows = await snapshot.fetch(
        "SELECT DISTINCT COALESCE(a.shared_inbox, a.inbox) AS inbox FROM remote_actors a WHERE a.id IN ("
        " SELECT p.actor_id FROM replies r JOIN remote_posts p ON p.id = r.remote_post_id WHERE r.post_id = :id"
        " UNION SELECT i.remote_actor_id FROM interactions i WHERE i.post_id = :id) OR a.uri IN ("
        " SELECT m.actor_uri FROM revision_mentions m JOIN post_revisions v ON v.id = m.revision_id WHERE v.post_id = :id)",
        id=post_id,
    )
    return [row["inbox"] for row in rows]


async def inboxes_of(snapshot: Snapshot, actor_uris: list[str], *, shared: bool = False) -> list[str]:
    """Personal inboxes of these actors, or the shared ones of their servers, where followers' copies go too."""
    column = "COALESCE(shared_inbox, inbox)" if shared else "inbox"
    found = []
    for uri in actor_uris:
        inbox = await snapshot.value(f"SELECT {column} FROM remote_actors WHERE uri = :uri", uri=uri)
        if inbox is not None:
            found.append(inbox)
    return found


async def handles(snapshot: Snapshot, wanted: list[str]) -> dict[str, tuple[str, str]]:
    """Those of these handles that we know: handle -> (actor id, page)."""
    found = {}
    for handle in wanted:
        row = await snapshot.one(
            "SELECT uri, url FROM remote_actors WHERE handle = :handle ORDER BY fetched_at DESC LIMIT 1", handle=handle
        )
        if row is not None:
            found[handle] = (row["uri"], row["url"])
    return found


async def announced(snapshot: Snapshot, object_uri: str) -> bool:
    """True if the Create of a post was said."""
    said = await snapshot.value(
        "SELECT 1 FROM outbox WHERE object_uri = :uri AND type = 'Create' LIMIT 1", uri=object_uri
    )
    return said is not None


async def quotable(snapshot: Snapshot, address: str) -> tuple[str, str] | None:
    """A remote post that we keep, by its id or else by its page: (id, visibility)."""
    row = await snapshot.one("SELECT uri, visibility FROM remote_posts WHERE uri = :address", address=address)
    row = row or await snapshot.one(
        "SELECT p.uri, p.visibility FROM remote_posts p WHERE p.url = :address AND p.actor_id IN"
        " (SELECT id FROM remote_actors WHERE host = :host) LIMIT 1",
        address=address,
        host=urlsplit(address).netloc.lower(),
    )
    return (row["uri"], row["visibility"]) if row else None


async def author_of(snapshot: Snapshot, post_uri: str) -> tuple[str, str, str, str] | None:
    """The author of a remote post that we keep: (handle, actor id, page, inbox)."""
    row = await snapshot.one(
        "SELECT a.handle, a.uri, a.url, a.inbox FROM remote_posts p JOIN remote_actors a ON a.id = p.actor_id"
        " WHERE p.uri = :uri",
        uri=post_uri,
    )
    return (row["handle"], row["uri"], row["url"], row["inbox"]) if row else None
