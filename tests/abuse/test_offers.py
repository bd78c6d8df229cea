"""Whoever offers something is in more danger than we are: what a copy of the disk, the memory of the log and hostile senders get."""

from __future__ import annotations

import asyncio
import base64
import logging
from pathlib import Path
from tempfile import SpooledTemporaryFile

import httpx
import pytest

from server.app import build_app
from server.base.database.sqlite import SqliteDatabase
from server.house import House
from tests.abuse.test_canary import inside, of_ours
from tests.features.test_media import drawn
from tests.features.test_offers import files, names
from tests.web.test_offers import CAR, code_in, filled, offered
from tests.world import CONSOLE, World, later, signed_in

SOCKET, FORWARDED, AGENT = "198.51.100.23", "203.0.113.77", "CanaryPhone/7.3"
WORDS = ("canarylille", "canarycontact", "canaryanswer", "canaryreply")


@pytest.fixture
async def house(world: World) -> House:
    house = await world.campaign("here.test")
    world.net.hosts["here.test"] = httpx.ASGITransport(build_app(house, background=False), client=(SOCKET, 4711))
    return house


def reader(world: World) -> httpx.AsyncClient:
    headers = {
        "X-Forwarded-For": FORWARDED,
        "Forwarded": f"for={FORWARDED}",
        "X-Real-IP": FORWARDED,
        "User-Agent": AGENT,
    }
    return world.client(base_url="https://here.test", headers=headers)


async def lived(world: World, house: House) -> tuple[str, str]:
    """An offer with a picture, answered and replied to, a refused one and wrong codes; the code and the token."""
    async with reader(world) as client:
        form = await filled(world, client)
        fields = {**CAR, "start": "canarylille", "contact": "canarycontact"}
        picture = drawn("JPEG", comment=b"canarycamera")
        sent = await client.post(
            "/offer", data={**form, **fields}, files={"picture1": ("canary.jpg", picture, "image/jpeg")}
        )
        code = code_in(sent)
        await client.post("/offer", data={**form, **fields, "count": "canarycount"})
        await client.post("/offer", data={"kind": "nothing"})
        (name,) = await names(house)
        await house.offers.answer(CONSOLE, name, "canaryanswer", "en")
        await client.post("/offer/answer", data={"code": code, "act": "reply", "text": "canaryreply"})
        for wrong in ("0000-0000-0000-0000", "x"):
            await client.post("/offer/answer", data={"code": wrong})
    async with signed_in(world, house) as organiser:
        await organiser.get(f"/desk/offers/{name}")
        await organiser.get(f"/desk/offers/{name}/pictures/1")
    return code, form["token"]


async def test_a_copy_of_the_disk_without_the_key_tells_neither_who_nor_what(
    world: World, house: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        code, token = await lived(world, house)
    canaries = [*WORDS, "canary", SOCKET, FORWARDED, AGENT, "CanaryPhone", code, code.replace("-", ""), token]
    kept = {
        f"file {path.name}": path.read_bytes().decode("latin-1")
        for path in Path(house.settings.data).rglob("*")
        if path.is_file()
    }
    tables = {f"table {name}": text for name, text in (await inside(house)).items()}
    records = {f"log {n}": f"{one.getMessage()} {one.__dict__}" for n, one in enumerate(caplog.records) if of_ours(one)}
    out, err = capfd.readouterr()
    everything = {**kept, **tables, **records, "stdout": out, "stderr": err}
    assert [one for one in everything if one.startswith("file") and len(one) == 21], "the picture is there"
    found = {where: canary for where, text in everything.items() for canary in canaries if canary in text}
    assert found == {}
    (picture,) = files(house)
    assert b"JFIF" not in base64.b64decode(picture.read_bytes())


async def test_no_original_of_a_picture_touches_the_disk(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forms are parsed in memory: nothing rolls over into a temporary file, however large it is."""

    def rollover(_: object) -> None:
        raise AssertionError("a file was written")

    monkeypatch.setattr(SpooledTemporaryFile, "rollover", rollover)
    large = drawn("PNG") + b"canary" * 900_000
    async with reader(world) as client:
        form = await filled(world, client)
        code_in(await client.post("/offer", data={**form, **CAR}, files={"picture1": ("a.png", large, "image/png")}))
    (picture,) = files(house)
    assert picture.stat().st_size < 500_000


async def test_what_was_taken_back_is_in_no_file_any_more(world: World, house: House) -> None:
    code, _ = await lived(world, house)
    async with house.database.snapshot() as snapshot:
        row = await snapshot.one("SELECT name, sealed, answers, reply FROM offers")
    assert row is not None
    sealed = [str(row[column]).encode() for column in ("sealed", "answers", "reply")]
    async with reader(world) as client:
        await client.post("/offer/answer", data={"code": code, "act": "delete"})
    assert isinstance(house.database, SqliteDatabase)
    await house.database.checkpoint()
    for path in Path(house.settings.data).rglob("*"):
        body = path.read_bytes() if path.is_file() else b""
        assert not [one for one in sealed if one in body], path.name


async def test_no_key_under_which_callers_are_counted_outlives_its_window(world: World, house: House) -> None:
    """All that the form remembers of callers: keyed hashes, and another key for the next ones."""
    async with reader(world) as client:
        await offered(world, client)
    app = world.net.hosts["here.test"].app  # type: ignore[attr-defined]
    (pages,) = {route.endpoint.__self__ for route in app.routes if route.path == "/offer"}
    before = pages._each._secret, dict(pages._each._used)
    assert before[1]
    assert SOCKET not in str(before)
    later(world, minutes=10)
    async with reader(world) as client:
        await offered(world, client, {**CAR, "to": "elsewhere"})
    assert pages._each._secret != before[0]
    assert not set(pages._each._used) & set(before[1])


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}]
)
async def test_another_site_cannot_let_its_visitors_send_or_delete(
    world: World, house: House, headers: dict[str, str]
) -> None:
    async with reader(world) as client:
        code = code_in(await offered(world, client))
        form = await filled(world, client)
        assert (await client.post("/offer", data={**form, **CAR, "to": "x"}, headers=headers)).status_code == 403
        gone = {"code": code, "act": "delete"}
        assert (await client.post("/offer/answer", data=gone, headers=headers)).status_code == 403
        assert len(await names(house)) == 1
        assert (await client.post("/offer/answer", data=gone, headers={"Origin": "null"})).status_code == 200
    assert await names(house) == []


HOSTILE: tuple[dict[str, str], ...] = (
    {},
    {"kind": "car"},
    {"kind": "car'; DROP TABLE offers;--"},
    {"kind": "car", "token": "A" * 10_000},
    {"kind": "car", "token": "\x00\ud7ff", "count": "\x00"},
    {"kind": "car", "count": "1" * 5_000, "start": "a" * 50_000},
    {"kind": "car", "about": "../../etc", "language": "x" * 900, "count": "٣٣٣٣٣"},
)


@pytest.mark.parametrize("fields", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_forms_are_refused_in_words(world: World, house: House, fields: dict[str, str]) -> None:
    async with reader(world) as client:
        answer = await client.post("/offer", data=fields)
        assert answer.status_code in {404, 422}
        assert "<h1" in answer.text
        looked = await client.post(
            "/offer/answer", data={"code": fields.get("token", ""), "act": fields.get("kind", "")}
        )
        assert looked.status_code in {404, 422}
    assert await names(house) == []


async def test_bodies_that_are_too_large_or_of_another_kind_are_not_read(world: World, house: House) -> None:
    async with reader(world) as client:
        form = await filled(world, client)
        large = await client.post("/offer", data={**form, "more": "a" * 300_000})
        assert large.status_code in {413, 422}
        huge = {"Content-Length": "90000000", "Content-Type": "multipart/form-data; boundary=x"}
        assert (await client.post("/offer", content=b"--x", headers=huge)).status_code == 413
        many = [(f"picture{number}", (f"{number}.png", drawn("PNG"), "image/png")) for number in range(5)]
        assert (await client.post("/offer", data=form, files=many)).status_code == 422
        for body in (b"", b"\xff" * 100, b'{"kind": "car"}'):
            assert (await client.post("/offer", content=body)).status_code == 404
        look = await client.post("/offer/answer", data={"code": "a" * 100_000})
        assert look.status_code == 413
    assert await names(house) == []
    assert files(house) == []


async def test_a_flood_at_one_time_leaves_whole_offers_and_an_open_desk(world: World, house: House) -> None:
    async with reader(world) as client, signed_in(world, house) as organiser:
        form = await filled(world, client)

        async def send(number: int) -> int:
            answer = await client.post("/offer", data={**form, **CAR, "to": f"place {number % 3}"})
            return answer.status_code

        statuses = await asyncio.gather(*(send(number) for number in range(40)))
        assert set(statuses) <= {200, 409, 429}
        assert len(await names(house)) == 1, "one form is one offer, however often it comes"
        assert (await organiser.get("/desk/offers")).status_code == 200


async def test_organisers_do_not_stand_in_anything_a_reader_sees(world: World, house: House) -> None:
    code, _ = await lived(world, house)
    (name,) = await names(house)
    async with signed_in(world, house) as organiser:
        await organiser.post(f"/desk/offers/{name}", {"do": "release"})
        await organiser.post(f"/desk/offers/{name}", {"do": "claim"})
        assert "ada" in (await organiser.get(f"/desk/offers/{name}")).text
    async with reader(world) as client:
        page = await client.post("/offer/answer", data={"code": code})
        assert "canaryanswer" in page.text
        assert "ada" not in page.text.split("<main")[1].split("</main")[0]
