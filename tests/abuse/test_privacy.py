"""Canaries: names, addresses, user agents, tokens and words of a whole campaign, looked for where they must not be."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

import pytest

from server.base.database.dump import tables
from server.features.access.model import Role
from server.house import House
from tests.world import AP, CONSOLE, Peer, World, signed_in

ORGANISER = "canaryorganiser"
ADDRESS = "203.0.113.77"
AGENT = "CanaryBrowser/9.9"
SECRET_WORDS = "canary between us"


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


async def live_through(world: World, house: House, bob: Peer) -> tuple[str, list[str]]:
    """A day of a campaign; the token used and everything public that came of it."""
    await house.access.invite(CONSOLE, ORGANISER, Role.KEYHOLDER)
    headers = {"X-Forwarded-For": ADDRESS, "Forwarded": f"for={ADDRESS}", "User-Agent": AGENT}
    async with signed_in(world, house, ORGANISER) as organiser:
        organiser.client.headers.update(headers)
        form = {"text": "Public words #tag", "language": "en", "audience": "public"}
        assert (await organiser.post("/desk/write", form)).status_code == 200
        await organiser.post("/desk/write", {"text": "", "language": "en", "audience": "public"})
        await organiser.post("/desk/profile", {"name": "Harbour", "language": "en", "time_zone": "UTC"})
        await organiser.get("/desk/nothing")
    token = await house.tokens.mint(CONSOLE, ORGANISER, ["write"])
    async with world.client(
        base_url="https://here.test", headers={**headers, "Authorization": f"Bearer {token}"}
    ) as api:
        assert (await api.post("/api/v1/statuses", json={"status": "By script"})).status_code == 200
    await bob.follow(house)
    ours = house.actors.uri(house.actors.campaign())
    note = bob.note(SECRET_WORDS, to=[ours], cc=[], tag=[{"type": "Mention", "href": ours, "name": "@campaign"}])
    await bob.send(
        house, bob.activity("Create", note, to=[ours]), headers={"X-Forwarded-For": ADDRESS, "User-Agent": AGENT}
    )
    await bob.send(house, b'{"broken": "canary body', headers={"User-Agent": AGENT})
    await bob.send(house, bob.activity("Like", "x"), scheme="none")
    await world.settle()
    public = []
    for path in (
        "",
        "archive",
        "tags/tag",
        "feed.atom",
        "feed.json",
        "nodeinfo/2.1",
        "users/campaign/outbox?page=true",
        "robots.txt",
    ):
        for accept in ("text/html", AP):
            answer = await world.get(f"https://here.test/{path}", accept)
            public += [answer.text, str(answer.headers)]
    for page in re.findall(r"https://here.test/p/\w+", public[0]):
        public.append((await world.get(page)).text)
    public += [str(one) for one in bob.received]
    return token, public


async def test_nothing_public_or_federated_says_who_wrote_it_or_from_where(
    world: World, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    bob = world.peer()
    with caplog.at_level(logging.INFO):
        token, public = await live_through(world, house, bob)
    assert any("Public words" in one for one in public), "the canaries were near"
    for canary in (ORGANISER, ADDRESS, AGENT, token, SECRET_WORDS, "ada"):
        pattern = re.compile(rf"\b{re.escape(canary)}\b")
        assert not [one for one in public if pattern.search(one)], canary
        ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore", "asyncio"))]
        assert not [record for record in ours if pattern.search(record.getMessage())], canary
    assert "canary body" not in caplog.text


async def test_the_database_keeps_no_address_agent_token_or_password(world: World, house: House) -> None:
    token, _ = await live_through(world, house, world.peer())
    names = [table.name for table in tables()] + ["sessions", "sign_in_links", "sign_in_failures"]
    found = {}
    async with house.database.snapshot() as snapshot:
        for name in names:
            rows = await snapshot.fetch(f"SELECT * FROM {name}")
            found[name] = str([dict(row) for row in rows])  # type: ignore[call-overload]
    for canary in (ADDRESS, AGENT, token, "a long enough password"):
        assert not [name for name, text in found.items() if canary in text], canary
    assert {name for name, text in found.items() if ORGANISER in text} == {"organisers"}
    assert {name for name, text in found.items() if SECRET_WORDS in text} == {"remote_posts"}


async def test_times_that_others_see_are_rounded(world: World, house: House) -> None:
    world.clock.forward(timedelta(seconds=37))
    post = await world.publish(house, "When?")
    document = (await world.get(world.uri(house, post), AP)).json()
    assert document["published"].endswith(":00Z")
