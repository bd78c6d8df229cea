"""Pictures of offers: re-drawn by the media room, then sealed into files that no address leads to."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

from server.base.errors import Unavailable
from server.base.ids import public_id
from server.base.pictures import MIMES
from server.base.sealing import Sealer, UnsealError, write_private
from server.base.timestamps import from_text
from server.features.access.secret import Random
from server.features.media.service import Media
from server.features.offers.model import OfferPicture

#: A file without a row this old belongs to an offer that never came in. Times of files are rounded to the hour.
ORPHAN_SECONDS: Final = 2 * 3600


class SealedPictures:
    """A folder of sealed pictures under random names."""

    def __init__(self, media: Media, sealer: Sealer, folder: Path, random: Random) -> None:
        self._media = media
        self._sealer = sealer
        self._folder = folder
        self._random = random

    async def keep(self, data: bytes, hour: str) -> OfferPicture:
        """Redraw and seal a picture that came in; the original is gone when this returns.

        The file bears the `hour` (UTC text) and no finer time. Raises Invalid, TooLarge or Unavailable.
        """
        picture = await self._media.redrawn(data)
        name = public_id(self._random)
        try:
            await asyncio.to_thread(self._write, name, picture.body, from_text(hour).timestamp())
        except OSError:
            raise Unavailable("The picture cannot be kept right now. Send it without.") from None
        return OfferPicture(name=name, mime=MIMES[picture.extension])

    def _write(self, name: str, body: bytes, at: float) -> None:
        path = self._path(name)
        write_private(path, self._sealer.seal_bytes(body))
        os.utime(path, (at, at))

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    async def read(self, name: str) -> bytes | None:
        """The pixels again; None if the file is gone or was sealed with another key."""
        try:
            return self._sealer.unseal_bytes(await asyncio.to_thread(self._path(name).read_text))
        except (FileNotFoundError, UnsealError):
            return None

    async def erase(self, names: list[str]) -> None:
        """Erase files, if they are there."""
        for name in names:
            await asyncio.to_thread(self._path(name).unlink, missing_ok=True)

    async def old_names(self, now: str) -> list[str]:
        """Names of files that are older than any offer on its way in."""
        before = from_text(now).timestamp() - ORPHAN_SECONDS
        files = await asyncio.to_thread(lambda: list(self._folder.glob("*/*")))
        return [path.name for path in files if path.stat().st_mtime < before]
