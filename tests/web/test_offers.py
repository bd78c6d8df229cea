"""The form for offers and the look-up as readers meet them, and the queue on the Desk."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest

from server.features.access.model import Role
from server.features.offers.model import Kind, Wanted
from server.features.safety.model import LockLevel
from server.house import House
from server.web.pages import offers as pages
from server.web.shared.limits import RateLimit
from tests.conftest import FakeClock
from tests.features.test_media import drawn
from tests.features.test_offers import called_out, draft, files, names, send
from tests.world import CONSOLE, World, later, signed_in

pytestmark = pytest.mark.anyio

CAR = {"count": "3", "start": "Lille", "to": "the quay", "language": "fr", "contact": "kestrel.42"}
CODE = re.compile(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}")


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found is not None, name
    return unescape(found[1])


async def filled(
    world: World, client: httpx.AsyncClient, kind: str = "car", about: str = "", wait: int = 20
) -> dict[str, str]:
    """The hidden fields of a form that is open for a while."""
    page = await client.get("/offer", params={"kind": kind, "about": about})
    assert page.status_code == 200
    later(world, seconds=wait)
    return {name: hidden(page.text, name) for name in ("kind", "about", "token")}


async def offered(
    world: World, client: httpx.AsyncClient, fields: dict[str, str] | None = None, **more: Any
) -> httpx.Response:
    form = await filled(world, client, **more)
    return await client.post("/offer", data={**form, **(CAR if fields is None else fields)})


def code_in(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    found = re.search(r'class="handle code"[^>]*>([^<]+)<', answer.text)
    assert found is not None
    assert CODE.fullmatch(found[1])
    return found[1]


async def test_a_reader_offers_a_car_and_finds_the_answer_by_the_code(world: World, house: House) -> None:
    async with world.client(base_url="https://here.test") as client:
        first = await client.get("/offer")
        assert [one for one in Kind if f"kind={one.value}" in first.text] == list(Kind)
        code = code_in(await offered(world, client))
        waits = await client.post("/offer/answer", data={"code": code})
        assert "no answer yet" in waits.text
        (name,) = await names(house)
        await house.offers.answer(CONSOLE, name, "Come at <nine>", "fr")
        found = await client.post("/offer/answer", data={"code": code.lower().replace("-", " ")})
        assert "Come at &lt;nine&gt;" in found.text
        assert 'lang="fr"' in found.text
        assert "Lille" not in found.text, "a code that is found tells little"
        replied = await client.post("/offer/answer", data={"code": code, "act": "reply", "text": "I will"})
        assert "Your message is with us" in replied.text
        gone = await client.post("/offer/answer", data={"code": code, "act": "delete"})
        assert "Nothing of it is kept" in gone.text
        again = await client.post("/offer/answer", data={"code": code})
        assert (again.status_code, "mistyped" in again.text) == (404, True)
    assert await names(house) == []


@pytest.mark.parametrize("kind", list(Kind))
async def test_each_kind_has_a_form_of_its_own_that_can_be_sent(world: World, house: House, kind: Kind) -> None:
    given = draft(kind)
    async with world.client(base_url="https://here.test") as client:
        code_in(await offered(world, client, {**given.fields, "language": "ti"}, kind=kind.value))
    (one,) = (await house.offers.queue(CONSOLE, Wanted())).offers
    assert one.fields == given.fields
    assert (one.line.language, one.line.page_language) == ("ti", "en")


async def test_no_page_about_offers_is_kept_sets_a_cookie_or_names_a_code_in_an_address(
    world: World, house: House
) -> None:
    async with world.client(base_url="https://here.test") as client:
        code = code_in(await offered(world, client))
        answers = [
            await client.get("/offer"),
            await client.get("/offer?kind=bed"),
            await client.get("/offer/answer"),
            await client.post("/offer/answer", data={"code": code}),
            await offered(world, client),
        ]
    for answer in answers:
        assert answer.status_code == 200
        assert "no-store" in answer.headers["cache-control"]
        assert "set-cookie" not in answer.headers
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "<script" not in answer.text
        links = re.findall(r'(?:href|action|src)="([^"]+)"', answer.text)
        assert not [one for one in links if code in one or (one.startswith("http") and "here.test" not in one)]
    assert not [one for one in world.net.seen if code in str(one.url)]


async def test_a_form_with_mistakes_comes_back_with_every_word(world: World, house: House) -> None:
    async with world.client(base_url="https://here.test") as client:
        form = await filled(world, client)
        bad = {**form, **CAR, "count": "many", "start": "", "more": 'He said "<b>yes</b>"', "language": "ti"}
        answer = await client.post("/offer", data=bad)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
        assert answer.text.count('class="note error"') == 3
        for word in ('value="many"', 'value="the quay"', "&lt;b&gt;yes", 'value="kestrel.42"'):
            assert word in answer.text
        assert re.search(r'value="ti"[^>]* selected', answer.text)
        code_in(await client.post("/offer", data={**bad, "token": hidden(answer.text, "token"), **CAR}))


async def test_a_form_that_is_too_fast_or_from_yesterday_comes_back_and_can_be_sent(world: World, house: House) -> None:
    async with world.client(base_url="https://here.test") as client:
        for wait, then in ((0, 10), (90_000, 10)):
            form = await filled(world, client, wait=wait)
            answer = await client.post("/offer", data={**form, **CAR, "to": f"after {wait}"})
            assert answer.status_code == 422
            assert 'value="Lille"' in answer.text
            later(world, seconds=then)
            again = {**form, **CAR, "to": f"after {wait}", "token": hidden(answer.text, "token")}
            code_in(await client.post("/offer", data=again))


async def test_who_fills_in_what_nobody_sees_is_asked_again(world: World, house: House) -> None:
    async with world.client(base_url="https://here.test") as client:
        form = await filled(world, client)
        answer = await client.post("/offer", data={**form, **CAR, "website": "https://buy.test"})
        assert (answer.status_code, "stays empty" in answer.text, 'value="Lille"' in answer.text) == (422, True, True)
    assert await names(house) == []


async def test_a_form_sent_twice_shows_the_same_code_twice(world: World, house: House) -> None:
    async with world.client(base_url="https://here.test") as client:
        form = await filled(world, client)
        sent = {code_in(await client.post("/offer", data={**form, **CAR})) for _ in range(3)}
        assert len(sent) == 1
        other = await client.post("/offer", data={**form, **CAR, "to": "elsewhere"})
        assert other.status_code == 409
    assert len(await names(house)) == 1


async def test_pictures_come_along_and_are_served_on_the_desk_alone(world: World, house: House) -> None:
    async with world.client(base_url="https://here.test") as client:
        form = await filled(world, client, kind="report")
        sent = {**form, "text": "Three vans", "language": "en"}
        uploads = {
            "picture1": ("a.jpg", drawn("JPEG", (1600, 1200)), "image/jpeg"),
            "picture2": ("b.png", drawn("PNG"), "image/png"),
        }
        code_in(await client.post("/offer", data=sent, files=uploads))
        (name,) = await names(house)
        paths = [f"/media/{one.name}.{end}" for one in files(house) for end in ("jpg", "png", "small.jpg")]
        paths += [f"/offers/{one.name}" for one in files(house)] + [f"/media/{name}.jpg"]
        assert {(await client.get(path)).status_code for path in paths} == {404}
        assert (await client.get(f"/desk/offers/{name}/pictures/1")).status_code == 303
    async with signed_in(world, house) as organiser:
        page = await organiser.get(f"/desk/offers/{name}")
        shown = re.findall(r'src="(/desk/offers/[^"]+)"', page.text)
        assert len(shown) == 2
        for path in shown:
            answer = await organiser.get(path)
            assert answer.headers["content-type"].startswith("image/")
            assert answer.headers["cache-control"] == "no-store"
        assert (await organiser.get(f"/desk/offers/{name}/pictures/3")).status_code == 404


async def test_a_picture_that_cannot_be_read_gives_the_words_back(world: World, house: House) -> None:
    async with world.client(base_url="https://here.test") as client:
        form = await filled(world, client)
        uploads = {"picture1": ("a.svg", b"<svg onload='x'/>", "image/svg+xml")}
        answer = await client.post("/offer", data={**form, **CAR}, files=uploads)
        assert (answer.status_code, 'value="Lille"' in answer.text, "choose them again" in answer.text) == (
            422,
            True,
            True,
        )
    assert files(house) == []


async def test_a_flood_is_answered_with_words_and_the_desk_stays_open(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.client(base_url="https://here.test") as client:
        statuses = []
        for number in range(pages.OFFERS + 3):
            form = await filled(world, client, wait=4)
            answer = await client.post("/offer", data={**form, **CAR, "to": f"place {number}"})
            statuses.append(answer.status_code)
        assert statuses == [200] * pages.OFFERS + [429] * 3
        assert "send it again in ten minutes" in answer.text
        assert f'value="place {pages.OFFERS + 2}"' in answer.text
        assert answer.headers["retry-after"] == "600"
        async with signed_in(world, house) as organiser:
            assert (await organiser.get("/desk/offers")).status_code == 200
        later(world, minutes=10)
        code_in(await offered(world, client, {**CAR, "to": "later"}))
        for _ in range(pages.TRIES):
            last = await client.post("/offer", data={"kind": "car"})
        assert last.status_code == 429


async def test_a_flood_of_one_kind_leaves_the_others_open(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "KIND_OFFERS", 2)
    await world.campaign("there.test", "other")
    async with world.client(base_url="https://there.test") as client:
        for number in range(3):
            answer = await offered(world, client, {"text": f"Buy {number}", "language": "en"}, kind="idea")
        assert answer.status_code == 429
        assert "What you wrote is still here" in answer.text
        code_in(await offered(world, client, {"count": "2", "language": "en"}, kind="bed"))


async def test_codes_cannot_be_tried_without_end(world: World, house: House) -> None:
    async with world.client(base_url="https://here.test") as client:
        statuses = [
            (await client.post("/offer/answer", data={"code": f"{number:016}"})).status_code for number in range(32)
        ]
    assert statuses == [404] * 30 + [429] * 2


async def test_who_called_is_counted_under_a_key_that_is_thrown_away(
    anyio_backend: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = RateLimit(clock, count=2, seconds=600)
    assert [limit.free_for("198.51.100.23") for _ in range(3)] == [True, True, False]
    before = (limit._secret, dict(limit._used))
    assert "198.51.100.23" not in str(before)
    clock.now = clock.now.replace(minute=clock.now.minute + 10)
    assert limit.free_for("198.51.100.23")
    assert limit._secret != before[0]
    assert not set(limit._used) & set(before[1])


async def test_the_key_goes_also_when_nobody_calls_again(anyio_backend: str, clock: FakeClock) -> None:
    limit = RateLimit(clock, count=2, seconds=600)
    limit._seconds = 0.05  # type: ignore[assignment]
    limit.free_for("198.51.100.23")
    before = limit._secret
    await asyncio.sleep(0.3)
    assert limit._secret != before
    assert not limit._used


async def test_the_form_names_the_call_out_it_is_about(world: World, house: House) -> None:
    public_id, code = await called_out(house, "Come to the <quay>")
    async with world.client(base_url="https://here.test") as client:
        for path in (f"/offer?about={code}", f"/offer?kind=car&about={code}"):
            page = await client.get(path)
            assert "Come to the &lt;quay&gt;" in page.text
            assert f'href="/p/{public_id}"' in page.text
            assert f'href="/fr/p/{public_id}"' in (await client.get(f"/fr{path}")).text, "in the same language"
        assert f"about={code}" in (await client.get(f"/offer?about={code}")).text
        for strange in ("zzzzzz", '"><script>', "A" * 400, "../.."):
            assert (await client.get("/offer", params={"about": strange})).status_code == 200
        code_in(await offered(world, client, about=code))
    (name,) = await names(house, about=code)
    async with signed_in(world, house) as organiser:
        assert f"/p/{public_id}" in (await organiser.get(f"/desk/offers/{name}")).text


async def test_what_is_not_asked_for_has_no_form(world: World, house: House) -> None:
    async with world.client(base_url="https://here.test") as client, signed_in(world, house) as organiser:
        assert 'href="/offer"' in (await client.get("/")).text
        await organiser.post("/desk/offers/form", {"on": "1", "kind": ["bed", "car"]})
        page = await client.get("/offer?kind=idea")
        assert ("kind=bed" in page.text, "kind=idea" in page.text) == (True, False)
        await organiser.post("/desk/offers/form", {"kind": ["bed", "car"]})
        for path in ("/offer", "/offer?kind=bed"):
            assert (await client.get(path)).status_code == 404
        assert (await client.post("/offer", data={"kind": "bed"})).status_code == 404
        assert 'href="/offer"' not in (await client.get("/")).text
        assert (await client.get("/offer/answer")).status_code == 200


async def test_the_lock_shuts_the_form_with_words_and_loses_none(world: World, house: House) -> None:
    async with world.client(base_url="https://here.test") as client:
        form = await filled(world, client)
        await house.locking.set_level(CONSOLE, LockLevel.CONVERSATION_CLOSED)
        shut = await client.get("/offer")
        assert (shut.status_code, "Come back later" in shut.text) == (503, True)
        answer = await client.post("/offer", data={**form, **CAR})
        assert (answer.status_code, 'value="Lille"' in answer.text) == (503, True)
        await house.locking.set_level(CONSOLE, LockLevel.STATEMENT_ONLY)
        for path in ("/offer", "/offer/answer"):
            assert (await client.get(path)).status_code == 503
        assert (await client.post("/offer/answer", data={"code": "0" * 16})).status_code == 503
    assert await names(house) == []


async def test_organisers_see_to_offers_on_the_desk(world: World, house: House) -> None:
    sent = await send(world, house)
    await send(world, house, draft(Kind.BED))
    await send(world, house, draft(Kind.BED, contact="another"))
    async with signed_in(world, house) as organiser:
        front = await organiser.get("/desk/")
        assert re.search(r"Offers.*?bed 2.*?car 1.*?3<", front.text, re.DOTALL)
        (name,) = await names(house, kind="car")
        claimed = await organiser.post(f"/desk/offers/{name}", {"do": "claim"})
        assert "yours to answer" in claimed.text
        assert "ada" in (await organiser.get("/desk/offers?state=claimed")).text
        answer = await organiser.post(f"/desk/offers/{name}", {"do": "answer", "text": "At nine", "language": "en"})
        assert "Whoever has the code" in answer.text
        assert (await house.offering.look(sent.code)).answers[0].text == "At nine"
        await organiser.post(f"/desk/offers/{name}", {"do": "release"})
        listed = await organiser.get("/desk/offers?kind=bed")
        beds = re.findall(r'name="offer" value="(\w+)"', listed.text)
        assert len(beds) == 2
        spam = await organiser.post("/desk/offers", {"do": "spam", "offer": beds[:1], "kind": "bed"})
        assert "deletes itself in two days" in spam.text
        await organiser.post("/desk/offers", {"do": "unspam", "offer": beds[:1]})
        sure = await organiser.post("/desk/offers", {"do": "delete-all", "kind": "bed"})
        assert "Delete 2 offers?" in sure.text
        assert len(await names(house)) == 3, "nothing is erased before it was asked once more"
        fields = {"do": "delete", "sure": "1", "offers": hidden(sure.text, "offers"), "kind": "bed"}
        assert "Erased" in (await organiser.post("/desk/offers", fields)).text
        await organiser.post(f"/desk/offers/{name}", {"do": "delete"})
    assert await names(house) == []


async def test_an_answer_that_cannot_be_given_is_not_lost(world: World, house: House) -> None:
    await send(world, house)
    (name,) = await names(house)
    await house.offers.claim(CONSOLE, name)
    async with signed_in(world, house) as organiser:
        words = {"do": "answer", "text": "Written with care", "language": "fr"}
        answer = await organiser.post(f"/desk/offers/{name}", words)
        assert (answer.status_code, "Written with care" in answer.text) == (409, True)
        assert "Somebody else sees to this" in answer.text


async def test_hostile_words_stay_words_on_the_desk(world: World, house: House) -> None:
    nasty = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}\u202e'
    async with world.client(base_url="https://here.test") as client:
        fields = {"count": "1", "where": nasty, "more": nasty, "contact": nasty, "language": nasty}
        code_in(await offered(world, client, fields, kind="bed"))
    (name,) = await names(house)
    async with signed_in(world, house) as organiser:
        for path in ("/desk/offers", f"/desk/offers/{name}"):
            page = (await organiser.get(path)).text
            assert "<script>alert" not in page
            assert "<img src=x" not in page
            assert "{{ 7*7 }}" in page
            assert "\u202e" not in page


async def test_a_writer_sees_nothing_of_offers(world: World, house: House) -> None:
    await house.access.invite(CONSOLE, "eve", Role.WRITER)
    await send(world, house)
    async with signed_in(world, house, "eve") as organiser:
        assert "/desk/offers" not in (await organiser.get("/desk/")).text
        assert "/desk/offers" not in (await organiser.get("/desk/more")).text
        assert (await organiser.get("/desk/offers")).status_code == 403


@pytest.mark.parametrize("filter_", ["kind=x", "state=%00", "language=<b>", "about=%27", "page=-1", "page=9999999"])
async def test_a_strange_filter_asks_for_nothing(world: World, house: House, filter_: str) -> None:
    await send(world, house)
    async with signed_in(world, house) as organiser:
        answer = await organiser.get(f"/desk/offers?{filter_}")
        assert (answer.status_code, "Lille" in answer.text) == (200, True)


@pytest.mark.parametrize(("language", "direction"), [("fr", "ltr"), ("ar", "rtl")])
async def test_the_form_speaks_the_language_of_the_pages(
    world: World, house: House, language: str, direction: str
) -> None:
    async with signed_in(world, house) as organiser:
        profile = {"name": "Harbour", "language": language, "time_zone": "Europe/Paris"}
        assert (await organiser.post("/desk/profile", profile)).status_code == 200
    async with world.client(base_url="https://here.test") as client:
        page = await client.get("/offer?kind=car")
        assert f'<html lang="{language}" dir="{direction}"' in page.text
        assert "How many seats" not in page.text
        sent = await offered(world, client, {**CAR, "count": "٣"})
        code_in(sent)
    (one,) = (await house.offers.queue(CONSOLE, Wanted())).offers
    assert (one.line.page_language, one.fields["count"]) == (language, "3")


async def test_the_end_of_one_window_forgets_nothing_of_the_next(anyio_backend: str, clock: FakeClock) -> None:
    limit = RateLimit(clock, count=1, seconds=1)
    assert limit.free_for("198.51.100.23")
    clock.forward(timedelta(seconds=1))
    assert limit.free_for("198.51.100.23")
    limit._forget(limit._window - 1)
    assert not limit.free_for("198.51.100.23")
