"""Every door of the house, tried by every role, against the one table."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import msgspec
import pytest
from starlette.routing import Route, compile_path

from server.app import build_app
from server.base.errors import Forbidden
from server.commands.verbs.table import VERBS as CONTROL
from server.commands.verbs.table import Refused, perform
from server.features.access.model import MAY, Act, Role, Who
from server.features.posts.model import Draft, Post
from server.features.safety.model import LockLevel
from server.house import House
from tests import who_may
from tests.flows.test_outbound import picture
from tests.who_may import ANY, OPEN, REVIEWERS, Need
from tests.world import CONSOLE, Organiser, Peer, World, signed_in

REFUSAL = "Your role does not allow this"
ROUTE_IDS = {
    "handle": "campaign",
    "month": "2026-09",
    "size": "whole",
    "report_id": "1",
    "tie_id": "1",
    "passkey_id": "1",
}


def routes(house: House) -> list[str]:
    found = []
    for route in build_app(house, background=False).routes:
        assert isinstance(route, Route), "a mounted application has doors of its own: list them"
        found += [f"{method} {route.path}" for method in sorted((route.methods or set()) - {"HEAD"})]
    return found


def may(role: Role, need: Need) -> bool:
    if need == REVIEWERS:
        return bool({Act.WRITE, Act.REVIEW} & MAY[role])
    return need in {OPEN, ANY} or need in MAY[role]


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def post(world: World, house: House) -> Post:
    return await world.publish(house, "Stands #harbour")


@pytest.fixture
def bob(world: World) -> Peer:
    return world.peer()


@pytest.fixture(params=list(Role))
async def eve(request: pytest.FixtureRequest, world: World, house: House) -> AsyncIterator[tuple[Role, Organiser]]:
    """An organiser of each role."""
    async with signed_in(world, house):
        await house.access.invite(CONSOLE, "eve", request.param)
        async with signed_in(world, house, "eve") as organiser:
            yield request.param, organiser


async def test_every_route_is_listed(house: House) -> None:
    listed = set(who_may.ROUTES)
    there = set(routes(house))
    assert there - listed == set(), "say in tests/who_may.py who may use them"
    assert listed - there == set(), "gone"


def test_every_verb_of_the_control_socket_is_listed() -> None:
    assert set(CONTROL) == set(who_may.VERBS)


def room_verbs(house: House) -> dict[str, Any]:
    found = {}
    for field in dataclasses.fields(House):
        room = getattr(house, field.name)
        for name, method in inspect.getmembers(room, inspect.ismethod):
            if not name.startswith("_") and "who" in inspect.signature(method).parameters:
                found[f"{field.name}.{name}"] = method
    return found


async def test_every_verb_of_a_room_is_listed(house: House) -> None:
    assert set(room_verbs(house)) == set(who_may.ROOMS)


def test_every_act_guards_a_door() -> None:
    used = {*who_may.ROUTES.values(), *who_may.VERBS.values(), *who_may.ROOMS.values()}
    # Of later rooms and of the machine itself; what a door asks for is taken out of here.
    unused = {Act.KEYS, Act.QUEUE, Act.BACKUP, Act.BREAK_GLASS}
    assert set(Act) - used <= unused


def test_keyholders_may_everything_and_nobody_else_may_what_keeps_the_house() -> None:
    assert MAY[Role.KEYHOLDER] == frozenset(Act)
    for role in set(Role) - {Role.KEYHOLDER}:
        assert MAY[role] & {Act.KEYS, Act.ORGANISE, Act.UNLOCK, Act.BACKUP, Act.AUDIT, Act.POLICY} == set()


async def test_each_role_finds_open_what_it_may_and_nothing_more(
    house: House, post: Post, bob: Peer, eve: tuple[Role, Organiser]
) -> None:
    role, organiser = eve
    token = await house.tokens.mint(CONSOLE, "eve", ["read", "write", "follow"])
    kept = await house.drafting.keep(CONSOLE, Draft(text="Later", language="en"))
    note = bob.note("To boost")
    wrong = []
    last = ("POST /desk/account/password", "POST /desk/sign-out")
    for door in [*(one for one in who_may.ROUTES if one not in last), *last]:
        need = who_may.ROUTES[door]
        if need == OPEN:
            continue
        method, _, path = door.partition(" ")
        values = {**ROUTE_IDS, "public_id": post.public_id, "name": kept.public_id}
        url = re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: values.get(found[1], "1"), path)  # noqa: B023 - used at once
        form = {"uri": note["id"], **who_may.FORMS.get(door, {})}
        if path.startswith("/api/"):
            files = {"file": ("boat.png", picture(), "image/png")} if "media" in path else None
            headers = {"Authorization": f"Bearer {token}"}
            answer = await organiser.client.post(url, data=form, files=files, headers=headers)
        elif method == "GET":
            answer = await organiser.get(url)
        else:
            answer = await organiser.post(url, form)
        refused = answer.status_code >= 400 and REFUSAL in answer.text
        if refused == may(role, need) and (refused or door not in who_may.LATE):
            wrong.append((door, answer.status_code))
        if door == "POST /desk/lock" and not refused:
            await house.locking.set_level(CONSOLE, LockLevel.OPEN)
    assert wrong == [], "\n".join(str(one) for one in wrong)


async def test_without_a_session_every_door_of_the_desk_is_shut(world: World, house: House, post: Post) -> None:
    async with world.client(base_url="https://here.test") as client:
        for door, need in who_may.ROUTES.items():
            if need == OPEN:
                continue
            method, _, path = door.partition(" ")
            values = {**ROUTE_IDS, "public_id": post.public_id}
            url = re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: values.get(found[1], "1"), path)  # noqa: B023 - used at once
            answer = await client.request(method, url, data=who_may.FORMS.get(door) if method == "POST" else None)
            if method == "GET":
                assert answer.status_code == 303, door
                assert answer.headers["location"].startswith("/desk/sign-in"), door
            else:
                assert answer.status_code == 401, door


async def test_no_screen_leads_a_role_to_a_door_that_is_shut_for_it(
    world: World, house: House, post: Post, bob: Peer, eve: tuple[Role, Organiser]
) -> None:
    """Every link and every form of every screen that can be reached from the first one."""
    role, organiser = eve
    await bob.follow(house)
    note = bob.note("A reply", inReplyTo=world.uri(house, post))
    await bob.send(house, bob.activity("Create", note, to=note["to"]))
    await bob.send(house, bob.activity("Flag", [world.uri(house, post)], content="Look"))
    await house.acting.block_host(CONSOLE, "blocked.test")
    await world.settle()
    doors = [(door, door.partition(" ")[0], compile_path(door.partition(" ")[2])[0]) for door in who_may.ROUTES]

    def shut(method: str, url: str) -> list[str]:
        path = url.partition("?")[0]
        found = [door for door, its, pattern in doors if its == method and pattern.fullmatch(path)]
        return [door for door in found[:1] if not may(role, who_may.ROUTES[door])]

    seen, todo, wrong = {"/desk/sign-out"}, ["/desk/", f"/desk/lookup?q={note['id']}"], []
    while todo:
        url = todo.pop()
        if url in seen:
            continue
        seen.add(url)
        answer = await organiser.get(url)
        assert answer.status_code == 200, url
        links = [unescape(one) for one in re.findall(r'href="([^"#]+)"', answer.text)]
        ours = [f"{url.partition('?')[0]}{one}" if one.startswith("?") else one for one in links]
        ours = [one for one in ours if one.startswith("/desk") and "/scripts/" not in one]
        wrong += [(url, door) for one in ours for door in shut("GET", one)]
        for action in re.findall(r'<form[^>]*method="post"[^>]*?(?:action="([^"]+)")', answer.text):
            wrong += [
                (url, door) for door in shut("POST", action) if door not in {"POST /desk/act", *who_may.SEEN_BY_ALL}
            ]
        todo += [one for one in ours if not shut("GET", one)]
    assert wrong == [], "\n".join(str(one) for one in wrong)
    assert len(seen) > 8, "it went round"


ARGS: dict[str, Any] = {
    "note": "A reason",
    "on": True,
    "reason": None,
    "boxes": ((0, 0, 1, 1),),
    "picture": "nothing",
    "yes": True,
    "level": LockLevel.PUBLISHING_FROZEN,
    "count": 1,
    "role": Role.WRITER,
    "scopes": ["read"],
    "ids": [1],
    "state": "hidden",
    "draft": Draft(text="Words", language="en"),
    "publish_at": "2026-09-29T10:00:00.000000Z",
    "table": "our_boosts",
    "pinned": True,
    "text": "blocked.test",
}


@pytest.mark.parametrize("role", list(Role))
async def test_each_verb_of_a_room_asks_first(world: World, house: House, post: Post, bob: Peer, role: Role) -> None:
    kept = await house.drafting.keep(CONSOLE, Draft(text="Later", language="en"))
    remote, author = await house.remote.post(bob.note("Theirs")["id"])
    given = {
        **ARGS,
        "kept": kept,
        "post": remote,
        "author": author,
        "remote": author,
        "actor": author,
        "public_name": post.public_id,
    }
    names = {"drafting": kept.public_id, "publishing": post.public_id}
    who, wrong = Who(organiser_id=1, role=role), []
    for verb, method in room_verbs(house).items():
        values: dict[str, Any] = {}
        for one in inspect.signature(method).parameters.values():
            if one.default is not inspect.Parameter.empty or one.name in {"who", "tx"}:
                continue
            fallback = names.get(verb.partition(".")[0], "nobody") if one.annotation == "str" else 1
            values[one.name] = given.get(one.name, fallback)
        refused = False
        try:
            async with house.database.transaction() as tx:
                if "tx" in inspect.signature(method).parameters:
                    await method(tx, who, **values)
                    raise _Undone
            called = method(who, **values)
            if inspect.isawaitable(called):
                await called
        except Forbidden as error:
            refused = REFUSAL in str(error)
        except Exception:
            pass
        if refused == may(role, who_may.ROOMS[verb]) and (refused or verb not in who_may.LATE):
            wrong.append(verb)
        if house.safety.level:
            await house.locking.set_level(CONSOLE, LockLevel.OPEN)
    assert wrong == [], "\n".join(str(one) for one in wrong)


class _Undone(Exception):
    """Take the transaction back."""


@pytest.mark.parametrize("role", list(Role))
async def test_each_verb_of_the_control_socket_asks_first(
    monkeypatch: pytest.MonkeyPatch, world: World, house: House, post: Post, bob: Peer, role: Role
) -> None:
    """The console may everything; were it somebody else, it would be asked like everybody."""
    note = bob.note("Theirs")
    given: dict[str, Any] = {
        "text": "Words",
        "target": post.public_id,
        "name": "@bob@peer.test",
        "number": 1,
        "numbers": [1],
        "state": "hidden",
        "level": 1,
        "kind": "update",
        "eyes": 1,
        "answer": "yes",
        "folder": str(world.folder / "out"),
        "path": str(world.folder / "out"),
    }
    wrong = []
    for verb, (kind, _) in CONTROL.items():
        args = {}
        for one in msgspec.structs.fields(kind):
            if one.required or one.name in {"level", "target"}:
                args[one.name] = given.get(one.name, "nobody")
        if verb in {"boost", "like"}:
            args["target"] = note["id"]
        if verb.startswith(("organiser.", "token")) and "name" in args:
            args["name"] = "nobody"
        with monkeypatch.context() as patch:
            patch.setattr(Who, "console", classmethod(lambda _: Who(organiser_id=1, role=role)))
            refused = False
            try:
                await perform(house, verb, args)
            except Refused as error:
                refused = REFUSAL in str(error)
        if refused == may(role, who_may.VERBS[verb]):
            wrong.append(verb)
        if house.safety.level:
            await house.locking.set_level(CONSOLE, LockLevel.OPEN)
    assert wrong == [], "\n".join(str(one) for one in wrong)
