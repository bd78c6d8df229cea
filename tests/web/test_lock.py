"""The lock as readers, other servers and organisers meet it: at once, calmly, and undone without a trace."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from server.app import build_app
from server.features.access.model import Role
from server.features.posts.model import DraftMedia, Post, ReplyPolicy
from server.features.safety.model import LockLevel
from server.house import House
from tests.calls import called_out
from tests.flows.test_outbound import picture
from tests.world import AP, CONSOLE, Organiser, Peer, World, later, signed_in

PAUSED = "Replies and new followers are paused."


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def ada(world: World, house: House) -> AsyncIterator[Organiser]:
    async with signed_in(world, house) as organiser:
        yield organiser


@pytest.fixture
async def bob(world: World, house: House) -> Peer:
    peer = world.peer()
    await peer.follow(house)
    await world.settle()
    return peer


async def lock(house: House, level: int) -> None:
    await house.locking.set_level(CONSOLE, LockLevel(level))


def level_of(house: House) -> LockLevel:
    return house.safety.level


async def statement(world: World, house: House) -> tuple[Post, Post]:
    """A pinned post and another, each with a picture and a tag."""
    posts = []
    for words in ("The statement #harbour", "Another matter #harbour"):
        item = await house.media.add(picture(), alt="A boat")
        posts.append(await world.publish(house, words, media=(DraftMedia(public_id=item.public_id, alt="A boat"),)))
    await house.acting.pin(CONSOLE, posts[0].public_id, pinned=True)
    await world.settle()
    return posts[0], posts[1]


async def test_a_tap_locks_and_a_tap_opens(house: House, ada: Organiser) -> None:
    front = (await ada.get("/desk/")).text
    assert 'href="/desk/lock"' in front, "one tap from the first screen"
    assert "Publishing is frozen" not in front
    answer = await ada.post("/desk/lock", {"level": "1", "seen": "0"})
    assert "Locked." in answer.text
    assert level_of(house) == LockLevel.PUBLISHING_FROZEN
    assert "Publishing is frozen" in (await ada.get("/desk/")).text, "and every screen says so"
    refused = await ada.post("/desk/write", {"text": "Words", "language": "en", "audience": "public"})
    assert refused.status_code == 403
    assert "Opened." in (await ada.post("/desk/lock", {"level": "0", "seen": "1"})).text
    assert level_of(house) == LockLevel.OPEN


@pytest.mark.parametrize("level", ["", "4", "-1", "9" * 50, "one"])
async def test_a_level_that_is_none_changes_nothing(house: House, ada: Organiser, level: str) -> None:
    answer = await ada.post("/desk/lock", {"level": level, "seen": "0"})
    assert answer.status_code == 422
    assert "Choose a level." in answer.text
    assert level_of(house) == LockLevel.OPEN


async def test_who_may_lock_but_not_open_is_told_who_can(world: World, house: House) -> None:
    await house.access.invite(CONSOLE, "eve", Role.MODERATOR)
    async with signed_in(world, house, "eve") as eve:
        assert "Locked." in (await eve.post("/desk/lock", {"level": "2", "seen": "0"})).text
        screen = (await eve.get("/desk/lock")).text
        assert "A keyholder can open it again." in screen
        assert 'value="0"' not in screen
        assert "Codes for" not in screen
        assert (await eve.post("/desk/lock", {"level": "0", "seen": "2"})).status_code == 403
    assert level_of(house) == LockLevel.CONVERSATION_CLOSED


async def test_a_button_to_lock_opens_nothing_that_was_locked_further_meanwhile(house: House, ada: Organiser) -> None:
    assert '<input type="hidden" name="seen" value="0">' in (await ada.get("/desk/lock")).text
    await lock(house, 3)
    answer = await ada.post("/desk/lock", {"level": "1", "seen": "0"})
    assert answer.status_code == 409
    assert "Somebody has moved the lock meanwhile." in answer.text
    assert '<input type="hidden" name="seen" value="3">' in answer.text
    assert level_of(house) == LockLevel.STATEMENT_ONLY


@pytest.mark.parametrize("seen", ["", "4", "-1", "one"])
async def test_a_form_that_saw_no_level_moves_nothing(house: House, ada: Organiser, seen: str) -> None:
    assert (await ada.post("/desk/lock", {"level": "1", "seen": seen})).status_code == 422
    assert level_of(house) == LockLevel.OPEN


async def test_a_paused_conversation_says_so_on_the_pages_at_once(world: World, house: House) -> None:
    post = await world.publish(house, "Hello")
    page = house.addresses.post_page(post.public_id)
    for url in ("https://here.test/", page, page):
        assert PAUSED not in (await world.get(url)).text
    await lock(house, 1)
    for url in ("https://here.test/", page):
        assert PAUSED not in (await world.get(url)).text, "readers notice nothing of a freeze"
    await lock(house, 2)
    for url in ("https://here.test/", page):
        assert PAUSED in (await world.get(url)).text, "remembered pages do not outlive the change"
    await lock(house, 0)
    for url in ("https://here.test/", page):
        assert PAUSED not in (await world.get(url)).text


async def test_nobody_new_follows_and_replies_are_held_while_it_is_paused(
    world: World, house: House, bob: Peer
) -> None:
    post = await world.publish(house, "Hello", reply_policy=ReplyPolicy.OPEN)
    carol = world.peer("carol.test", "carol")
    await lock(house, 2)
    await carol.follow(house)
    note = bob.note("During", inReplyTo=world.uri(house, post))
    await bob.send(house, bob.activity("Create", note, to=note["to"]))
    await world.settle()
    assert [one.get("object", {}).get("type") for one in carol.of_type("Reject")] == ["Follow"]
    assert carol.of_type("Accept") == []
    assert [tie.actor.handle for tie in await house.followers.followers()] == ["bob@peer.test"]
    (held,) = await house.conversation.queue(("reply", "mention"), "held")
    assert "During" in held.post.html
    assert "During" not in (await world.get(house.addresses.post_page(post.public_id))).text
    await lock(house, 0)
    await carol.follow(house)
    await world.settle()
    assert len(carol.of_type("Accept")) == 1


async def test_the_public_sees_the_statement_and_nothing_else(world: World, house: House, bob: Peer) -> None:
    pinned, other = await statement(world, house)
    note = bob.note("A reply", inReplyTo=world.uri(house, pinned))
    await bob.send(house, bob.activity("Create", note, to=note["to"]))
    (held,) = await house.conversation.queue(("reply", "mention"), "held")
    await house.conversation.decide(CONSOLE, [held.post.id], "approved")
    urls = ["", "feed.atom", "feed.json", f"p/{pinned.public_id}"]
    before = {url: (await world.get(f"https://here.test/{url}")).text for url in urls}
    assert all("Another matter" in before[url] for url in urls[:3])
    await lock(house, 3)
    for url in urls:
        answer = await world.get(f"https://here.test/{url}")
        assert answer.status_code == 200
        assert "The statement" in answer.text
        assert "Another matter" not in answer.text
        assert "A reply" not in answer.text
        assert "/share" not in answer.text.replace("t.me/share", ""), "its form is paused"
    assert "nothing else" in (await world.get("https://here.test/")).text
    assert "Another matter" not in (await world.get("https://here.test/?before=999999999999999999")).text
    gone = await world.get(house.addresses.post_page(other.public_id))
    assert (gone.status_code, gone.headers["cache-control"]) == (503, "no-store")
    assert int(gone.headers["retry-after"]) > 0
    assert "Read the statement" in gone.text
    await lock(house, 0)
    assert {url: (await world.get(f"https://here.test/{url}")).text for url in urls} == before


async def test_other_servers_keep_what_they_have_and_still_know_our_key(world: World, house: House, bob: Peer) -> None:
    pinned, other = await statement(world, house)
    await lock(house, 3)
    actor = (await world.get("https://here.test/users/campaign", AP)).json()
    assert actor["publicKey"]["publicKeyPem"]
    featured = (await world.get(actor["featured"], AP)).json()
    assert [one["id"] for one in featured["orderedItems"]] == [world.uri(house, pinned)]
    assert (await world.get(world.uri(house, pinned), AP)).status_code == 200
    for url in (
        world.uri(house, other),
        f"{world.uri(house, pinned)}/replies",
        actor["outbox"],
        f"{actor['outbox']}?page=true",
    ):
        for answer in (await world.get(url, AP), await bob.get(url)):
            assert answer.status_code == 503, "not 404 or 410: then they would erase it"
            assert answer.headers["retry-after"]
            assert answer.json()["error"]
    finger = await world.get(
        "https://here.test/.well-known/webfinger?resource=acct:campaign@here.test", "application/json"
    )
    assert finger.status_code == 200
    assert bob.of_type("Delete") == [], "nothing was said to anybody"


async def test_pictures_of_what_is_paused_are_paused_for_all_but_organisers(
    world: World, house: House, ada: Organiser
) -> None:
    pinned, other = await statement(world, house)
    shown, hidden = (
        house.addresses.media(post.pictures[0].public_id, post.pictures[0].extension) for post in (pinned, other)
    )
    await lock(house, 3)
    assert (await world.get(shown)).status_code == 200
    assert (await world.get(hidden)).status_code == 503
    assert (await ada.get(hidden)).status_code == 200
    await lock(house, 0)
    assert (await world.get(hidden)).status_code == 200


#: What may answer at level 3 with something else than the calm page; each of these was looked at.
SHOWN = re.compile(
    r"/|/@\{handle\}|/actor.*|/users/\{handle\}(/(followers|following|featured))?|/feed\.(atom|rss|json)|/desk.*|/lock"
    r"|/(style|card|theme|leaflet)-.*|/robots\.txt|/favicon\.ico|/livez|/readyz|/metrics|/\.well-known/.*|/nodeinfo.*|/oauth/.*"
    r"|/authorize_interaction"
)


async def test_whatever_route_there_is_waits_behind_the_calm_page_unless_it_is_named(
    world: World, house: House
) -> None:
    await statement(world, house)
    await lock(house, 3)
    wanting: list[Any] = []
    for route in build_app(house, background=False).routes:
        assert isinstance(route, Route)
        if "GET" not in (route.methods or ()) or SHOWN.fullmatch(route.path):
            continue
        path = re.sub(
            r"\{(\w+)(:\w+)?\}", lambda m: {"handle": "campaign", "month": "2026-09"}.get(m[1], "1"), route.path
        )
        if (await world.get(f"https://here.test{path}")).status_code != 503:
            wanting.append(route.path)
    assert wanting == []


async def test_a_code_locks_without_a_session_and_says_little(world: World, house: House, ada: Organiser) -> None:
    made = (await ada.post("/desk/lock/codes", {"level": "2", "label": "neighbour"})).text
    codes = re.findall(r">((?:[0-9A-Z]{4}-){3}[0-9A-Z]{4})<", made)
    assert len(codes) == 3
    assert codes[0] not in (await ada.get("/desk/lock")).text, "shown once"
    assert "/lock" not in re.findall(r'href="([^"]*)"', (await world.get("https://here.test/")).text)
    async with world.client(base_url="https://here.test") as client:
        assert (await client.get("/lock", params={"code": codes[0]})).status_code == 200
        assert level_of(house) == LockLevel.OPEN, "looking locks nothing"
        wrong = await client.post("/lock", data={"code": "0000-0000-0000-0000"})
        assert (await client.post("/lock", data={"code": codes[0]})).status_code == 200
        assert level_of(house) == LockLevel.CONVERSATION_CLOSED
        used = await client.post("/lock", data={"code": codes[0]})
        assert (used.status_code, used.text) == (wrong.status_code, wrong.text) == (403, wrong.text)
        assert used.headers["cache-control"] == "no-store"
        foreign = await client.post("/lock", data={"code": codes[1]}, headers={"Origin": "https://evil.test"})
        assert foreign.status_code == 403
    assert len(await house.locking.codes(CONSOLE)) == 2
    assert "Every code is worthless" in (await ada.post("/desk/lock/codes", {"act": "discard"})).text


async def test_guessing_codes_is_slowed_down(world: World, house: House) -> None:
    async with world.client(base_url="https://here.test") as client:
        statuses: list[httpx.Response] = [await client.post("/lock", data={"code": f"guess {n}"}) for n in range(25)]
    assert [one.status_code for one in statuses[:20]] == [403] * 20
    assert {one.status_code for one in statuses[20:]} == {429}


async def test_no_form_of_readers_shows_a_paused_post_again(world: World, house: House) -> None:
    await statement(world, house)
    call = await called_out(world, house)
    assert call.call is not None
    token = house.offering.ticket()
    later(world, seconds=10)
    await lock(house, 3)
    offer = {"kind": "idea", "text": "Tea", "token": token, "about": call.call.code, "language": "en"}
    forms: dict[str, dict[str, str]] = {
        f"/p/{call.public_id}/share": {"account": "home.test"},
        f"/fa/p/{call.public_id}/share": {"account": "home.test"},
        "/offer": offer,
        "/interact": {"uri": world.uri(house, call), "account": "home.test"},
    }
    async with world.client(base_url="https://here.test") as client:
        for path, fields in forms.items():
            answer = await client.post(path, data=fields)
            assert answer.status_code == 503, path
            assert "Come to Calais" not in answer.text


#: What may be sent at level 3 and is taken or refused for reasons of its own; each of these was looked at.
TAKEN = re.compile(
    r"/inbox|/actor/inbox|/users/\{handle\}/inbox|/desk.*|/lock|/api/.*|/oauth/.*|/authorize_interaction"
)


async def test_whatever_can_be_sent_waits_too_unless_it_is_named(world: World, house: House) -> None:
    await lock(house, 3)
    wanting: list[str] = []
    async with world.client(base_url="https://here.test") as client:
        for route in build_app(house, background=False).routes:
            assert isinstance(route, Route)
            if "POST" not in (route.methods or ()) or TAKEN.fullmatch(route.path):
                continue
            if (await client.post(re.sub(r"\{\w+(:\w+)?\}", "1", route.path))).status_code != 503:
                wanting.append(route.path)
    assert wanting == []
