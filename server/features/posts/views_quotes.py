"""What our posts quote, for the few that do."""

from __future__ import annotations

from collections.abc import Sequence

from server.base.database import Row, Snapshot
from server.features.posts.model_quote import Quote, QuoteState


async def quotes(snapshot: Snapshot, rows: Sequence[Row]) -> dict[int, Quote]:
    """By post id; the words of others' posts only while their author agrees."""
    found: dict[int, Quote] = {}
    for row in rows:
        if row["quote_uri"] is None:
            continue
        known = await snapshot.one(
            "SELECT p.url, p.html, p.warning, p.language, a.handle, a.name, a.username FROM remote_posts p"
            " JOIN remote_actors a ON a.id = p.actor_id WHERE p.uri = :uri",
            uri=row["quote_uri"],
        )
        state = QuoteState(row["quote_state"] or "pending")
        shown = known is not None and state is QuoteState.ACCEPTED and not known["warning"]
        found[row["id"]] = Quote(
            uri=row["quote_uri"],
            url=known["url"] if known else row["quote_uri"],
            state=state,
            stamp=row["quote_stamp"],
            handle=known["handle"] if known else "",
            name=(known["name"] or known["username"]) if known else "",
            html=known["html"] if known and shown else "",
            language=(known["language"] or "") if known else "",
        )
    return found
