"""SQL of the delivery room: saying things. Claiming and results: store_queue.py."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final

from federation.identifiers import origin_of
from server.base.database import Row, Snapshot, Transaction, Value
from server.features.delivery.model import DeliveryStatus, Priority, QueueLine

_UNNEEDED: Final = (
    "listed = 0 AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.outbox_id = outbox.id)"
    " AND NOT EXISTS (SELECT 1 FROM fanouts f WHERE f.outbox_id = outbox.id AND f.done <> 1)"
)


async def inbox_id(tx: Transaction, url: str) -> int:
    """The row of an inbox, made at first use."""
    known: int | None = await tx.value("SELECT id FROM inboxes WHERE url = :url", url=url)
    if known is not None:
        return known
    made: int = await tx.value(
        # The update changes nothing: it makes the row that another process wrote meanwhile one to return.
        "INSERT INTO inboxes (id, url, host) VALUES (:id, :url, :host) ON CONFLICT (url) DO UPDATE SET url = :url"
        " RETURNING id",
        id=tx.new_id(),
        url=url,
        host=origin_of(url).authority,
    )
    return made


async def insert_outbox(
    tx: Transaction, *, public_id: str, actor_id: int, type_: str, object_uri: str, body: str, listed: bool
) -> int:
    """Write down what is said; the id."""
    outbox_id = tx.new_id()
    await tx.execute(
        "INSERT INTO outbox (id, public_id, actor_id, type, object_uri, body, listed, created_at)"
        " VALUES (:id, :public_id, :actor_id, :type, :object_uri, :body, :listed, :now)",
        id=outbox_id,
        public_id=public_id,
        actor_id=actor_id,
        type=type_,
        object_uri=object_uri,
        body=body,
        listed=int(listed),
        now=tx.now,
    )
    await tx.execute(
        "INSERT INTO delivery_counts (outbox_id, object_uri) VALUES (:id, :object_uri)",
        id=outbox_id,
        object_uri=object_uri,
    )
    return outbox_id


async def insert_fanout(
    tx: Transaction, *, outbox_id: int, actor_id: int, priority: Priority, besides: Sequence[int] = ()
) -> None:
    """One row for all followers known now, however many they are; `besides` are inboxes that get it by themselves.

    Where nobody follows there is nothing to walk through.
    """
    await tx.execute(
        "INSERT INTO fanouts (outbox_id, actor_id, class, besides, up_to, done)"
        " SELECT :outbox_id, :actor_id, :class, :besides, COALESCE(MAX(id), 0), CASE WHEN MAX(id) IS NULL THEN 1 ELSE 0 END"
        " FROM followed_inboxes WHERE actor_id = :actor_id",
        outbox_id=outbox_id,
        actor_id=actor_id,
        besides=json.dumps(list(besides)),
        **{"class": int(priority)},
    )


async def insert_deliveries(
    tx: Transaction, *, outbox_id: int, object_uri: str, inboxes: Iterable[Row], priority: Priority
) -> int:
    """One row for each of these distinct inboxes (id, host, and the health of the host); how many."""
    rows: list[dict[str, Value]] = [
        {
            "id": tx.new_id(),
            "outbox_id": outbox_id,
            "inbox_id": inbox["id"],
            "host": inbox["host"],
            "object_uri": object_uri,
            "class": int(Priority.FAILING if inbox["failures"] else priority),
            "due": max(tx.now, inbox["paused_until"] or ""),
        }
        for inbox in inboxes
    ]
    await tx.execute_many(
        "INSERT INTO deliveries (id, outbox_id, inbox_id, host, object_uri, class, due_at)"
        " VALUES (:id, :outbox_id, :inbox_id, :host, :object_uri, :class, :due)"
        " ON CONFLICT (outbox_id, inbox_id) DO NOTHING",
        rows,
    )
    if rows:
        await tx.execute(
            "UPDATE delivery_counts SET expected = expected + :added WHERE outbox_id = :id",
            added=len(rows),
            id=outbox_id,
        )
    return len(rows)


async def living_inbox(tx: Transaction, inbox: int) -> Row | None:
    """The inbox, unless it is gone or its host is dead."""
    return await tx.one(
        "SELECT i.id, i.host, h.failures, h.paused_until FROM inboxes i LEFT JOIN hosts h ON h.host = i.host"
        " WHERE i.id = :id AND i.gone_at IS NULL AND h.dead_since IS NULL",
        id=inbox,
    )


async def cancel_unsent(tx: Transaction, object_uri: str, before: int) -> None:
    """Before a Delete goes out: drop what was never tried about the same thing; those servers need not hear of it."""
    rows = await tx.fetch(
        "SELECT id, outbox_id FROM deliveries WHERE object_uri = :uri AND outbox_id < :before AND attempts = 0"
        " AND state = 'ready'",
        uri=object_uri,
        before=before,
    )
    for row in rows:
        await tx.execute("DELETE FROM deliveries WHERE id = :id", id=row["id"])
        await tx.execute(
            "UPDATE delivery_counts SET expected = expected - 1 WHERE outbox_id = :id", id=row["outbox_id"]
        )
    earlier = "outbox_id < :before AND outbox_id IN (SELECT id FROM outbox WHERE object_uri = :uri)"
    await tx.execute(f"DELETE FROM fanout_leftovers WHERE {earlier}", uri=object_uri, before=before)
    await tx.execute(f"UPDATE fanouts SET done = 1 WHERE done <> 1 AND {earlier}", uri=object_uri, before=before)


async def alive(tx: Transaction, host: str) -> None:
    """A host that calls is well: forget its failures and try what waits for it now."""
    gone = await tx.execute("DELETE FROM hosts WHERE host = :host", host=host)
    if gone:
        await tx.execute(
            "UPDATE deliveries SET due_at = :now, class = CASE class WHEN :failing THEN :well ELSE class END"
            " WHERE host = :host AND state = 'ready'",
            host=host,
            now=tx.now,
            failing=int(Priority.FAILING),
            well=int(Priority.FANOUT),
        )


async def status(snapshot: Snapshot, object_uri: str) -> DeliveryStatus:
    """How far the first saying of a thing got."""
    row = await snapshot.one(
        "SELECT c.outbox_id, c.expected, c.delivered, c.given_up FROM delivery_counts c WHERE c.object_uri = :uri"
        " ORDER BY c.outbox_id LIMIT 1",
        uri=object_uri,
    )
    if row is None:
        return DeliveryStatus()
    ahead: int = await snapshot.value(
        "SELECT (SELECT count(*) FROM fanouts f JOIN followed_inboxes w ON w.actor_id = f.actor_id"
        " WHERE f.outbox_id = :id AND f.done = 0 AND w.id > f.cursor AND w.id <= f.up_to)"
        " + (SELECT COALESCE(sum(size), 0) FROM fanout_leftovers WHERE outbox_id = :id)",
        id=row["outbox_id"],
    )
    retrying: int = await snapshot.value(
        "SELECT count(*) FROM deliveries WHERE outbox_id = :id AND attempts > 0", id=row["outbox_id"]
    )
    return DeliveryStatus(
        expected=row["expected"] + ahead, delivered=row["delivered"], retrying=retrying, given_up=row["given_up"]
    )


async def queue(snapshot: Snapshot, limit: int = 200) -> list[QueueLine]:
    """What waits, by host, the fullest first."""
    rows = await snapshot.fetch(
        "SELECT host, count(*) AS waiting, MAX(attempts) AS attempts, MIN(due_at) AS next_at, MAX(reason) AS reason"
        " FROM deliveries GROUP BY host ORDER BY count(*) DESC, host LIMIT :limit",
        limit=limit,
    )
    return [
        QueueLine(
            host=row["host"],
            waiting=row["waiting"],
            attempts=row["attempts"],
            next_at=row["next_at"],
            reason=row["reason"],
        )
        for row in rows
    ]


async def retry_now(tx: Transaction, host: str | None) -> int:
    """Make everything that waits (for one host) due at once; how many.

    That hosts failed stays known where all are asked again: else the dead among them would hold up the next post to the others.
    """
    if host is None:
        await tx.execute("UPDATE hosts SET paused_until = NULL WHERE dead_since IS NULL")
        return await tx.execute_long("UPDATE deliveries SET due_at = :now WHERE state = 'ready'", now=tx.now)
    await tx.execute("DELETE FROM hosts WHERE host = :host", host=host)
    return await tx.execute_long(
        "UPDATE deliveries SET due_at = :now WHERE state = 'ready' AND host = :host", now=tx.now, host=host
    )


async def listed(snapshot: Snapshot, actor_id: int, before: int, limit: int) -> list[tuple[int, str]]:
    """What the outbox collection shows: (id, body), newest first."""
    rows = await snapshot.fetch(
        "SELECT id, body FROM outbox WHERE actor_id = :actor_id AND listed = 1 AND id < :before ORDER BY id DESC LIMIT :limit",
        actor_id=actor_id,
        before=before,
        limit=limit,
    )
    return [(row["id"], row["body"]) for row in rows]


async def listed_create(snapshot: Snapshot, object_uri: str) -> str | None:
    """The public id of the Create of a thing that the outbox collection shows."""
    name: str | None = await snapshot.value(
        "SELECT public_id FROM outbox WHERE object_uri = :uri AND type = 'Create' AND listed = 1", uri=object_uri
    )
    return name


async def renew(tx: Transaction, object_uri: str, name: str, body: str) -> None:
    """Let a Create say what is so now."""
    await tx.execute(
        "UPDATE outbox SET body = :body WHERE object_uri = :uri AND public_id = :name",
        body=body,
        uri=object_uri,
        name=name,
    )


async def restated(tx: Transaction, object_uri: str) -> list[tuple[str, str]]:
    """Erase the Updates of a thing that nobody waits for; the others and its Create, as (type, public id)."""
    await tx.execute(f"DELETE FROM outbox WHERE object_uri = :uri AND type = 'Update' AND {_UNNEEDED}", uri=object_uri)
    rows = await tx.fetch(
        "SELECT type, public_id FROM outbox WHERE object_uri = :uri AND type IN ('Create', 'Update') ORDER BY id",
        uri=object_uri,
    )
    return [(row["type"], row["public_id"]) for row in rows]


async def erase_said(tx: Transaction, object_uri: str) -> None:
    """Erase what was said of a thing that is gone, sent or not: whoever has it hears of its Delete."""
    await tx.execute("DELETE FROM outbox WHERE object_uri = :uri AND type IN ('Create', 'Update')", uri=object_uri)


async def keep_to(tx: Transaction, object_uri: str, inboxes: Sequence[str]) -> None:
    """Of what waits about a thing nothing goes elsewhere any more."""
    for row in await tx.fetch(
        "SELECT d.id, d.outbox_id, i.url FROM deliveries d JOIN inboxes i ON i.id = d.inbox_id WHERE d.object_uri = :uri",
        uri=object_uri,
    ):
        if row["url"] not in inboxes:
            await tx.execute("DELETE FROM deliveries WHERE id = :id", id=row["id"])
            await tx.execute(
                "UPDATE delivery_counts SET expected = expected - 1 WHERE outbox_id = :id", id=row["outbox_id"]
            )


async def unlist(tx: Transaction, object_uri: str) -> None:
    """Take what was said about a thing off the outbox collection, and forget the bytes of it."""
    await tx.execute("UPDATE outbox SET listed = 0 WHERE object_uri = :uri", uri=object_uri)


async def count_listed(snapshot: Snapshot, actor_id: int) -> int:
    """How many items the outbox collection has."""
    count: int = await snapshot.value(
        "SELECT count(*) FROM outbox WHERE actor_id = :actor_id AND listed = 1", actor_id=actor_id
    )
    return count


async def said(snapshot: Snapshot, actor_id: int, public_id: str) -> str | None:
    """A public activity by its id."""
    body: str | None = await snapshot.value(
        "SELECT body FROM outbox WHERE actor_id = :actor_id AND public_id = :public_id AND listed = 1",
        actor_id=actor_id,
        public_id=public_id,
    )
    return body


async def forget_deleted(tx: Transaction, object_uri: str) -> None:
    """Erase the words of one deleted thing, if no delivery needs the bytes any more."""
    await tx.execute(
        f"DELETE FROM outbox WHERE object_uri = :uri AND type IN ('Create', 'Update') AND {_UNNEEDED}", uri=object_uri
    )


async def forget_all_deleted(tx: Transaction) -> int:
    """Erase the words of everything that was deleted, as soon as no delivery needs the bytes any more."""
    return await tx.execute_long(
        "DELETE FROM outbox WHERE type IN ('Create', 'Update')"
        f" AND object_uri IN (SELECT d.object_uri FROM outbox d WHERE d.type = 'Delete') AND {_UNNEEDED}"
    )


async def trim(tx: Transaction, before: str) -> int:
    """Forget sayings that are neither listed nor waited for."""
    return await tx.execute_long(
        f"DELETE FROM outbox WHERE created_at < :before AND type NOT IN ('Create', 'Update') AND {_UNNEEDED}",
        before=before,
    )
