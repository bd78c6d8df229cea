"""SQL of the reviews room: tables reviews and review_policy."""

from __future__ import annotations

from server.base.database import Row, Snapshot, Transaction
from server.features.reviews.model import Kind, Review, ReviewAct, ReviewState


def review_from(row: Row) -> Review:
    """A review from a row that selects the columns of the table under their names."""
    return Review(
        id=row["id"],
        act=ReviewAct(row["act"]),
        draft_id=row["draft_id"],
        version=row["version"],
        post_id=row["post_id"],
        asked_by=row["asked_by"],
        note=row["note"],
        state=ReviewState(row["state"]),
        decided_by=row["decided_by"],
        answer=row["answer"],
        created_at=row["created_at"],
    )


async def chosen(snapshot: Snapshot) -> dict[Kind, int]:
    """What the campaign chose, by kind."""
    rows = await snapshot.fetch("SELECT kind, eyes FROM review_policy")
    return {Kind(row["kind"]): row["eyes"] for row in rows if row["kind"] in set(Kind)}


async def choose(tx: Transaction, kind: Kind, eyes: int | None) -> None:
    """Choose for a kind, or nothing: the default."""
    await tx.execute("DELETE FROM review_policy WHERE kind = :kind", kind=kind.value)
    if eyes is not None:
        await tx.execute(
            "INSERT INTO review_policy (kind, eyes) VALUES (:kind, :eyes)"
            " ON CONFLICT (kind) DO UPDATE SET eyes = excluded.eyes",
            kind=kind.value,
            eyes=eyes,
        )


async def insert(
    tx: Transaction,
    *,
    act: ReviewAct,
    asked_by: int | None,
    draft_id: int | None = None,
    post_id: int | None = None,
    version: int,
    note: str = "",
) -> int:
    """Ask; the id."""
    review_id = tx.new_id()
    await tx.execute(
        "INSERT INTO reviews (id, act, draft_id, version, post_id, asked_by, note, created_at)"
        " VALUES (:id, :act, :draft_id, :version, :post_id, :asked_by, :note, :now)",
        id=review_id,
        act=act.value,
        draft_id=draft_id,
        version=version,
        post_id=post_id,
        asked_by=asked_by,
        note=note,
        now=tx.now,
    )
    return review_id


async def by_id(snapshot: Snapshot, review_id: int) -> Review | None:
    """One review."""
    row = await snapshot.one("SELECT * FROM reviews WHERE id = :id", id=review_id)
    return review_from(row) if row else None


async def open_of_draft(snapshot: Snapshot, draft_id: int) -> Review | None:
    """What is asked about a draft."""
    row = await snapshot.one(
        "SELECT * FROM reviews WHERE draft_id = :id AND state = 'open' ORDER BY id DESC LIMIT 1", id=draft_id
    )
    return review_from(row) if row else None


async def open_of_post(snapshot: Snapshot, post_id: int, act: ReviewAct) -> Review | None:
    """What is asked about a post."""
    row = await snapshot.one(
        "SELECT * FROM reviews WHERE post_id = :id AND act = :act AND state = 'open' ORDER BY id DESC LIMIT 1",
        id=post_id,
        act=act.value,
    )
    return review_from(row) if row else None


async def is_approved(snapshot: Snapshot, draft_id: int, version: int) -> bool:
    """True if somebody who is still there and not shut out has approved this version."""
    found = await snapshot.value(
        "SELECT 1 FROM reviews r LEFT JOIN organisers o ON o.id = r.decided_by"
        " WHERE r.draft_id = :draft_id AND r.version = :version AND r.state = 'approved'"
        " AND (r.decided_by IS NULL OR (o.id IS NOT NULL AND o.suspended_at IS NULL)) LIMIT 1",
        draft_id=draft_id,
        version=version,
    )
    return found is not None


async def decide(
    tx: Transaction, review_id: int, state: ReviewState, *, decided_by: int | None, answer: str = ""
) -> bool:
    """Close an open review; False if it was closed already. Of two who decide at once one gets False."""
    touched = await tx.execute(
        "UPDATE reviews SET state = :state, decided_by = :decided_by, answer = :answer, decided_day = :day"
        " WHERE id = :id AND state = 'open'",
        state=state.value,
        decided_by=decided_by,
        answer=answer,
        day=tx.now[:10],
        id=review_id,
    )
    return touched == 1


async def detach(tx: Transaction, review_id: int) -> None:
    """Keep a review although its draft is about to be erased."""
    await tx.execute("UPDATE reviews SET draft_id = NULL WHERE id = :id", id=review_id)


async def attach(tx: Transaction, review_id: int, post_id: int) -> None:
    """Remember which post came of it."""
    await tx.execute("UPDATE reviews SET post_id = :post_id WHERE id = :id", post_id=post_id, id=review_id)


async def withdraw_of_draft(tx: Transaction, draft_id: int) -> int:
    """Nobody need look at a draft any more: it says something else, or is written on."""
    return await tx.execute(
        "UPDATE reviews SET state = 'withdrawn', decided_day = :day WHERE draft_id = :id AND state = 'open'",
        day=tx.now[:10],
        id=draft_id,
    )


async def withdraw_of_post(tx: Transaction, post_id: int) -> int:
    """The post is deleted: nobody need look whether to edit or delete it. What was done without a look stays to be seen."""
    return await tx.execute(
        "UPDATE reviews SET state = 'withdrawn', decided_day = :day WHERE post_id = :id AND state = 'open'"
        " AND act <> 'after'",
        day=tx.now[:10],
        id=post_id,
    )


async def forget_words(tx: Transaction, post_id: int) -> None:
    """Forget what was said when changes of a post were decided; that somebody decided is kept."""
    await tx.execute("UPDATE reviews SET note = '', answer = '' WHERE post_id = :id AND state <> 'open'", id=post_id)


async def erase_before(tx: Transaction, day: str) -> int:
    """Erase what was decided before a day, unless a draft still hangs on it; how many."""
    return await tx.execute("DELETE FROM reviews WHERE decided_day < :day AND draft_id IS NULL", day=day)


async def drafts_for_post(snapshot: Snapshot, post_id: int) -> list[int]:
    """Drafts that wait to change a post."""
    rows = await snapshot.fetch(
        "SELECT draft_id FROM reviews WHERE post_id = :id AND state = 'open' AND draft_id IS NOT NULL", id=post_id
    )
    return [row["draft_id"] for row in rows]
