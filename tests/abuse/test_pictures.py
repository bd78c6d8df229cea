"""Hostile and unwanted files: by their first bytes, whatever they are called; nothing of them stays."""

from __future__ import annotations

import io
import random
import struct
import wave
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from server.base import pictures
from server.base.errors import Invalid
from server.base.picture_kinds import check_kind, kind_of
from server.base.pictures import Pictures
from server.features.posts.model import Draft
from server.house import House
from tests.world import CONSOLE, World, signed_in

pytestmark = pytest.mark.anyio


def film(brand: bytes) -> bytes:
    """The beginning of a film of the MP4 family."""
    return struct.pack("!I", 24) + b"ftyp" + brand + b"\0\0\2\0isommp42" + struct.pack("!I", 8) + b"moov" + b"\0" * 64


def sound() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\0\1" * 400)
    return out.getvalue()


VIDEOS = {
    "mp4": film(b"isom"),
    "mp4 of a phone": film(b"mp42"),
    "mov": film(b"qt  "),
    "old mov": struct.pack("!I", 200) + b"moov" + b"\0" * 64,
    "mov with its pictures first": struct.pack("!I", 8) + b"wide" + b"\0\0\x10\0mdat" + b"\0" * 64,
    "3gp": film(b"3gp4"),
    "webm": b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82\x84webm" + b"\0" * 64,
    "avi": b"RIFF\x24\0\0\0AVI LIST" + b"\0" * 64,
    "ogv": b"OggS\0\2" + b"\0" * 22 + b"\x80theora" + b"\0" * 64,
    "mpeg": b"\0\0\x01\xba" + b"\0" * 64,
    "ts": (b"\x47" + b"\0" * 187) * 3,
    "flv": b"FLV\x01\x05" + b"\0" * 64,
    "wmv": b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + b"\0" * 64,
}
SOUNDS = {
    "mp3": b"ID3\x04\0\0\0\0\0\x23TSSE" + b"\0" * 64,
    "mp3 without a tag": b"\xff\xfb\x90\x64" + b"\0" * 64,
    "aac": b"\xff\xf1\x50\x80" + b"\0" * 64,
    "m4a": film(b"M4A "),
    "ogg": b"OggS\0\2" + b"\0" * 22 + b"\x01vorbis" + b"\0" * 64,
    "opus": b"OggS\0\2" + b"\0" * 22 + b"OpusHead" + b"\0" * 64,
    "wav": sound(),
    "flac": b"fLaC\0\0\0\x22" + b"\0" * 64,
    "amr": b"#!AMR\n" + b"\0" * 64,
    "aiff": b"FORM\0\0\0\x20AIFFCOMM" + b"\0" * 64,
}
PHOTOS = {
    "heic": film(b"heic"),
    "heif": film(b"mif1"),
    "hevc": film(b"hevc"),
    "avif": film(b"avif"),
    "avis": film(b"avis"),
}
DRAWINGS = {
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "svg with a head": b"\xef\xbb\xbf\n<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>",
}


def drawn(kind: str, size: tuple[int, int] = (64, 48), **save: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "steelblue").save(out, kind, **save)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        *((data, ("This is a video", "PeerTube")) for data in VIDEOS.values()),
        *((data, ("sound recording", "link to it")) for data in SOUNDS.values()),
        *((data, ("Save it as JPEG",)) for data in PHOTOS.values()),
        *((data, ("SVG", "Save it as PNG")) for data in DRAWINGS.values()),
    ],
    ids=[*VIDEOS, *SOUNDS, *PHOTOS, *DRAWINGS],
)
def test_what_is_no_picture_is_refused_with_the_reason_and_what_to_do(data: bytes, words: tuple[str, ...]) -> None:
    with pytest.raises(Invalid) as refused:
        check_kind(data)
    assert all(one in refused.value.public for one in words)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_pictures_are_known_by_their_bytes(kind: str) -> None:
    assert kind_of(drawn(kind)) == "picture"


def test_random_bytes_are_never_taken_for_a_picture_by_chance() -> None:
    source = random.Random(4)
    for _ in range(20_000):
        data = source.randbytes(64)
        if data[:3] != b"\xff\xd8\xff":
            assert kind_of(data) != "picture"


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "lime", "blue")]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100, loop=0)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
async def test_of_a_moving_picture_the_first_moment_stays_and_no_other(kind: str) -> None:
    made = await Pictures().redraw(animated(kind))
    picture = Image.open(io.BytesIO(made.body))
    assert getattr(picture, "n_frames", 1) == 1
    red, green, blue = picture.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    assert red > 200
    assert max(green, blue) < 60


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack("!I", len(body)) + name + body + struct.pack("!I", zlib.crc32(name + body))


def png(width: int, height: int, *chunks: bytes, depth: int = 8, colours: int = 2) -> bytes:
    head = chunk(b"IHDR", struct.pack("!IIBBBBB", width, height, depth, colours, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IEND", b"")


def many_zeros(megabytes: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join([*(packer.compress(bytes(1024 * 1024)) for _ in range(megabytes)), packer.flush()])


BOMBS = {
    "50,000 pixels wide and high": png(50_000, 50_000, chunk(b"IDAT", zlib.compress(bytes(100)))),
    "26 million pixels": png(5_200, 5_000, chunk(b"IDAT", many_zeros(75))),
    "one row that never ends": png(1, 2**31 - 1, chunk(b"IDAT", zlib.compress(bytes(100)))),
    "no size": png(0, 0, chunk(b"IDAT", zlib.compress(b""))),
    "words that unpack to 200 MB": png(
        8, 8, chunk(b"zTXt", b"a\0\0" + many_zeros(200)), chunk(b"IDAT", zlib.compress(bytes(200)))
    ),
    "a profile that unpacks to 200 MB": png(8, 8, chunk(b"iCCP", b"a\0\0" + many_zeros(200)), chunk(b"IDAT", b"")),
    "a gif of 65,535": b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\xff\xff\xff\xff\0\x02\x02D\x01\0;",
    "a webp of 16,384": b"RIFF\x1e\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0\xff\x3f\0\xff\x3f\0" + b"\0" * 12,
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS)
async def test_bombs_are_refused_and_the_next_picture_is_taken(data: bytes) -> None:
    hands = Pictures()
    with pytest.raises(Invalid):
        await hands.redraw(data)
    assert (await hands.redraw(drawn("PNG"))).width == 64


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_half_a_picture_and_a_broken_one_never_take_the_server_along(kind: str) -> None:
    out = io.BytesIO()
    Image.frombytes("RGB", (96, 96), random.Random(1).randbytes(96 * 96 * 3)).save(out, kind)
    whole, hands, source = out.getvalue(), Pictures(), random.Random(2)
    with pytest.raises(Invalid):
        await hands.redraw(whole[: len(whole) // 2])
    for _ in range(4):
        broken = bytearray(whole)
        for _ in range(20):
            broken[source.randrange(20, len(broken))] = source.randrange(256)
        try:
            made = await hands.redraw(bytes(broken))
        except Invalid:
            continue
        assert Image.open(io.BytesIO(made.body)).size == (made.width, made.height)


async def test_what_takes_too_long_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "SECONDS", 0.01)
    with pytest.raises(Invalid, match="too long"):
        await Pictures().redraw(drawn("PNG"))


async def test_what_hangs_on_behind_or_hides_inside_a_picture_is_gone() -> None:
    secret = b"<script>alert(1)</script>PK\x03\x04 taken at home"
    for data in (
        drawn("JPEG") + secret,
        drawn("PNG") + secret,
        drawn("GIF") + secret,
        drawn("JPEG", comment=secret),
        png(8, 8, chunk(b"tEXt", b"a\0" + secret), chunk(b"IDAT", zlib.compress((b"\0" + bytes(24)) * 8))),
    ):
        made = await Pictures().redraw(data)
        for file in (made.body, made.small):
            assert secret not in file
            assert b"taken at home" not in file


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.mark.parametrize(
    ("name", "mime", "data"),
    [
        ("boat.jpg", "image/jpeg", VIDEOS["mov"]),
        ("boat.png", "image/png", SOUNDS["wav"]),
        ("boat.gif", "image/gif", DRAWINGS["svg"]),
        ("../../../boat.jpg", "image/jpeg", b"%PDF-1.7\n"),
        ("boat.webp", "image/webp", VIDEOS["webm"]),
    ],
)
async def test_a_name_and_a_type_say_nothing_and_a_refused_file_leaves_nothing(
    world: World, house: House, name: str, mime: str, data: bytes
) -> None:
    kept = await house.drafting.keep(CONSOLE, Draft(text="x", language="en"))
    async with signed_in(world, house) as ada:
        path = f"/desk/drafts/{kept.public_id}/pictures"
        answer = await ada.post(path, {"version": "1"}, files={"pictures": (name, data, mime)})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert [one for one in house.media.folder.rglob("*") if one.is_file()] == []


async def test_a_picture_by_another_name_is_a_picture_and_its_name_is_forgotten(house: House) -> None:
    item = await house.media.add(drawn("PNG"))
    kept = [one for one in house.media.folder.rglob("*") if one.is_file()]
    assert {Path(one).name.split(".")[0] for one in kept} == {item.public_id}
