"""The Desk as an organiser's browser uses it, without a script."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from server.features.posts.model import Draft
from server.house import House
from tests.flows.test_outbound import picture
from tests.world import AP, CONSOLE, PASSWORD, Organiser, Peer, World, signed_in

SCREENS = [
    "/desk/",
    "/desk/write",
    "/desk/posts",
    "/desk/conversation/replies",
    "/desk/conversation/messages",
    "/desk/conversation/interactions",
    "/desk/conversation/quotes",
    "/desk/conversation/reports",
    "/desk/conversation/rules",
    "/desk/followers",
    "/desk/followers?state=pending",
    "/desk/followers/servers",
    "/desk/people",
    "/desk/profile",
    "/desk/reviews",
    "/desk/policy",
    "/desk/account",
    "/desk/team",
    "/desk/lock",
    "/desk/audit",
    "/desk/lookup",
    "/desk/more",
]


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


@pytest.mark.parametrize("path", SCREENS)
async def test_each_screen_opens_and_is_kept_by_nobody(ada: Organiser, path: str) -> None:
    answer = await ada.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "<h1" in answer.text


@pytest.mark.parametrize("path", SCREENS)
async def test_without_a_session_a_screen_leads_to_the_door(world: World, house: House, path: str) -> None:
    answer = await world.get(f"https://here.test{path}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/sign-in")


async def test_an_update_is_written_as_the_form_says(world: World, ada: Organiser, bob: Peer) -> None:
    form = {
        "text": "We are fine #harbour",
        "warning": "Weather",
        "language": "fr",
        "audience": "unlisted",
        "alt1": "A wall",
        "key": "once",
    }
    for _ in range(2):  # a double tap
        answer = await ada.post("/desk/write", form, files={"picture1": ("wall.jpg", picture(), "image/jpeg")})
        assert answer.status_code == 200
    await world.settle()
    (create,) = bob.of_type("Create")
    note = create["object"]
    assert (note["summary"], note["contentMap"].keys(), note["attachment"][0]["name"]) == (
        "Weather",
        {"fr": ""}.keys(),
        "A wall",
    )
    assert "1 of 1 server has it" in (await ada.get("/desk/posts")).text


@pytest.mark.parametrize("audience", ["", "everyone", "PUBLIC"])
async def test_who_sees_it_is_never_guessed(ada: Organiser, bob: Peer, audience: str) -> None:
    answer = await ada.post("/desk/write", {"text": "For few", "language": "en", "audience": audience})
    assert answer.status_code == 422
    assert bob.of_type("Create") == []


async def test_a_refused_form_keeps_the_words_and_says_why(ada: Organiser) -> None:
    form = {"text": "w" * 5001, "language": "en", "audience": "public"}
    answer = await ada.post("/desk/write", form)
    assert answer.status_code == 422
    assert "more than 5000 characters" in answer.text
    assert "w" * 5001 in answer.text


async def test_a_file_that_is_no_picture_is_refused_with_the_words_kept(ada: Organiser) -> None:
    form = {"text": "Look here", "language": "en", "audience": "public"}
    answer = await ada.post(
        "/desk/write", form, files={"picture1": ("x.svg", b"<svg onload=alert(1)>", "image/svg+xml")}
    )
    assert answer.status_code == 422
    assert "Look here" in answer.text


async def test_a_reply_is_held_approved_answered_and_hidden(
    world: World, house: House, ada: Organiser, bob: Peer
) -> None:
    post = await world.publish(house, "Hello")
    page = house.addresses.post_page(post.public_id)
    note = bob.note("<p>A kind answer</p>", inReplyTo=world.uri(house, post))
    bob.documents[note["id"].removeprefix("https://peer.test")] = note
    await bob.send(house, bob.activity("Create", note))
    assert "A kind answer" not in (await world.get(page)).text
    waiting = (await ada.get("/desk/conversation/replies")).text
    assert "A kind answer" in waiting
    number = re.search(r'name="id" value="(\d+)"', waiting)
    assert number is not None
    await ada.post("/desk/conversation/decide", {"id": number[1], "decide": "approved", "show": "replies"})
    assert "A kind answer" in (await world.get(page)).text
    form = await ada.get(f"/desk/write?reply_to={note['id']}")
    assert "@bob@peer.test" in form.text
    answer = {"text": "@bob@peer.test Thank you", "language": "en", "audience": "public", "in_reply_to": note["id"]}
    assert (await ada.post("/desk/write", answer)).status_code == 200
    await world.settle()
    assert bob.of_type("Create")[-1]["object"]["inReplyTo"] == note["id"]
    assert "Thank you" in (await world.get(page)).text
    await ada.post("/desk/conversation/decide", {"id": number[1], "decide": "hidden", "show": "replies"})
    assert "A kind answer" not in (await world.get(page)).text


async def test_a_message_is_read_and_stays_inside(world: World, house: House, ada: Organiser, bob: Peer) -> None:
    ours = house.actors.uri(house.actors.campaign())
    tag = [{"type": "Mention", "href": ours, "name": "@campaign@here.test"}]
    note = bob.note("<p>Between us</p>", to=[ours], cc=[], tag=tag)
    await bob.send(house, bob.activity("Create", note, to=[ours], cc=[]))
    new = (await ada.get("/desk/conversation/messages")).text
    number = re.search(r'name="id" value="(\d+)"', new)
    assert "Between us" in new
    assert number is not None
    assert "Show the marked" not in new
    answer = await ada.post("/desk/conversation/decide", {"id": number[1], "decide": "hidden", "show": "messages"})
    assert answer.status_code == 200
    assert "Between us" not in (await ada.get("/desk/conversation/messages")).text
    assert "Between us" in (await ada.get("/desk/conversation/messages?state=hidden")).text
    assert "Between us" not in (await ada.get("/desk/conversation/replies?state=hidden")).text


async def test_boosting_liking_and_following_from_the_lookup(world: World, ada: Organiser, bob: Peer) -> None:
    note = bob.note("<p>Worth sharing</p>")
    bob.documents[note["id"].removeprefix("https://peer.test")] = note
    found = await ada.get(f"/desk/lookup?q={note['id']}")
    assert "Worth sharing" in found.text
    for what in ("boost", "like"):
        assert f'value="{what}"' in found.text
        assert (await ada.post("/desk/act", {"uri": note["id"], "act": what})).status_code == 200
    assert (await ada.post("/desk/act", {"uri": bob.uri, "act": "follow"})).status_code == 200
    await world.settle()
    assert {one["type"] for one in bob.received} >= {"Announce", "Like", "Follow"}


async def test_the_profile_goes_out_as_an_update(world: World, house: House, ada: Organiser, bob: Peer) -> None:
    form = {"name": "New name", "language": "en", "time_zone": "UTC", "name1": "Site", "value1": "https://x.test/"}
    files = {"avatar": ("a.png", picture(), "image/jpeg")}
    assert (await ada.post("/desk/profile", form, files=files)).status_code == 200
    await world.settle()
    (update,) = bob.of_type("Update")
    actor = update["object"]
    assert (actor["name"], actor["icon"]["type"], actor["discoverable"]) == ("New name", "Image", False)
    assert actor["attachment"][0]["name"] == "Site"
    served = (await world.get(actor["id"], AP)).json()
    assert served["name"] == "New name"


async def test_signing_out_ends_the_session_and_the_password_opens_it_again(world: World, ada: Organiser) -> None:
    assert (await ada.post("/desk/sign-out")).status_code == 200
    assert (await ada.get("/desk/posts")).url.path == "/desk/sign-in"
    answer = await ada.client.post("/desk/sign-in", data={"name": "ada", "password": PASSWORD})
    assert (answer.status_code, answer.url.path) == (200, "/desk/")


async def test_a_click_on_follow_from_elsewhere_leads_to_the_lookup(ada: Organiser, bob: Peer) -> None:
    answer = await ada.get(f"/authorize_interaction?uri={bob.uri}")
    assert answer.status_code == 200
    assert "@bob@peer.test" in answer.text


async def test_why_letters_wait_is_said_in_the_organiser_s_language(world: World, house: House, bob: Peer) -> None:
    await bob.follow(house)
    bob.inbox_status = 503
    await house.publishing.submit(CONSOLE, Draft(text="Tea", language="en"))
    for _ in range(4):
        world.clock.forward(timedelta(hours=2))
        await world.settle()
    async with signed_in(world, house) as desk:
        for language, said in (("en", "answered 503"), ("fr", "a répondu 503")):
            page = await desk.client.get("/desk/", headers={"Accept-Language": language})
            assert said in page.text
