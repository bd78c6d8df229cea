"""Pictures: files first (durable, under random names), then the row; letting go the other way round."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from server.base.database import Database, Transaction
from server.base.errors import NotFound, Unavailable
from server.base.ids import public_id
from server.base.pictures import Box, Picture, PictureKind, Pictures, check_size
from server.base.timestamps import from_text, to_text
from server.features.media import store
from server.features.media.model import MediaItem

UNUSED_FOR: Final = timedelta(hours=24)
#: A file without a row this old belongs to an upload that never ended.
ORPHAN_SECONDS: Final = 3600
_CANNOT_KEEP: Final = "The picture cannot be kept right now. Nothing was changed."


class Media:
    """The pictures in a folder and what is known of them."""

    def __init__(self, database: Database, pictures: Pictures, folder: Path, random: Callable[[int], bytes]) -> None:
        self._database = database
        self._pictures = pictures
        self.folder = folder
        self._random = random

    def path(self, name: str) -> Path:
        """Where a file of this name lies."""
        return self.folder / name[:2] / name

    async def add(
        self,
        data: bytes,
        *,
        kind: PictureKind = "post",
        alt: str = "",
        focus: tuple[float, float] | None = None,
        boxes: Sequence[Box] = (),
    ) -> MediaItem:
        """Redraw and keep a picture, its boxes filled; the original is gone when this returns. Raises Invalid or TooLarge."""
        check_size(data)
        return await self._keep(await self._redrawn(data, kind, boxes), kind, alt, focus)

    async def redrawn(self, data: bytes) -> Picture:
        """The pixels of a picture that came in, for a room that keeps them itself. Raises Invalid, TooLarge or Unavailable."""
        check_size(data)
        return await self._redrawn(data, "post", ())

    async def cover(self, name: str, boxes: Sequence[Box]) -> MediaItem:
        """A new picture that is this one with boxes filled. The old one stays until it is let go. Raises NotFound, Invalid."""
        item = await self.get(name)
        return await self._keep(await self.covered(name, boxes), "post", item.alt, item.focus)

    async def covered(self, name: str, boxes: Sequence[Box]) -> Picture:
        """How a picture will look with boxes filled; nothing is kept. Raises NotFound, Invalid."""
        return await self._redrawn(await self._body(await self.get(name)), "post", boxes)

    async def refocus(self, name: str, focus: tuple[float, float] | None) -> MediaItem:
        """A new picture that is this one with another focal point, so that what shows the old one stays as it is."""
        item = await self.get(name)
        small = await self._body(item, small=True)
        picture = Picture(
            body=await self._body(item),
            extension=item.extension,
            width=item.width,
            height=item.height,
            small=small,
            small_extension=item.small_extension,
            small_width=item.small_width,
            small_height=item.small_height,
            avif=await self._read(self._avif(item)) if item.avif_bytes else b"",
            blurhash=item.blurhash,
        )
        return await self._keep(picture, "post", item.alt, focus)

    async def drop(self, item: MediaItem) -> None:
        """Erase a picture that nothing came to use."""
        async with self._database.transaction() as tx:
            await self.let_go(tx, item.id)

    async def _redrawn(self, data: bytes, kind: PictureKind, boxes: Sequence[Box]) -> Picture:
        try:
            return await self._pictures.redraw(data, kind, boxes)
        except OSError:
            raise Unavailable(_CANNOT_KEEP) from None

    async def _body(self, item: MediaItem, *, small: bool = False) -> bytes:
        return await self._read(self.file(item, small=small))

    async def _read(self, path: Path) -> bytes:
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            raise NotFound("There is no such picture.") from None

    def file(self, item: MediaItem, *, small: bool = False) -> Path:
        """Where a picture lies, or its small version."""
        if small:
            return self.path(f"{item.public_id}.small.{item.small_extension}")
        return self.path(f"{item.public_id}.{item.extension}")

    def _avif(self, item: MediaItem) -> Path:
        return self.path(f"{item.public_id}.small.avif")

    async def _keep(
        self, picture: Picture, kind: PictureKind, alt: str, focus: tuple[float, float] | None
    ) -> MediaItem:
        name = public_id(self._random)
        try:
            await asyncio.to_thread(_write, self.path(f"{name}.{picture.extension}"), picture.body)
            await asyncio.to_thread(_write, self.path(f"{name}.small.{picture.small_extension}"), picture.small)
            if picture.avif:
                await asyncio.to_thread(_write, self.path(f"{name}.small.avif"), picture.avif)
        except OSError:
            raise Unavailable(_CANNOT_KEEP) from None
        async with self._database.transaction() as tx:
            await store.insert(tx, public_id=name, kind=kind, picture=picture, focus=focus, alt=alt)
            if kind != "post":
                item = await store.by_public_id(tx, name)
                await store.attach(tx, item.id if item else 0)
        return await self.get(name)

    async def get(self, name: str) -> MediaItem:
        """A picture by its public id. Raises NotFound."""
        async with self._database.snapshot() as snapshot:
            item = await store.by_public_id(snapshot, name)
        if item is None:
            raise NotFound("There is no such picture.")
        return item

    async def by_id(self, media_id: int | None) -> MediaItem | None:
        """A picture by its inner id."""
        if media_id is None:
            return None
        async with self._database.snapshot() as snapshot:
            return await store.by_id(snapshot, media_id)

    async def use(self, tx: Transaction, name: str) -> MediaItem:
        """Attach a picture to what is being published. Raises NotFound, also for one that belongs to a profile."""
        item = await store.by_public_id(tx, name)
        if item is None or item.kind != "post":
            raise NotFound("A picture of this post is not here any more. Add it again.")
        await store.attach(tx, item.id)
        return item

    async def let_go(self, tx: Transaction, media_id: int) -> None:
        """Nothing shows this picture any more (whoever calls has asked): its files go with the commit (if that fails, the sweep takes them)."""
        item = await store.by_id(tx, media_id)
        if item is not None:
            await store.mark_deleted(tx, media_id)
            tx.after_commit(lambda: self._erase_files(item))

    async def describe(self, tx: Transaction, media_id: int, alt: str) -> None:
        """What a picture shows in the words of today: those that came with it are forgotten."""
        await store.describe(tx, media_id, alt)

    async def sweep(self) -> int:
        """Erase what was let go or never used, and files of uploads that never ended; how many."""
        async with self._database.snapshot() as snapshot:
            before = to_text(from_text(snapshot.now) - UNUSED_FOR)
            items = await store.to_erase(snapshot, before)
            now = from_text(snapshot.now).timestamp()
        for item in items:
            self._erase_files(item)
            async with self._database.transaction() as tx:
                await store.erase(tx, item.id)
        return len(items) + await self._erase_orphans(now)

    def _erase_files(self, item: MediaItem) -> None:
        self.file(item).unlink(missing_ok=True)
        self.file(item, small=True).unlink(missing_ok=True)
        self._avif(item).unlink(missing_ok=True)

    async def _erase_orphans(self, now: float) -> int:
        erased = 0
        for path in await asyncio.to_thread(lambda: list(self.folder.glob("*/*"))):
            if now - path.stat().st_mtime < ORPHAN_SECONDS:
                continue
            async with self._database.snapshot() as snapshot:
                if not await store.known(snapshot, path.name.split(".", 1)[0]):
                    path.unlink(missing_ok=True)
                    erased += 1
        return erased


def _write(path: Path, data: bytes) -> None:
    """Write a file so that it is whole and durable, or not there."""
    _make(path.parent)
    temporary = path.with_name(f"{path.name}.new")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    _sync(path.parent)


def _make(folder: Path) -> None:
    """A folder that a power cut does not take away either: its name is written down in the one above."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
