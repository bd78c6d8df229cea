"""SQL of the safety room: block_lists, block_list_hosts, spared_hosts, allowed_hosts, and the blocks that lists brought."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from server.base.database import Row, Snapshot, Transaction, Value
from server.features.safety.model import Block, BlockList
from server.features.safety.store import block_from

_LISTS = "SELECT l.*, (SELECT count(*) FROM blocks b WHERE b.list_id = l.id AND b.list_id IS NOT NULL) AS blocks FROM block_lists l"
_NAMED = "SELECT {} FROM block_list_hosts h WHERE h.host = blocks.target"


def _list(row: Row) -> BlockList:
    return BlockList(
        id=row["id"],
        name=row["name"],
        url=row["url"],
        fetched_at=row["fetched_at"],
        problem=row["problem"],
        created_at=row["created_at"],
        blocks=row["blocks"],
    )


# -- blocks -----------------------------------------------------------------------------------------------------------------


async def insert_blocks(tx: Transaction, list_id: int, hosts: Iterable[str]) -> None:
    """Block servers in the name of a list; those blocked already stay as they are."""
    await tx.execute_many(
        "INSERT INTO blocks (id, kind, target, label, created_at, list_id)"
        " VALUES (:id, 'host', :host, :host, :now, :list_id) ON CONFLICT (target) DO NOTHING",
        [{"id": tx.new_id(), "host": host, "now": tx.now, "list_id": list_id} for host in hosts],
    )


async def insert_names(tx: Transaction, list_id: int, hosts: Iterable[str]) -> None:
    """Remember that a list names these blocked servers, whatever blocked them first."""
    await tx.execute_many(
        "INSERT INTO block_list_hosts (list_id, host) VALUES (:list_id, :host) ON CONFLICT (list_id, host) DO NOTHING",
        [{"list_id": list_id, "host": host} for host in hosts],
    )


async def delete_names(tx: Transaction, list_id: int, hosts: Iterable[str]) -> None:
    """A list names these servers no longer: what it brought goes, or stays in the name of another list that names it."""
    rows: list[dict[str, Value]] = [{"list_id": list_id, "host": host} for host in hosts]
    await tx.execute_many("DELETE FROM block_list_hosts WHERE list_id = :list_id AND host = :host", rows)
    await tx.execute_many(
        f"DELETE FROM blocks WHERE list_id = :list_id AND target = :host AND NOT EXISTS ({_NAMED.format(1)})",
        rows,
    )
    await tx.execute_many(
        f"UPDATE blocks SET list_id = ({_NAMED.format('min(h.list_id)')}) WHERE list_id = :list_id AND target = :host",
        rows,
    )


async def hosts_of(snapshot: Snapshot, list_id: int) -> set[str]:
    """The blocked servers that a list names."""
    rows = await snapshot.fetch("SELECT host FROM block_list_hosts WHERE list_id = :list_id", list_id=list_id)
    return {row["host"] for row in rows}


async def blocked_hosts(snapshot: Snapshot) -> set[str]:
    """All blocked servers, by whatever brought them."""
    return {row["target"] for row in await snapshot.fetch("SELECT target FROM blocks WHERE kind = 'host'")}


async def page(snapshot: Snapshot, words: str, before: int, limit: int) -> list[Block]:
    """Blocks whose target or label holds some words, newest first."""
    rows = await snapshot.fetch(
        "SELECT * FROM blocks WHERE id < :before AND (lower(target) LIKE :words ESCAPE '!' OR lower(label) LIKE :words ESCAPE '!')"
        " ORDER BY id DESC LIMIT :limit",
        before=before,
        words=f"%{words.lower().replace('!', '!!').replace('%', '!%').replace('_', '!_')}%",
        limit=limit,
    )
    return [block_from(row) for row in rows]


async def counts(snapshot: Snapshot) -> tuple[int, int]:
    """How many servers and how many accounts are blocked."""
    rows = await snapshot.fetch("SELECT kind, count(*) AS many FROM blocks GROUP BY kind")
    found = {row["kind"]: row["many"] for row in rows}
    return found.get("host", 0), found.get("actor", 0)


# -- lists ------------------------------------------------------------------------------------------------------------------


async def insert_list(tx: Transaction, *, name: str, url: str | None) -> int | None:
    """Remember a list; None if this address is subscribed to already."""
    list_id = tx.new_id()
    rows = await tx.execute(
        "INSERT INTO block_lists (id, name, url, fetched_at, created_at)"
        " VALUES (:id, :name, :url, :fetched, :now) ON CONFLICT (url) DO NOTHING",
        id=list_id,
        name=name,
        url=url,
        fetched=tx.now if url else None,
        now=tx.now,
    )
    return list_id if rows else None


async def delete_list(tx: Transaction, list_id: int) -> BlockList | None:
    """Forget a list and what it alone brought, and say how many blocks that were; None if there is none."""
    row = await tx.one(f"{_LISTS} WHERE l.id = :id", id=list_id)
    await tx.execute_long("DELETE FROM block_list_hosts WHERE list_id = :id", id=list_id)
    gone = await tx.execute_long(
        f"DELETE FROM blocks WHERE list_id = :id AND NOT EXISTS ({_NAMED.format(1)})", id=list_id
    )
    await tx.execute_long(
        f"UPDATE blocks SET list_id = ({_NAMED.format('min(h.list_id)')}) WHERE list_id = :id", id=list_id
    )
    await tx.execute("DELETE FROM block_lists WHERE id = :id", id=list_id)
    return replace(_list(row), blocks=gone) if row else None


async def fetched(tx: Transaction, list_id: int, problem: str) -> None:
    """A list was fetched, or could not be."""
    await tx.execute(
        "UPDATE block_lists SET fetched_at = :now, problem = :problem WHERE id = :id",
        now=tx.now,
        problem=problem,
        id=list_id,
    )


async def one_list(snapshot: Snapshot, list_id: int) -> BlockList | None:
    """One list."""
    row = await snapshot.one(f"{_LISTS} WHERE l.id = :id", id=list_id)
    return _list(row) if row else None


async def list_with_url(snapshot: Snapshot, url: str) -> BlockList | None:
    """The list that is fetched from an address."""
    row = await snapshot.one(f"{_LISTS} WHERE l.url = :url", url=url)
    return _list(row) if row else None


async def lists(snapshot: Snapshot) -> list[BlockList]:
    """All lists, newest first."""
    return [_list(row) for row in await snapshot.fetch(f"{_LISTS} ORDER BY l.id DESC")]


async def due(snapshot: Snapshot, before: str) -> list[BlockList]:
    """Lists that were last fetched before a time."""
    rows = await snapshot.fetch(
        f"{_LISTS} WHERE l.url IS NOT NULL AND (l.fetched_at IS NULL OR l.fetched_at < :before) ORDER BY l.fetched_at",
        before=before,
    )
    return [_list(row) for row in rows]


# -- servers that no list blocks again ---------------------------------------------------------------------------------------


async def spared(snapshot: Snapshot) -> set[str]:
    """Servers that were unblocked by hand while a list named them."""
    return {row["host"] for row in await snapshot.fetch("SELECT host FROM spared_hosts")}


async def insert_spared(tx: Transaction, host: str) -> None:
    """Keep a server from being blocked by lists, if there is one that names it."""
    await tx.execute(
        "INSERT INTO spared_hosts (host, created_at) SELECT DISTINCT h.host, CAST(:now AS TEXT) FROM block_list_hosts h"
        " WHERE h.host = :host ON CONFLICT (host) DO NOTHING",
        now=tx.now,
        host=host,
    )


async def delete_spared(tx: Transaction, host: str) -> None:
    """Lists may block a server again."""
    await tx.execute("DELETE FROM spared_hosts WHERE host = :host", host=host)


# -- the allow-list ---------------------------------------------------------------------------------------------------------


async def allowed(snapshot: Snapshot) -> list[str]:
    """The servers on the allow-list."""
    return [row["host"] for row in await snapshot.fetch("SELECT host FROM allowed_hosts ORDER BY host")]


async def allowing(snapshot: Snapshot) -> bool:
    """True if the allow-list is on."""
    return bool(await snapshot.value("SELECT allow_list FROM lock_level WHERE one = 1"))


async def insert_allowed(tx: Transaction, host: str) -> bool:
    """Put a server onto the allow-list; False if it is there."""
    rows = await tx.execute(
        "INSERT INTO allowed_hosts (host, created_at) VALUES (:host, :now) ON CONFLICT (host) DO NOTHING",
        host=host,
        now=tx.now,
    )
    return rows == 1


async def delete_allowed(tx: Transaction, host: str) -> bool:
    """Take a server off the allow-list; False if it was not on it."""
    return await tx.execute("DELETE FROM allowed_hosts WHERE host = :host", host=host) > 0


async def set_allowing(tx: Transaction, *, on: bool) -> None:
    """Turn the allow-list on or off."""
    await tx.execute("UPDATE lock_level SET allow_list = :on WHERE one = 1", on=int(on))
