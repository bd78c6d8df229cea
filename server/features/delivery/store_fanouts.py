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
_INBOX: Final = "i.id, i.host, i.gone_at, h.dead_since, h.failures, h.paused_until"


async def expand_some(tx: Transaction) -> bool:
    """Turn the next chunk of the most urgent open fan-out into deliveries; False if there is none."""
    fanout = await _next(tx, WALKING)
    if fanout is not None:
        await _walk(tx, fanout)
        return True
    fanout = await _next(tx, LEFT)
    if fanout is not None:
        await _take_leftovers(tx, fanout)
    return fanout is not None


async def _next(tx: Transaction, state: int) -> Row | None:
    return await tx.one(f"{_NEXT}{tx.skip_locked and ' FOR UPDATE OF f SKIP LOCKED'}", state=state)


async def _walk(tx: Transaction, fanout: Row) -> None:
    inboxes = await tx.fetch(
        f"SELECT w.id AS walk, {_INBOX} FROM followed_inboxes w"
        " JOIN inboxes i ON i.id = w.inbox_id LEFT JOIN hosts h ON h.host = i.host"
        " WHERE w.actor_id = :actor_id AND w.id > :cursor AND w.id <= :up_to ORDER BY w.id LIMIT :walk",
        actor_id=fanout["actor_id"],
        cursor=fanout["cursor"],
        up_to=fanout["up_to"],
        walk=WALK,
    )
    besides = set(json.loads(fanout["besides"]))
    well: list[Row] = []
    failing: list[Row] = []
    walked = 0
    for inbox in inboxes:
        walked += 1
        if inbox["gone_at"] is None and inbox["dead_since"] is None and inbox["id"] not in besides:
            (failing if inbox["failures"] else well).append(inbox)
        if len(well) == CHUNK:
            break
    await _insert(tx, fanout, well)
    await tx.execute_many(
        "INSERT INTO fanout_leftovers (outbox_id, inbox_id) VALUES (:outbox_id, :inbox_id)"
        " ON CONFLICT (outbox_id, inbox_id) DO NOTHING",
        [{"outbox_id": fanout["outbox_id"], "inbox_id": inbox["id"]} for inbox in failing],
    )
    ended = walked == len(inboxes) < WALK
    await tx.execute(
        "UPDATE fanouts SET cursor = :cursor, done = :done WHERE outbox_id = :id",
        cursor=inboxes[walked - 1]["walk"] if inboxes else fanout["up_to"],
        done=await _after_the_walk(tx, fanout) if ended else WALKING,
        id=fanout["outbox_id"],
    )


async def _after_the_walk(tx: Transaction, fanout: Row) -> int:
    left = await tx.value("SELECT 1 FROM fanout_leftovers WHERE outbox_id = :id LIMIT 1", id=fanout["outbox_id"])
    return DONE if left is None else LEFT


async def _take_leftovers(tx: Transaction, fanout: Row) -> None:
    inboxes = await tx.fetch(
        f"SELECT {_INBOX} FROM fanout_leftovers l JOIN inboxes i ON i.id = l.inbox_id"
        " LEFT JOIN hosts h ON h.host = i.host WHERE l.outbox_id = :id ORDER BY l.inbox_id LIMIT :chunk",
        id=fanout["outbox_id"],
        chunk=CHUNK,
    )
    await _insert(tx, fanout, [one for one in inboxes if one["gone_at"] is None and one["dead_since"] is None])
    if inboxes:
        await tx.execute(
            "DELETE FROM fanout_leftovers WHERE outbox_id = :id AND inbox_id <= :last",
            id=fanout["outbox_id"],
            last=inboxes[-1]["id"],
        )
    if len(inboxes) < CHUNK:
        await tx.execute("UPDATE fanouts SET done = :done WHERE outbox_id = :id", done=DONE, id=fanout["outbox_id"])


async def _insert(tx: Transaction, fanout: Row, inboxes: Sequence[Row]) -> None:
    await insert_deliveries(
        tx,
        outbox_id=fanout["outbox_id"],
        object_uri=fanout["object_uri"],
        inboxes=inboxes,
        priority=Priority(fanout["class"]),
    )
