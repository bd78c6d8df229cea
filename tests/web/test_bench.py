"""The media bench as a browser without a script uses it."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator

import pytest
from PIL import Image

from server.features.access.model import Role
from server.features.posts.model import Draft, DraftMedia
from server.house import House
from tests.world import CONSOLE, Organiser, World, signed_in

pytestmark = pytest.mark.anyio

WORDS = Draft(text="Come to the quay", language="en")
BOX = {"left": "25", "top": "25", "width": "50", "height": "50"}


def drawn(colour: str = "steelblue", kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 400), colour).save(out, kind)
    return out.getvalue()


def several(*files: bytes) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("pictures", (f"{number}.jpg", data, "image/jpeg")) for number, data in enumerate(files)]


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def ada(world: World, house: House) -> AsyncIterator[Organiser]:
    async with signed_in(world, house) as organiser:
        yield organiser


@pytest.fixture
async def bench(house: House) -> str:
    """The path of an empty bench."""
    return f"/desk/drafts/{(await house.drafting.keep(CONSOLE, WORDS)).public_id}/pictures"


async def media(house: House, bench: str) -> tuple[DraftMedia, ...]:
    return (await house.drafting.draft(CONSOLE, bench.split("/")[3])).draft.media


async def version(house: House, bench: str) -> str:
    return str((await house.drafting.draft(CONSOLE, bench.split("/")[3])).version)


async def filled(house: House, ada: Organiser, bench: str, *colours: str) -> list[str]:
    """The public ids of pictures that were added by the form."""
    files = several(*(drawn(one) for one in colours))
    answer = await ada.post(bench, {"version": await version(house, bench), "do": "save"}, files=files)
    assert answer.status_code == 200, answer.text
    return [one.public_id for one in await media(house, bench)]


async def test_several_pictures_come_at_once_and_those_without_words_are_counted(
    house: House, ada: Organiser, bench: str
) -> None:
    assert "No pictures yet" in (await ada.get(bench)).text
    first, second, _ = await filled(house, ada, bench, "red", "green", "blue")
    words = {f"alt-{first}": "A boat", f"alt-{second}": "The quay"}
    order = [one.public_id for one in await media(house, bench)]
    data = {"version": await version(house, bench), "order": order, "do": "save", "sensitive": "on", **words}
    answer = await ada.post(bench, data)
    assert "2 of 3 have words for those who cannot see them" in answer.text
    assert [one.alt for one in await media(house, bench)] == ["A boat", "The quay", ""]
    assert (await house.drafting.draft(CONSOLE, bench.split("/")[3])).draft.sensitive


@pytest.mark.parametrize(
    ("act", "place", "after"),
    [("up", 1, [1, 0, 2]), ("up", 0, [0, 1, 2]), ("down", 2, [0, 1, 2]), ("remove", 0, [1, 2])],
)
async def test_buttons_put_pictures_in_order_and_take_them_away_and_keep_what_was_typed(
    house: House, ada: Organiser, bench: str, act: str, place: int, after: list[int]
) -> None:
    order = await filled(house, ada, bench, "red", "green", "blue")
    data = {
        "version": await version(house, bench),
        "order": order,
        "do": f"{act}:{order[place]}",
        f"alt-{order[2]}": "C",
    }
    await ada.post(bench, data)
    kept = await media(house, bench)
    assert [one.public_id for one in kept] == [order[number] for number in after]
    assert {one.public_id: one.alt for one in kept}[order[2]] == "C"


async def test_a_fifth_picture_is_refused_and_changes_nothing(house: House, ada: Organiser, bench: str) -> None:
    order = await filled(house, ada, bench, "red", "green", "blue")
    data = {"version": await version(house, bench), "order": order, f"alt-{order[0]}": "Typed", "do": "save"}
    answer = await ada.post(bench, data, files=several(drawn(), drawn()))
    assert answer.status_code == 422
    assert "at most 4" in answer.text
    assert "Typed" in answer.text
    assert [one.public_id for one in await media(house, bench)] == order
    assert len(list(house.media.folder.rglob("*.*"))) == 9


async def test_five_files_at_once_are_refused_in_plain_words(house: House, ada: Organiser, bench: str) -> None:
    answer = await ada.post(bench, {"version": "1", "do": "save"}, files=several(*[drawn()] * 5))
    assert answer.status_code == 422
    assert "At most 4 files at once" in answer.text


async def test_one_bad_file_among_good_ones_is_named_and_nothing_stays(
    house: House, ada: Organiser, bench: str
) -> None:
    answer = await ada.post(bench, {"version": "1"}, files=several(drawn(), b"\0\0\0\x18ftypmp42" + b"\0" * 64))
    assert answer.status_code == 422
    assert "File 2 of 2" in answer.text
    assert "PeerTube" in answer.text
    assert await media(house, bench) == ()
    assert list(house.media.folder.rglob("*.*")) == []


async def test_who_saves_over_somebody_elses_change_is_told_and_keeps_what_was_typed(
    house: House, ada: Organiser, bench: str
) -> None:
    order = await filled(house, ada, bench, "red")
    seen = await version(house, bench)
    other = DraftMedia(public_id=order[0], alt="Words of somebody else")
    await house.bench.arrange(CONSOLE, bench.split("/")[3], [other], version=int(seen), sensitive=False)
    for path, data in (
        (bench, {"order": order, f"alt-{order[0]}": "My words", "do": "save"}),
        (f"{bench}/{order[0]}/cover", BOX),
        (f"{bench}/{order[0]}/focus", {"left": "1", "top": "1"}),
    ):
        answer = await ada.post(path, {"version": seen, **data})
        assert answer.status_code == 409, path
        assert "Somebody else has changed this draft" in answer.text
        assert await media(house, bench) == (other,)
    answer = await ada.post(bench, {"version": seen, "order": order, f"alt-{order[0]}": "My words"})
    assert "My words" in answer.text


async def test_covering_is_shown_first_and_then_done_for_good(house: House, ada: Organiser, bench: str) -> None:
    (before,) = await filled(house, ada, bench, "red")
    page = (await ada.get(f"{bench}/{before}/cover")).text
    assert page.count('name="left"') == 3
    data = {"version": await version(house, bench), **BOX}
    look = await ada.post(f"{bench}/{before}/cover", {**data, "do": "look"})
    assert 'src="data:image/jpeg;base64,' in look.text
    assert look.text.count('name="left"') == 4
    assert [one.public_id for one in await media(house, bench)] == [before], "looking changes nothing"
    done = await ada.post(f"{bench}/{before}/cover", {**data, "do": "cover"})
    assert str(done.url).endswith("/pictures?done=covered")
    (after,) = await media(house, bench)
    assert after.public_id != before
    assert (await ada.get(f"{bench}/{before}/whole")).status_code == 404
    whole = Image.open(io.BytesIO((await ada.get(f"{bench}/{after.public_id}/whole")).content))
    assert whole.getpixel((320, 200)) == (0, 0, 0)


@pytest.mark.parametrize(
    "box",
    [
        {},
        {"left": "25"},
        {**BOX, "left": "x"},
        {**BOX, "left": "nan"},
        {**BOX, "width": "inf"},
        {**BOX, "width": "-5"},
        {**BOX, "height": "0"},
        {**BOX, "top": "100"},
        {**BOX, "left": "1e400"},
        {name: ["10"] * 21 for name in BOX},
    ],
    ids=str,
)
async def test_boxes_that_are_none_are_refused_and_change_nothing(
    house: House, ada: Organiser, bench: str, box: dict[str, object]
) -> None:
    (picture,) = await filled(house, ada, bench, "red")
    for act in ("cover", "look"):
        data = {"version": await version(house, bench), "do": act, **box}
        answer = await ada.post(f"{bench}/{picture}/cover", data)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
    assert [one.public_id for one in await media(house, bench)] == [picture]


async def test_the_focal_point_goes_out_and_the_cuts_show_it(house: House, ada: Organiser, bench: str) -> None:
    (picture,) = await filled(house, ada, bench, "red")
    data = {"version": await version(house, bench), "left": "75", "top": "10"}
    look = await ada.post(f"{bench}/{picture}/focus", {**data, "do": "look"})
    assert 'value="75"' in look.text
    assert 'viewBox="0.0 4.0 640.0 360.0"' in look.text
    assert 'viewBox="180.0 0.0 400.0 400.0"' in look.text
    await ada.post(f"{bench}/{picture}/focus", {**data, "do": "keep"})
    (kept,) = await media(house, bench)
    assert (await house.media.get(kept.public_id)).focus == (0.5, 0.8)
    assert 'value="75"' in (await ada.get(f"{bench}/{kept.public_id}/focus")).text


@pytest.mark.parametrize("point", [("", "1"), ("-1", "1"), ("1", "101"), ("nan", "1")])
async def test_a_point_outside_the_picture_is_refused(
    house: House, ada: Organiser, bench: str, point: tuple[str, str]
) -> None:
    (picture,) = await filled(house, ada, bench, "red")
    data = {"version": await version(house, bench), "left": point[0], "top": point[1]}
    for act in ("keep", "look"):
        assert (await ada.post(f"{bench}/{picture}/focus", {**data, "do": act})).status_code == 422


async def test_pictures_of_drafts_are_for_those_who_write_and_kept_by_no_browser(
    world: World, house: House, ada: Organiser, bench: str
) -> None:
    (picture,) = await filled(house, ada, bench, "red")
    shown = await ada.get(f"{bench}/{picture}/small")
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["content-type"] == "image/jpeg"
    for path in (bench, f"{bench}/{picture}/whole", f"{bench}/{picture}/cover", f"{bench}/{picture}/focus"):
        assert "/desk/sign-in" in str((await world.get(f"https://here.test{path}", follow_redirects=True)).url)
    await house.access.invite(CONSOLE, "mo", Role.MODERATOR)
    async with signed_in(world, house, "mo") as mo:
        for path in (bench, f"{bench}/{picture}/whole", f"{bench}/{picture}/cover", f"{bench}/{picture}/focus"):
            assert (await mo.get(path)).status_code == 403
        for path in (bench, f"{bench}/{picture}/cover", f"{bench}/{picture}/focus"):
            assert (await mo.post(path, {"version": "2", **BOX})).status_code == 403


async def test_pictures_of_something_else_are_not_reached_through_a_draft(
    house: House, ada: Organiser, bench: str
) -> None:
    other = await house.media.add(drawn())
    for path in ("whole", "cover", "focus"):
        assert (await ada.get(f"{bench}/{other.public_id}/{path}")).status_code == 404
    assert (await ada.post(f"{bench}/{other.public_id}/cover", {"version": "1", **BOX})).status_code == 404
    answer = await ada.post(bench, {"version": "1", "order": other.public_id, "do": "save"})
    assert answer.status_code == 422
    assert await media(house, bench) == ()


async def test_without_the_token_of_the_form_nothing_changes(house: House, ada: Organiser, bench: str) -> None:
    (picture,) = await filled(house, ada, bench, "red")
    for path in (bench, f"{bench}/{picture}/cover", f"{bench}/{picture}/focus"):
        answer = await ada.client.post(path, data={"version": "2", **BOX})
        assert answer.status_code == 403
    assert [one.public_id for one in await media(house, bench)] == [picture]


async def test_leaving_for_the_words_or_for_a_picture_keeps_what_was_typed(
    house: House, ada: Organiser, bench: str
) -> None:
    (picture,) = await filled(house, ada, bench, "red")
    for act, leads in (("words", bench.removesuffix("/pictures")), (f"cover:{picture}", f"{bench}/{picture}/cover")):
        data = {"version": await version(house, bench), "order": picture, f"alt-{picture}": act, "do": act}
        answer = await ada.post(bench, data, follow_redirects=False)
        assert answer.headers["location"].partition("?")[0] == leads
        assert (await media(house, bench))[0].alt == act


async def test_a_picture_that_went_with_its_post_can_be_removed(house: House, ada: Organiser, bench: str) -> None:
    (picture,) = await filled(house, ada, bench, "red")
    async with house.database.transaction() as tx:
        await house.media.let_go(tx, (await house.media.get(picture)).id)
    page = (await ada.get(bench)).text
    assert "not here any more" in page
    assert re.search(f'value="remove:{picture}"', page)
    await ada.post(bench, {"version": await version(house, bench), "order": picture, "do": f"remove:{picture}"})
    assert await media(house, bench) == ()
