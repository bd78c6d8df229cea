"""The child that decodes pictures of strangers: bounded memory and time, killed when it takes too long.

Reads one picture on stdin, writes a msgpack answer on stdout. Only pixels survive: no EXIF, no colour profile, no comment.
"""

from __future__ import annotations

import io
import resource
import sys
import warnings
from math import ceil, floor
from typing import Any, Final

import msgspec
from PIL import Image, ImageCms, ImageOps, features

from server.base.blurhash import encode as blurhash

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
MAX_PIXELS: Final = 25_000_000
MEMORY_BYTES, CPU_SECONDS = 1024 * 1024 * 1024, 30
SIZES: Final = {"post": 2048, "avatar": 400, "header": 1500}
#: What pages show: a column of text, a face beside a name, a banner above it.
SMALL_SIDES: Final = {"post": 640, "avatar": 200, "header": 640}
SMALL_BYTES: Final = 84_000
QUALITY: Final = 82
#: As good to look at as the small JPEG at two thirds of its bytes (docs/adr/0019); what is not lighter by a tenth is not kept.
AVIF: Final = {"quality": 55, "speed": 6, "max_threads": 1}
LIGHTER: Final = 0.9
#: JPEG mixes colours within squares of this many pixels: a box takes whole squares, so that no square knows what was beneath it.
SQUARE: Final = 16
#: Decoders smooth colours over the edge of a square by so many pixels.
MARGIN: Final = 2


class RefusedError(Exception):
    """A picture that is not taken; the text says why and what to do."""


def _opened(data: bytes) -> Image.Image:
    warnings.simplefilter("error")
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
        if picture.width * picture.height > MAX_PIXELS:
            raise RefusedError("The picture has more than 25 million pixels. Make it smaller first.")
        picture.draft("RGB", (SIZES["post"], SIZES["post"]))
        picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise RefusedError("The picture has more than 25 million pixels. Make it smaller first.") from None
    except (OSError, ValueError, SyntaxError, MemoryError, EOFError, Warning):
        raise RefusedError("This is not a whole JPEG, PNG, WebP or GIF picture.") from None
    return picture


def _in_srgb(picture: Image.Image) -> Image.Image:
    """Turn the colours into sRGB, so that the profile (which can name a camera) can go."""
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in {"RGB", "CMYK"}:
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        made = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    return made if made is not None else picture


def _pixels_only(picture: Image.Image) -> Image.Image:
    """A new image with nothing but the pixels, upright; what lies beneath fully transparent ones is gone too."""
    upright = ImageOps.exif_transpose(picture)
    see_through = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
    mode = "RGBA" if see_through else "RGB"
    if upright.mode.startswith("I;16") or upright.mode == "I":
        upright = upright.point(lambda value: value / 256).convert("L")
    source = _in_srgb(upright).convert(mode)
    fresh = Image.new(mode, source.size)
    if see_through:
        fresh.paste(source, mask=source.getchannel("A").point(lambda value: 255 if value else 0))
    else:
        fresh.paste(source)
    return fresh


def _snapped(box: list[float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """A box in pixels, grown outward to whole squares and cut at the picture's edge."""
    left, top, right, bottom = box
    width, height = size
    return (
        max(0, floor((left * width - MARGIN) / SQUARE) * SQUARE),
        max(0, floor((top * height - MARGIN) / SQUARE) * SQUARE),
        min(width, ceil((right * width + MARGIN) / SQUARE) * SQUARE),
        min(height, ceil((bottom * height + MARGIN) / SQUARE) * SQUARE),
    )


def _cover(picture: Image.Image, boxes: list[list[float]]) -> None:
    """Fill boxes (left, top, right, bottom: shares of width and height) with black."""
    for box in boxes:
        picture.paste((0, 0, 0, 255) if picture.mode == "RGBA" else (0, 0, 0), _snapped(box, picture.size))


def _written(picture: Image.Image, quality: int, *, covered: bool) -> tuple[bytes, str]:
    out = io.BytesIO()
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255):
        picture.save(out, "PNG", optimize=True)
        return out.getvalue(), "png"
    # Without subsampling no colour runs from what is beside a box into it.
    subsampling = {"subsampling": 0} if covered else {}
    picture.convert("RGB").save(out, "JPEG", quality=quality, optimize=True, progressive=True, **subsampling)
    return out.getvalue(), "jpg"


def _avif(picture: Image.Image, *, covered: bool) -> bytes:
    """The same once more in the lighter format; nothing where this Pillow cannot write it."""
    if not features.check("avif"):
        return b""
    out = io.BytesIO()
    picture.save(out, "AVIF", subsampling="4:4:4" if covered else "4:2:0", **AVIF)
    return out.getvalue()


def _small(picture: Image.Image, side: int, boxes: list[list[float]]) -> dict[str, Any]:
    quality = 75
    while True:
        made = picture.copy()
        made.thumbnail((side, side), Image.Resampling.LANCZOS)
        _cover(made, boxes)
        data, extension = _written(made, quality, covered=bool(boxes))
        if len(data) <= SMALL_BYTES or side <= 160:
            break
        side, quality = int(side * 0.8), max(50, quality - 8)
    avif = _avif(made, covered=bool(boxes))
    return {
        "small": data,
        "small_extension": extension,
        "small_width": made.width,
        "small_height": made.height,
        "avif": avif if len(avif) < LIGHTER * len(data) else b"",
    }


def redraw(data: bytes, kind: str, boxes: list[list[float]]) -> dict[str, Any]:
    """Everything that is kept of a picture. Raises RefusedError."""
    whole = _pixels_only(_opened(data))
    # Before it is made smaller, so that nothing beneath a box runs out of it, and after, so that nothing runs into it.
    _cover(whole, boxes)
    whole.thumbnail((SIZES[kind], SIZES[kind]), Image.Resampling.LANCZOS)
    _cover(whole, boxes)
    body, extension = _written(whole, QUALITY, covered=bool(boxes))
    tiny = whole.convert("RGB").resize((32, 24))
    raw = tiny.tobytes()
    flat = [(raw[place], raw[place + 1], raw[place + 2]) for place in range(0, len(raw), 3)]
    return {
        "body": body,
        "extension": extension,
        "width": whole.width,
        "height": whole.height,
        **_small(whole, SMALL_SIDES[kind], boxes),
        "blurhash": blurhash([flat[row * 32 : row * 32 + 32] for row in range(24)]),
    }


def main() -> None:
    """Decode what comes on stdin: kind, boxes and bytes."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    kind, boxes, data = msgspec.msgpack.decode(sys.stdin.buffer.read())
    try:
        answer = redraw(data, kind, boxes)
    except RefusedError as refused:
        answer = {"refused": str(refused)}
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))


if __name__ == "__main__":
    main()
