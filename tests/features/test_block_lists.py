"""Block lists: looked at before anything is cut, applied as a whole, undone as a whole."""

from __future__ import annotations

import httpx
import pytest

from server.base.errors import Conflict, Forbidden, Invalid, NotFound
from server.features.access.model import Role, Who
from server.features.safety.lists import read_list, write_list
from server.features.safety.model import BlockList
from server.house import House
from tests.world import CONSOLE, Peer, World, later

pytestmark = pytest.mark.anyio

MODERATOR = Who(organiser_id=None, role=Role.MODERATOR)
HEAD = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"


class Files(httpx.AsyncBaseTransport):
    """A server with one file."""

    def __init__(self, text: str) -> None:
        self.text, self.status, self.type = text, 200, "text/plain; charset=utf-8"
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(self.status, content=self.text.encode(), headers={"Content-Type": self.type})


async def follower(world: World, house: House, host: str, name: str = "bob") -> Peer:
    peer = world.peer(host, name)
    await peer.follow(house)
    await world.settle()
    return peer


async def blocked(house: House) -> set[str]:
    return {one.target for one in await house.safety.blocks()}


async def the_list(house: House) -> BlockList:
    (one,) = await house.blocking.lists(CONSOLE)
    return one


def test_mastodon_s_list_is_read_and_written() -> None:
    text = (
        "\ufeff" + HEAD + 'bad.test,suspend,true,true,"spam, and ""worse""",false\r\nBÜCHER.example,suspend,,,,\r\n'
        "loud.test,silence,false,false,,false\r\nquiet.test,noop,,,,\r\nex***le.test,suspend,,,,true\r\n*.wild.test,suspend\r\n"
        "no host,suspend\r\nbad.test,suspend\r\n\r\n"
    )
    read = read_list(text)
    assert read.hosts == ("bad.test", "xn--bcher-kva.example")
    assert (read.hidden, read.milder, read.unreadable) == (2, 2, 1)
    assert "loud.test" in read_list(text, limits=True).hosts
    assert read_list(write_list(read.hosts)).hosts == read.hosts
    assert write_list(["a.test"]) == HEAD + "a.test,suspend,false,false,,false\n"


def test_plain_lines_are_read_with_or_without_a_heading() -> None:
    assert read_list("a.test\n# a comment\n\nB.test.\n").hosts == ("a.test", "b.test")
    assert read_list("domain\na.test").hosts == ("a.test",)
    assert read_list("severity,domain\nsuspend,a.test\nsilence,b.test").hosts == ("a.test",)


async def test_a_preview_says_what_would_be_cut_and_cuts_nothing(world: World, house: House) -> None:
    await follower(world, house, "bad.test")
    await follower(world, house, "sub.bad.test", "eve")
    friend = await follower(world, house, "friend.test", "friend")
    await house.followers.follow(CONSOLE, await house.remote.actor(friend.uri))
    await house.allies.mark_host(CONSOLE, "ally.test", label="The allies")
    await house.acting.block_host(CONSOLE, "old.test")
    await house.allowing.allow(CONSOLE, "kept.test")
    text = "bad.test\nfriend.test\nally.test\nold.test\nkept.test\nhere.test\nfine.test\nf**.test\n"
    seen = await house.blocking.preview(MODERATOR, text)
    assert seen.fresh == ("bad.test", "friend.test", "ally.test", "fine.test")
    assert (seen.known, seen.allowed, seen.ours, seen.hidden) == (1, 1, 1, 1)
    assert seen.cut.followers == 3
    assert dict(seen.cut.servers) == {"bad.test": 1, "sub.bad.test": 1, "friend.test": 1}
    assert seen.cut.following == ("@friend@friend.test",)
    assert seen.cut.allies == ("The allies",)
    assert seen.cut.risky == {"bad.test", "friend.test", "ally.test"}
    assert await blocked(house) == {"old.test"}


async def test_a_list_cuts_its_servers_and_is_undone_as_a_whole(world: World, house: House) -> None:
    await follower(world, house, "bad.test")
    good = await follower(world, house, "good.test", "gil")
    await house.acting.block_host(CONSOLE, "old.test")
    number, count = await house.blocking.apply(MODERATOR, "Bad ones", ["bad.test", "old.test", "worse.test"])
    await world.settle()
    assert count == 2
    assert [tie.actor.uri for tie in await house.followers.followers()] == [good.uri]
    assert house.safety.refuses("https://x.worse.test/users/a")
    assert (await the_list(house)).blocks == 2
    undone = await house.blocking.undo(MODERATOR, number)
    assert undone.blocks == 2
    assert await blocked(house) == {"old.test"}
    assert not house.safety.refuses("https://worse.test/users/a")
    with pytest.raises(NotFound):
        await house.blocking.undo(MODERATOR, number)


async def test_what_is_set_by_hand_after_a_list_stays_when_the_list_goes(house: House) -> None:
    number, _ = await house.blocking.apply(CONSOLE, "", ["bad.test", "worse.test"])
    await house.acting.block_host(CONSOLE, "bad.test")
    await house.blocking.undo(CONSOLE, number)
    assert await blocked(house) == {"bad.test"}


async def test_allies_and_people_we_follow_are_spared_unless_they_are_meant(world: World, house: House) -> None:
    friend = world.peer("friend.test", "friend")
    await house.followers.follow(CONSOLE, await house.remote.actor(friend.uri))
    await house.allies.mark_host(CONSOLE, "ally.test")
    with pytest.raises(Conflict):
        await house.blocking.apply(CONSOLE, "", ["friend.test", "ally.test", "x.ally.test"])
    assert await blocked(house) == set()
    await house.blocking.apply(CONSOLE, "", ["friend.test", "ally.test"], spare=False)
    await world.settle()
    assert await house.followers.following() == []


async def test_our_own_server_and_those_above_it_are_never_blocked_by_a_list(house: House) -> None:
    seen = await house.blocking.preview(CONSOLE, "here.test\nwww.here.test\nother.test\n")
    assert seen.fresh == ("other.test",)
    with pytest.raises(Conflict):
        await house.blocking.apply(CONSOLE, "", ["here.test", "www.here.test"])


async def test_thousands_of_followers_are_cut_in_small_steps(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.features.publishing.blocking.CUT_CHUNK", 2)
    monkeypatch.setattr("server.features.publishing.blocking.CHUNKS_A_JOB", 1)
    for number in range(5):
        await follower(world, house, "bad.test", f"bot{number}")
    await house.blocking.apply(CONSOLE, "", ["bad.test"])
    await world.settle()
    assert (await house.followers.counts(house.actors.campaign().id))[0] == 0


async def test_a_writer_neither_imports_nor_undoes(house: House) -> None:
    writer = Who(organiser_id=None, role=Role.WRITER)
    number, _ = await house.blocking.apply(CONSOLE, "", ["bad.test"])
    with pytest.raises(Forbidden):
        await house.blocking.preview(writer, "a.test")
    with pytest.raises(Forbidden):
        await house.blocking.look_at(writer, "https://lists.test/bad.csv")
    with pytest.raises(Forbidden):
        await house.blocking.apply(writer, "", ["a.test"])
    with pytest.raises(Forbidden):
        await house.blocking.undo(writer, number)


async def test_a_subscribed_list_is_followed_each_day(world: World, house: House) -> None:
    files = Files("bad.test\nworse.test\n")
    world.net.hosts["lists.test"] = files
    url = "https://lists.test/bad.csv"
    seen = await house.blocking.look_at(CONSOLE, url)
    await house.blocking.apply(CONSOLE, "Bad", seen.fresh, url=url)
    await follower(world, house, "dear.test")
    files.text = "worse.test\nnew.test\ndear.test\n"
    await house.blocking.refresh_lists()
    assert len(files.asked) == 1, "once a day"
    later(world, hours=25)
    await house.blocking.refresh_lists()
    assert await blocked(house) == {"worse.test", "new.test"}
    assert (await the_list(house)).waiting == 1, "a follower would be cut: that needs a yes"
    again, preview = await house.blocking.look_again(CONSOLE, (await the_list(house)).id)
    assert preview.fresh == ("dear.test",)
    await house.blocking.apply(CONSOLE, "", preview.fresh, url=again.url or "")
    await world.settle()
    assert await house.followers.followers() == []
    assert ((await the_list(house)).waiting, (await the_list(house)).blocks) == (0, 3)
    later(world, hours=25)
    await house.blocking.refresh_lists()
    assert (await the_list(house)).waiting == 0


async def test_the_fetch_of_a_list_says_nothing_of_who_asks(world: World, house: House) -> None:
    files = world.net.hosts["lists.test"] = Files("bad.test\n")
    await house.blocking.look_at(CONSOLE, "https://lists.test/bad.csv")
    (asked,) = files.asked
    assert asked.headers["user-agent"] == "Callout"
    assert "signature" not in asked.headers
    assert "here.test" not in str(asked.headers)


@pytest.mark.parametrize(
    ("text", "type_", "status", "problem"),
    [
        ("", "text/plain", 200, "empty"),
        ("<html>", "text/html", 200, "unreadable"),
        ("bad.test\n" * 30_000, "text/plain", 200, "unreadable"),
        ("gone", "text/plain", 404, "unreachable"),
        ("\x00\x00", "text/csv", 200, "empty"),
    ],
)
async def test_a_list_that_is_none_any_more_changes_nothing_and_says_so(
    world: World, house: House, text: str, type_: str, status: int, problem: str
) -> None:
    files = world.net.hosts["lists.test"] = Files("bad.test\n")
    await house.blocking.apply(CONSOLE, "Bad", ["bad.test"], url="https://lists.test/bad.csv")
    files.text, files.type, files.status = text, type_, status
    later(world, hours=25)
    await house.blocking.refresh_lists()
    assert (await the_list(house)).problem == problem
    assert await blocked(house) == {"bad.test"}


async def test_what_is_unblocked_by_hand_is_not_brought_again(world: World, house: House) -> None:
    world.net.hosts["lists.test"] = Files("bad.test\nworse.test\n")
    await house.blocking.apply(CONSOLE, "Bad", ["bad.test", "worse.test"], url="https://lists.test/bad.csv")
    await house.acting.unblock(CONSOLE, "bad.test")
    later(world, hours=25)
    await house.blocking.refresh_lists()
    assert await blocked(house) == {"worse.test"}


async def test_what_is_unblocked_by_hand_is_on_no_allow_list_and_left_out_of_every_list(house: House) -> None:
    await house.blocking.apply(CONSOLE, "Bad", ["bad.test", "worse.test"])
    await house.acting.unblock(MODERATOR, "bad.test")
    assert not house.safety.allows_host("bad.test")
    assert await house.allowing.hosts(CONSOLE) == []
    seen = await house.blocking.preview(MODERATOR, "bad.test\nnew.test\n")
    assert (seen.fresh, seen.spared, seen.allowed) == (("new.test",), 1, 0)
    await house.blocking.apply(MODERATOR, "More", ["bad.test", "new.test"])
    assert await blocked(house) == {"worse.test", "new.test"}


async def test_who_blocks_by_hand_lets_lists_block_again(house: House) -> None:
    number, _ = await house.blocking.apply(CONSOLE, "Bad", ["bad.test"])
    await house.acting.unblock(CONSOLE, "bad.test")
    await house.acting.block_host(CONSOLE, "bad.test")
    await house.blocking.undo(CONSOLE, number)
    assert await blocked(house) == {"bad.test"}
    await house.acting.unblock(CONSOLE, "bad.test")
    seen = await house.blocking.preview(CONSOLE, "bad.test\n")
    assert (seen.fresh, seen.spared) == (("bad.test",), 0), "no list named it when it was unblocked"


async def test_what_two_lists_name_stays_blocked_until_both_are_undone(house: House) -> None:
    first, _ = await house.blocking.apply(CONSOLE, "First", ["bad.test", "one.test"])
    seen = await house.blocking.preview(CONSOLE, "bad.test\ntwo.test\n")
    assert (seen.fresh, seen.named) == (("two.test",), ("bad.test", "two.test"))
    second, count = await house.blocking.apply(CONSOLE, "Second", seen.named)
    assert count == 1
    assert (await house.blocking.undo(CONSOLE, first)).blocks == 1
    assert await blocked(house) == {"bad.test", "two.test"}
    assert (await the_list(house)).blocks == 2, "it stands for both now"
    assert house.safety.refuses_host("bad.test")
    assert (await house.blocking.undo(CONSOLE, second)).blocks == 2
    assert await blocked(house) == set()


async def test_what_one_subscribed_list_drops_stays_while_another_list_names_it(world: World, house: House) -> None:
    files = world.net.hosts["lists.test"] = Files("bad.test\nworse.test\n")
    await house.blocking.apply(CONSOLE, "Bad", ["bad.test", "worse.test"], url="https://lists.test/bad.csv")
    number, _ = await house.blocking.apply(CONSOLE, "More", ["bad.test", "more.test"])
    files.text = "new.test\nmore.test\n"
    later(world, hours=25)
    await house.blocking.refresh_lists()
    assert await blocked(house) == {"bad.test", "more.test", "new.test"}
    await house.blocking.undo(CONSOLE, number)
    assert await blocked(house) == {"more.test", "new.test"}, "the other list names more.test since its last fetch"


async def test_what_a_list_left_out_for_an_ally_goes_with_the_list_that_did_not(house: House) -> None:
    await house.allies.mark_host(CONSOLE, "ally.test")
    first, _ = await house.blocking.apply(CONSOLE, "First", ["ally.test"], spare=False)
    await house.blocking.apply(CONSOLE, "Second", ["ally.test", "bad.test"])
    await house.blocking.undo(CONSOLE, first)
    assert await blocked(house) == {"bad.test"}


async def test_a_server_of_thousands_is_blocked_at_once_and_cut_in_small_steps(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.features.publishing.acting.CUT_CHUNK", 2)
    for number in range(5):
        await follower(world, house, "bad.test", f"bot{number}")
    await house.acting.block_host(CONSOLE, "bad.test")
    assert house.safety.refuses_host("bad.test")
    assert len(await house.followers.followers()) == 3, "the job does the rest"
    await world.settle()
    assert await house.followers.followers() == []


async def test_a_block_of_a_name_with_an_underscore_cuts_nobody_else(world: World, house: House) -> None:
    good = await follower(world, house, "x.axb.test")
    await follower(world, house, "x.a_b.test", "eve")
    await house.acting.block_host(CONSOLE, "a_b.test")
    assert [tie.actor.uri for tie in await house.followers.followers()] == [good.uri]


async def test_a_block_of_a_server_ends_our_following_too(world: World, house: House) -> None:
    peer = world.peer("bad.test")
    await house.followers.follow(CONSOLE, await house.remote.actor(peer.uri))
    await house.acting.block_host(CONSOLE, "bad.test")
    assert await house.followers.following() == []


# -- the allow-list ---------------------------------------------------------------------------------------------------------


async def test_the_allow_list_lets_in_whom_it_names_and_nobody_else(world: World, house: House) -> None:
    friend, stranger = await follower(world, house, "friend.test"), await follower(world, house, "other.test", "eve")
    await house.allowing.allow(CONSOLE, "friend.test")
    cut = await house.allowing.preview(CONSOLE)
    assert (cut.followers, cut.servers) == (1, (("other.test", 1),))
    await house.allowing.switch(CONSOLE, on=True)
    for peer in (friend, stranger):
        peer.received.clear()
    await world.publish(house, "For friends")
    assert len(friend.of_type("Create")) == 1
    assert stranger.of_type("Create") == []
    like = stranger.activity("Like", house.addresses.post("campaign", "x"))
    assert (await stranger.send(house, like)).status_code == 403
    assert (await world.get("https://here.test/")).status_code == 200
    assert (await stranger.get("https://here.test/users/campaign")).status_code == 200
    await house.allowing.switch(CONSOLE, on=False)
    await world.publish(house, "For all")
    assert len(stranger.of_type("Create")) == 1, "who was shut out follows still"


async def test_only_a_keyholder_turns_the_allow_list(house: House) -> None:
    for who in (MODERATOR, Who(organiser_id=None, role=Role.EDITOR)):
        with pytest.raises(Forbidden):
            await house.allowing.switch(who, on=True)
        with pytest.raises(Forbidden):
            await house.allowing.allow(who, "a.test")
    with pytest.raises(Invalid):
        await house.allowing.switch(CONSOLE, on=True)
    assert not house.safety.allowing


async def test_blocks_and_the_allow_list_are_there_after_a_restart(house: House) -> None:
    await house.allowing.allow(CONSOLE, "friend.test")
    await house.allowing.switch(CONSOLE, on=True)
    await house.safety.load()
    assert house.safety.refuses_host("other.test")
    assert not house.safety.refuses_host("a.friend.test:8443")
    await house.acting.block_host(CONSOLE, "friend.test")
    assert house.safety.refuses_host("friend.test"), "a block is stronger"
