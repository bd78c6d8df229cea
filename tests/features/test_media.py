"""Pictures: only pixels are kept, and only as long as something shows them."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageFilter, PngImagePlugin

from server.base import picture_child
from server.base.errors import Invalid, NotFound, TooLarge
from server.base.pictures import MAX_BYTES, PictureKind
from server.features.posts.model import Draft, DraftMedia
from server.house import House
from tests.world import CONSOLE, World, later

pytestmark = pytest.mark.anyio


def drawn(kind: str, size: tuple[int, int] = (640, 400), **save: Any) -> bytes:
    image = Image.new("RGB", size, "steelblue")
    data = io.BytesIO()
    image.save(data, kind, **save)
    return data.getvalue()


def files(house: House) -> list[Path]:
    return [one for one in (house.settings.data / "media").rglob("*") if one.is_file()]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_the_usual_kinds_are_redrawn(house: House, kind: str) -> None:
    item = await house.media.add(drawn(kind), alt="The sea")
    assert (item.width, item.height) == (640, 400)
    assert item.small_width <= item.width
    assert item.blurhash
    assert len(files(house)) == 3, "whole, small, and small again for browsers that read AVIF"
    assert (await house.media.get(item.public_id)).alt == "The sea"


async def test_nothing_but_pixels_survives(house: House) -> None:
    meta = PngImagePlugin.PngInfo()
    meta.add_text("Comment", "taken at home")
    exif = Image.Exif()
    exif[0x010F], exif[0x0131] = "maker of the phone", "some program"
    for data in (
        drawn("PNG", pnginfo=meta, exif=exif.tobytes()),
        drawn("JPEG", exif=exif.tobytes(), comment=b"taken at home"),
        drawn("WEBP", exif=exif.tobytes(), xmp=b"<x:xmpmeta>taken at home</x:xmpmeta>"),
    ):
        await house.media.add(data)
    for path in files(house):
        content = path.read_bytes()
        for trace in (
            b"taken at home",
            b"maker of the phone",
            b"some program",
            b"Exif",
            b"xmpmeta",
            b"ICC_PROFILE",
            b"colrprof",
            b"colrrICC",
        ):
            assert trace not in content


async def test_a_turned_photo_stands_upright(house: House) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    item = await house.media.add(drawn("JPEG", (600, 300), exif=exif.tobytes()))
    assert (item.width, item.height) == (300, 600)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack("!I", len(body)) + name + body + struct.pack("!I", zlib.crc32(name + body))


def bomb() -> bytes:
    """A PNG that says it is 50,000 by 50,000."""
    head = struct.pack("!IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + data + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"%PDF-1.7\n",
        b"GIF89a" + b"\0" * 20,
        b"push graphic-context\nviewbox 0 0 640 480\nfill 'url(https://example.test/)'\npop graphic-context",
        drawn("JPEG")[:400],
        bomb(),
        drawn("TIFF"),
        drawn("BMP"),
    ],
    ids=["empty", "text", "svg", "pdf", "half a gif", "mvg", "half a jpeg", "bomb", "tiff", "bmp"],
)
async def test_what_is_no_picture_is_refused_and_leaves_nothing(house: House, data: bytes) -> None:
    with pytest.raises((Invalid, TooLarge)):
        await house.media.add(data)
    assert files(house) == []


async def test_browsers_that_read_avif_get_less_of_it_and_it_goes_with_the_rest(world: World, house: House) -> None:
    noisy = Image.effect_noise((900, 700), 40).convert("RGB").filter(ImageFilter.GaussianBlur(2))
    out = io.BytesIO()
    noisy.save(out, "JPEG", quality=95)
    item = await house.media.add(out.getvalue())
    light = house.media.path(f"{item.public_id}.small.avif")
    assert light.stat().st_size == item.avif_bytes < 0.9 * item.small_bytes
    with Image.open(light) as opened:
        assert (opened.format, opened.size) == ("AVIF", (item.small_width, item.small_height))
        assert not {"exif", "icc_profile", "xmp"} & opened.info.keys()
    answer = await world.get(house.addresses.media(item.public_id, "avif", small=True))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/avif")
    assert "immutable" in answer.headers["cache-control"]
    assert (await world.get(house.addresses.media(item.public_id, "avif"))).status_code == 404, "only of the small one"
    again = await house.media.refocus(item.public_id, (0.5, 0.5))
    assert house.media.path(f"{again.public_id}.small.avif").read_bytes() == light.read_bytes()
    for one in (item, again):
        await house.media.drop(one)
    assert files(house) == []


async def test_a_picture_from_before_has_no_lighter_sibling_and_is_shown_as_ever(world: World, house: House) -> None:
    item = await house.media.add(drawn("JPEG"))
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE media SET avif_bytes = 0")
    house.media.path(f"{item.public_id}.small.avif").unlink()
    post = await world.publish(house, "x", media=(DraftMedia(public_id=item.public_id, alt="a"),))
    page = (await world.get(house.addresses.post_page(post.public_id))).text
    assert house.addresses.media(item.public_id, "jpg", small=True) in page
    assert "avif" not in page
    covered = await house.media.cover(
        (await house.media.refocus(item.public_id, None)).public_id, [(0.1, 0.1, 0.4, 0.4)]
    )
    assert covered.avif_bytes
    await house.publishing.delete(CONSOLE, post.public_id)


async def test_a_pillow_that_cannot_write_avif_keeps_the_two_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PIL.features.check", lambda _: False)
    made = picture_child.redraw(drawn("JPEG"), "post", [])
    assert made["avif"] == b""
    assert made["small"]


async def test_too_many_bytes_are_refused(house: House) -> None:
    with pytest.raises(TooLarge):
        await house.media.add(b"\xff\xd8\xff" + b"\0" * MAX_BYTES)


async def test_a_picture_that_nothing_uses_is_swept_after_a_day(world: World, house: House) -> None:
    unused = await house.media.add(drawn("JPEG"))
    used = await house.media.add(drawn("PNG"))
    await house.publishing.submit(
        CONSOLE, Draft(text="x", language="en", media=(DraftMedia(public_id=used.public_id),))
    )
    later(world, hours=23)
    await house.media.sweep()
    assert len(files(house)) == 6
    later(world, hours=2)
    await house.media.sweep()
    assert len(files(house)) == 3
    with pytest.raises(NotFound):
        await house.media.get(unused.public_id)


async def test_a_picture_goes_with_its_post(world: World, house: House) -> None:
    item = await house.media.add(drawn("JPEG"))
    post = await world.publish(house, "x", media=(DraftMedia(public_id=item.public_id, alt="a"),))
    url = house.addresses.media(item.public_id, item.extension)
    assert (await world.get(url)).status_code == 200
    await house.publishing.delete(CONSOLE, post.public_id)
    assert (await world.get(url)).status_code == 404
    assert files(house) == []


async def test_a_picture_that_an_edit_takes_away_is_gone(world: World, house: House) -> None:
    first, second = await house.media.add(drawn("JPEG")), await house.media.add(drawn("PNG"))
    both = tuple(DraftMedia(public_id=one.public_id) for one in (first, second))
    post = await world.publish(house, "x", media=both)
    await house.publishing.edit(CONSOLE, post.public_id, Draft(text="x", language="en", media=both[1:]))
    assert (await world.get(house.addresses.media(first.public_id, first.extension))).status_code == 404
    assert (await world.get(house.addresses.media(second.public_id, second.extension))).status_code == 200


@pytest.mark.parametrize("kind", ["avatar", "header"])
async def test_a_picture_of_the_profile_comes_into_no_draft_and_no_post(house: House, kind: PictureKind) -> None:
    item = await house.media.add(drawn("JPEG"), kind=kind)
    draft = Draft(text="x", language="en", media=(DraftMedia(public_id=item.public_id),))
    with pytest.raises(NotFound):
        await house.drafting.keep(CONSOLE, draft)
    with pytest.raises(NotFound):
        await house.publishing.submit(CONSOLE, draft)
    assert len(files(house)) == 3


@pytest.mark.parametrize("way", ["edit", "delete", "draft"])
async def test_a_picture_that_another_post_shows_stays(world: World, house: House, way: str) -> None:
    item = await house.media.add(drawn("JPEG"))
    draft = Draft(text="x", language="en", media=(DraftMedia(public_id=item.public_id),))
    await house.publishing.submit(CONSOLE, draft)
    if way == "draft":
        kept = await house.drafting.keep(CONSOLE, draft)
        await house.drafting.keep(CONSOLE, replace(draft, media=()), name=kept.public_id)
    else:
        other = await house.publishing.submit(CONSOLE, draft)
        if way == "edit":
            await house.publishing.edit(CONSOLE, other.public_id, replace(draft, media=()))
        else:
            await house.publishing.delete(CONSOLE, other.public_id)
    assert (await world.get(house.addresses.media(item.public_id, item.extension))).status_code == 200


async def test_a_picture_taken_out_of_a_post_goes_with_the_last_that_shows_it(world: World, house: House) -> None:
    item = await house.media.add(drawn("JPEG"))
    url = house.addresses.media(item.public_id, item.extension)
    draft = Draft(text="x", language="en", media=(DraftMedia(public_id=item.public_id),))
    post = await house.publishing.submit(CONSOLE, draft)
    other = await house.drafting.keep(CONSOLE, draft)
    await house.publishing.edit(CONSOLE, post.public_id, replace(draft, media=()))
    assert (await world.get(url)).status_code == 200, "a draft holds it"
    await house.drafting.discard(CONSOLE, other.public_id)
    assert (await world.get(url)).status_code == 404, "the revision that showed it does not count"


async def test_a_draft_of_an_edit_keeps_no_picture_of_a_deleted_post(world: World, house: House) -> None:
    item = await house.media.add(drawn("JPEG"))
    draft = Draft(text="x", language="en", media=(DraftMedia(public_id=item.public_id),))
    post = await house.publishing.submit(CONSOLE, draft)
    await house.drafting.keep(CONSOLE, draft, edits=post.public_id)
    await house.publishing.delete(CONSOLE, post.public_id)
    assert (await world.get(house.addresses.media(item.public_id, item.extension))).status_code == 404


async def test_a_post_cannot_use_a_picture_that_is_not_there(house: House) -> None:
    with pytest.raises(NotFound):
        await house.publishing.submit(
            CONSOLE, Draft(text="x", language="en", media=(DraftMedia(public_id="0123456789abcdef"),))
        )
