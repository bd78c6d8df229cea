"""SQL of the callouts room: tables call_outs and call_revisions. Their words are texts of the posts room."""

from __future__ import annotations

from server.base.database import Transaction
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
