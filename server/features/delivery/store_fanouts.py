"""SQL of the delivery room: fan-outs become deliveries in chunks, for hosts that are well before those that failed last time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from server.base.database import Row, Transaction
from server.features.delivery.model import Priority
from server.features.delivery.store import insert_deliveries

#: Deliveries that one transaction writes, and followed inboxes that it looks at for them.
CHUNK, WALK = 250, 1_000
#: What a fan-out is at: walking the followers, done, or left with hosts that failed.
WALKING, DONE, LEFT = 0, 1, 2

#: What was said earlier about the same thing is expanded first and wholly, so that no edit overtakes its post.
_NEXT: Final = (
    "SELECT f.*, o.object_uri FROM fanouts f JOIN outbox o ON o.id = f.outbox_id WHERE f.done = :state"
    " AND NOT EXISTS (SELECT 1 FROM fanouts e JOIN outbox p ON p.id = e.outbox_id WHERE e.done IN (0, 2)"
    " AND e.outbox_id < f.outbox_id AND p.object_uri = o.object_uri) ORDER BY f.class, f.outbox_id LIMIT 1"
)
_INBOX: Final = "i.id, i.host, h.failures, h.paused_until"
_THERE: Final = "i.gone_at IS NULL AND h.dead_since IS NULL"
_FOLLOWED: Final = (
    "FROM followed_inboxes w JOIN inboxes i ON i.id = w.inbox_id LEFT JOIN hosts h ON h.host = i.host"
    f" WHERE w.actor_id = :actor_id AND w.id > :cursor AND w.id <= :last AND {_THERE}"
)


async def expand_some(tx: Transaction, *, leftovers: bool = True) -> bool:
    """Turn the next chunk of the most urgent open fan-out into deliveries, with `leftovers` also for hosts that failed.

    False if there is none.
    """
    fanout = await _next(tx, WALKING)
    if fanout is not None:
        await _walk(tx, fanout)
        return True
    fanout = await _next(tx, LEFT) if leftovers else None
    if fanout is not None:
        await _take_leftovers(tx, fanout)
    return fanout is not None


async def _next(tx: Transaction, state: int) -> Row | None:
    return await tx.one(f"{_NEXT}{tx.skip_locked and ' FOR UPDATE OF f SKIP LOCKED'}", state=state)


async def _walk(tx: Transaction, fanout: Row) -> None:
    """A stretch of the followers: to hosts that are well at once, the others are noted for later without a row leaving SQL."""
    stretch = {"actor_id": fanout["actor_id"], "cursor": fanout["cursor"]}
    (seen,) = await tx.fetch(
        "SELECT count(*) AS walked, max(id) AS last FROM (SELECT id FROM followed_inboxes"
        " WHERE actor_id = :actor_id AND id > :cursor AND id <= :up_to ORDER BY id LIMIT :walk) AS w",
        **stretch,
        up_to=fanout["up_to"],
        walk=WALK,
    )
    last = fanout["up_to"] if seen["last"] is None else seen["last"]
    well = await tx.fetch(
        f"SELECT w.id AS walk, {_INBOX} {_FOLLOWED} AND COALESCE(h.failures, 0) = 0 ORDER BY w.id LIMIT :chunk",
        **stretch,
        last=last,
        chunk=CHUNK,
    )
    if len(well) == CHUNK:
        last = well[-1]["walk"]
    await _insert(tx, fanout, well)
    await tx.execute(
        "INSERT INTO fanout_leftovers (outbox_id, inbox_id) SELECT CAST(:id AS BIGINT), i.id"
        f" {_FOLLOWED} AND h.failures > 0 ON CONFLICT (outbox_id, inbox_id) DO NOTHING",
        **stretch,
        last=last,
        id=fanout["outbox_id"],
    )
    ended = seen["walked"] < WALK and len(well) < CHUNK
    await tx.execute(
        "UPDATE fanouts SET cursor = :cursor, done = :done WHERE outbox_id = :id",
        cursor=last,
        done=await _after_the_walk(tx, fanout) if ended else WALKING,
        id=fanout["outbox_id"],
    )


async def _after_the_walk(tx: Transaction, fanout: Row) -> int:
    left = await tx.value("SELECT 1 FROM fanout_leftovers WHERE outbox_id = :id LIMIT 1", id=fanout["outbox_id"])
    return DONE if left is None else LEFT


async def _take_leftovers(tx: Transaction, fanout: Row) -> None:
    inboxes = await tx.fetch(
        f"SELECT {_INBOX}, {_THERE} AS there FROM fanout_leftovers l JOIN inboxes i ON i.id = l.inbox_id"
        " LEFT JOIN hosts h ON h.host = i.host WHERE l.outbox_id = :id ORDER BY l.inbox_id LIMIT :chunk",
        id=fanout["outbox_id"],
        chunk=CHUNK,
    )
    await _insert(tx, fanout, [one for one in inboxes if one["there"]])
    if inboxes:
        await tx.execute(
            "DELETE FROM fanout_leftovers WHERE outbox_id = :id AND inbox_id <= :last",
            id=fanout["outbox_id"],
            last=inboxes[-1]["id"],
        )
    if len(inboxes) < CHUNK:
        await tx.execute("UPDATE fanouts SET done = :done WHERE outbox_id = :id", done=DONE, id=fanout["outbox_id"])


async def _insert(tx: Transaction, fanout: Row, inboxes: Sequence[Row]) -> None:
    """Those that got it by name already are left out."""
    besides = set(json.loads(fanout["besides"]))
    await insert_deliveries(
        tx,
        outbox_id=fanout["outbox_id"],
        object_uri=fanout["object_uri"],
        inboxes=[inbox for inbox in inboxes if inbox["id"] not in besides],
        priority=Priority(fanout["class"]),
    )
