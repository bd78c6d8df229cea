"""Block lists, the allow-list, allies and the home timeline as an organiser's browser uses them, without a script."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from server.house import House
from tests.features.test_block_lists import HEAD, Files, follower
from tests.world import CONSOLE, Organiser, Peer, World, signed_in

SCREENS = [
    "/desk/blocks",
    "/desk/blocks?q=bad&before=5",
    "/desk/blocks/lists",
    "/desk/blocks/allow",
    "/desk/allies",
    "/desk/home",
    "/desk/home?show=proposed&before=9",
]
FORMS = ["/desk/blocks", "/desk/blocks/lists", "/desk/blocks/lists/apply", "/desk/blocks/lists/1", "/desk/blocks/allow", "/desk/allies", "/desk/allies/1", "/desk/home/1"]  # fmt: skip


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def ada(world: World, house: House) -> AsyncIterator[Organiser]:
    async with signed_in(world, house) as organiser:
        yield organiser


@pytest.mark.parametrize("path", SCREENS)
async def test_each_screen_opens_for_organisers_alone(world: World, house: House, ada: Organiser, path: str) -> None:
    answer = await ada.get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "<h1" in answer.text
    door = await world.get(f"https://here.test{path}")
    assert (door.status_code, door.headers["location"]) == (303, "/desk/sign-in")


@pytest.mark.parametrize("path", FORMS)
async def test_no_form_is_taken_without_its_token(ada: Organiser, path: str) -> None:
    assert (await ada.client.post(path, data={"name": "bad.test", "act": "on"})).status_code == 403


async def test_a_block_is_set_found_and_taken_back(ada: Organiser, house: House) -> None:
    assert "Blocked. Nothing comes" in (await ada.post("/desk/blocks", {"name": "Bad.test", "act": "block"})).text
    assert "bad.test" in (await ada.get("/desk/blocks?q=BAD")).text
    assert "Nothing like that" in (await ada.get("/desk/blocks?q=b%25d")).text
    assert (await ada.get("/desk/blocks/export.csv")).text == HEAD + "bad.test,suspend,false,false,,false\n"
    await ada.post("/desk/blocks", {"target": "bad.test", "act": "unblock"})
    assert await house.safety.blocks() == []


@pytest.mark.parametrize("name", ["", "nonsense", "a b.test", "@nobody@nowhere.test", "https://nowhere.test/x"])
async def test_a_block_of_nothing_is_answered_in_words_with_the_form_kept(ada: Organiser, name: str) -> None:
    answer = await ada.post("/desk/blocks", {"name": name, "act": "block"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert f'value="{name}"' in answer.text


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return found[1]


async def test_a_file_is_looked_at_then_applied_then_undone(world: World, house: House, ada: Organiser) -> None:
    await follower(world, house, "bad.test")
    await house.allies.mark_host(CONSOLE, "ally.test", label="The allies")
    listed = (HEAD + "bad.test,suspend\nally.test,suspend\nloud.test,silence\n").encode()
    files = {"file": ("blocks.csv", listed, "text/csv")}
    seen = await ada.post("/desk/blocks/lists", {"name": "Bad <ones>"}, files=files)
    assert seen.status_code == 200
    for words in ("2 servers would be blocked", "You would lose 1 follower", "cut off allies", "The allies"):
        assert words in seen.text
    assert await house.safety.blocks() == []
    form = {"name": "Bad <ones>", "hosts": hidden(seen.text, "hosts"), "url": "", "spare": "1"}
    done = await ada.post("/desk/blocks/lists/apply", form)
    assert "Bad &lt;ones&gt;" in done.text
    await world.settle()
    assert [one.target for one in await house.safety.blocks()] == ["bad.test"]
    assert await house.followers.followers() == []
    (one,) = await house.blocking.lists(CONSOLE)
    assert "by the list" in (await ada.get("/desk/blocks")).text
    await ada.post(f"/desk/blocks/lists/{one.id}", {"act": "undo"})
    assert await house.safety.blocks() == []


async def test_a_list_can_be_pasted(ada: Organiser) -> None:
    seen = await ada.post("/desk/blocks/lists", {"pasted": "bad.test\r\nworse.test\r\n"})
    assert hidden(seen.text, "hosts") == "bad.test worse.test"


async def test_a_second_list_keeps_what_the_first_one_brought(ada: Organiser, house: House) -> None:
    await house.blocking.apply(CONSOLE, "First", ["bad.test"])
    (first,) = await house.blocking.lists(CONSOLE)
    seen = await ada.post("/desk/blocks/lists", {"pasted": "bad.test\nworse.test\n"})
    await ada.post("/desk/blocks/lists/apply", {"name": "Second", "hosts": hidden(seen.text, "hosts"), "url": ""})
    await ada.post(f"/desk/blocks/lists/{first.id}", {"act": "undo"})
    assert {one.target for one in await house.safety.blocks()} == {"bad.test", "worse.test"}


async def test_what_was_unblocked_by_hand_is_left_out_and_that_is_said(ada: Organiser, house: House) -> None:
    await house.blocking.apply(CONSOLE, "First", ["bad.test"])
    await ada.post("/desk/blocks", {"target": "bad.test", "act": "unblock"})
    seen = await ada.post("/desk/blocks/lists", {"pasted": "bad.test\nworse.test\n"})
    assert "left out: they were unblocked by hand" in seen.text
    assert hidden(seen.text, "hosts") == "worse.test"
    assert "bad.test" not in (await ada.get("/desk/blocks/allow")).text


async def test_a_subscription_is_looked_at_first_and_what_waits_is_said(
    world: World, house: House, ada: Organiser
) -> None:
    files = world.net.hosts["lists.test"] = Files("bad.test\n")
    url = "https://lists.test/bad.csv"
    seen = await ada.post("/desk/blocks/lists", {"url": url, "name": "Theirs"})
    form = {"name": "Theirs", "hosts": hidden(seen.text, "hosts"), "url": hidden(seen.text, "url")}
    assert "Theirs" in (await ada.post("/desk/blocks/lists/apply", form)).text
    await follower(world, house, "dear.test")
    files.text = "bad.test\ndear.test\n"
    (one,) = await house.blocking.lists(CONSOLE)
    await house.blocking.refresh(one)
    assert "1 server on it waits for your yes" in (await ada.get("/desk/blocks/lists")).text
    again = await ada.post(f"/desk/blocks/lists/{one.id}", {"act": "look"})
    assert hidden(again.text, "hosts") == "bad.test dear.test", "it names what is blocked, too"
    assert "1 server would be blocked" in again.text
    assert "You would lose 1 follower" in again.text


@pytest.mark.parametrize(
    "form",
    [
        {"url": "https://nowhere.test/list.csv"},
        {"url": "https://127.0.0.1/list.csv"},
        {"url": "http://lists.test/list.csv"},
        {"url": "nonsense"},
        {"pasted": ""},
        {"pasted": "nothing here"},
    ],
)
async def test_what_is_no_list_is_answered_in_words(ada: Organiser, form: dict[str, str]) -> None:
    answer = await ada.post("/desk/blocks/lists", form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


async def test_the_allow_list_is_shown_changed_and_turned_by_a_keyholder(
    world: World, house: House, ada: Organiser
) -> None:
    await follower(world, house, "other.test")
    assert "it would shut out" in (await ada.get("/desk/blocks/allow")).text
    assert (await ada.post("/desk/blocks/allow", {"act": "on"})).status_code == 422
    assert (await ada.post("/desk/blocks/allow", {"act": "allow", "name": "http://x/"})).status_code == 422
    await ada.post("/desk/blocks/allow", {"act": "allow", "name": "Friend.test"})
    page = (await ada.post("/desk/blocks/allow", {"act": "on"})).text
    assert "Only servers on the allow-list may talk" in page
    assert "Shut out just now" in page
    assert house.safety.allowing
    await ada.post("/desk/blocks/allow", {"act": "off"})
    await ada.post("/desk/blocks/allow", {"act": "disallow", "name": "friend.test"})
    assert await house.allowing.hosts(CONSOLE) == []


async def test_an_ally_is_followed_with_one_form_and_shown_by_choice(
    world: World, house: House, ada: Organiser
) -> None:
    peer = world.peer("ally.test", "ally")
    assert (await world.get("https://here.test/allies")).status_code == 404
    assert "/allies" not in (await world.get("https://here.test/")).text
    form = {"name": "@ally@ally.test", "label": "Friends & co", "follow": "1"}
    assert "Friends &amp; co" in (await ada.post("/desk/allies", form)).text
    await world.settle()
    assert len(peer.of_type("Follow")) == 1
    assert (await world.get("https://here.test/allies")).status_code == 404
    (one,) = await house.allies.allies(CONSOLE)
    await ada.post(f"/desk/allies/{one.id}", {"act": "save", "label": "Friends", "shown": "1"})
    page = await world.get("https://here.test/allies")
    assert "Friends" in page.text
    assert 'rel="nofollow noopener noreferrer"' in page.text
    assert 'href="/allies"' in (await world.get("https://here.test/")).text
    await ada.post(f"/desk/allies/{one.id}", {"act": "forget"})
    assert (await world.get("https://here.test/allies")).status_code == 404
    assert 'href="/allies"' not in (await world.get("https://here.test/")).text


async def test_a_blocked_ally_leaves_the_page_at_once(world: World, house: House) -> None:
    actor = await house.remote.actor(world.peer("ally.test", "ally").uri)
    await house.allies.mark_actor(CONSOLE, actor, label="Friends", shown=True)
    await house.allies.mark_host(CONSOLE, "union.test", label="The union", shown=True)
    assert house.allies.is_ally(actor.uri)
    await house.acting.block_actor(CONSOLE, actor)
    page = (await world.get("https://here.test/allies")).text
    assert "Friends" not in page
    assert "The union" in page
    assert not house.allies.is_ally(actor.uri)
    await house.acting.block_host(CONSOLE, "union.test")
    assert (await world.get("https://here.test/allies")).status_code == 404
    assert 'href="/allies"' not in (await world.get("https://here.test/")).text


async def proposal(world: World, house: House, peer: Peer) -> str:
    await house.followers.follow(CONSOLE, await house.remote.actor(peer.uri))
    await house.allies.mark_host(CONSOLE, peer.host)
    await world.settle()
    await peer.send(house, peer.activity("Accept", peer.of_type("Follow")[0]))
    picture = {"type": "Document", "mediaType": "image/png", "url": f"https://{peer.host}/x.png", "name": "A <map>"}
    note = peer.note("CALL-OUT for Friday", attachment=[picture], summary="Careful")
    await peer.send(house, peer.activity("Create", note))
    return str(note["id"])


async def test_a_call_out_of_an_ally_waits_on_the_first_screen_and_is_boosted_by_one_tap(
    world: World, house: House, ada: Organiser
) -> None:
    peer = world.peer("ally.test", "ally")
    uri = await proposal(world, house, peer)
    assert "Call-outs of allies" in (await ada.get("/desk/")).text
    page = (await ada.get("/desk/home?show=proposed")).text
    assert "CALL-OUT for Friday" in page
    assert "<img" not in page, "strangers' pictures never load"
    assert "A &lt;map&gt;" in page
    assert "<summary" in page
    tap = re.search(r'action="(/desk/home/\d+)"', page)
    assert tap is not None
    done = await ada.post(tap[1], {"act": "boost", "show": "proposed"})
    assert "Boosted to everybody" in done.text
    await world.settle()
    assert {one["object"] for one in peer.of_type("Announce")} == {uri}
    assert "Call-outs of allies: boost" not in (await ada.get("/desk/")).text
    assert (await ada.post("/desk/act", {"uri": uri, "act": "like", "from": "home"})).url.path == "/desk/home"
    assert "you like it" in (await ada.get("/desk/home")).text
    assert (await ada.post("/desk/home/5", {"act": "boost"})).status_code == 404


# -- looking up -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["@bob@peer.test", "bob@peer.test", "acct:bob@peer.test", " @bob@PEER.test ", "https://peer.test/users/bob"])  # fmt: skip
async def test_a_person_is_found_in_any_spelling(world: World, ada: Organiser, text: str) -> None:
    world.peer()
    assert "@bob@peer.test" in (await ada.client.get("/desk/lookup", params={"q": text})).text


async def test_a_page_leads_to_the_post_behind_it(world: World, ada: Organiser) -> None:
    bob = world.peer()
    note = bob.note("Found me")
    page = f'<html><head><link href="{note["id"]}" rel="alternate" type="application/activity+json"></head></html>'
    bob.documents["/@bob/page"] = httpx.Response(200, content=page.encode(), headers={"Content-Type": "text/html"})
    bob.documents["/@bob/json"] = {**note, "@context": "https://www.w3.org/ns/activitystreams"}
    for url in ("https://peer.test/@bob/page", "peer.test/@bob/page", "https://peer.test/@bob/json"):
        found = await ada.client.get("/desk/lookup", params={"q": url})
        assert "Found me" in found.text, url
        assert "/desk/write?quote=" in found.text
        assert "/desk/write?reply_to=" in found.text


async def test_our_own_post_is_found_as_ours(world: World, house: House, ada: Organiser) -> None:
    post = await world.publish(house, "It is ours")
    for url in (house.addresses.post_page(post.public_id), world.uri(house, post)):
        found = await ada.client.get("/desk/lookup", params={"q": url})
        assert "our own post" in found.text
        assert f"/desk/posts/{post.public_id}/edit" in found.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense", "Write a handle"),
        ("@nobody@peer.test", "knows nothing of that name"),
        ("https://down.test/x", "did not answer"),
        ("https://127.0.0.1/x", "not on the public internet"),
        ("https://peer.test/gone", "was deleted"),
        ("https://peer.test/private", "does not show this"),
        ("https://peer.test/plain", "neither an account nor a post"),
        ("https://here.test/", "the campaign itself"),
        ("@campaign@here.test", "the campaign itself"),
        ("https://here.test/p/nothing", "no such post of ours"),
        ("https://bad.test/x", "blocked here"),
    ],
)
async def test_what_is_not_found_is_said_in_plain_words(
    world: World, house: House, ada: Organiser, text: str, words: str
) -> None:
    bob = world.peer()
    page = httpx.Response(200, content=b"<html>", headers={"Content-Type": "text/html"})
    bob.documents |= {"/gone": 410, "/private": 403, "/plain": page}
    await house.acting.block_host(CONSOLE, "bad.test")
    answer = await ada.client.get("/desk/lookup", params={"q": text})
    assert (answer.status_code, words in answer.text) == (200, True), answer.text
