"""SQL of the media room: table media."""

from __future__ import annotations

from server.base.database import Row, Snapshot, Transaction
from server.base.pictures import MIMES, Picture
from server.features.media.model import MediaItem


def _item(row: Row) -> MediaItem:
    return MediaItem(
        id=row["id"],
        public_id=row["public_id"],
        kind=row["kind"],
        mime=row["mime"],
        extension=row["extension"],
        width=row["width"],
        height=row["height"],
        small_mime=row["small_mime"],
        small_extension=row["small_extension"],
        small_width=row["small_width"],
        small_height=row["small_height"],
        small_bytes=row["small_bytes"],
        avif_bytes=row["avif_bytes"],
        blurhash=row["blurhash"],
        focus=(float(row["focus_x"]), float(row["focus_y"])) if row["focus_x"] is not None else None,
        alt=row["alt"],
    )


async def insert(
    tx: Transaction, *, public_id: str, kind: str, picture: Picture, focus: tuple[float, float] | None, alt: str
) -> None:
    """A fresh picture, not yet used."""
    await tx.execute(
        "INSERT INTO media (id, public_id, kind, mime, extension, width, height, bytes, small_mime, small_extension,"
        " small_width, small_height, small_bytes, avif_bytes, blurhash, focus_x, focus_y, alt, created_at)"
        " VALUES (:id, :public_id, :kind, :mime, :extension, :width, :height, :bytes, :small_mime, :small_extension,"
        " :small_width, :small_height, :small_bytes, :avif_bytes, :blurhash, :focus_x, :focus_y, :alt, :now)",
        id=tx.new_id(),
        public_id=public_id,
        kind=kind,
        mime=MIMES[picture.extension],
        extension=picture.extension,
        width=picture.width,
        height=picture.height,
        bytes=len(picture.body),
        small_mime=MIMES[picture.small_extension],
        small_extension=picture.small_extension,
        small_width=picture.small_width,
        small_height=picture.small_height,
        small_bytes=len(picture.small),
        avif_bytes=len(picture.avif),
        blurhash=picture.blurhash,
        focus_x=f"{focus[0]:.3f}" if focus else None,
        focus_y=f"{focus[1]:.3f}" if focus else None,
        alt=alt,
        now=tx.now,
    )


async def by_public_id(snapshot: Snapshot, public_id: str) -> MediaItem | None:
    """One picture."""
    row = await snapshot.one("SELECT * FROM media WHERE public_id = :id AND deleted_at IS NULL", id=public_id)
    return _item(row) if row else None


async def by_id(snapshot: Snapshot, media_id: int) -> MediaItem | None:
    """One picture by its inner id."""
    row = await snapshot.one("SELECT * FROM media WHERE id = :id AND deleted_at IS NULL", id=media_id)
    return _item(row) if row else None


async def attach(tx: Transaction, media_id: int) -> None:
    """A picture is used from now on."""
    await tx.execute("UPDATE media SET attached_at = :now WHERE id = :id", now=tx.now, id=media_id)


async def mark_deleted(tx: Transaction, media_id: int) -> None:
    """Let a picture go, and what is known of what it shows: the sweep takes its files and then the row."""
    await tx.execute(
        "UPDATE media SET deleted_at = :now, alt = '', blurhash = '' WHERE id = :id", now=tx.now, id=media_id
    )


async def describe(tx: Transaction, media_id: int, alt: str) -> None:
    """Put other words in the place of those that came with a picture."""
    await tx.execute("UPDATE media SET alt = :alt WHERE id = :id", alt=alt, id=media_id)


async def to_erase(snapshot: Snapshot, unused_before: str) -> list[MediaItem]:
    """Pictures that were let go, or never used since then."""
    rows = await snapshot.fetch(
        "SELECT * FROM media WHERE deleted_at IS NOT NULL OR (attached_at IS NULL AND created_at < :before) LIMIT 200",
        before=unused_before,
    )
    return [_item(row) for row in rows]


async def erase(tx: Transaction, media_id: int) -> None:
    """Forget a picture whose files are gone."""
    await tx.execute("DELETE FROM revision_media WHERE media_id = :id", id=media_id)
    await tx.execute("DELETE FROM text_alts WHERE media_id = :id", id=media_id)
    await tx.execute("DELETE FROM draft_media WHERE media_id = :id", id=media_id)
    await tx.execute("DELETE FROM media WHERE id = :id", id=media_id)


async def known(snapshot: Snapshot, public_id: str) -> bool:
    """True if there is a row for this picture."""
    return await snapshot.value("SELECT 1 FROM media WHERE public_id = :id", id=public_id) is not None
