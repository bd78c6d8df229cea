"""SQL of the callouts room: tables call_outs and call_revisions. Their words are texts of the posts room."""

from __future__ import annotations

from server.base.database import Snapshot, Transaction
from server.features.posts.model_call import CallState, DraftCall


async def insert(tx: Transaction, post_id: int, code: str, state: CallState) -> None:
    """Let a post be a call-out."""
    await tx.execute(
        "INSERT INTO call_outs (post_id, code, state) VALUES (:post_id, :code, :state)",
        post_id=post_id,
        code=code,
        state=state.value,
    )


async def insert_revision(tx: Transaction, revision_id: int, call: DraftCall) -> None:
    """When it is, as of one revision."""
    point = call.point
    await tx.execute(
        "INSERT INTO call_revisions (revision_id, starts_at, ends_at, time_zone, latitude, longitude, point_until)"
        " VALUES (:revision_id, :starts_at, :ends_at, :time_zone, :latitude, :longitude, :until)",
        revision_id=revision_id,
        starts_at=call.starts_at,
        ends_at=call.ends_at,
        time_zone=call.time_zone,
        latitude=f"{point.latitude:.6f}" if point else None,
        longitude=f"{point.longitude:.6f}" if point else None,
        until=point.until if point else None,
    )


async def set_state(tx: Transaction, post_id: int, state: CallState) -> None:
    """Another state; calendars hear of it."""
    await tx.execute(
        "UPDATE call_outs SET state = :state, sequence = sequence + 1 WHERE post_id = :id",
        state=state.value,
        id=post_id,
    )


async def changed(tx: Transaction, post_id: int) -> None:
    """Other words or hours under the same state; calendars hear of it."""
    await tx.execute("UPDATE call_outs SET sequence = sequence + 1 WHERE post_id = :id", id=post_id)


async def ended(snapshot: Snapshot, now: str) -> list[tuple[int, str]]:
    """Live posts whose open call-outs have ended, the earliest first, a bounded batch: (id, public id)."""
    rows = await snapshot.fetch(
        "SELECT s.id, s.public_id FROM call_outs c JOIN posts s ON s.id = c.post_id"
        " JOIN call_revisions v ON v.revision_id = s.live_revision_id"
        " WHERE c.state IN ('open', 'urgent', 'moved') AND s.state = 'live' AND v.ends_at <= :now"
        " ORDER BY v.ends_at, s.id LIMIT 50",
        now=now,
    )
    return [(row["id"], row["public_id"]) for row in rows]


async def end(tx: Transaction, post_id: int, now: str) -> bool:
    """Let one be over, once, if it has ended as it stands."""
    touched = await tx.execute(
        "UPDATE call_outs SET state = 'over', sequence = sequence + 1 WHERE post_id = :id"
        " AND state IN ('open', 'urgent', 'moved') AND EXISTS (SELECT 1 FROM posts s JOIN call_revisions v"
        " ON v.revision_id = s.live_revision_id WHERE s.id = :id AND s.state = 'live' AND v.ends_at <= :now)",
        id=post_id,
        now=now,
    )
    return touched == 1


async def forget_other_points(tx: Transaction, post_id: int, revision_id: int) -> None:
    """Only the words as they stand may name an exact place: it is gone from all others."""
    await tx.execute(
        "UPDATE call_revisions SET latitude = NULL, longitude = NULL, point_until = NULL WHERE point_until IS NOT NULL"
        " AND revision_id <> :revision AND revision_id IN (SELECT id FROM post_revisions WHERE post_id = :id)",
        id=post_id,
        revision=revision_id,
    )


async def forget_points(tx: Transaction, post_id: int) -> None:
    """Erase the exact place of a call-out from every revision."""
    await tx.execute(
        "UPDATE call_revisions SET latitude = NULL, longitude = NULL, point_until = NULL WHERE point_until IS NOT NULL"
        " AND revision_id IN (SELECT id FROM post_revisions WHERE post_id = :id)",
        id=post_id,
    )


async def erase_points(tx: Transaction, now: str) -> list[str]:
    """Erase exact places whose time is over; the public ids of the posts that named them."""
    rows = await tx.fetch(
        "SELECT v.revision_id, s.public_id FROM call_revisions v JOIN post_revisions r ON r.id = v.revision_id"
        " JOIN posts s ON s.id = r.post_id WHERE v.point_until IS NOT NULL AND v.point_until <= :now",
        now=now,
    )
    await tx.execute_many(
        "UPDATE call_revisions SET latitude = NULL, longitude = NULL, point_until = NULL WHERE revision_id = :id",
        [{"id": row["revision_id"]} for row in rows],
    )
    return list(dict.fromkeys(row["public_id"] for row in rows))
