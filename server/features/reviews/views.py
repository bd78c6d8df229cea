"""Reading reviews: what waits, who could look, who asked."""

from __future__ import annotations

from typing import Final

import msgspec

from server.base.database import Row, Snapshot
from server.features.access.model import Role
from server.features.posts.model import Draft, Text
from server.features.reviews.model import Colleague, Line
from server.features.reviews.store import review_from

MAX_LISTED: Final = 200
MAX_SENT_BACK: Final = 20
WORDS_CHARS: Final = 140
#: Nobody's: the console of the machine has no id.
NOBODY: Final = 0
_LINE: Final = (
    "SELECT r.*, d.public_id AS draft, d.payload, d.publish_at, d.organiser_id AS last_writer, p.public_id AS post, t.source, t.title,"
    " o.name AS asker FROM reviews r LEFT JOIN drafts d ON d.id = r.draft_id LEFT JOIN posts p ON p.id = r.post_id"
    " LEFT JOIN texts t ON t.revision_id = p.live_revision_id AND t.state = 'main' LEFT JOIN organisers o ON o.id = r.asked_by"
)
#: Neither who asked nor who wrote the words may decide. Two consoles are one.
_NOT_MINE: Final = "COALESCE(r.asked_by, 0) <> :me AND (r.draft_id IS NULL OR COALESCE(d.organiser_id, 0) <> :me)"
_ACTIVE: Final = "o.suspended_at IS NULL AND (o.role_until IS NULL OR o.role_until > :now)"


async def active(snapshot: Snapshot, now: str) -> list[Colleague]:
    """Organisers who can sign in."""
    rows = await snapshot.fetch(
        f"SELECT o.id, o.name, o.role FROM organisers o WHERE {_ACTIVE} AND (o.password_hash IS NOT NULL"
        " OR EXISTS (SELECT 1 FROM passkeys k WHERE k.organiser_id = o.id)) ORDER BY o.id",
        now=now,
    )
    return [Colleague(id=row["id"], name=row["name"], role=Role(row["role"])) for row in rows]


async def standing(snapshot: Snapshot, organiser_id: int, now: str) -> Colleague | None:
    """An organiser who is not shut out and whose role has not ended."""
    row = await snapshot.one(
        f"SELECT o.id, o.name, o.role FROM organisers o WHERE o.id = :id AND {_ACTIVE}", id=organiser_id, now=now
    )
    return Colleague(id=row["id"], name=row["name"], role=Role(row["role"])) if row else None


async def names(snapshot: Snapshot) -> dict[int, str]:
    """Everybody's name inside, by id."""
    return {row["id"]: row["name"] for row in await snapshot.fetch("SELECT id, name FROM organisers")}


def _words(row: Row) -> str:
    if row["payload"] is not None:
        draft = msgspec.json.decode(row["payload"], type=Draft)
        text = draft.title or draft.text or " ".join(one.alt for one in draft.media)
    else:
        text = row["title"] or row["source"] or ""
    return " ".join(text.split())[:WORDS_CHARS]


def _line(row: Row, *, mine: bool) -> Line:
    return Line(
        review=review_from(row),
        draft=row["draft"],
        post=row["post"],
        words=_words(row),
        asker=row["asker"],
        mine=mine,
        publish_at=row["publish_at"],
    )


async def waiting(snapshot: Snapshot, me: int | None, *, reviewer: bool) -> list[Line]:
    """What is open, the oldest first."""
    rows = await snapshot.fetch(f"{_LINE} WHERE r.state = 'open' ORDER BY r.id LIMIT :most", most=MAX_LISTED)
    own = me or NOBODY
    return [
        _line(
            row,
            mine=reviewer
            and (row["asked_by"] or NOBODY) != own
            and (row["draft_id"] is None or (row["last_writer"] or NOBODY) != own),
        )
        for row in rows
    ]


async def sent_back(snapshot: Snapshot) -> list[Line]:
    """What was refused, as long as its draft says the same or its post stands, the last first."""
    rows = await snapshot.fetch(
        f"{_LINE} WHERE r.state = 'refused' AND ((d.id IS NOT NULL AND d.version = r.version AND d.state = 'draft')"
        " OR (r.draft_id IS NULL AND p.state = 'live')) ORDER BY r.id DESC LIMIT :most",
        most=MAX_SENT_BACK,
    )
    return [_line(row, mine=False) for row in rows]


async def count(snapshot: Snapshot, me: int | None) -> int:
    """How many open reviews somebody could decide."""
    found: int = await snapshot.value(
        f"SELECT count(*) FROM reviews r LEFT JOIN drafts d ON d.id = r.draft_id WHERE r.state = 'open' AND {_NOT_MINE}",
        me=me or NOBODY,
    )
    return found


async def count_open(snapshot: Snapshot) -> int:
    """How many reviews are open, whoever may decide them."""
    found: int = await snapshot.value("SELECT count(*) FROM reviews WHERE state = 'open'")
    return found


async def waiting_copy(snapshot: Snapshot, organiser_id: int | None, payload: str, edits: int | None) -> str | None:
    """The name of a draft that says exactly this and waits already: a program that asks again gets the same."""
    found: str | None = await snapshot.value(
        "SELECT public_id FROM drafts WHERE state = 'review' AND payload = :payload"
        " AND COALESCE(organiser_id, 0) = :me AND COALESCE(edits_post_id, 0) = :edits ORDER BY id LIMIT 1",
        payload=payload,
        me=organiser_id or NOBODY,
        edits=edits or 0,
    )
    return found


async def texts_of(snapshot: Snapshot, post_id: int, number: int) -> tuple[Text, ...]:
    """What an earlier revision of a post said."""
    rows = await snapshot.fetch(
        "SELECT t.* FROM texts t JOIN post_revisions v ON v.id = t.revision_id"
        " WHERE v.post_id = :post_id AND v.number = :number ORDER BY t.language",
        post_id=post_id,
        number=number,
    )
    return tuple(
        Text(
            language=row["language"],
            state=row["state"],
            title=row["title"],
            warning=row["warning"],
            source=row["source"],
            html=row["html"],
        )
        for row in rows
    )
