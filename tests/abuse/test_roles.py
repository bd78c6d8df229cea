"""Every form of the house against forged requests; and what a session or a token of one is worth elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.features.access.model import Role
from server.house import House
from tests import who_may
from tests.who_may import OPEN
from tests.world import CONSOLE, PASSWORD, Organiser, World, signed_in

#: Forms that are ours without a session; the other open doors are the inboxes, which go by signatures.
OPEN_FORMS = [
    "/desk/sign-in",
    "/desk/sign-in/passkey",
    "/desk/sign-in/passkey/options",
    "/desk/sign-in/second",
    "/desk/sign-in/second/options",
    "/desk/enter/{secret}",
    "/lock",
]
#: It changes nothing: it answers with a link.
READING = {"POST /interact", "POST /p/{public_id}/share"}
#: Of readers, who have no account that could be misused: see tests/abuse/test_offers.py.
READERS = {"POST /offer", "POST /offer/answer"}
INBOXES = {"POST /inbox", "POST /actor/inbox", "POST /users/{handle}/inbox"}
FORMS = [door for door, need in who_may.ROUTES.items() if door.startswith("POST /desk") and need != OPEN]
FOREIGN = [
    {"Origin": "null"},
    {"Origin": "https://evil.test"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def ada(world: World, house: House) -> AsyncIterator[Organiser]:
    async with signed_in(world, house) as organiser:
        yield organiser


async def state(house: House) -> dict[str, list[dict[str, Any]]]:
    """Everything a form could change."""
    found = {}
    async with house.database.snapshot() as snapshot:
        for table in (
            "organisers",
            "sessions",
            "tokens",
            "sign_in_links",
            "lock_level",
            "lock_codes",
            "audit",
            "posts",
        ):
            rows = await snapshot.fetch(f"SELECT * FROM {table}")
            found[table] = [dict(row) for row in rows]  # type: ignore[call-overload]
        found["changes"] = [{"latest": await snapshot.value("SELECT latest FROM change_counter")}]
    return found


def address(door: str, **values: str) -> str:
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda one: values.get(one[1], "1"), door.partition(" ")[2] or door)


def test_every_open_form_is_known() -> None:
    found = {door for door, need in who_may.ROUTES.items() if door.startswith("POST ") and need == OPEN}
    assert found == INBOXES | READING | READERS | {f"POST {path}" for path in OPEN_FORMS}


@pytest.mark.parametrize("door", FORMS)
async def test_a_form_that_is_not_ours_changes_nothing(world: World, house: House, ada: Organiser, door: str) -> None:
    post = await world.publish(house, "Stands")
    await house.access.invite(CONSOLE, "eve", Role.KEYHOLDER)
    url, form = address(door, public_id=post.public_id), who_may.FORMS.get(door, {})
    async with signed_in(world, house, "eve") as eve:
        before = await state(house)
        for token in ("", "wrong", "0" * 64, eve.csrf):
            answer = await ada.client.post(url, data={**form, "csrf": token})
            assert answer.status_code == 403, token
        assert (await ada.client.post(url, data=form)).status_code == 403
        body = json.dumps({**form, "csrf": ada.csrf})
        plain = await ada.client.post(url, content=body, headers={"Content-Type": "text/plain"})
        assert plain.status_code == 403
        for headers in FOREIGN:
            assert (await ada.post(url, form, headers=headers)).status_code == 403, headers
        assert await state(house) == before
    assert (await ada.get("/desk/more")).url.path == "/desk/more", "the session goes on"


@pytest.mark.parametrize("path", OPEN_FORMS)
@pytest.mark.parametrize("headers", FOREIGN)
async def test_nobody_is_signed_in_or_locked_out_from_another_site(
    world: World, house: House, path: str, headers: dict[str, str]
) -> None:
    link = (await house.access.new_link(CONSOLE, "ada")).rpartition("/")[2]
    (code,) = await house.locking.make_codes(CONSOLE, 3, 1)  # type: ignore[arg-type]
    form = {"name": "ada", "password": PASSWORD, "again": PASSWORD, "code": code}
    before = await state(house)
    async with world.client(base_url="https://here.test") as client:
        answer = await client.post(address(path, secret=link), data=form, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert await state(house) == before


async def test_looking_changes_nothing(world: World, house: House, ada: Organiser) -> None:
    post = await world.publish(house, "Stands")
    link = (await house.access.new_link(CONSOLE, "ada")).rpartition("/")[2]
    before = await state(house)
    for door in who_may.ROUTES:
        if door.startswith("GET "):
            url = address(door, public_id=post.public_id, handle="campaign", secret=link, month="2026-09")
            await ada.client.get(url, params={"act": "suspend", "name": "ada", "level": "3", "csrf": ada.csrf})
    assert await state(house) == before


async def test_a_session_is_no_token_and_a_token_is_no_session(world: World, house: House, ada: Organiser) -> None:
    assert (await ada.client.post("/api/v1/statuses", data={"status": "By cookie"})).status_code == 401
    token = await house.tokens.mint(CONSOLE, "ada", ["read", "write"])
    async with world.client(base_url="https://here.test") as client:
        bearer = {"Authorization": f"Bearer {token}"}
        assert (await client.get("/desk/team", headers=bearer)).status_code == 303
        assert (
            await client.post("/desk/team", data=who_may.FORMS["POST /desk/team"], headers=bearer)
        ).status_code == 401
        in_address = await client.post(f"/api/v1/statuses?access_token={token}", data={"status": "Words"})
        assert in_address.status_code == 401
        in_body = await client.post("/api/v1/statuses", data={"status": "Words", "access_token": token})
        assert in_body.status_code == 401


async def test_a_program_may_no_more_than_its_organiser_and_its_scopes(world: World, house: House) -> None:
    await house.access.invite(CONSOLE, "eve", Role.MODERATOR)
    await house.access.invite(CONSOLE, "wren", Role.WRITER)
    async with world.client(base_url="https://here.test") as client:
        for name, scopes, status in (
            ("eve", ["read", "write"], 403),
            ("wren", ["read"], 403),
            ("wren", ["write:media"], 403),
            ("wren", ["write:statuses"], 200),
        ):
            token = await house.tokens.mint(CONSOLE, name, scopes)
            headers = {"Authorization": f"Bearer {token}"}
            answer = await client.post("/api/v1/statuses", data={"status": "Words"}, headers=headers)
            assert answer.status_code == status, (name, scopes)


@pytest.mark.parametrize("end", ["suspend", "remove", "demote"])
async def test_what_an_organiser_lost_is_lost_in_the_next_request(world: World, house: House, end: str) -> None:
    await house.access.invite(CONSOLE, "eve", Role.KEYHOLDER)
    async with signed_in(world, house), signed_in(world, house, "eve") as eve:
        token = await house.tokens.mint(CONSOLE, "eve", ["write"])
        assert (await eve.get("/desk/team")).status_code == 200
        match end:
            case "suspend":
                await house.access.suspend(CONSOLE, "eve")
            case "remove":
                await house.access.remove(CONSOLE, "eve")
            case _:
                await house.access.set_role(CONSOLE, "eve", Role.MODERATOR)
        assert (await eve.get("/desk/team")).url.path == "/desk/sign-in"
        assert (await eve.post("/desk/team", who_may.FORMS["POST /desk/team"])).status_code == 401
        headers = {"Authorization": f"Bearer {token}"}
        answer = await eve.client.post("/api/v1/statuses", data={"status": "Words"}, headers=headers)
        assert answer.status_code == 401


@pytest.mark.parametrize("name", ["ADA", "ada\0", "a%64a", "../ada", "*", "%", "_da", "(1)"])
async def test_a_name_is_that_name_and_no_pattern(house: House, ada: Organiser, name: str) -> None:
    for act in ("suspend", "remove", "link"):
        answer = await ada.post("/desk/team", {"act": act, "name": name, "sure": "1"})
        assert answer.status_code == 404
    assert (await ada.get("/desk/team")).status_code == 200
