"""The team's screens: organisers and the log."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from html import unescape

import pytest

from server.features.access.model import Role
from server.house import House
from tests.world import CONSOLE, PASSWORD, Organiser, World, later, signed_in


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def ada(world: World, house: House) -> AsyncIterator[Organiser]:
    async with signed_in(world, house) as organiser:
        yield organiser


def link_in(text: str) -> str:
    found = re.search(r"https://here\.test(/desk/enter/[\w-]+)", text)
    assert found is not None
    return found[1]


async def test_an_invitation_leads_in_with_its_role_until_its_last_day(
    world: World, house: House, ada: Organiser
) -> None:
    form = {"act": "invite", "name": "eve", "role": "editor", "until": "2026-10-02"}
    link = link_in((await ada.post("/desk/team", form)).text)
    assert "last day 2 October 2026" in (await ada.get("/desk/team")).text
    async with world.client(base_url="https://here.test", follow_redirects=True) as client:
        await client.post(link, data={"password": PASSWORD, "again": PASSWORD})
        assert (await client.get("/desk/team")).status_code == 403
        assert (await client.get("/desk/posts")).url.path == "/desk/posts"
        later(world, days=5)
        assert (await client.get("/desk/posts")).url.path == "/desk/sign-in"
        refused = await client.post("/desk/sign-in", data={"name": "eve", "password": PASSWORD})
        assert refused.status_code == 401
    assert "role has ended" in (await ada.get("/desk/team")).text
    await ada.post("/desk/prove", {"proof_password": PASSWORD})
    assert (
        "Their role was changed"
        in (await ada.post("/desk/team", {"act": "role", "name": "eve", "role": "writer"})).text
    )


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"act": "invite", "name": "ada", "role": "writer"}, 409, "already"),
        ({"act": "invite", "name": "a b", "role": "writer"}, 422, "letters"),
        ({"act": "invite", "name": "eve", "role": "king"}, 422, "Choose a role"),
        ({"act": "invite", "name": "eve", "role": "writer", "until": "2026-02-30"}, 422, "last day"),
        ({"act": "invite", "name": "eve", "role": "writer", "until": "2026-01-01"}, 422, "still to come"),
        ({"act": "role", "name": "ada", "role": "writer"}, 409, "last keyholder"),
        ({"act": "suspend", "name": "ada"}, 409, "last keyholder"),
        ({"act": "suspend", "name": "nobody"}, 404, "no organiser"),
        ({"act": "remove", "name": "ada"}, 422, "sure"),
        ({"act": "remove", "name": "ada", "sure": "1"}, 409, "last keyholder"),
        ({"act": "crown", "name": "ada"}, 422, "Choose what to do"),
        ({}, 422, "Choose what to do"),
    ],
)
async def test_what_cannot_be_is_refused_in_words_on_the_same_screen(
    house: House, ada: Organiser, form: dict[str, str], status: int, words: str
) -> None:
    answer = await ada.post("/desk/team", form)
    assert answer.status_code == status
    assert words in answer.text
    assert "Invite somebody" in answer.text
    assert [(one.name, one.role) for one in await house.access.organisers(CONSOLE)] == [("ada", Role.KEYHOLDER)]


async def test_a_lost_phone_is_shut_out_with_two_taps(world: World, house: House, ada: Organiser) -> None:
    await house.access.invite(CONSOLE, "eve", Role.EDITOR)
    async with signed_in(world, house, "eve") as eve:
        assert 'href="/desk/lock"' in (await ada.get("/desk/")).text
        assert "Suspend eve" in (await ada.get("/desk/lock")).text
        done = await ada.post("/desk/team", {"act": "suspend", "name": "eve", "from": "lock"})
        assert done.url.path == "/desk/lock"
        assert "Suspended." in done.text
        assert "Suspend eve" not in done.text
        assert (await eve.get("/desk/posts")).url.path == "/desk/sign-in"
    assert "They may come in again" in (await ada.post("/desk/team", {"act": "unsuspend", "name": "eve"})).text


async def test_who_removes_herself_is_out(world: World, house: House, ada: Organiser) -> None:
    await house.access.invite(CONSOLE, "eve", Role.KEYHOLDER)
    async with signed_in(world, house, "eve") as eve:
        answer = await eve.post("/desk/team", {"act": "remove", "name": "eve", "sure": "1"})
        assert answer.url.path == "/desk/sign-in"
    assert ">eve<" not in (await ada.get("/desk/team")).text
    assert "Somebody who left" in (await ada.get("/desk/audit")).text


async def test_the_team_screen_says_who_has_a_second_factor(house: House, ada: Organiser) -> None:
    assert "second factor: no" in (await ada.get("/desk/team")).text
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE organisers SET totp_sealed = 'x' WHERE name = 'ada'")
    assert "second factor: yes" in (await ada.get("/desk/team")).text


async def test_the_log_says_in_words_who_did_what_on_which_day(house: House, ada: Organiser) -> None:
    await ada.post("/desk/write", {"text": "Words", "language": "en", "audience": "public"})
    await house.access.invite(CONSOLE, "eve", Role.EDITOR)
    text = unescape((await ada.get("/desk/audit")).text)
    for words in (
        "28 September 2026",
        "Published a post",
        "Invited an organiser",
        "The server's console",
        "ada",
        "180",
    ):
        assert words in text
    assert "09:3" not in text, "no hour"
    copy = await ada.post("/desk/audit/export", {"format": "csv"})
    assert copy.headers["content-disposition"] == 'attachment; filename="log.csv"'
    assert copy.headers["cache-control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(copy.text)))
    assert {"ada", ""} == {row["name"] for row in rows}
    as_json = await ada.post("/desk/audit/export", {"format": "json"})
    assert [row["act"] for row in as_json.json()] == ["export-audit", *(row["act"] for row in rows)]
    assert "Took a copy of this log" in (await ada.get("/desk/audit")).text


async def test_older_lines_are_a_page_away(house: House, ada: Organiser) -> None:
    for number in range(60):
        await house.access.invite(CONSOLE, f"guest{number}", Role.WRITER)
    text = (await ada.get("/desk/audit")).text
    older = re.search(r'href="(\?before=\d+)"', text)
    assert older is not None
    assert "Newest" in (await ada.get(f"/desk/audit{older[1]}")).text
    assert (await ada.get("/desk/audit?before=x")).status_code == 200
