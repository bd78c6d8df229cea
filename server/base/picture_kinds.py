"""What a file is, by its first bytes: its name and the type that came with it say nothing."""

from __future__ import annotations

from typing import Final

from server.base.errors import Invalid

_PICTURES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
_PHOTO_BRANDS: Final = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIC"),
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
}
_SOUND_BRANDS: Final = frozenset({b"M4A ", b"M4B ", b"M4P ", b"F4A "})
#: Boxes that a QuickTime film without a name of its kind begins with.
_FILM_BOXES: Final = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_VIDEO: Final = (
    b"\x1a\x45\xdf\xa3",  # Matroska and WebM
    b"\x00\x00\x01\xba",  # MPEG
    b"\x00\x00\x01\xb3",
    b"FLV\x01",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # Windows Media
    b"\x8aMNG",
)
_SOUND: Final = (b"ID3", b"fLaC", b"#!AMR", b"MThd", b"ADIF", b".snd", b"caff")
_RIFF: Final = {b"AVI ": "video", b"WAVE": "sound"}
_FORM: Final = {b"AIFF": "sound", b"AIFC": "sound"}
#: A stream of 188-byte packets, each beginning with the same byte.
_TS_PACKET: Final = 188

_NO_VIDEO: Final = (
    "This is a video. Callout keeps no video: it shows faces and places in every moment, and nothing here could cover them. "
    "Put it on PeerTube and link to it."
)
_NO_SOUND: Final = (
    "This is a sound recording. Callout keeps no sound: a voice can be recognised, and nothing here could change it. "
    "Put it on Castopod or Funkwhale and link to it."
)
_NO_SVG: Final = "This is an SVG drawing, which can carry scripts. Save it as PNG and try again."
_NO_PICTURE: Final = "This is not a JPEG, PNG, WebP or GIF picture."


def _boxed(data: bytes) -> str:
    """The family that begins with a box: films, recordings and the photos of some phones."""
    if data[4:8] in _FILM_BOXES:
        return "video"
    if data[4:8] != b"ftyp":
        return ""
    brand = data[8:12]
    return _PHOTO_BRANDS.get(brand) or ("sound" if brand in _SOUND_BRANDS else "video")


def _streamed(data: bytes) -> str:
    if data.startswith(b"OggS"):
        return "video" if b"theora" in data[:200] else "sound"
    if data[:1] == b"\x47" and data[_TS_PACKET : _TS_PACKET + 1] == b"\x47":
        return "video"
    # A frame of MPEG audio begins with eleven set bits; layer 0 does not exist, but AAC says it.
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:
        return "sound"
    return ""


def kind_of(data: bytes) -> str:
    """`picture`, `video`, `sound`, `HEIC`, `AVIF`, `svg`, or nothing known."""
    if data.startswith(_PICTURES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return "picture"
    if data.startswith(_VIDEO):
        return "video"
    if data.startswith(_SOUND):
        return "sound"
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12], "")
    if data[:4] == b"FORM":
        return _FORM.get(data[8:12], "")
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<svg") or (head.startswith((b"<?xml", b"<!doctype svg")) and b"svg" in head):
        return "svg"
    return _boxed(data) or _streamed(data)


def check_kind(data: bytes) -> None:
    """Raise Invalid, saying why and what to do, for anything that is not JPEG, PNG, WebP or GIF by its first bytes."""
    kind = kind_of(data)
    if kind == "picture":
        return
    if kind in {"HEIC", "AVIF"}:
        raise Invalid("This is %(kind)s. Save it as JPEG and try again.", kind=kind)
    raise Invalid({"video": _NO_VIDEO, "sound": _NO_SOUND, "svg": _NO_SVG}.get(kind, _NO_PICTURE))
