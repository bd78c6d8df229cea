"""A whole campaign of four organisers, federating with another: no name, address, browser or secret of theirs leaves the inside.

And more: whatever is said looks the same whoever said it, so that nobody outside can tell how many they are.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.app import build_app
from server.base.database.sqlite import SqliteDatabase
from server.features.access.model import Role
from server.features.reviews.model import Kind
from server.features.safety.model import LockLevel
from server.house import House
from tests.flows.test_outbound import picture
from tests.world import AP, CONSOLE, PASSWORD, Organiser, Peer, World, later, signed_in

TEAM = {
    "canarywren": Role.WRITER,
    "canaryheron": Role.EDITOR,
    "canaryowl": Role.MODERATOR,
    "canaryraven": Role.KEYHOLDER,
}
FOUNDER = "ada"
SOCKET, FORWARDED, AGENT = "198.51.100.23", "203.0.113.77", "CanaryPhone/7.3"
TRACES = (SOCKET, FORWARDED, AGENT, "CanaryPhone")
ACCEPTS = ("text/html", AP, "application/json", "*/*")


@dataclass
class Seen:
    """Everything that came out, by where, and the secrets that were used."""

    public: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    #: Of forms: kept beside the session, as they are worth nothing without its cookie.
    forms: list[str] = field(default_factory=list)


class Day:
    """A day of the campaign at here.test; there.test is another campaign of ours, peer.test somebody else's server."""

    def __init__(self, world: World, here: House, there: House, bob: Peer) -> None:
        self.world, self.here, self.there, self.bob = world, here, there, bob
        self.seen = Seen()

    def browser(self, organiser: Organiser) -> Organiser:
        """With an address of its own, in the socket and in the headers of a proxy."""
        headers = {
            "X-Forwarded-For": FORWARDED,
            "Forwarded": f"for={FORWARDED}",
            "X-Real-IP": FORWARDED,
            "User-Agent": AGENT,
        }
        organiser.client.headers.update(headers)
        self.seen.forms.append(organiser.csrf)
        self.seen.secrets += organiser.client.cookies.values()
        return organiser

    async def live(self) -> None:
        for name, role in TEAM.items():
            link = await self.here.access.invite(CONSOLE, name, role)
            self.seen.secrets.append(link.rpartition("/")[2])
        await self.there.followers.follow(CONSOLE, await self.there.remote.actor_by_handle("@campaign@here.test"))
        await self.bob.follow(self.here)
        await self.world.settle()
        await self._write()
        await self._talk()
        await self._keep()
        await self.world.settle()
        await self._read()

    async def _write(self) -> None:
        for name in ("canarywren", "canaryheron"):
            async with signed_in(self.world, self.here, name) as plain:
                organiser = self.browser(plain)
                form = {"text": "The same words #harbour", "language": "en", "audience": "public", "alt1": "A boat"}
                files = {"picture1": (f"{name}.jpg", picture(), "image/jpeg")}
                assert (await organiser.post("/desk/write", form, files=files)).url.path == "/desk/posts"
                later(self.world, minutes=1)
                await organiser.post("/desk/write", {**form, "text": ""})
                for number in range(3):
                    data = {"name": name, "password": f"guess {number}"}
                    await organiser.client.post("/desk/sign-in", data=data)
        async with signed_in(self.world, self.here, "canaryheron") as plain:
            organiser = self.browser(plain)
            listed = re.findall(r"/desk/posts/(\w+)/edit", (await organiser.get("/desk/posts")).text)
            edited = {"text": "Other words #harbour", "language": "fr", "audience": "public"}
            await organiser.post(f"/desk/posts/{listed[0]}/edit", edited)
            await organiser.post(f"/desk/posts/{listed[0]}/pin")
            await organiser.post("/desk/write", {**edited, "text": "Soon gone"})
            gone = re.findall(r"/desk/posts/(\w+)/edit", (await organiser.get("/desk/posts")).text)[0]
            await organiser.post(f"/desk/posts/{gone}/delete")
            profile = {"name": "Harbour", "bio": "For all", "language": "en", "time_zone": "UTC"}
            files = {"avatar": ("face.jpg", picture(), "image/jpeg")}
            assert (await organiser.post("/desk/profile", profile, files=files)).status_code == 200
        token = await self.here.tokens.mint(CONSOLE, "canaryheron", ["write"])
        self.seen.secrets.append(token)
        poll = {"status": "Where?", "poll": {"options": ["Here", "There"], "expires_in": 3600}}
        bearer = {"Authorization": f"Bearer {token}", "User-Agent": AGENT, "X-Forwarded-For": FORWARDED}
        async with self.world.client(base_url="https://here.test", headers=bearer) as api:
            assert (await api.post("/api/v1/statuses", json=poll)).status_code == 200
        await self.world.settle()

    async def _talk(self) -> None:
        """Others answer, and the moderator decides; their requests come from somewhere, too."""
        (said, *_) = [one["object"] for one in self.bob.of_type("Create")]
        note = self.bob.note("A reply", inReplyTo=said["id"])
        headers = {"X-Forwarded-For": FORWARDED, "User-Agent": AGENT}
        await self.bob.send(self.here, self.bob.activity("Create", note, to=note["to"]), headers=headers)
        await self.bob.send(self.here, self.bob.activity("Like", said["id"]), headers=headers)
        await self.bob.send(self.here, b'{"broken": ', headers=headers)
        async with signed_in(self.world, self.here, "canaryowl") as plain:
            organiser = self.browser(plain)
            (held,) = await self.here.conversation.queue(("reply", "mention"), "held")
            await organiser.post("/desk/conversation/decide", {"id": str(held.post.id), "decide": "approved"})
            await organiser.post("/desk/act", {"uri": note["id"], "act": "boost"})
            await organiser.post("/desk/act", {"uri": note["id"], "act": "like"})
            await organiser.post("/desk/act", {"uri": "spam.test", "act": "block-host"})
            assert (await organiser.get("/desk/team")).status_code == 403
        await self.world.settle()

    async def _keep(self) -> None:
        """The keyholder looks after the house."""
        async with signed_in(self.world, self.here, "canaryraven") as plain:
            organiser = self.browser(plain)
            made = (await organiser.post("/desk/lock/codes", {"level": "2", "label": "door"})).text
            codes = re.findall(r">((?:[0-9A-Z]{4}-){3}[0-9A-Z]{4})<", made)
            assert len(codes) == 3
            self.seen.secrets += [*codes, *(code.replace("-", "") for code in codes)]
            assert (await organiser.client.post("/lock", data={"code": codes[0]})).status_code == 200
            await organiser.client.post("/lock", data={"code": "0000"})
            await self._read("locked ")
            await organiser.post("/desk/lock", {"level": "3", "seen": "0"})
            await self._read("statement ")
            await organiser.post("/desk/lock", {"level": "0", "seen": "3"})
            await organiser.post("/desk/team", {"act": "suspend", "name": "canarywren"})
            await organiser.post("/desk/audit/export", {"format": "csv"})
            fields = {"old": PASSWORD, "password": "canary password new", "again": "canary password new"}
            await organiser.post("/desk/account/password", fields)
            self.seen.secrets += [PASSWORD, "canary password new", "guess 1"]
            for nothing in ("/desk/nothing", "/desk/enter/nothing", "/p/nothing"):
                await organiser.get(nothing)

    async def _read(self, when: str = "") -> None:
        """Everything that is public, each in every kind: all that is linked from what is known."""
        todo = [
            *("/", "/archive", "/feed.atom", "/feed.json", "/robots.txt", "/nodeinfo/2.1", "/.well-known/nodeinfo"),
            *(
                "/.well-known/webfinger?resource=acct:campaign@here.test",
                "/actor",
                "/users/campaign",
                "/lock",
                "/nothing",
            ),
            *(
                "/users/campaign/outbox?page=true",
                "/users/campaign/outbox",
                "/users/campaign/featured",
                "/desk/sign-in",
            ),
            *("/users/campaign/followers", "/livez", "/readyz", "/favicon.ico", "/tags/harbour"),
        ]
        done: set[str] = set()
        async with self.world.client(base_url="https://here.test", headers={"User-Agent": AGENT}) as client:
            while todo:
                path = todo.pop()
                if path in done or len(done) > 300:
                    continue
                done.add(path)
                for accept in ACCEPTS:
                    answer = await client.get(path, headers={"Accept": accept, "X-Forwarded-For": FORWARDED})
                    self.seen.public[f"{when}{path} as {accept}"] = f"{answer.headers} {answer.text}"
                    found = re.findall(r'(?:https://here\.test|href="|src=")(/[^"\s<>&\\]*)', answer.text)
                    todo += [one for one in found if not one.startswith("/desk")]


@pytest.fixture
async def day(world: World) -> Day:
    here, there = await world.campaign("here.test"), await world.campaign("there.test", "other")
    world.net.hosts["here.test"] = httpx.ASGITransport(build_app(here, background=False), client=(SOCKET, 4711))
    async with signed_in(world, here):  # the founder has come in: not every keyholder is the last one
        pass
    # Here everybody's posts go out at once; what waits for a second pair of eyes has tests of its own.
    await here.reviews.choose(CONSOLE, dict.fromkeys(Kind, 1))
    return Day(world, here, there, world.peer())


async def inside(house: House) -> dict[str, str]:
    """Every table as text."""
    async with house.database.snapshot() as snapshot:
        names = [
            str(row["name"]) for row in await snapshot.fetch("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {
            name: json.dumps([dict(row) for row in await snapshot.fetch(f"SELECT * FROM {name}")], default=str)  # type: ignore[call-overload]
            for name in names
        }


def of_ours(record: logging.LogRecord) -> bool:
    return not record.name.startswith(("httpx", "httpcore", "asyncio", "aiosqlite", "PIL"))


async def test_no_name_address_browser_or_secret_of_an_organiser_leaves_the_inside(
    day: Day, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        await day.live()
    canaries = [*TEAM, "canary", *TRACES, *day.seen.secrets, *day.seen.forms]
    words = re.compile(rf"\b{FOUNDER}\b")
    wire = {
        f"{number} {request.method} {request.url}": f"{request.headers} {request.content.decode('latin-1')}"
        for number, request in enumerate(day.world.net.seen)
        if request.url.host != "here.test"
    }
    records = {
        f"log {number}": f"{one.getMessage()} {one.__dict__}"
        for number, one in enumerate(caplog.records)
        if of_ours(one)
    }
    out, err = capfd.readouterr()
    outside = {
        **day.seen.public,
        **wire,
        **records,
        **{f"received {number}": str(one) for number, one in enumerate(day.bob.received)},
        **{f"there {name}": text for name, text in (await inside(day.there)).items() if name != "organisers"},
        "stdout": out,
        "stderr": err,
    }
    near = ("The same words", "Other words", "A boat", "Where?", "A reply")
    for word in near:
        assert [one for one in day.seen.public.values() if word in one], f"{word} was published"
    assert len(wire) > 10
    assert len(day.seen.public) > 200
    assert [one for one in outside if any(canary in outside[one] for canary in canaries)] == []
    assert [one for one in outside if words.search(outside[one]) and not one.startswith("log")] == []


async def test_only_the_table_of_organisers_knows_a_name_and_no_table_an_address_or_a_secret(day: Day) -> None:
    await day.live()
    tables = await inside(day.here)
    knowing = {name for name, text in tables.items() if any(one in text.lower() for one in (*TEAM, "canary"))}
    assert knowing == {"organisers"}
    for canary in (*TRACES, *day.seen.secrets):
        assert {name for name, text in tables.items() if canary in text} == set(), canary


async def test_no_file_holds_an_address_a_secret_or_the_name_of_a_picture(day: Day) -> None:
    await day.live()
    folder = Path(day.here.settings.data)
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert [path for path in files if path.parent.name == "media" or "media" in path.parts], "pictures were kept"
    for path, data in files.items():
        named = [one for one in (*TRACES, *day.seen.secrets) if one.encode() in data]
        assert named == [], path.name
        if "media" in path.parts:
            assert [one for one in (*TEAM, "Phone of somebody", "canary") if one.encode() in data] == []
        assert not any(one in path.name for one in TEAM)


async def test_who_left_is_in_no_file_any_more(day: Day) -> None:
    await day.here.access.invite(CONSOLE, "canarygone", Role.EDITOR)
    async with signed_in(day.world, day.here, "canarygone") as organiser:
        await organiser.post("/desk/write", {"text": "Words", "language": "en", "audience": "public"})
    await day.here.access.remove(CONSOLE, "canarygone")
    assert isinstance(day.here.database, SqliteDatabase)
    await day.here.database.checkpoint()
    for path in Path(day.here.settings.data).rglob("*"):
        assert not path.is_file() or b"canarygone" not in path.read_bytes(), path.name


def alike(document: dict[str, Any]) -> str:
    """A document without what no two posts share: ids, times, names of files."""
    text = json.dumps(document, sort_keys=True)
    text = re.sub(r"/(posts|p|media|contexts?|activities)/[a-z0-9]+", r"/\1/ID", text)
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)


async def test_what_two_organisers_say_looks_as_if_one_had_said_it(day: Day) -> None:
    """Four posts, by two, in turn: by nothing in them can they be sorted."""
    await day.bob.follow(day.here)
    await day.world.settle()
    for name in ("canarywren", "canaryheron"):
        await day.here.access.invite(CONSOLE, name, Role.EDITOR)
    async with (
        signed_in(day.world, day.here, "canarywren") as wren,
        signed_in(day.world, day.here, "canaryheron") as heron,
    ):
        for organiser in (wren, heron, heron, wren):
            form = {"text": "The same words #harbour", "language": "en", "audience": "public", "alt1": "A boat"}
            await organiser.post("/desk/write", form, files={"picture1": ("boat.jpg", picture(), "image/jpeg")})
            later(day.world, minutes=1)
    await day.world.settle()
    said = day.bob.of_type("Create")
    assert len(said) == 4
    assert len({alike(one) for one in said}) == 1
    for kind in ("text/html", AP):
        pages = [(await day.world.get(one["object"]["url" if kind != AP else "id"], kind)).text for one in said]
        plain = [re.sub(r"[a-z0-9]{16}|\d\d:\d\d|T[\d:]+Z", "", page) for page in pages]
        assert len(set(plain)) == 1, kind


async def test_the_number_of_organisers_changes_no_public_byte(world: World) -> None:
    """A house of one and a house of six answer the same to everybody."""
    here = await world.campaign("here.test")
    paths = (
        "",
        "users/campaign",
        "actor",
        "nodeinfo/2.1",
        "feed.json",
        "users/campaign/outbox",
        "lock",
        "desk/sign-in",
        "desk/",
    )
    before = {path: (await world.get(f"https://here.test/{path}", AP)).text for path in paths}
    pages = {path: (await world.get(f"https://here.test/{path}")).text for path in paths}
    for number in range(5):
        await here.access.invite(CONSOLE, f"guest{number}", Role.KEYHOLDER)
    async with signed_in(world, here, "guest1"):
        assert {path: (await world.get(f"https://here.test/{path}", AP)).text for path in paths} == before
        assert {path: (await world.get(f"https://here.test/{path}")).text for path in paths} == pages
    assert (
        "activeMonth" not in before["nodeinfo/2.1"]
        or json.loads(before["nodeinfo/2.1"])["usage"]["users"]["total"] == 1
    )
    await here.locking.set_level(CONSOLE, LockLevel.STATEMENT_ONLY)
    assert "guest" not in (await world.get("https://here.test/")).text
