"""One's own account as a browser without a script uses it: second steps, proofs, browsers that are signed in."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from server.features.access import totp
from server.features.access.model import Role
from server.features.safety.model import LockLevel
from server.house import House
from tests.authenticator import Authenticator
from tests.world import CONSOLE, PASSWORD, Organiser, World, later, signed_in

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def ada(world: World, house: House) -> AsyncIterator[Organiser]:
    async with signed_in(world, house) as organiser:
        yield organiser


def field(answer: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.text)
    assert found is not None, answer.text
    return html.unescape(found[1])


def code_now(world: World, secret: str) -> str:
    return totp.code_at(secret, int(world.clock.now.timestamp()) // totp.STEP_SECONDS)


async def set_up(world: World, ada: Organiser) -> tuple[str, list[str]]:
    """An app: its secret and the recovery codes."""
    shown = await ada.post("/desk/account/app/begin")
    assert 'src="data:image/svg+xml' in shown.text
    found = re.search(r'class="handle" dir="ltr">([A-Z2-7 ]+)<', shown.text)
    assert found is not None
    secret = found[1].replace(" ", "")
    wrong = await ada.post("/desk/account/app", {"code": "000000"})
    assert (wrong.status_code, "not the code" in wrong.text) == (422, True)
    done = await ada.post("/desk/account/app", {"code": code_now(world, secret)})
    codes = re.findall(r"[a-z2-7]{4}(?:-[a-z2-7]{4}){3}", done.text)
    assert len(codes) == 10
    later(world, minutes=1)
    return secret, codes


async def test_an_app_is_set_up_and_asked_for(world: World, house: House, ada: Organiser) -> None:
    secret, codes = await set_up(world, ada)
    assert not set(codes) & set(re.findall(r"[a-z2-7-]{19}", (await ada.get("/desk/account")).text)), "shown once"
    async with world.client(base_url="https://here.test", follow_redirects=True) as other:
        first = await other.post("/desk/sign-in", data={"name": "ada", "password": PASSWORD, "next": "/desk/people"})
        assert (first.status_code, "set-cookie" in first.headers) == (200, False)
        assert (await other.get("/desk/")).url.path == "/desk/sign-in", "half-way in is not in"
        form = {"step": field(first, "step"), "next": field(first, "next")}
        wrong = await other.post("/desk/sign-in/second", data={**form, "code": "000000"})
        assert (wrong.status_code, field(wrong, "step")) == (401, form["step"])
        done = await other.post("/desk/sign-in/second", data={**form, "code": code_now(world, secret)})
        assert (done.status_code, done.url.path) == (200, "/desk/people")


async def test_a_dangerous_form_waits_for_the_proof_and_is_then_done(
    world: World, house: House, ada: Organiser
) -> None:
    later(world, minutes=11)
    asked = await ada.post(
        "/desk/account/password", {"password": "tulip engine ninety", "again": "tulip engine ninety"}
    )
    assert asked.status_code == 401
    assert 'name="again"' in asked.text
    carried = {"password": "tulip engine ninety", "again": "tulip engine ninety"}
    form = {**carried, "proof_for": field(asked, "proof_for"), "proof_carries": field(asked, "proof_carries")}
    wrong = await ada.post("/desk/prove", {**form, "proof_password": "not the password"})
    assert (wrong.status_code, "tulip engine ninety" in wrong.text) == (422, True)
    done = await ada.post("/desk/prove", {**form, "proof_password": PASSWORD})
    assert (done.status_code, done.url.path) == (200, "/desk/account")
    assert await house.sign_in.by_password("ada", "tulip engine ninety")


async def test_a_dangerous_screen_waits_for_the_proof_and_ten_minutes_are_enough(world: World, ada: Organiser) -> None:
    later(world, minutes=9)
    assert (await ada.get("/desk/account/password")).url.path == "/desk/account/password"
    later(world, minutes=2)
    asked = await ada.get("/desk/account/password")
    assert (asked.url.path, field(asked, "proof_for")) == ("/desk/prove", "/desk/account/password")
    done = await ada.post("/desk/prove", {"proof_for": field(asked, "proof_for"), "proof_password": PASSWORD})
    assert done.url.path == "/desk/account/password"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/desk/account/password"),
        ("POST", "/desk/account/password"),
        ("GET", "/desk/account/app"),
        ("POST", "/desk/account/app"),
        ("POST", "/desk/account/app/begin"),
        ("POST", "/desk/account/app/end"),
        ("GET", "/desk/account/passkeys"),
        ("POST", "/desk/account/passkeys"),
        ("POST", "/desk/account/passkeys/options"),
        ("POST", "/desk/account/passkeys/1/remove"),
        ("POST", "/desk/account/codes"),
    ],
)
async def test_whoever_finds_an_open_browser_changes_no_way_in(
    world: World, house: House, ada: Organiser, method: str, path: str
) -> None:
    await set_up(world, ada)
    later(world, minutes=11)
    who = next(one for one in await house.access.organisers(CONSOLE) if one.name == "ada")
    before = await house.factors.state(who.id)
    answer = await ada.client.request(method, path, data={"csrf": ada.csrf} if method == "POST" else None)
    assert (answer.url.path, answer.status_code) in {("/desk/prove", 200), (path, 401)}
    assert 'name="proof_password"' in answer.text
    assert await house.factors.state(who.id) == before


DANGEROUS = [
    ("/desk/team", {"act": "invite", "name": "eve", "role": "writer"}),
    ("/desk/team", {"act": "link", "name": "bea"}),
    ("/desk/team", {"act": "reset-factor", "name": "bea"}),
    ("/desk/lock", {"level": "0", "seen": "1"}),
    ("/desk/lock/codes", {"level": "1"}),
    ("/desk/audit/export", {"format": "json"}),
]


@pytest.mark.parametrize(("path", "form"), DANGEROUS)
async def test_what_is_dangerous_for_everybody_waits_for_a_proof_too(
    world: World, house: House, ada: Organiser, path: str, form: dict[str, str]
) -> None:
    await house.access.invite(CONSOLE, "bea", Role.WRITER)
    await house.locking.set_level(CONSOLE, LockLevel.PUBLISHING_FROZEN)
    later(world, minutes=11)
    asked = await ada.post(path, form)
    assert (asked.status_code, 'name="proof_password"' in asked.text) == (401, True)
    proof = {"proof_for": field(asked, "proof_for"), "proof_carries": "1", "proof_password": PASSWORD}
    done = await ada.post("/desk/prove", {**form, **proof})
    assert (done.status_code, 'name="proof_password"' in done.text) == (200, False)


async def test_to_lock_needs_no_proof(world: World, house: House, ada: Organiser) -> None:
    later(world, minutes=11)
    assert (await ada.post("/desk/lock", {"level": "1", "seen": "0"})).status_code == 200
    assert house.safety.level is LockLevel.PUBLISHING_FROZEN


@pytest.mark.parametrize(
    "path",
    ["//evil.test", "https://evil.test/desk/", "/desk//evil.test", "/desk/..//evil.test", "/\\evil.test", "/desk/../.well-known/x", "/desk/%0d%0aX-Bad:1\r\nX: 1", "/deskevil", "javascript:alert(1)", "/desk/" + "a" * 3000],
)  # fmt: skip
async def test_a_proof_leads_to_a_path_of_the_desk_only(ada: Organiser, path: str) -> None:
    asked = await ada.client.get("/desk/prove", params={"next": path})
    assert field(asked, "proof_for") == "/desk/"
    answer = await ada.client.post(
        "/desk/prove",
        data={"csrf": ada.csrf, "proof_password": PASSWORD, "proof_for": path},
        follow_redirects=False,
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/")


async def test_a_passkey_is_added_by_form_and_proves_who_one_is(world: World, house: House, ada: Organiser) -> None:
    device = Authenticator()
    asked = (await ada.post("/desk/account/passkeys/options", {"name": "Blue phone"})).json()
    form = {"name": "Blue phone", "step": asked["step"], "credential": device.create(asked["options"])}
    assert "Recovery codes" in (await ada.post("/desk/account/passkeys", form)).text
    later(world, minutes=11)
    asked = (await ada.post("/desk/prove/options")).json()
    form = {"proof_step": asked["step"], "proof_credential": device.get(asked["options"])}
    done = await ada.post("/desk/prove", {**form, "proof_for": "/desk/account/password"})
    assert done.url.path == "/desk/account/password"
    shown = await ada.get("/desk/account")
    assert "Blue phone" in shown.text
    (number,) = re.findall(r"/desk/account/passkeys/(\d+)/remove", shown.text)
    assert "forgotten" in (await ada.post(f"/desk/account/passkeys/{number}/remove")).text


async def test_a_passkey_signs_in_at_the_door(world: World, house: House, ada: Organiser) -> None:
    device = Authenticator()
    asked = (await ada.post("/desk/account/passkeys/options", {"name": "Blue phone"})).json()
    form = {"name": "Blue phone", "step": asked["step"], "credential": device.create(asked["options"])}
    await ada.post("/desk/account/passkeys", form)
    async with world.client(base_url="https://here.test", follow_redirects=True) as other:
        asked = (await other.post("/desk/sign-in/passkey/options")).json()
        assert json.loads(asked["options"])["rpId"] == "here.test"
        form = {"step": asked["step"], "credential": device.get(asked["options"]), "next": "/desk/people"}
        assert (await other.post("/desk/sign-in/passkey", data=form)).url.path == "/desk/people"
        again = await other.post("/desk/sign-in/passkey", data=form)
        assert (again.status_code, "set-cookie" in again.headers) == (401, False)
        first = await other.post("/desk/sign-in", data={"name": "ada", "password": PASSWORD})
        asked = (await other.post("/desk/sign-in/second/options", data={"step": field(first, "step")})).json()
        form = {"step": asked["step"], "credential": device.get(asked["options"])}
        assert (await other.post("/desk/sign-in/second", data=form)).url.path == "/desk/"


async def test_ones_browsers_are_listed_named_and_signed_out(world: World, house: House, ada: Organiser) -> None:
    elsewhere = await house.sign_in.by_password("ada", PASSWORD)
    shown = await ada.get("/desk/account")
    here, there = re.findall(r'id="name-([a-z0-9]{16})"', shown.text)
    assert shown.text.count("Sign out there") == 1
    await ada.post("/desk/account/sessions", {"session": here, "act": "name", "name": "<b>blue</b>"})
    assert "&lt;b&gt;blue" in (await ada.get("/desk/account")).text
    assert (await ada.post("/desk/account/sessions", {"session": there, "act": "end"})).status_code == 200
    assert await house.sign_in.session(elsewhere) is None
    third = await house.sign_in.by_password("ada", PASSWORD)
    await ada.post("/desk/account/sessions", {"act": "end-others"})
    assert await house.sign_in.session(third) is None
    assert (await ada.get("/desk/account")).url.path == "/desk/account"
    assert (await ada.post("/desk/account/sessions", {"session": there, "act": "end"})).status_code == 404
    assert (await ada.post("/desk/account/sessions", {"session": there, "act": "burn"})).status_code == 422


async def test_the_title_says_how_much_waits(world: World, house: House, ada: Organiser) -> None:
    assert "<title>Desk" in (await ada.get("/desk/")).text
    assert (await ada.get("/desk/waiting")).json() == {"waits": 0}
    bob = world.peer()
    note = bob.note("Hello", to=[house.actors.uri(house.actors.campaign())], cc=[])
    await bob.send(house, bob.activity("Create", note, to=note["to"]))
    assert "<title>(1) Desk" in (await ada.get("/desk/")).text
    assert (await ada.get("/desk/waiting")).json() == {"waits": 1}
    answer = await world.get("https://here.test/desk/waiting")
    assert answer.status_code == 303
