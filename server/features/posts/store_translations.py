"""SQL of the posts room: translation_drafts, translation_notes, translation_suggestions. See docs/adr/0017."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from server.base.database import Row, Snapshot, Transaction
from server.features.posts.model import DraftText
from server.features.posts.views_parts import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class InWork:
    """A translation of a live post that is being written; `version` grows with each change."""

    post_id: int
    version: int
    text: DraftText
    updated_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNote:
    """A note of its own for a translation; `said` names what was sent last, `deleted_at` is set once it was taken back."""

    public_id: str
    post_id: int
    language: str
    said: str
    created_at: str
    updated_at: str | None
    deleted_at: str | None


def _in_work(row: Row) -> InWork:
    return InWork(
        post_id=row["post_id"],
        version=row["version"],
        text=msgspec.json.decode(row["payload"], type=DraftText),
        updated_at=row["updated_at"],
    )


async def in_work(snapshot: Snapshot, post_ids: Sequence[int]) -> list[InWork]:
    """What is being translated of these posts."""
    if not post_ids:
        return []
    marks, params = listed("p", post_ids)
    rows = await snapshot.fetch(
        f"SELECT * FROM translation_drafts WHERE post_id IN ({marks}) ORDER BY post_id, language", **params
    )
    return [_in_work(row) for row in rows]


async def keep(tx: Transaction, post_id: int, text: DraftText) -> int:
    """Keep the next version of a translation in work; its number."""
    rows = await tx.fetch(
        "INSERT INTO translation_drafts (post_id, language, organiser_id, payload, updated_at)"
        " VALUES (:post_id, :language, :organiser_id, :payload, :now) ON CONFLICT (post_id, language) DO UPDATE"
        " SET version = translation_drafts.version + 1, organiser_id = excluded.organiser_id,"
        " payload = excluded.payload, updated_at = excluded.updated_at RETURNING version",
        post_id=post_id,
        language=text.language,
        organiser_id=text.organiser_id,
        payload=msgspec.json.encode(text).decode(),
        now=tx.now,
    )
    version: int = rows[0]["version"]
    return version


async def take(tx: Transaction, post_id: int, language: str, version: int) -> bool:
    """Take a translation in work away because it is approved; False if it is not that version any more."""
    gone = await tx.execute(
        "DELETE FROM translation_drafts WHERE post_id = :post_id AND language = :language AND version = :version",
        post_id=post_id,
        language=language,
        version=version,
    )
    return gone == 1


async def discard(tx: Transaction, post_id: int, language: str) -> bool:
    """Forget a translation in work; False if there is none."""
    gone = await tx.execute(
        "DELETE FROM translation_drafts WHERE post_id = :post_id AND language = :language",
        post_id=post_id,
        language=language,
    )
    return gone > 0


# -- notes of their own -------------------------------------------------------------------------------------------------------


def _note(row: Row) -> OwnNote:
    return OwnNote(
        public_id=row["public_id"],
        post_id=row["post_id"],
        language=row["language"],
        said=row["said"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        deleted_at=row["deleted_at"],
    )


async def notes_of(snapshot: Snapshot, post_id: int) -> list[OwnNote]:
    """The notes of a post that stand."""
    rows = await snapshot.fetch(
        "SELECT * FROM translation_notes WHERE post_id = :id AND deleted_at IS NULL ORDER BY created_at, public_id",
        id=post_id,
    )
    return [_note(row) for row in rows]


async def note_named(snapshot: Snapshot, public_id: str) -> OwnNote | None:
    """A note by its public id, also one that was taken back."""
    row = await snapshot.one("SELECT * FROM translation_notes WHERE public_id = :id", id=public_id)
    return _note(row) if row else None


async def insert_note(tx: Transaction, public_id: str, post_id: int, language: str) -> OwnNote:
    """A note for a translation, of which nothing was said yet."""
    await tx.execute(
        "INSERT INTO translation_notes (public_id, post_id, language, said, created_at)"
        " VALUES (:public_id, :post_id, :language, '', :now)",
        public_id=public_id,
        post_id=post_id,
        language=language,
        now=tx.now,
    )
    return OwnNote(
        public_id=public_id,
        post_id=post_id,
        language=language,
        said="",
        created_at=tx.now,
        updated_at=None,
        deleted_at=None,
    )


async def note_said(tx: Transaction, public_id: str, said: str, updated_at: str | None) -> None:
    """Remember what a note said last, and when it was changed."""
    await tx.execute(
        "UPDATE translation_notes SET said = :said, updated_at = :at WHERE public_id = :id",
        said=said,
        at=updated_at,
        id=public_id,
    )


async def note_gone(tx: Transaction, public_id: str) -> None:
    """A note was taken back: its address answers 410 from now on."""
    await tx.execute("UPDATE translation_notes SET deleted_at = :now WHERE public_id = :id", now=tx.now, id=public_id)


async def forget_said(tx: Transaction, post_id: int) -> None:
    """Forget what notes of a post said that were taken back: a hash of words confirms whoever guesses them."""
    await tx.execute(
        "UPDATE translation_notes SET said = '' WHERE post_id = :id AND deleted_at IS NOT NULL", id=post_id
    )


async def taken_back(snapshot: Snapshot, post_id: int) -> list[str]:
    """The public ids of the notes of a post that do not stand any more."""
    rows = await snapshot.fetch(
        "SELECT public_id FROM translation_notes WHERE post_id = :id AND deleted_at IS NOT NULL ORDER BY public_id",
        id=post_id,
    )
    return [row["public_id"] for row in rows]


# -- suggestions --------------------------------------------------------------------------------------------------------------


async def suggest(tx: Transaction, *, remote_post_id: int, post_id: int, language: str, state: str) -> None:
    """A reply that is a translation."""
    await tx.execute(
        "INSERT INTO translation_suggestions (remote_post_id, post_id, language, state, received_at)"
        " VALUES (:id, :post_id, :language, :state, :now) ON CONFLICT (remote_post_id) DO NOTHING",
        id=remote_post_id,
        post_id=post_id,
        language=language,
        state=state,
        now=tx.now,
    )


async def suggestions_of(snapshot: Snapshot, post_id: int) -> list[int]:
    """The replies that suggest a translation of a post, by their inner ids, whatever became of them."""
    rows = await snapshot.fetch("SELECT remote_post_id FROM translation_suggestions WHERE post_id = :id", id=post_id)
    return [row["remote_post_id"] for row in rows]


async def set_suggestion(tx: Transaction, remote_post_id: int, state: str, post_id: int) -> bool:
    """What became of a suggestion for a post; False if there is none."""
    done = await tx.execute(
        "UPDATE translation_suggestions SET state = :state WHERE remote_post_id = :id AND post_id = :post_id",
        state=state,
        id=remote_post_id,
        post_id=post_id,
    )
    return done > 0


async def suggestions_before(snapshot: Snapshot, post_id: int, revision_id: int) -> list[int]:
    """Those that came before a revision was written, so that they translate other words: ids follow the arrival."""
    rows = await snapshot.fetch(
        "SELECT remote_post_id FROM translation_suggestions WHERE post_id = :id AND remote_post_id < :revision"
        " ORDER BY remote_post_id",
        id=post_id,
        revision=revision_id,
    )
    return [row["remote_post_id"] for row in rows]
