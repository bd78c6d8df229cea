"""Covering: what lies beneath a box is gone from both files, from the blurhash and from the disk."""

from __future__ import annotations

import io
import random
from dataclasses import replace

import pytest
from PIL import Image, ImageChops, ImageDraw

from server.base.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from server.base.pictures import Box, Pictures
from server.features.access.model import Role, Who
from server.features.media.boxes import MAX_BOXES, box_of, focus_of, shares_of
from server.features.media.model import MediaItem
from server.features.posts.model import Draft, DraftMedia, KeptDraft
from server.house import House
from tests.world import CONSOLE, World

pytestmark = pytest.mark.anyio

BLACK = (0, 0, 0)
#: AVIF smooths over its squares; what it was made from was black already.
NEARLY_BLACK = 40
#: What nobody may find again: a colour that is nowhere else in the picture.
FACE = (255, 0, 255)
SIZES = [(1280, 800), (333, 217), (2047, 1535), (64, 64)]


def photo(size: tuple[int, int], box: Box, kind: str = "JPEG", mode: str = "RGB", **save: object) -> bytes:
    """Noise, as photos have it, with a face exactly in the box."""
    noise = Image.frombytes("RGB", (64, 64), random.Random(7).randbytes(64 * 64 * 3)).resize(size)
    area = noise.convert("L").point(lambda value: value // 2)
    image = Image.merge("RGB", (area.point(lambda value: value // 2), area, area.point(lambda value: value // 3)))
    ImageDraw.Draw(image).rectangle(inner(size, box), fill=FACE)
    out = io.BytesIO()
    image.convert(mode).save(out, kind, **save)
    return out.getvalue()


def inner(size: tuple[int, int], box: Box) -> tuple[int, int, int, int]:
    """The pixels that belong to a box, ends included."""
    left, top, right, bottom = box
    return (
        int(left * size[0]),
        int(top * size[1]),
        min(size[0], -int(-right * size[0] // 1)) - 1,
        min(size[1], -int(-bottom * size[1] // 1)) - 1,
    )


def files(house: House) -> set[str]:
    return {one.name for one in (house.settings.data / "media").rglob("*") if one.is_file()}


def three(item: MediaItem) -> set[str]:
    """The files of a picture."""
    return {f"{item.public_id}{ending}" for ending in (".jpg", ".small.jpg", ".small.avif")}


def both(house: House, item: MediaItem) -> list[Image.Image]:
    return [Image.open(io.BytesIO(house.media.file(item, small=small).read_bytes())) for small in (False, True)]


def colours_in(image: Image.Image, box: Box) -> set[object]:
    left, top, right, bottom = inner(image.size, box)
    cut = image.convert("RGB").crop((left, top, right + 1, bottom + 1))
    return {colour for _, colour in cut.getcolors(cut.width * cut.height) or ()}


def brightest(image: Image.Image, box: Box) -> int:
    left, top, right, bottom = inner(image.size, box)
    return max(image.convert("RGB").crop((left, top, right + 1, bottom + 1)).tobytes())


def shows_the_face(image: Image.Image) -> bool:
    """True if any pixel leans towards the colour of the face: more red and blue than green, which nothing else has."""
    red, green, blue = image.convert("RGB").split()
    leaning = ImageChops.darker(ImageChops.subtract(red, green), ImageChops.subtract(blue, green))
    return max(leaning.tobytes()) > 40


async def drafted(house: House, *data: bytes, alt: str = "") -> KeptDraft:
    items = [await house.media.add(one, alt=alt) for one in data]
    media = tuple(DraftMedia(public_id=one.public_id, alt=alt) for one in items)
    return await house.drafting.keep(CONSOLE, Draft(text="Look", language="en", media=media))


def first(kept: KeptDraft) -> str:
    return kept.draft.media[0].public_id


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("box", [(0.31, 0.27, 0.53, 0.71), (0.0, 0.0, 0.11, 0.13), (0.87, 0.83, 1.0, 1.0)], ids=str)
async def test_what_is_covered_is_one_colour_in_both_files_and_nothing_of_it_is_seen_beside(
    house: House, size: tuple[int, int], box: Box
) -> None:
    kept = await drafted(house, photo(size, box, quality=95))
    before = await house.media.get(first(kept))
    assert shows_the_face(both(house, before)[0])
    after = await house.bench.cover(CONSOLE, kept.public_id, first(kept), [box], version=kept.version)
    assert (after.width, after.height) == (before.width, before.height)
    for image in both(house, after):
        assert colours_in(image, box) == {BLACK}
        assert not shows_the_face(image)
    assert after.blurhash != before.blurhash


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("GIF", "P"), ("WEBP", "RGB")]
)
async def test_covering_works_for_each_kind(house: House, kind: str, mode: str) -> None:
    box = (0.4, 0.4, 0.6, 0.6)
    data = photo((400, 300), box, kind, mode)
    if mode == "RGBA":
        holed = Image.open(io.BytesIO(data)).convert("RGBA")
        holed.putpixel((1, 1), (0, 0, 0, 0))
        out = io.BytesIO()
        holed.save(out, "PNG")
        data = out.getvalue()
    kept = await drafted(house, data)
    after = await house.bench.cover(CONSOLE, kept.public_id, first(kept), [box], version=kept.version)
    for image in both(house, after):
        assert colours_in(image, box) == {BLACK}
        assert not shows_the_face(image)
    with Image.open(house.media.path(f"{after.public_id}.small.avif")) as light:
        assert brightest(light, box) < NEARLY_BLACK
        assert not shows_the_face(light)


async def test_the_picture_before_is_gone_from_the_disk_with_the_request(house: House, world: World) -> None:
    box = (0.3, 0.3, 0.6, 0.6)
    kept = await drafted(house, photo((640, 400), box), alt="Two people")
    before = await house.media.get(first(kept))
    address = house.addresses.media(before.public_id, before.extension)
    assert (await world.get(address)).status_code == 200
    after = await house.bench.cover(CONSOLE, kept.public_id, before.public_id, [box], version=kept.version)
    assert files(house) == three(after)
    assert (await world.get(address)).status_code == 404
    with pytest.raises(NotFound):
        await house.media.get(before.public_id)
    now = await house.drafting.draft(CONSOLE, kept.public_id)
    assert now.draft.media == (DraftMedia(public_id=after.public_id, alt="Two people"),)
    assert now.version == kept.version + 1


async def test_alt_and_focal_point_and_place_are_kept(house: House) -> None:
    box = (0.3, 0.3, 0.6, 0.6)
    kept = await drafted(house, photo((640, 400), box), photo((400, 400), box))
    point = await house.bench.focus(CONSOLE, kept.public_id, first(kept), (0.5, -0.25), version=1)
    after = await house.bench.cover(CONSOLE, kept.public_id, point.public_id, [box], version=2)
    assert after.focus == (0.5, -0.25)
    media = (await house.drafting.draft(CONSOLE, kept.public_id)).draft.media
    assert [one.public_id for one in media] == [after.public_id, kept.draft.media[1].public_id]


async def test_no_metadata_and_no_thumbnail_come_through(house: House) -> None:
    box = (0.3, 0.3, 0.6, 0.6)
    thumbnail = photo((160, 120), box)
    exif = Image.Exif()
    exif[0x010F] = "maker of the phone"
    head = exif.tobytes()
    kept = await drafted(house, photo((640, 400), box, exif=head + thumbnail, comment=b"taken at home"))
    await house.bench.cover(CONSOLE, kept.public_id, first(kept), [box], version=1)
    for name in files(house):
        data = house.media.path(name).read_bytes()
        assert data.count(b"\xff\xd8\xff") + data.count(b"ftypavif") == 1, "one picture in the file"
        for trace in (b"Exif", b"maker of the phone", b"taken at home", b"ICC_PROFILE", b"http://ns.adobe"):
            assert trace not in data


async def test_a_picture_can_be_covered_again_and_stays_covered(house: House) -> None:
    boxes: list[Box] = [(0.1, 0.1, 0.3, 0.4), (0.6, 0.5, 0.9, 0.8)]
    kept = await drafted(house, photo((900, 600), boxes[0]))
    name = first(kept)
    for version, box in enumerate(boxes, 1):
        name = (await house.bench.cover(CONSOLE, kept.public_id, name, [box], version=version)).public_id
    whole = both(house, await house.media.get(name))[0]
    assert [colours_in(whole, box) for box in boxes] == [{BLACK}, {BLACK}]
    assert len(files(house)) == 3


async def test_what_lies_beneath_full_transparency_does_not_come_through(house: House) -> None:
    """Some programs hide a face by making it transparent: its pixels are all there."""
    image = Image.new("RGBA", (200, 200), (*FACE, 0))
    image.paste((10, 90, 30, 255), (0, 0, 200, 100))
    out = io.BytesIO()
    image.save(out, "PNG")
    item = await house.media.add(out.getvalue())
    for kept in both(house, item):
        raw = kept.convert("RGBA").tobytes()
        assert FACE not in {(raw[n], raw[n + 1], raw[n + 2]) for n in range(0, len(raw), 4)}


async def test_boxes_are_filled_at_upload_too_and_before_the_picture_is_made_smaller() -> None:
    box = (0.31, 0.27, 0.53, 0.71)
    made = await Pictures().redraw(photo((3001, 2003), box, "PNG"), "post", [box])
    for data in (made.body, made.small):
        image = Image.open(io.BytesIO(data))
        assert colours_in(image, box) == {BLACK}
        assert not shows_the_face(image)


async def test_a_published_picture_stays_until_the_edit_is_published_and_is_then_gone_everywhere(
    house: House, world: World
) -> None:
    box = (0.3, 0.3, 0.6, 0.6)
    item = await house.media.add(photo((640, 400), box))
    shown = (DraftMedia(public_id=item.public_id, alt="Two people"),)
    words = Draft(text="Look", language="en", media=shown)
    post = await house.publishing.submit(CONSOLE, words)
    kept = await house.drafting.keep(CONSOLE, words, edits=post.public_id)
    old = [house.addresses.media(item.public_id, "jpg"), house.addresses.media(item.public_id, "jpg", small=True)]
    after = await house.bench.cover(CONSOLE, kept.public_id, item.public_id, [box], version=1)
    assert [(await world.get(one)).status_code for one in old] == [200, 200], "the post stands as it was"
    await house.drafting.publish(CONSOLE, kept.public_id)
    assert [(await world.get(one)).status_code for one in old] == [404, 404]
    assert files(house) == three(after)
    page = (await world.get(house.addresses.post_page(post.public_id))).text
    assert after.public_id in page
    assert item.public_id not in page


async def test_an_edit_that_is_thrown_away_takes_its_covered_picture_with_it(house: House) -> None:
    box = (0.3, 0.3, 0.6, 0.6)
    item = await house.media.add(photo((640, 400), box))
    words = Draft(text="Look", language="en", media=(DraftMedia(public_id=item.public_id),))
    post = await house.publishing.submit(CONSOLE, words)
    kept = await house.drafting.keep(CONSOLE, words, edits=post.public_id)
    await house.bench.cover(CONSOLE, kept.public_id, item.public_id, [box], version=1)
    await house.drafting.discard(CONSOLE, kept.public_id)
    assert files(house) == three(item)


async def test_the_focal_point_of_a_published_picture_changes_with_the_edit_and_goes_out(
    house: House, world: World
) -> None:
    item = await house.media.add(photo((640, 400), (0.3, 0.3, 0.6, 0.6)))
    words = Draft(text="Look", language="en", media=(DraftMedia(public_id=item.public_id),))
    post = await house.publishing.submit(CONSOLE, words)
    kept = await house.drafting.keep(CONSOLE, words, edits=post.public_id)
    await house.bench.focus(CONSOLE, kept.public_id, item.public_id, (0.5, -0.25), version=1)

    async def point() -> object:
        answer = await world.get(world.uri(house, post), "application/activity+json")
        return answer.json()["attachment"][0]["focalPoint"]

    assert await point() == [0.0, 0.0]
    await house.drafting.publish(CONSOLE, kept.public_id)
    assert await point() == [0.5, -0.25]
    assert len(files(house)) == 3


async def test_who_comes_too_late_or_may_not_write_changes_nothing_and_leaves_no_file(house: House) -> None:
    box = (0.3, 0.3, 0.6, 0.6)
    kept = await drafted(house, photo((640, 400), box))
    await house.drafting.keep(CONSOLE, replace(kept.draft, text="Other"), name=kept.public_id)
    there = files(house)
    moderator = Who(organiser_id=3, role=Role.MODERATOR)
    attempts: list[tuple[type[AppError], Who, list[Box]]] = [
        (Conflict, CONSOLE, [box]),
        (Forbidden, moderator, [box]),
        (Invalid, CONSOLE, []),
        (Invalid, CONSOLE, [box] * (MAX_BOXES + 1)),
    ]
    for refusal, who, boxes in attempts:
        with pytest.raises(refusal):
            await house.bench.cover(who, kept.public_id, first(kept), boxes, version=1)
    with pytest.raises(Conflict):
        await house.bench.focus(CONSOLE, kept.public_id, first(kept), (0, 1), version=1)
    assert files(house) == there


async def test_somebody_who_is_quicker_while_a_picture_is_covered_wins(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = (0.3, 0.3, 0.6, 0.6)
    kept = await drafted(house, photo((640, 400), box))
    there, cover = files(house), house.media.cover

    async def slow(name: str, boxes: list[Box]) -> MediaItem:
        made = await cover(name, boxes)
        await house.drafting.keep(CONSOLE, replace(kept.draft, text="Other"), name=kept.public_id)
        return made

    monkeypatch.setattr(house.media, "cover", slow)
    with pytest.raises(Conflict):
        await house.bench.cover(CONSOLE, kept.public_id, first(kept), [box], version=1)
    assert files(house) == there
    assert (await house.drafting.draft(CONSOLE, kept.public_id)).draft.text == "Other"


@pytest.mark.parametrize("point", [("0", "0"), ("100", "100"), ("50", "50"), ("33.3", "12,5")])
def test_a_focal_point_in_percent_comes_back_as_it_was_given(point: tuple[str, str]) -> None:
    left, top = shares_of(focus_of(*point))
    assert (round(left * 100, 1), round(top * 100, 1)) == tuple(float(one.replace(",", ".")) for one in point)


def test_a_box_beyond_the_edge_ends_at_the_edge() -> None:
    assert box_of("90", "95", "30", "30%") == (0.9, 0.95, 1.0, 1.0)
