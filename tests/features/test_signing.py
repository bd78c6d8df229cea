"""Other groups that sign our call-outs."""

from __future__ import annotations

from typing import Any

import pytest

from server.base.errors import Forbidden, NotFound
from server.features.access.model import Role, Who
from server.features.conversation.words import signs
from server.features.posts.model import Post
from server.house import House
from tests.calls import called_out
from tests.world import CONSOLE, Peer, World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def call(world: World, house: House) -> Post:
    return await called_out(world, house)


async def boosts(peer: Peer, world: World, house: House, post: Post) -> dict[str, Any]:
    boost = peer.activity("Announce", world.uri(house, post))
    assert (await peer.send(house, boost)).status_code == 202
    return boost


async def answers(peer: Peer, world: World, house: House, post: Post, content: str, **more: Any) -> dict[str, Any]:
    note = peer.note(content, inReplyTo=world.uri(house, post), **more)
    answer = await peer.send(house, peer.activity("Create", note, to=note["to"], cc=note["cc"]))
    assert answer.status_code == 202
    return note


async def ally(house: House, peer: Peer) -> None:
    await house.allies.mark_actor(CONSOLE, await house.remote.actor(peer.uri))


async def signed(house: House, post: Post) -> list[str]:
    return [one.actor.handle for one in await house.signing.signatures(post)]


async def asking(house: House, post: Post) -> list[str]:
    return [one.actor.handle for one in await house.signing.others(CONSOLE, post)]


async def test_a_boost_of_an_ally_is_a_signature_until_it_is_undone(world: World, house: House, call: Post) -> None:
    friend, stranger = world.peer("friend.test", "friend"), world.peer("other.test", "eve")
    await ally(house, friend)
    boost = await boosts(friend, world, house, call)
    await boosts(stranger, world, house, call)
    assert await signed(house, call) == ["friend@friend.test"]
    assert await asking(house, call) == ["eve@other.test"]
    await friend.send(house, friend.activity("Undo", boost))
    assert await signed(house, call) == []


async def test_a_signed_reply_of_an_allied_server_counts_until_it_is_deleted(
    world: World, house: House, call: Post
) -> None:
    friend = world.peer("friend.test", "friend")
    await house.allies.mark_host(CONSOLE, "friend.test")
    note = await answers(friend, world, house, call, "We stand with you. #Signed")
    assert await signed(house, call) == ["friend@friend.test"]
    await friend.send(house, friend.activity("Delete", {"type": "Tombstone", "id": note["id"]}))
    assert await signed(house, call) == []


async def test_who_boosts_and_answers_twice_is_one_group(world: World, house: House, call: Post) -> None:
    friend = world.peer("friend.test", "friend")
    await ally(house, friend)
    await boosts(friend, world, house, call)
    for words in ("#signed", "And again #SIGNED"):
        await answers(friend, world, house, call, words)
    assert await signed(house, call) == ["friend@friend.test"]


async def test_other_answers_messages_and_likes_sign_nothing(world: World, house: House, call: Post) -> None:
    friend = world.peer("friend.test", "friend")
    await ally(house, friend)
    await answers(friend, world, house, call, "We have not signed. #signedup")
    await answers(friend, world, house, call, "#signed", to=[f"{friend.uri}/followers"], cc=[])
    await friend.send(house, friend.activity("Like", world.uri(house, call)))
    assert await signed(house, call) == []


async def test_an_edit_can_sign_and_take_it_back(world: World, house: House, call: Post) -> None:
    friend = world.peer("friend.test", "friend")
    await ally(house, friend)
    note = await answers(friend, world, house, call, "We come")
    for hour, content, expected in (("10", "We come #signed", ["friend@friend.test"]), ("11", "We come not", [])):
        edited = {**note, "content": f"<p>{content}</p>", "updated": f"2026-09-28T{hour}:00:00Z"}
        await friend.send(house, friend.activity("Update", edited))
        assert await signed(house, call) == expected


async def test_who_is_no_ally_signs_when_an_organiser_lets_them_and_is_taken_off_again(
    world: World, house: House, call: Post
) -> None:
    group = world.peer("group.test", "group")
    await answers(group, world, house, call, "#signed, all of us")
    assert await signed(house, call) == []
    (asked,) = await house.signing.others(CONSOLE, call)
    assert asked.by_reply
    await house.signing.decide(CONSOLE, call.public_id, asked.actor.id, counts=True)
    assert await signed(house, call) == ["group@group.test"]
    assert await asking(house, call) == []
    await house.signing.decide(CONSOLE, call.public_id, asked.actor.id, counts=False)
    assert await signed(house, call) == []
    assert [one.decided for one in await house.signing.others(CONSOLE, call)] == [False]


async def test_an_ally_can_be_taken_off_one_call_out_alone(world: World, house: House, call: Post) -> None:
    friend, second = world.peer("friend.test", "friend"), await called_out(world, house, title="Another")
    await ally(house, friend)
    for post in (call, second):
        await boosts(friend, world, house, post)
    (one,) = await house.signing.signatures(call)
    await house.signing.decide(CONSOLE, call.public_id, one.actor.id, counts=False)
    assert (await signed(house, call), await signed(house, second)) == ([], ["friend@friend.test"])


async def test_a_block_and_the_end_of_an_alliance_end_a_signature(world: World, house: House, call: Post) -> None:
    friend, group = world.peer("friend.test", "friend"), world.peer("group.test", "group")
    await ally(house, friend)
    for peer in (friend, group):
        await boosts(peer, world, house, call)
    (asked,) = await house.signing.others(CONSOLE, call)
    await house.signing.decide(CONSOLE, call.public_id, asked.actor.id, counts=True)
    assert len(await signed(house, call)) == 2
    (one,) = await house.allies.allies(CONSOLE)
    await house.allies.forget(CONSOLE, one.id)
    assert await signed(house, call) == ["group@group.test"]
    await house.acting.block_actor(CONSOLE, asked.actor)
    assert (await signed(house, call), await asking(house, call)) == ([], ["friend@friend.test"])


async def test_a_hidden_answer_signs_no_more(world: World, house: House, call: Post) -> None:
    friend = world.peer("friend.test", "friend")
    await ally(house, friend)
    await answers(friend, world, house, call, "#signed")
    (said,) = await house.conversation.replies(call)
    await house.conversation.decide(CONSOLE, [said.post.id], "hidden")
    assert await signed(house, call) == []


async def test_our_own_account_elsewhere_is_no_other_group(world: World, house: House, call: Post) -> None:
    old = world.peer("old.test", "campaign")
    await ally(house, old)
    await boosts(old, world, house, call)
    assert await signed(house, call) == ["campaign@old.test"]
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE actors SET also_known_as = :uris", uris=f'["{old.uri}"]')
    await house.actors.load()
    assert (await signed(house, call), await asking(house, call)) == ([], [])


async def test_posts_that_are_no_call_outs_are_not_signed(world: World, house: House) -> None:
    post = await world.publish(house, "An update")
    friend = world.peer("friend.test", "friend")
    await ally(house, friend)
    await boosts(friend, world, house, post)
    assert await signed(house, post) == []
    actor = await house.remote.actor(friend.uri)
    with pytest.raises(NotFound):
        await house.signing.decide(CONSOLE, post.public_id, actor.id, counts=True)


async def test_only_who_asks_is_let_sign_and_only_by_moderators(world: World, house: House, call: Post) -> None:
    actor = await house.remote.actor(world.peer().uri)
    with pytest.raises(NotFound):
        await house.signing.decide(CONSOLE, call.public_id, actor.id, counts=True)
    with pytest.raises(Forbidden):
        await house.signing.decide(Who(organiser_id=None, role=Role.WRITER), call.public_id, actor.id, counts=True)


async def test_what_was_decided_goes_with_the_call_out(world: World, house: House, call: Post) -> None:
    group = world.peer("group.test", "group")
    await boosts(group, world, house, call)
    (asked,) = await house.signing.others(CONSOLE, call)
    await house.signing.decide(CONSOLE, call.public_id, asked.actor.id, counts=True)
    await house.signing.trim()
    assert await signed(house, call) == ["group@group.test"]
    await house.publishing.delete(CONSOLE, call.public_id)
    await house.signing.trim()
    async with house.database.snapshot() as snapshot:
        assert await snapshot.value("SELECT count(*) FROM signature_decisions") == 0


async def test_the_page_says_so_as_soon_as_a_held_answer_of_an_ally_signs(
    world: World, house: House, call: Post
) -> None:
    friend, url = world.peer("friend.test", "friend"), house.addresses.post_page(call.public_id)
    await ally(house, friend)
    await house.rules.add_words(CONSOLE, "kettle", act="hold")
    assert "Signed by" not in (await world.get(url)).text
    await answers(friend, world, house, call, "The kettle is on #signed")
    assert await house.conversation.replies(call) == []
    text = (await world.get(url)).text
    assert "Signed by 1 group" in text
    assert 'href="https://friend.test/@friend"' in text


@pytest.mark.parametrize(
    "source",
    [
        "<p>#signed</p>",
        '<p>With you! <a href="https://peer.test/tags/signed" class="mention hashtag">#<span>Signed</span></a>.</p>',
        "<p>We are here.<br>#SIGNED #Calais</p>",
        "<p>(#signed)</p>",
        "<p>معكم #signed</p>",
    ],
)
def test_the_tag_is_found_wherever_it_stands(source: str) -> None:
    assert signs(source)


@pytest.mark.parametrize(
    "source",
    [
        "<p>signed</p>",
        "<p>#unsigned #signedup #signed_off</p>",
        "<p>https://peer.test/page/#signed</p>",
        "<p>##signed</p>",
        "<p>c#signed</p>",
    ],
)
def test_what_only_looks_like_the_tag_signs_nothing(source: str) -> None:
    assert not signs(source)
