"""Finding a call-out by the code that stands on paper."""

from __future__ import annotations

from server.base.database import Snapshot


async def public_id_of(snapshot: Snapshot, code: str) -> str | None:
    """The public id of a call-out, also of a deleted one; None if no call-out has this code (as `typed_code` reads it)."""
    found: str | None = await snapshot.value(
        "SELECT p.public_id FROM call_outs c JOIN posts p ON p.id = c.post_id WHERE c.code = :code", code=code
    )
    return found
