"""SQL of the posts room: tables drafts and draft_media. See docs/adr/0011."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from server.base.database import Row, Snapshot, Transaction
from server.features.posts.model import Draft, DraftState, KeptDraft

MAX_LISTED: Final = 200
_SELECT: Final = "SELECT d.*, p.public_id AS edits FROM drafts d LEFT JOIN posts p ON p.id = d.edits_post_id"


def _kept(row: Row) -> KeptDraft:
    return KeptDraft(
        id=row["id"],
        public_id=row["public_id"],
        organiser_id=row["organiser_id"],
        edits=row["edits"],
        state=DraftState(row["state"]),
        version=row["version"],
        draft=msgspec.json.decode(row["payload"], type=Draft),
        publish_at=row["publish_at"],
        problem=row["problem"],
        updated_at=row["updated_at"],
        scheduled_by=row["scheduled_by"],
    )


def payload(draft: Draft) -> str:
    """A draft as it is kept: the same for the same words."""
    return msgspec.json.encode(draft).decode()


async def insert(
    tx: Transaction, *, public_id: str, actor_id: int, organiser_id: int | None, edits_post_id: int | None, draft: Draft
) -> int:
    """A fresh draft; its id."""
    draft_id = tx.new_id()
    await tx.execute(
        "INSERT INTO drafts (id, public_id, actor_id, organiser_id, edits_post_id, state, payload, created_at, updated_at)"
        " VALUES (:id, :public_id, :actor_id, :organiser_id, :edits_post_id, 'draft', :payload, :now, :now)",
        id=draft_id,
        public_id=public_id,
        actor_id=actor_id,
        organiser_id=organiser_id,
        edits_post_id=edits_post_id,
        payload=payload(draft),
        now=tx.now,
    )
    return draft_id


async def save(tx: Transaction, draft_id: int, draft: Draft, organiser_id: int | None) -> None:
    """Replace what a draft says: the next version, by this organiser, which nobody has approved and which waits for no hour."""
    await tx.execute(
        "UPDATE drafts SET payload = :payload, version = version + 1, state = 'draft', publish_at = NULL, problem = '',"
        " scheduled_by = NULL, organiser_id = :organiser_id, updated_at = :now WHERE id = :id",
        payload=payload(draft),
        organiser_id=organiser_id,
        id=draft_id,
        now=tx.now,
    )


async def put(tx: Transaction, kept: KeptDraft, draft: Draft) -> None:
    """Replace what a draft holds by itself, such as what is forgotten in time: nobody wrote, so its version stays."""
    await tx.execute(
        "UPDATE drafts SET payload = :payload WHERE id = :id AND version = :version",
        payload=payload(draft),
        id=kept.id,
        version=kept.version,
    )


async def claim(tx: Transaction, draft_id: int, version: int) -> bool:
    """Hold a draft until the end of the transaction; False if it is gone or says something else. Of two who publish one waits."""
    touched = await tx.execute(
        "UPDATE drafts SET version = version WHERE id = :id AND version = :version", id=draft_id, version=version
    )
    return touched == 1


async def set_state(
    tx: Transaction,
    draft_id: int,
    state: DraftState,
    *,
    publish_at: str | None = None,
    scheduled_by: int | None = None,
    problem: str = "",
) -> None:
    """Move a draft along without changing what it says."""
    await tx.execute(
        "UPDATE drafts SET state = :state, publish_at = :publish_at, scheduled_by = :scheduled_by, problem = :problem"
        " WHERE id = :id",
        state=state.value,
        publish_at=publish_at,
        scheduled_by=scheduled_by,
        problem=problem,
        id=draft_id,
    )


async def hold_media(tx: Transaction, draft_id: int, media_ids: Sequence[int]) -> list[int]:
    """Let a draft hold on to these pictures alone; the ids of those that it held and nobody holds any more."""
    rows = await tx.fetch("SELECT media_id FROM draft_media WHERE draft_id = :id", id=draft_id)
    before = {int(row["media_id"]) for row in rows}
    await tx.execute("DELETE FROM draft_media WHERE draft_id = :id", id=draft_id)
    await tx.execute_many(
        "INSERT INTO draft_media (draft_id, media_id) VALUES (:draft_id, :media_id)",
        [{"draft_id": draft_id, "media_id": one} for one in dict.fromkeys(media_ids)],
    )
    return [one for one in before - set(media_ids) if not await is_held(tx, one)]


async def is_held(snapshot: Snapshot, media_id: int, *, taken_from: int | None = None) -> bool:
    """True while a draft, a post as it stands or a profile shows this picture.

    Drafts of edits of the post that it is `taken_from` do not count: what was taken out of a post is out.
    """
    found = await snapshot.value(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM draft_media m JOIN drafts d ON d.id = m.draft_id WHERE m.media_id = :id"
        " AND (d.edits_post_id IS NULL OR d.edits_post_id <> :post_id))"
        " OR EXISTS (SELECT 1 FROM revision_media v JOIN posts p ON p.live_revision_id = v.revision_id"
        " WHERE v.media_id = :id)"
        " OR EXISTS (SELECT 1 FROM actors a WHERE a.avatar_media_id = :id OR a.header_media_id = :id)",
        id=media_id,
        post_id=taken_from or 0,
    )
    return found is not None


async def delete(tx: Transaction, draft_id: int) -> None:
    """Erase a draft."""
    await tx.execute("DELETE FROM drafts WHERE id = :id", id=draft_id)


async def by_public_id(snapshot: Snapshot, public_id: str) -> KeptDraft | None:
    """One draft."""
    row = await snapshot.one(f"{_SELECT} WHERE d.public_id = :id", id=public_id)
    return _kept(row) if row else None


async def by_id(snapshot: Snapshot, draft_id: int) -> KeptDraft | None:
    """One draft by its inner id."""
    row = await snapshot.one(f"{_SELECT} WHERE d.id = :id", id=draft_id)
    return _kept(row) if row else None


async def drafts(snapshot: Snapshot, actor_id: int) -> list[KeptDraft]:
    """What is being written, the last touched first."""
    rows = await snapshot.fetch(
        f"{_SELECT} WHERE d.actor_id = :actor_id ORDER BY d.updated_at DESC, d.id DESC LIMIT :most",
        actor_id=actor_id,
        most=MAX_LISTED,
    )
    return [_kept(row) for row in rows]


async def edits_of(snapshot: Snapshot, post_id: int) -> list[KeptDraft]:
    """What is being written in the place of the words of a post."""
    rows = await snapshot.fetch(f"{_SELECT} WHERE d.edits_post_id = :id ORDER BY d.id", id=post_id)
    return [_kept(row) for row in rows]


async def due(snapshot: Snapshot, now: str) -> list[KeptDraft]:
    """Drafts whose hour has come, the earliest first."""
    rows = await snapshot.fetch(
        f"{_SELECT} WHERE d.state = 'scheduled' AND d.publish_at <= :now ORDER BY d.publish_at, d.id LIMIT 50", now=now
    )
    return [_kept(row) for row in rows]


async def count(snapshot: Snapshot, actor_id: int) -> int:
    """How many drafts there are."""
    found: int = await snapshot.value("SELECT count(*) FROM drafts WHERE actor_id = :id", id=actor_id)
    return found
