"""The conversation as an organiser's browser uses it, without a script."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from server.base.errors import NotFound
from server.features.conversation.model import Filter, Selection
from server.features.posts.model import Post
from server.house import House
from tests.features.flood import flood, follows, says, state_of
from tests.world import CONSOLE, Organiser, World, signed_in

LIST = "/desk/conversation"
DECIDE = "/desk/conversation/decide"


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def ada(world: World, house: House) -> AsyncIterator[Organiser]:
    async with signed_in(world, house) as organiser:
        yield organiser


@pytest.fixture
async def post(world: World, house: House) -> Post:
    return await world.publish(house, "Hello")


async def brigade(house: House, post: Post, size: int = 6) -> str:
    """A group of equal texts; its name."""
    for number in range(size):
        await says(house, f"t{number}@mean{number % 3}.test", f"<p>Go home {number}</p>", post)
    line = (await house.moderation.listing(Filter())).lines[0]
    assert line.copies == size
    return line.heard.same_text


async def test_a_brigade_is_one_line_and_one_tap(world: World, house: House, ada: Organiser, post: Post) -> None:
    same = await brigade(house, post)
    await says(house, "lea@ami.test", "<p>Trois lits</p>", post, language="fr")
    screen = (await ada.get(LIST)).text
    assert "6 like this from 3 servers" in screen
    assert screen.count("Go home") == 1
    answer = await ada.post(DECIDE, {"decide": f"hidden:group:{same}", "show": "replies", "state": "held"})
    assert "Hidden from every page." in answer.text
    assert "Go home" not in answer.text
    assert "Trois lits" in answer.text
    undo = re.search(r'name="page" value="(g[0-9a-f]{16})"><input type="hidden" name="came" value="held">', answer.text)
    assert undo is not None
    form = {"show": "replies", "state": "hidden", "page": undo[1], "came": "held", "decide": "held:page"}
    assert "6 like this" in (await ada.post(DECIDE, form)).text


async def test_a_page_a_filter_and_marked_ones_are_decided_about(house: House, ada: Organiser, post: Post) -> None:
    same = await brigade(house, post)
    french = await says(house, "lea@ami.test", "<p>Trois lits</p>", post, language="fr")
    await ada.post(DECIDE, {"decide": "approved", "id": str(french), "group": same, "state": "held"})
    assert len((await house.moderation.listing(Filter(state="approved"))).lines) == 2
    await ada.post(DECIDE, {"decide": "hidden:all", "state": "approved", "language": "fr"})
    assert await state_of(house, french) == "hidden"
    await ada.post(DECIDE, {"decide": "hidden:page", "state": "approved", "page": f"g{same}"})
    assert (await house.moderation.listing(Filter(state="approved"))).lines == ()


@pytest.mark.parametrize(
    ("form", "says_first"),
    [
        ({"decide": "block-host:server:mean1.test"}, "Block 1 server?"),
        ({"decide": "block:all", "server": "mean1.test"}, "Block 2 accounts?"),
        ({"decide": "mute:all", "server": "mean1.test"}, "Mute 2 accounts?"),
        ({"decide": "approved:all", "server": "mean1.test"}, "Show what 2 accounts said?"),
    ],
)
async def test_what_cannot_be_taken_back_is_asked_about_once(
    house: House, ada: Organiser, post: Post, form: dict[str, str], says_first: str
) -> None:
    await brigade(house, post)
    await follows(house, "fan@mean1.test")
    asked = await ada.post(DECIDE, {**form, "state": "held"})
    assert says_first in asked.text
    assert len(await house.safety.blocks()) == len(await house.rules.mutes()) == 0
    assert len((await house.moderation.listing(Filter(server="mean1.test"))).lines) == 1
    if "block-host" in form["decide"]:
        assert "1 follower would be lost" in asked.text
    kept = dict(re.findall(r'<input type="hidden" name="(\w[\w-]*)" value="([^"]*)">', asked.text))
    assert kept["sure"] == "1"
    del kept["csrf"]
    assert (await ada.post(DECIDE, kept)).status_code == 200
    assert (await house.moderation.listing(Filter(server="mean1.test"))).lines == ()


async def test_one_author_is_muted_or_blocked_by_one_tap(house: House, ada: Organiser, post: Post) -> None:
    one = await says(house, "a@mean.test", "<p>One</p>", post)
    two = await says(house, "b@mean.test", "<p>Two</p>", post)
    assert "Muted." in (await ada.post(DECIDE, {"decide": f"mute:one:{one}"})).text
    assert "Blocked." in (await ada.post(DECIDE, {"decide": f"block:one:{two}"})).text
    assert [await state_of(house, number) for number in (one, two)] == ["hidden", "hidden"]
    rules = (await ada.get("/desk/conversation/rules")).text
    assert "@a@mean.test" in rules
    answer = await ada.post("/desk/conversation/rules/mutes", {"do": "unmute", "target": "https://mean.test/users/a"})
    assert "No longer muted" in answer.text


async def test_a_reply_is_liked_from_the_list_and_its_author_muted_from_the_lookup(
    world: World, house: House, ada: Organiser, post: Post
) -> None:
    bob = world.peer()
    note = bob.note("A kind answer", inReplyTo=world.uri(house, post))
    await bob.send(house, bob.activity("Create", note))
    screen = (await ada.get(LIST)).text
    assert f'name="uri" value="{note["id"]}"' in screen
    answer = await ada.post("/desk/act", {"uri": note["id"], "act": "like", "from": "conversation"})
    assert (answer.url.path, "Liked." in answer.text) == (LIST, True)
    await world.settle()
    assert len(bob.of_type("Like")) == 1
    assert "Muted." in (await ada.post("/desk/act", {"uri": bob.uri, "act": "mute", "from": "conversation"})).text
    assert (await house.moderation.listing(Filter())).lines == ()
    await world.settle()
    assert {one["type"] for one in bob.received} == {"Like"}, "who is muted is not told"


async def test_word_rules_are_tried_added_and_removed(house: House, ada: Organiser, post: Post) -> None:
    await brigade(house, post)
    path = "/desk/conversation/rules/words"
    looked = await ada.post(path, {"do": "look", "words": "Go home", "act": "hide"})
    assert "Of all that wait, 6 have these words." in looked.text
    assert 'value="Go home"' in looked.text
    refused = await ada.post(path, {"do": "add", "words": "!!!", "act": "hide"})
    assert (refused.status_code, "Write at least one word." in refused.text) == (422, True)
    assert (
        "The rule counts from now on." in (await ada.post(path, {"do": "add", "words": "Go home", "act": "hide"})).text
    )
    assert (await house.moderation.listing(Filter())).lines == ()
    (rule,) = await house.rules.words()
    assert "The rule is gone." in (await ada.post(path, {"do": f"remove:{rule.id}"})).text
    assert (await ada.post(path, {"do": "remove:1"})).status_code == 404


async def test_files_of_strangers_are_linked_and_never_shown(house: House, ada: Organiser, post: Post) -> None:
    picture = (("https://ami.test/a.jpg", "image/jpeg", "Tents <beside> the road"), ("https://ami.test/b.mp4", "video/mp4", ""))  # fmt: skip
    await says(house, "lea@ami.test", '<p>Look <a href="https://ami.test/x">here</a></p>', post, attachments=picture)
    screen = (await ada.get(LIST)).text
    assert "Tents &lt;beside&gt; the road" in screen
    assert "a file without a description" in screen
    assert "<img" not in screen
    assert "<video" not in screen


async def test_the_list_can_be_read_to_its_end(house: House, ada: Organiser, post: Post) -> None:
    await flood(house.database, post, 600, 20)
    path, seen = LIST, list[str]()
    for _ in range(5):
        text = (await ada.get(path)).text
        seen += re.findall(r'name="(?:id|group)" value="(\w+)"', text)
        older = re.search(r'<nav class="pages"[^>]*><a href="([^"]+)"', text)
        if older is None:
            break
        path = f"{LIST}{older[1].replace('&amp;', '&')}"
    assert len(seen) == len(set(seen)) == 69


async def test_reports_are_acted_upon_and_fade(house: House, ada: Organiser, post: Post) -> None:
    number = await says(house, "troll@mean.test", "<p>Go home</p>", post, uri="https://mean.test/1")
    async with house.database.transaction() as tx:
        await house.conversation.reported(tx, "kind.test", ["https://mean.test/1"], "Please look", None)
    screen = (await ada.get("/desk/conversation/reports")).text
    assert "Go home" in screen
    path = re.search(r'action="(/desk/conversation/reports/\d+)"', screen)
    assert path is not None
    assert (await ada.post(path[1], {"act": f"hide:{number + 1}"})).status_code == 404
    answer = await ada.post(path[1], {"act": f"hide:{number}"})
    assert "put away" in answer.text
    assert await state_of(house, number) == "hidden"


async def test_boosts_and_likes_are_filtered(house: House, ada: Organiser, post: Post, world: World) -> None:
    uri = world.uri(house, post)
    for host, kind in (("kind.test", "boost"), ("far.test", "like")):
        peer = world.peer(host, "amal")
        await peer.send(house, peer.activity("Announce" if kind == "boost" else "Like", uri))
    assert (await ada.get("/desk/conversation/interactions")).text.count("@amal@") == 2
    assert "@amal@far.test" not in (await ada.get("/desk/conversation/interactions?kind=boost")).text
    assert "@amal@kind.test" not in (await ada.get("/desk/conversation/interactions?server=far.test")).text


async def test_followers_are_found_let_in_and_removed(house: House, ada: Organiser) -> None:
    await follows(house, "amal@kind.test")
    asking = [await follows(house, f"asks{number}@far.test", "pending") for number in range(3)]
    assert "@amal@kind.test" in (await ada.get("/desk/followers?q=amal")).text
    assert "@amal@kind.test" in (await ada.get("/desk/followers?q=kind.test")).text
    assert "1 follower would be lost" in (await ada.get("/desk/followers?server=kind.test")).text
    assert "kind.test" in (await ada.get("/desk/followers/servers")).text
    pending = (await ada.get("/desk/followers?state=pending")).text
    assert "@amal@" not in pending
    await ada.post("/desk/followers", {"act": f"approve:{asking[0]}", "state": "pending"})
    page = ",".join(map(str, asking[1:]))
    await ada.post("/desk/followers", {"act": "remove:page", "page": page, "state": "pending"})
    assert (await house.followers.counts(house.actors.campaign().id))[0] == 2
    await ada.post("/desk/followers/block", {"server": "far.test"})
    assert (await house.followers.counts(house.actors.campaign().id))[0] == 1


@pytest.mark.parametrize(
    "form",
    [
        {"decide": "hidden"},
        {"decide": "hidden", "id": "x"},
        {"decide": "hidden", "id": "-1"},
        {"decide": "approve", "id": "1"},
        {"decide": "", "id": "1"},
        {"decide": "hidden:group:' OR 1=1"},
        {"decide": "hidden:server:a b"},
        {"decide": "hidden:page", "page": ",,g,"},
        {"decide": "hidden:one:99999999999999999999"},
    ],
)
async def test_a_form_that_means_nothing_changes_nothing(
    house: House, ada: Organiser, post: Post, form: dict[str, str]
) -> None:
    number = await says(house, "lea@ami.test", "<p>Hello</p>", post)
    assert (await ada.post(DECIDE, form)).status_code == 422
    assert await state_of(house, number) == "held"


async def test_what_is_not_there_is_said_so(house: House, ada: Organiser) -> None:
    assert (await ada.post(DECIDE, {"decide": "hidden:one:1"})).status_code == 404
    with pytest.raises(NotFound):
        await house.moderation.mute_authors(CONSOLE, Selection(ids=(1,)))
