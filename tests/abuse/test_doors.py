"""The Desk's doors: tokens against forged forms, roles, one-time links, guessing; and what every answer carries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from server.features.access.model import Role
from server.house import House
from tests.world import CONSOLE, PASSWORD, Organiser, World, signed_in

FORMS = [
    ("/desk/write", {"text": "Forged", "language": "en", "audience": "public"}),
    ("/desk/profile", {"name": "Forged", "language": "en", "time_zone": "UTC"}),
    ("/desk/act", {"uri": "https://peer.test/users/bob", "act": "follow"}),
    ("/desk/conversation/decide", {"id": "1", "decide": "approved"}),
    ("/desk/team", {"name": "mallory", "role": "keyholder"}),
    ("/desk/account/password", {"password": "another long password", "again": "another long password"}),
    ("/desk/sign-out", {}),
]


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def ada(world: World, house: House) -> AsyncIterator[Organiser]:
    async with signed_in(world, house) as organiser:
        yield organiser


async def state(house: House) -> tuple[int, str, list[str]]:
    async with house.database.snapshot() as snapshot:
        latest = int(await snapshot.value("SELECT latest FROM change_counter"))
        names = [str(row["name"]) for row in await snapshot.fetch("SELECT name FROM organisers ORDER BY name")]
    return latest, house.actors.campaign().name, names


@pytest.mark.parametrize(("path", "form"), FORMS)
@pytest.mark.parametrize("csrf", ["", "wrong", "0" * 64])
async def test_a_form_without_its_token_is_refused(
    house: House, ada: Organiser, path: str, form: dict[str, str], csrf: str
) -> None:
    before = await state(house)
    answer = await ada.client.post(path, data={**form, "csrf": csrf})
    assert answer.status_code == 403
    assert await state(house) == before
    assert (await ada.get("/desk/posts")).url.path == "/desk/posts", "and the session goes on"


@pytest.mark.parametrize(("path", "form"), FORMS)
@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_a_form_from_another_page_is_refused(
    house: House, ada: Organiser, path: str, form: dict[str, str], headers: dict[str, str]
) -> None:
    before = await state(house)
    answer = await ada.post(path, form, headers=headers)
    assert answer.status_code == 403
    assert await state(house) == before


async def test_anothers_token_is_worth_nothing(world: World, house: House, ada: Organiser) -> None:
    await house.access.invite(CONSOLE, "eve", Role.WRITER)
    async with signed_in(world, house, "eve") as eve:
        answer = await ada.client.post("/desk/write", data={**FORMS[0][1], "csrf": eve.csrf})
    assert answer.status_code == 403


async def test_the_session_cookie_is_for_this_house_https_and_no_script(world: World, house: House) -> None:
    link = await house.access.new_link(CONSOLE, "ada")
    async with world.client(base_url="https://here.test") as client:
        answer = await client.post(link, data={"password": PASSWORD, "again": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-")
    for part in ("Secure", "HttpOnly", "SameSite=", "Path=/"):
        assert part.lower() in cookie.lower()
    assert "domain" not in cookie.lower()


MAY = {
    Role.WRITER: {"write"},
    Role.EDITOR: {"write", "delete"},
    Role.MODERATOR: {"moderate"},
    Role.KEYHOLDER: {"write", "delete", "moderate", "profile", "team"},
}


@pytest.mark.parametrize("role", Role)
async def test_each_role_may_what_it_may_and_nothing_more(world: World, house: House, role: Role) -> None:
    post = await world.publish(house, "Stands")
    bob = world.peer()
    note = bob.note("Well said", inReplyTo=world.uri(house, post))
    await bob.send(house, bob.activity("Create", note, to=note["to"]))
    (heard,) = await house.conversation.queue(("reply", "mention"), "held")
    await house.access.invite(CONSOLE, "eve", role)
    tries = {
        "moderate": ("/desk/conversation/decide", {"id": str(heard.post.id), "decide": "hidden"}),
        "write": ("/desk/write", {"text": "Words", "language": "en", "audience": "public"}),
        "profile": ("/desk/profile", {"name": "New", "language": "en", "time_zone": "UTC"}),
        "team": ("/desk/team", {"act": "invite", "name": "frank", "role": "writer"}),
        "delete": (f"/desk/posts/{post.public_id}/delete", {}),
    }
    async with signed_in(world, house, "eve") as eve:
        done = {name: (await eve.post(path, form)).status_code for name, (path, form) in tries.items()}
    allowed = {name for name, status in done.items() if status == 200}
    assert allowed >= MAY[role]
    assert {status for name, status in done.items() if name not in allowed} <= {403}
    if role is not Role.KEYHOLDER:
        assert "team" not in allowed
    if role in {Role.WRITER, Role.MODERATOR}:
        assert "delete" not in allowed
    if role is Role.MODERATOR:
        assert "write" not in allowed
    if role is Role.WRITER:
        assert not allowed & {"moderate", "profile"}


async def test_a_suspended_organiser_is_out_at_once(world: World, house: House) -> None:
    await house.access.invite(CONSOLE, "eve", Role.EDITOR)
    async with signed_in(world, house, "eve") as eve:
        await house.access.suspend(CONSOLE, "eve")
        assert (await eve.get("/desk/posts")).url.path == "/desk/sign-in"
        answer = await eve.client.post("/desk/sign-in", data={"name": "eve", "password": PASSWORD})
        assert answer.status_code in {401, 403, 422}


async def test_a_link_works_once_and_looking_at_it_does_not_use_it(world: World, house: House) -> None:
    link = await house.access.new_link(CONSOLE, "ada")
    form = {"password": PASSWORD, "again": PASSWORD}
    async with world.client(base_url="https://here.test") as client:
        for _ in range(3):  # previewers
            assert (await client.get(link)).status_code == 200
        assert (await client.post(link, data={"password": "short", "again": "short"})).status_code == 422
        assert (await client.post(link, data=form)).status_code == 303
        again = await client.post(link, data=form)
        assert again.status_code in {403, 404, 410, 422}


async def test_a_link_ends_by_itself(world: World, house: House) -> None:
    link = await house.access.new_link(CONSOLE, "ada")
    world.clock.forward(timedelta(hours=25))
    async with world.client(base_url="https://here.test") as client:
        answer = await client.post(link, data={"password": PASSWORD, "again": PASSWORD})
    assert answer.status_code in {403, 404, 410, 422}


async def test_guessing_is_slowed_down_and_locks_nobody_out(world: World, house: House) -> None:
    async with signed_in(world, house):
        pass
    async with world.client(base_url="https://here.test") as client:
        statuses = []
        for number in range(30):
            answer = await client.post("/desk/sign-in", data={"name": "ada", "password": f"guess number {number}"})
            statuses.append(answer.status_code)
            assert "ada" not in answer.headers.get("set-cookie", "")
        assert set(statuses) <= {401, 422, 429}
        assert statuses[-1] == 429
        unknown = await client.post("/desk/sign-in", data={"name": "nobody at all", "password": "guess"})
        assert unknown.status_code in {401, 422, 429}
        world.clock.forward(timedelta(hours=1))
        assert (await client.post("/desk/sign-in", data={"name": "ada", "password": PASSWORD})).status_code == 303


ANSWERS = [
    ("GET", "/", 200),
    ("GET", "/nothing", 404),
    ("DELETE", "/", 405),
    ("POST", "/inbox", 415),
    ("GET", "/desk/sign-in", 200),
    ("POST", "/desk/write", 401),
    ("GET", "/users/campaign", 302),
    ("POST", "/api/v1/statuses", 401),
    ("GET", "/.well-known/webfinger", 400),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
async def test_every_answer_carries_the_guards(world: World, house: House, method: str, path: str, status: int) -> None:
    async with world.client(base_url="https://here.test") as client:
        answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    # The Desk's own forms are known by their origin, which browsers leave out with no-referrer.
    assert answer.headers["referrer-policy"] == ("same-origin" if path.startswith("/desk") else "no-referrer")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for name in ("server", "x-powered-by"):
        assert name not in answer.headers
