"""Reading offers for the Desk, and call-outs for the form."""

from __future__ import annotations

from typing import Final

from server.base.database import Row, Snapshot
from server.features.offers.model import About, Kind, Line, OfferState, Wanted

PAGE: Final = 50
#: More than that are erased in several goes.
MANY: Final = 500

_LINE: Final = (
    "SELECT o.*, g.name AS claimer, c.code AS about_code, p.public_id AS about_post,"
    " (SELECT count(*) FROM offer_pictures f WHERE f.offer = o.name) AS pictures,"
    " (SELECT count(*) FROM offers s WHERE s.same = o.same) AS copies FROM offers o"
    " LEFT JOIN organisers g ON g.id = o.claimed_by LEFT JOIN posts p ON p.id = o.about_post_id"
    " LEFT JOIN call_outs c ON c.post_id = o.about_post_id"
)
_WHERE: Final = (
    " WHERE (:kind = '' OR o.kind = :kind) AND (:language = '' OR o.language = :language)"
    " AND (:about = '' OR EXISTS (SELECT 1 FROM call_outs a WHERE a.post_id = o.about_post_id AND a.code = :about))"
    " AND (o.state = :state OR (:state = '' AND o.state <> 'spam'))"
)


def line_from(row: Row) -> Line:
    """An offer of the queue from a row of this file."""
    return Line(
        name=row["name"],
        kind=Kind(row["kind"]),
        state=OfferState(row["state"]),
        language=row["language"],
        page_language=row["page_language"],
        arrived_at=row["arrived_at"],
        due_at=row["due_at"],
        claimed_by=row["claimed_by"],
        claimer=row["claimer"],
        replied=row["reply"] != "",
        answered=row["answers"] != "",
        pictures=row["pictures"],
        copies=row["copies"],
        about_code=row["about_code"],
        about_post=row["about_post"],
    )


async def row_of(snapshot: Snapshot, name: str) -> Row | None:
    """One offer as a row for `line_from`, with its sealed words."""
    return await snapshot.one(f"{_LINE} WHERE o.name = :name", name=name)


async def page(snapshot: Snapshot, wanted: Wanted, number: int) -> tuple[list[Row], bool]:
    """A page of rows, those that wait longest first, and whether more follow."""
    rows = await snapshot.fetch(
        f"{_LINE}{_WHERE} ORDER BY CASE o.state WHEN 'waiting' THEN 0 WHEN 'claimed' THEN 1 ELSE 2 END, o.arrived_at, o.name"
        " LIMIT :limit OFFSET :offset",
        kind=wanted.kind,
        language=wanted.language,
        about=wanted.about,
        state=wanted.state,
        limit=PAGE + 1,
        offset=number * PAGE,
    )
    return rows[:PAGE], len(rows) > PAGE


async def names(snapshot: Snapshot, wanted: Wanted) -> list[str]:
    """Names of all that a filter finds, a bounded number."""
    rows = await snapshot.fetch(
        f"SELECT o.name FROM offers o{_WHERE} ORDER BY o.arrived_at, o.name LIMIT :limit",
        kind=wanted.kind,
        language=wanted.language,
        about=wanted.about,
        state=wanted.state,
        limit=MANY,
    )
    return [row["name"] for row in rows]


async def waiting(snapshot: Snapshot) -> dict[Kind, int]:
    """How many offers nobody has answered yet, by kind."""
    rows = await snapshot.fetch(
        "SELECT kind, count(*) AS number FROM offers WHERE state IN ('waiting', 'claimed') GROUP BY kind"
    )
    found = {Kind(row["kind"]): int(row["number"]) for row in rows}
    return {kind: found[kind] for kind in Kind if kind in found}


async def languages(snapshot: Snapshot) -> list[str]:
    """The languages that offers are written in."""
    rows = await snapshot.fetch("SELECT DISTINCT language FROM offers ORDER BY language")
    return [row["language"] for row in rows]


async def abouts(snapshot: Snapshot) -> list[str]:
    """Codes of the call-outs that offers are about."""
    rows = await snapshot.fetch(
        "SELECT DISTINCT c.code FROM offers o JOIN call_outs c ON c.post_id = o.about_post_id ORDER BY c.code"
    )
    return [row["code"] for row in rows]


async def about(snapshot: Snapshot, code: str) -> About | None:
    """The call-out of a code, if everybody may see it."""
    row = await snapshot.one(
        "SELECT s.id, s.public_id, c.code, t.title, t.language FROM call_outs c JOIN posts s ON s.id = c.post_id"
        " JOIN texts t ON t.revision_id = s.live_revision_id AND t.state = 'main'"
        " WHERE c.code = :code AND s.state = 'live' AND s.visibility IN ('public', 'unlisted')",
        code=code,
    )
    if row is None:
        return None
    return About(
        post_id=row["id"], public_id=row["public_id"], code=row["code"], title=row["title"], language=row["language"]
    )
