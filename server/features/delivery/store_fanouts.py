"""SQL of the delivery room: fan-outs become deliveries in chunks, for hosts that are well before those that failed last time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from server.base.database import Row, Transaction
from server.features.delivery.model import Priority
from server.features.delivery.store import insert_deliveries, living_inbox

#: Followed inboxes that one question looks at, deliveries after which a transaction asks no further, and inboxes in one note.
CHUNK: Final = 250
ENOUGH: Final = CHUNK // 2
#: The most that one transaction looks at, while the hosts it meets failed last time.
WALK: Final = 8 * CHUNK
#: What a fan-out is at: walking the followers, done, or left with hosts that failed.
WALKING, DONE, LEFT = 0, 1, 2

#: What was said earlier about the same thing is expanded first and wholly, so that no edit overtakes its post.
_NEXT: Final = (
    "SELECT f.*, o.object_uri FROM fanouts f JOIN outbox o ON o.id = f.outbox_id WHERE f.done = :state"
    " AND NOT EXISTS (SELECT 1 FROM fanouts e JOIN outbox p ON p.id = e.outbox_id WHERE e.done IN (0, 2)"
    " AND e.outbox_id < f.outbox_id AND p.object_uri = o.object_uri) ORDER BY f.class, f.outbox_id LIMIT 1"
)
#: A number in the text: SQLite plans anew at each call what has a bound LIMIT.
_STRETCH: Final = (
    "SELECT w.id AS walk, i.id, i.host, h.failures, h.paused_until,"
    " i.gone_at IS NULL AND h.dead_since IS NULL AS there FROM followed_inboxes w"
    " JOIN inboxes i ON i.id = w.inbox_id LEFT JOIN hosts h ON h.host = i.host"
    f" WHERE w.actor_id = :actor_id AND w.id > :cursor AND w.id <= :up_to ORDER BY w.id LIMIT {CHUNK}"
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
    """A stretch of the followers: to hosts that are well at once, the others are noted for later, many in a row."""
    cursor, well, failing, ended = fanout["cursor"], [], [], False
    for _ in range(WALK // CHUNK):
        inboxes = await tx.fetch(_STRETCH, actor_id=fanout["actor_id"], cursor=cursor, up_to=fanout["up_to"])
        there = [inbox for inbox in inboxes if inbox["there"]]
        well += [inbox for inbox in there if not inbox["failures"]]
        failing += [inbox["id"] for inbox in there if inbox["failures"]]
        cursor = inboxes[-1]["walk"] if inboxes else cursor
        ended = len(inboxes) < CHUNK
        if ended or len(well) >= ENOUGH:
            break
    await _insert(tx, fanout, well)
    await _note(tx, fanout, failing)
    await tx.execute(
        "UPDATE fanouts SET cursor = :cursor, done = :done WHERE outbox_id = :id",
        cursor=cursor,
        done=await _after_the_walk(tx, fanout) if ended else WALKING,
        id=fanout["outbox_id"],
    )


async def _note(tx: Transaction, fanout: Row, inboxes: Sequence[int]) -> None:
    """Hundreds in a row, written and taken as one: ten thousand hosts may be down at each post."""
    notes = [inboxes[start : start + CHUNK] for start in range(0, len(inboxes), CHUNK)]
    await tx.execute_many(
        "INSERT INTO fanout_leftovers (outbox_id, id, inboxes, size) VALUES (:outbox_id, :id, :inboxes, :size)",
        [
            {"outbox_id": fanout["outbox_id"], "id": tx.new_id(), "inboxes": json.dumps(note), "size": len(note)}
            for note in notes
        ],
    )


async def _after_the_walk(tx: Transaction, fanout: Row) -> int:
    left = await tx.value("SELECT 1 FROM fanout_leftovers WHERE outbox_id = :id LIMIT 1", id=fanout["outbox_id"])
    return DONE if left is None else LEFT


async def _take_leftovers(tx: Transaction, fanout: Row) -> None:
    """Some notes, however many inboxes each has; the fan-out is done when there is none."""
    inboxes: list[int] = []
    note: Row | None = None
    while len(inboxes) < CHUNK:
        note = await tx.one(
            "DELETE FROM fanout_leftovers WHERE outbox_id = :outbox_id AND id ="
            " (SELECT min(id) FROM fanout_leftovers WHERE outbox_id = :outbox_id) RETURNING inboxes",
            outbox_id=fanout["outbox_id"],
        )
        if note is None:
            break
        inboxes += json.loads(note["inboxes"])
    living = [await living_inbox(tx, inbox) for inbox in inboxes]
    await _insert(tx, fanout, [inbox for inbox in living if inbox is not None])
    if note is None:
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
