"""Posting by script: `POST /api/v1/statuses` with a token, as Mastodon's clients do it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from server.features.access.model import Role
from server.house import House
from tests.flows.test_outbound import picture
from tests.world import CONSOLE, World, later


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def script(world: World, house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a token that may write."""
    token = await house.tokens.mint(CONSOLE, "ada", ["write"])
    async with world.client(base_url="https://here.test", headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


async def count(house: House) -> int:
    async with house.database.snapshot() as snapshot:
        return int(await snapshot.value("SELECT count(*) FROM posts"))


async def test_a_status_is_published_and_described_as_mastodon_does(script: httpx.AsyncClient, house: House) -> None:
    body = {"status": "Hello #harbour", "spoiler_text": "Mild", "visibility": "unlisted", "language": "fr"}
    answer = await script.post("/api/v1/statuses", json=body)
    assert answer.status_code == 200
    status = answer.json()
    assert isinstance(status["id"], str)
    assert status["visibility"] == "unlisted"
    assert (status["spoiler_text"], status["sensitive"], status["language"]) == ("Mild", True, "fr")
    assert status["tags"][0]["name"] == "harbour"
    assert status["url"].startswith("https://here.test/p/")
    assert status["account"]["acct"] == "campaign"
    assert status["created_at"].endswith("Z")
    assert (await script.get(status["url"])).status_code == 200


async def test_the_same_key_makes_one_post_whatever_comes_at_once(script: httpx.AsyncClient, house: House) -> None:
    headers = {"Idempotency-Key": "abc"}
    answers = await asyncio.gather(
        *(script.post("/api/v1/statuses", json={"status": "Once"}, headers=headers) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await count(house) == 1
    other = await script.post("/api/v1/statuses", json={"status": "Once"}, headers={"Idempotency-Key": "abd"})
    assert other.json()["id"] != answers[0].json()["id"]


async def test_a_picture_is_sent_first_and_named_then(script: httpx.AsyncClient) -> None:
    files = {"file": ("x.jpg", picture(), "image/jpeg")}
    sent = await script.post("/api/v2/media", files=files, data={"description": "A wall", "focus": "0.5,-0.5"})
    assert sent.status_code == 200
    answer = await script.post("/api/v1/statuses", json={"status": "", "media_ids": [sent.json()["id"]]})
    (one,) = answer.json()["media_attachments"]
    assert (one["description"], one["type"]) == ("A wall", "image")
    assert one["meta"]["focus"] == {"x": 0.5, "y": -0.5}


async def test_a_form_works_as_well(script: httpx.AsyncClient) -> None:
    form = {"status": "By form", "poll[options][]": ["Yes", "No"], "poll[expires_in]": "3600"}
    assert (await script.post("/api/v1/statuses", data=form)).status_code == 200


async def test_an_answer_joins_the_thread(script: httpx.AsyncClient) -> None:
    first = (await script.post("/api/v1/statuses", json={"status": "One"})).json()
    second = await script.post("/api/v1/statuses", json={"status": "Two", "in_reply_to_id": first["id"]})
    assert second.json()["in_reply_to_id"] == first["id"]


REFUSED = [
    {"status": ""},
    {"status": 5},
    {"status": "x" * 5001},
    {"status": "x", "visibility": "secret"},
    {"status": "x", "language": "no language"},
    {"status": "x", "media_ids": "one"},
    {"status": "x", "poll": {"options": ["a"], "expires_in": 3600}},
    {"status": "x", "poll": {"options": ["a", "b"], "expires_in": "soon"}},
]


@pytest.mark.parametrize("body", REFUSED)
async def test_what_cannot_stand_is_422_and_publishes_nothing(
    script: httpx.AsyncClient, house: House, body: dict[str, object]
) -> None:
    answer = await script.post("/api/v1/statuses", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]
    assert await count(house) == 0


@pytest.mark.parametrize("raw", [b"{", b"[" * 100_000, b"[]", b'"x"', b"\xff", b'{"status": ' + b"1" * 9999 + b"}"])
async def test_a_body_that_is_no_object_is_refused(script: httpx.AsyncClient, raw: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await script.post("/api/v1/statuses", content=raw, headers=headers)
    assert answer.status_code == 422


async def test_a_body_without_end_is_too_large(script: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await script.post("/api/v1/statuses", content=b'"' + b"x" * 300_000 + b'"', headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize("name", ["in_reply_to_id", "media_ids"])
async def test_what_it_speaks_of_must_exist(script: httpx.AsyncClient, house: House, name: str) -> None:
    body = {"status": "x", name: "12345" if name == "in_reply_to_id" else ["nothing"]}
    assert (await script.post("/api/v1/statuses", json=body)).status_code in {404, 422}
    assert await count(house) == 0


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", "Basic YTpi"])
async def test_without_a_token_it_is_401(world: World, house: House, given: str) -> None:
    async with world.client(base_url="https://here.test", headers={"Authorization": given}) as client:
        assert (await client.post("/api/v1/statuses", json={"status": "x"})).status_code == 401
    assert await count(house) == 0


async def test_a_token_that_reads_does_not_write(world: World, house: House) -> None:
    token = await house.tokens.mint(CONSOLE, "ada", ["read"])
    async with world.client(base_url="https://here.test", headers={"Authorization": f"Bearer {token}"}) as client:
        assert (await client.post("/api/v1/statuses", json={"status": "x"})).status_code == 403


async def test_a_suspended_organisers_token_is_worth_nothing(
    world: World, house: House, script: httpx.AsyncClient
) -> None:
    await house.access.invite(CONSOLE, "eve", Role.KEYHOLDER)
    await house.access.suspend(CONSOLE, "ada")
    assert (await script.post("/api/v1/statuses", json={"status": "x"})).status_code in {401, 403}


async def test_a_status_for_later_waits_and_goes_out(script: httpx.AsyncClient, house: House, world: World) -> None:
    answer = await script.post(
        "/api/v1/statuses", json={"status": "Later", "scheduled_at": "2026-09-28T14:00:30+02:00"}
    )
    assert answer.status_code == 200
    assert answer.json()["scheduled_at"] == "2026-09-28T12:00:30Z"
    assert answer.json()["params"]["text"] == "Later"
    assert await count(house) == 0
    later(world, hours=3)
    await house.drafting.publish_due()
    assert await count(house) == 1


@pytest.mark.parametrize(
    "at", ["soon", "2020-01-01T00:00:00Z", "9999-01-01T00:00:00-23:59", "0001-01-01T00:00:00+23:59"]
)
async def test_a_time_that_makes_no_sense_leaves_nothing(script: httpx.AsyncClient, house: House, at: str) -> None:
    answer = await script.post("/api/v1/statuses", json={"status": "Later", "scheduled_at": at})
    assert answer.status_code == 422
    assert await house.drafting.drafts(CONSOLE) == []
