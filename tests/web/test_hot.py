"""Answers from memory are the ones that were given the first time, and never outlive what they say."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest

from server.app import build_app
from server.web.shared.caching import Rendered, Rendering
from server.web.shared.hot import Hot
from tests.world import AP, CONSOLE, World, later

HOME = "https://here.test/"


@pytest.mark.parametrize("accept", ["text/html", AP, ""])
@pytest.mark.parametrize("path", ["/", "/users/harbour", "/feed.atom", "/archive"])
async def test_the_second_answer_is_the_first(world: World, path: str, accept: str) -> None:
    house = await world.campaign("here.test", "harbour")
    await world.publish(house, "Hello")
    async with world.client(base_url=HOME) as client:
        headers = {"Accept": accept} if accept else {}
        first, second = [await client.get(path, headers=headers) for _ in range(2)]
        assert (second.status_code, second.content) == (first.status_code, first.content)
        assert second.headers.multi_items() == first.headers.multi_items()
        if first.status_code == 200:
            third = await client.get(path, headers={**headers, "If-None-Match": first.headers["etag"]})
            assert (third.status_code, third.content) == (304, b"")
            assert "content-length" not in third.headers
            assert third.headers["content-security-policy"] == first.headers["content-security-policy"]
            assert third.headers["cache-control"] == first.headers["cache-control"]
            other = await client.get(path, headers={**headers, "If-None-Match": '"another"'})
            assert other.status_code == 200


async def test_a_document_and_a_page_at_one_address_are_told_apart(world: World) -> None:
    house = await world.campaign("here.test", "harbour")
    await world.publish(house, "Hello")
    for _ in range(2):
        assert (await world.get(HOME, AP)).headers["content-type"].startswith(AP)
        assert (await world.get(HOME, "text/html")).headers["content-type"].startswith("text/html")


async def test_what_is_deleted_is_gone_at_once(world: World) -> None:
    house = await world.campaign("here.test", "harbour")
    post = await world.publish(house, "Not for long")
    url = world.uri(house, post)
    for _ in range(2):
        assert (await world.get(url, AP)).status_code == 200
    await house.publishing.delete(CONSOLE, post.public_id)
    assert (await world.get(url, AP)).status_code == 410
    assert "Not for long" not in (await world.get(HOME)).text


async def test_whoever_asks_with_a_signature_is_answered_for_what_they_are(world: World) -> None:
    house = await world.campaign("here.test", "harbour")
    post = await world.publish(house, "Hello")
    bob = world.peer("there.test", "bob")
    url = world.uri(house, post)
    assert (await bob.get(url)).status_code == 200
    async with world.client() as client:
        plain = await client.get(url, headers={"Accept": "text/html"})
    assert plain.status_code == 302


class _Timer:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_a_rain_of_likes_renews_the_pages_once_a_second(world: World) -> None:
    house = await world.campaign("here.test", "harbour")
    timer, made = _Timer(), 0
    rendering = Rendering(house.database, world.clock, timer)

    async def make() -> Rendered:
        nonlocal made
        made += 1
        return Rendered.of(f"{made}", "text/plain")

    async def shown() -> bytes:
        return (await rendering.get(("page",), make)).body

    assert await shown() == b"1"
    house.database.tell([("counts", "post")])
    assert await shown() == b"2", "one alone is seen at once"
    for _ in range(100):
        house.database.tell([("counts", "post")])
        timer.now += 0.005
    assert await shown() == b"2"
    timer.now += 0.6
    assert await shown() == b"3", "and the last of many within a second"
    house.database.tell([("inboxes", "")])
    assert await shown() == b"3", "what waits on the Desk stands on no page"
    house.database.tell([("conversation", "post")])
    assert await shown() == b"4", "what an organiser hides is hidden now"


async def test_no_more_is_remembered_than_there_is_room_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.web.shared.hot.MAX_ENTRIES", 10)
    house = await world.campaign("here.test", "harbour")
    await world.publish(house, "Hello")
    async with world.client(base_url=HOME) as client:
        answers: list[httpx.Response] = [await client.get(f"/?n={number}") for number in range(50)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1


async def test_each_language_is_remembered_by_what_is_asked_for_and_not_by_how(world: World) -> None:
    house = await world.campaign("here.test", "harbour")
    await world.publish(house, "Hello")
    wishes = {"fa": "fa", "fa-IR,fa;q=0.9": "fa", "ti, en;q=0.5": "ti", "tlh": "en", "": "en"}
    async with world.client(base_url=HOME) as client:
        for _ in range(2):
            for wish, language in wishes.items():
                answer = await client.get("/archive", headers={"accept-language": wish})
                assert f'<html lang="{language}"' in answer.text, wish
                assert answer.headers["content-language"] == language
                again = await client.get(
                    "/archive", headers={"accept-language": wish, "If-None-Match": answer.headers["etag"]}
                )
                assert again.status_code == 304
                assert (again.headers["vary"], again.headers["content-language"]) == (
                    "Accept-Encoding, Accept-Language",
                    language,
                )


@pytest.mark.parametrize(("name", "value"), [("accept-language", "fa"), ("accept", AP)])
async def test_a_header_that_comes_twice_puts_nothing_wrong_into_memory(world: World, name: str, value: str) -> None:
    house = await world.campaign("here.test", "harbour")
    await world.publish(house, "Hello")
    async with world.client(base_url=HOME) as client:
        odd = await client.get("/", headers=[(name, ""), (name, value)])
        assert '<html lang="en"' in odd.text
        right = await client.get("/", headers={name: value})
        assert '<html lang="en"' not in right.text


async def test_languages_take_no_more_room_than_there_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.web.shared.hot.MAX_ENTRIES", 4)
    house = await world.campaign("here.test", "harbour")
    hot = Hot(build_app(house, background=False), rendering=Rendering(house.database, house.clock))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(hot), base_url=HOME) as client:
        for number in range(20):
            for wish in ("fa", "fr", f"tlh-{number}", "x" * 9_000):
                assert (await client.get(f"/?n={number}", headers={"accept-language": wish})).status_code == 200
                assert len(hot) <= 4


async def test_no_clock_is_asked_about_answers_that_nothing_but_a_change_ends(world: World) -> None:
    house = await world.campaign("here.test", "harbour")

    def never() -> datetime:
        raise AssertionError("a clock was asked")

    rendering = Rendering(house.database, never)

    async def make() -> Rendered:
        return Rendered.of("Hello", "text/plain")

    assert await rendering.get(("page",), make) is await rendering.get(("page",), make)


async def test_an_answer_that_is_over_is_made_anew_and_counted_once(world: World) -> None:
    house = await world.campaign("here.test", "harbour")
    rendering, made = Rendering(house.database, world.clock), 0

    async def make() -> Rendered:
        nonlocal made
        made += 1
        return Rendered.of(f"{made}", "text/plain", valid_until=world.clock.now + timedelta(minutes=1))

    async def shown() -> bytes:
        return (await rendering.get(("page",), make)).body

    assert [await shown(), await shown()] == [b"1", b"1"]
    later(world, minutes=1)
    assert [await shown(), await shown()] == [b"2", b"2"]
    assert rendering.generation == 0, "nothing else was dropped"


async def test_a_reader_who_says_twice_what_is_taken_spoils_no_page_for_others(world: World) -> None:
    house = await world.campaign("here.test", "harbour")
    await world.publish(house, "Hello " * 200)
    async with world.client(base_url=HOME) as client:
        for said in (["identity", "gzip"], ["gzip", "identity"], ["", "gzip"]):
            both = [("Accept", "text/html"), *(("Accept-Encoding", one) for one in said)]
            first = await client.get("/", headers=both)
            again = await client.get("/", headers=both)
            assert (first.text, first.headers.multi_items()) == (again.text, again.headers.multi_items())
        for taken in ("gzip", "identity"):
            page = await client.get("/", headers={"Accept": "text/html", "Accept-Encoding": taken})
            assert "Hello" in page.text
            assert page.headers.get("content-encoding", "identity") == taken
