"""Allies, and the home timeline of those we follow."""

from __future__ import annotations

from typing import Any

import pytest

from server.base.errors import Conflict, Forbidden, Invalid, NotFound
from server.features.access.model import Role, Who
from server.features.timelines import service as timelines
from server.house import House
from tests.world import CONSOLE, Peer, World

pytestmark = pytest.mark.anyio


async def followed(world: World, house: House, host: str = "friend.test", name: str = "friend") -> Peer:
    peer = world.peer(host, name)
    actor = await house.remote.actor(peer.uri)
    await house.followers.follow(CONSOLE, actor)
    await world.settle()
    follow = peer.of_type("Follow")[-1]
    await peer.send(house, peer.activity("Accept", follow))
    return peer


async def says(peer: Peer, house: House, content: str, **more: Any) -> dict[str, Any]:
    note = peer.note(content, **more)
    answer = await peer.send(house, peer.activity("Create", note, to=note["to"], cc=note["cc"]))
    assert answer.status_code == 202
    return note


async def home(house: House, *, proposed: bool = False) -> list[str]:
    found, _ = await house.timelines.home(CONSOLE, proposed=proposed)
    return [one.post.uri for one in found]


async def kept(house: House) -> int:
    async with house.database.snapshot() as snapshot:
        return int(await snapshot.value("SELECT count(*) FROM remote_posts"))


async def test_what_those_we_follow_say_is_kept_and_strangers_are_not(world: World, house: House) -> None:
    friend, stranger = await followed(world, house), world.peer("other.test", "eve")
    note = await says(friend, house, "Beds are needed")
    await says(stranger, house, "Buy this")
    assert await home(house) == [note["id"]]
    assert await kept(house) == 1


async def test_who_has_not_accepted_yet_is_not_heard(world: World, house: House) -> None:
    peer = world.peer()
    await house.followers.follow(CONSOLE, await house.remote.actor(peer.uri))
    await says(peer, house, "Hello")
    assert await home(house) == []


async def test_answers_votes_and_what_is_not_for_all_stay_away(world: World, house: House) -> None:
    friend = await followed(world, house)
    first = await says(friend, house, "One")
    second = await says(friend, house, "Two", inReplyTo=first["id"])
    await says(friend, house, "To somebody", inReplyTo="https://other.test/users/eve/statuses/1")
    await says(friend, house, "For followers", to=[f"{friend.uri}/followers"], cc=[])
    assert await home(house) == [second["id"], first["id"]]


async def test_an_edit_shows_and_a_deletion_takes_it_off(world: World, house: House) -> None:
    friend = await followed(world, house)
    note = await says(friend, house, "Meet at nine")
    edited = {**note, "content": "<p>Meet at ten</p>", "updated": "2026-09-28T09:45:00Z"}
    await friend.send(house, friend.activity("Update", edited))
    found, _ = await house.timelines.home(CONSOLE)
    assert [one.post.html for one in found] == ["<p>Meet at ten</p>"]
    await friend.send(house, friend.activity("Delete", {"type": "Tombstone", "id": note["id"]}))
    assert await home(house) == []
    assert await kept(house) == 0


async def test_a_boost_of_somebody_we_follow_is_fetched_by_a_job_and_goes_with_its_undoing(
    world: World, house: House
) -> None:
    friend, author = await followed(world, house), world.peer("other.test", "eve")
    note = author.note("Worth it")
    asked = len(world.net.seen)
    boost = friend.activity("Announce", note["id"])
    await friend.send(house, boost)
    assert not any(one.url.host == "other.test" for one in world.net.seen[asked:]), "nothing is fetched in a request"
    await world.settle()
    found, _ = await house.timelines.home(CONSOLE)
    assert [(one.post.uri, one.author.uri, one.boosted_by) for one in found] == [
        (note["id"], author.uri, "friend@friend.test")
    ]
    await friend.send(house, friend.activity("Undo", boost))
    assert await home(house) == []
    assert await kept(house) == 0


async def test_a_boost_of_a_stranger_costs_no_fetch(world: World, house: House) -> None:
    stranger, author = world.peer(), world.peer("other.test", "eve")
    await stranger.follow(house)
    await world.settle()
    await stranger.send(house, stranger.activity("Announce", author.note("Look")["id"]))
    await world.settle()
    assert await home(house) == []
    assert not any(one.url.host == "other.test" for one in world.net.seen)


async def test_boosts_without_end_are_not_all_fetched(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timelines, "MAX_WAITING", 3)
    friend, author = await followed(world, house), world.peer("other.test", "eve")
    for number in range(6):
        await friend.send(house, friend.activity("Announce", author.note(f"Number {number}")["id"]))
    await world.settle()
    assert len(await home(house)) == 3


async def test_what_is_not_public_is_not_shown_though_it_is_boosted(world: World, house: House) -> None:
    friend, author = await followed(world, house), world.peer("other.test", "eve")
    note = author.note("For few", to=[f"{author.uri}/followers"], cc=[])
    await friend.send(house, friend.activity("Announce", note["id"]))
    await world.settle()
    assert await home(house) == []
    assert await kept(house) == 0


async def test_the_timeline_ends_and_what_nothing_needs_goes(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timelines, "KEPT", 3)
    friend = await followed(world, house)
    notes = [await says(friend, house, f"Number {number}") for number in range(6)]
    post, author = await house.remote.post(notes[0]["id"])
    await house.acting.boost(CONSOLE, post, author)
    await house.timelines.trim()
    assert await home(house) == [note["id"] for note in reversed(notes[3:])]
    assert await kept(house) == 4, "the three newest, and the one that we boosted"


async def test_who_is_unfollowed_or_blocked_is_heard_no_more(world: World, house: House) -> None:
    friend = await followed(world, house)
    await says(friend, house, "One")
    actor = await house.remote.actor(friend.uri)
    await house.followers.unfollow(CONSOLE, actor)
    await says(friend, house, "Two")
    assert len(await home(house)) == 1
    await house.acting.block_actor(CONSOLE, actor)
    assert await home(house) == []


# -- allies -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "more"),
    [
        ("CALL-OUT - Calais, near the port<br>Come and stand with them", {}),
        ("📣 Call-out: beds for Friday", {}),
        ('Come to the port <a href="https://friend.test/tags/callout">#<span>CallOut</span></a>', {}),
        ("Friday, six o'clock", {"summary": "CALL-OUT Calais"}),
        ("Come", {"type": "Event", "name": "March", "startTime": "2026-10-02T10:00:00Z"}),
    ],
)
async def test_a_call_out_of_an_ally_is_proposed(
    world: World, house: House, content: str, more: dict[str, Any]
) -> None:
    ally = await followed(world, house)
    await house.allies.mark_actor(CONSOLE, await house.remote.actor(ally.uri))
    note = await says(ally, house, content, **more)
    await says(ally, house, "We are calling out to nobody: #calloutfit")
    assert await home(house, proposed=True) == [note["id"]]
    assert await house.timelines.waiting() == 1
    assert len(await home(house)) == 2


async def test_one_tap_boosts_a_proposal_and_another_lets_one_be(world: World, house: House) -> None:
    ally = await followed(world, house)
    await ally.follow(house)
    await house.allies.mark_host(CONSOLE, "friend.test")
    for number in range(2):
        await says(ally, house, f"CALL-OUT number {number}")
    (second, first), _ = await house.timelines.home(CONSOLE, proposed=True)
    await house.timelines.take_up(CONSOLE, first.id)
    await house.timelines.take_up(CONSOLE, first.id)  # a double tap
    await house.timelines.dismiss(CONSOLE, second.id)
    await world.settle()
    assert {one["object"] for one in ally.of_type("Announce")} == {first.post.uri}
    assert len({one["id"] for one in ally.of_type("Announce")}) == 1
    assert await house.timelines.waiting() == 0
    assert len(await home(house)) == 2
    with pytest.raises(NotFound):
        await house.timelines.dismiss(CONSOLE, 1)


async def test_a_call_out_that_names_us_is_proposed_though_we_do_not_follow(world: World, house: House) -> None:
    ally, stranger = world.peer("ally.test", "ally"), world.peer("other.test", "eve")
    await house.allies.mark_actor(CONSOLE, await house.remote.actor(ally.uri))
    ours = house.actors.uri(house.actors.campaign())
    tag = [{"type": "Mention", "href": ours, "name": "@campaign@here.test"}]
    note = await says(ally, house, "CALL-OUT for Friday", tag=tag, cc=[ours])
    await says(stranger, house, "CALL-OUT to buy", tag=tag, cc=[ours])
    await says(ally, house, "CALL-OUT for others")
    assert await home(house, proposed=True) == [note["id"]]


async def test_an_edit_that_makes_a_call_out_is_proposed_once(world: World, house: House) -> None:
    ally = await followed(world, house)
    await house.allies.mark_actor(CONSOLE, await house.remote.actor(ally.uri))
    note = await says(ally, house, "Soon more")
    for number, words in enumerate(("CALL-OUT: Friday", "CALL-OUT: Saturday")):
        edited = {**note, "content": f"<p>{words}</p>", "updated": f"2026-09-28T09:4{number}:00Z"}
        await ally.send(house, ally.activity("Update", edited))
        assert len(await home(house, proposed=True)) == 1 - number
        if not number:
            found, _ = await house.timelines.home(CONSOLE, proposed=True)
            await house.timelines.dismiss(CONSOLE, found[0].id)


async def test_only_public_posts_are_boosted_and_only_by_those_who_may(world: World, house: House) -> None:
    friend = await followed(world, house)
    await says(friend, house, "Hello")
    ((found,), _) = await house.timelines.home(CONSOLE)
    writer = Who(organiser_id=None, role=Role.WRITER)
    with pytest.raises(Forbidden):
        await house.timelines.take_up(writer, found.id)
    with pytest.raises(Forbidden):
        await house.timelines.dismiss(writer, found.id)
    with pytest.raises(Forbidden):
        await house.allies.mark_host(writer, "a.test")


async def test_allies_are_named_shown_and_forgotten(world: World, house: House) -> None:
    peer = world.peer("ally.test", "ally")
    actor = await house.remote.actor(peer.uri)
    await house.allies.mark_actor(CONSOLE, actor, label="The  <b>allies</b>\u202e")
    (one,) = await house.allies.allies(CONSOLE)
    assert (one.label, one.handle, one.shown) == ("The <b>allies</b>", "ally@ally.test", False)
    assert house.allies.is_ally(peer.uri)
    assert not house.allies.any_shown
    with pytest.raises(Conflict):
        await house.allies.mark_actor(CONSOLE, actor)
    await house.allies.change(CONSOLE, one.id, label="Friends", shown=True)
    assert house.allies.any_shown
    with pytest.raises(Invalid):
        await house.allies.change(CONSOLE, one.id, label=" ", shown=True)
    await house.allies.forget(CONSOLE, one.id)
    assert not house.allies.is_ally(peer.uri)
    assert not house.allies.any_shown


async def test_a_server_is_an_ally_but_none_below_its_name(house: House) -> None:
    await house.allies.mark_host(CONSOLE, "Ally.test")
    assert house.allies.is_ally("https://ally.test/users/a")
    assert not house.allies.is_ally("https://evil.ally.test/users/a")
    assert not house.allies.is_ally("https://ally.test.evil.test/users/a")


async def test_who_is_blocked_is_not_made_an_ally(world: World, house: House) -> None:
    actor = await house.remote.actor(world.peer("bad.test").uri)
    await house.acting.block_host(CONSOLE, "bad.test")
    with pytest.raises(Invalid):
        await house.allies.mark_actor(CONSOLE, actor)
    with pytest.raises(Invalid):
        await house.allies.mark_host(CONSOLE, "bad.test")
