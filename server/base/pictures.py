"""Pictures in: looked at by signature, decoded in a child that can be killed, given back as pixels only."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from server.base.errors import Invalid, TooLarge
from server.base.picture_kinds import check_kind

PictureKind = Literal["post", "avatar", "header"]
Box = tuple[float, float, float, float]

MAX_BYTES: Final = 10 * 1024 * 1024
SECONDS: Final = 30
AT_ONCE: Final = 2
MIMES: Final = {"jpg": "image/jpeg", "png": "image/png", "avif": "image/avif"}


class Picture(msgspec.Struct, frozen=True):
    """A redrawn picture in two sizes; `avif` is the small one again for browsers that read it, empty where it is not lighter."""

    body: bytes
    extension: str
    width: int
    height: int
    small: bytes
    small_extension: str
    small_width: int
    small_height: int
    avif: bytes
    blurhash: str


def check_size(data: bytes) -> None:
    """Raise TooLarge for more than is read of a picture that comes in."""
    if len(data) > MAX_BYTES:
        raise TooLarge("A picture may have 10 MB. Make it smaller first.")


class Pictures:
    """Redraws pictures, two at a time."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def redraw(self, data: bytes, kind: PictureKind = "post", boxes: Sequence[Box] = ()) -> Picture:
        """Keep only the pixels, those in boxes (left, top, right, bottom: shares of width and height) made black.

        Raises Invalid, with words for the person who sent it.
        """
        check_kind(data)
        request = msgspec.msgpack.encode([kind, [list(box) for box in boxes], data])
        async with self._turns:
            answer = await self._in_child(request)
        if "refused" in answer:
            raise Invalid(str(answer["refused"]))
        return msgspec.convert(answer, Picture)

    async def _in_child(self, request: bytes) -> dict[str, Any]:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # a file named server.py where somebody happens to stand is not ours
            "-m",
            "server.base.picture_child",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(SECONDS):
                answer, _ = await child.communicate(request)
        except TimeoutError:
            raise Invalid("This picture takes too long to read.") from None
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if child.returncode != 0 or not answer:
            raise Invalid("This picture cannot be read.")
        decoded: dict[str, Any] = msgspec.msgpack.decode(answer)
        return decoded
