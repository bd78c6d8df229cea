"""What others send has its effect here, and shows on our pages as it should."""

from __future__ import annotations

import pytest

from server.base.errors import NotFound
from server.features.posts.model import DraftPoll, Post
from server.house import House
from tests.world import AP, CONSOLE, PUBLIC, Peer, World, key_named, later

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sqlite", "postgres"])
async def house(request: pytest.FixtureRequest, world: World) -> House:
    return await world.campaign("here.test", engine=request.param)


@pytest.fixture
def bob(world: World) -> Peer:
    return world.peer()


async def page(world: World, house: House, post: Post) -> str:
    answer = await world.get(house.addresses.post_page(post.public_id))
    assert answer.status_code == 200
    return answer.text


async def held(house: House) -> list[str]:
    return [one.post.html for one in await house.conversation.queue(("reply", "mention"), "held")]


async def replied(world: World, house: House, bob: Peer, words: str = "Well said") -> tuple[Post, dict[str, object]]:
    """A post of ours with an approved reply of bob's."""
    post = await world.publish(house, "Our words")
    note = bob.note(words, inReplyTo=world.uri(house, post), cc=[house.actors.uri(house.actors.campaign())])
    assert (await bob.send(house, bob.activity("Create", note, to=note["to"], cc=note["cc"]))).status_code == 202
    (one,) = await house.conversation.queue(("reply", "mention"), "held")
    await house.conversation.decide(CONSOLE, [one.post.id], "approved")
    return post, note


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
async def test_a_follow_is_accepted_with_the_follow_inside(world: World, house: House, bob: Peer, scheme: str) -> None:
    campaign = house.actors.uri(house.actors.campaign())
    follow = bob.activity("Follow", campaign)
    assert (await bob.send(house, follow, scheme=scheme)).status_code == 202
    await world.settle()
    (accept,) = bob.of_type("Accept")
    assert accept["actor"] == campaign
    assert accept["object"] == {"id": follow["id"], "type": "Follow", "actor": bob.uri, "object": campaign}
    assert await house.followers.counts(house.actors.campaign().id) == (1, 0)


async def test_a_repeated_follow_gets_a_fresh_accept(world: World, house: House, bob: Peer) -> None:
    follow = bob.activity("Follow", house.actors.uri(house.actors.campaign()))
    for _ in range(2):
        await bob.send(house, follow)
        await world.settle()
    assert len(bob.of_type("Accept")) == 2
    assert len({accept["id"] for accept in bob.of_type("Accept")}) == 2
    assert await house.followers.counts(house.actors.campaign().id) == (1, 0)


async def test_a_follow_that_was_undone_stays_undone_when_it_is_repeated(world: World, house: House, bob: Peer) -> None:
    follow = bob.activity("Follow", house.actors.uri(house.actors.campaign()))
    await bob.send(house, follow)
    await bob.send(house, bob.activity("Undo", follow))
    await bob.send(house, follow)
    assert await house.followers.counts(house.actors.campaign().id) == (0, 0)


@pytest.mark.parametrize("inner", ["whole", "id", "no id"])
async def test_an_undo_of_a_follow_in_any_shape_unfollows(world: World, house: House, bob: Peer, inner: str) -> None:
    follow = bob.activity("Follow", house.actors.uri(house.actors.campaign()))
    await bob.send(house, follow)
    shapes = {"whole": follow, "id": follow["id"], "no id": {k: v for k, v in follow.items() if k != "id"}}
    await bob.send(house, bob.activity("Undo", shapes[inner]))
    assert await house.followers.counts(house.actors.campaign().id) == (0, 0)


async def test_an_undo_that_overtakes_its_follow_wins(world: World, house: House, bob: Peer) -> None:
    follow = bob.activity("Follow", house.actors.uri(house.actors.campaign()))
    await bob.send(house, bob.activity("Undo", follow["id"]))
    await bob.send(house, follow)
    assert await house.followers.counts(house.actors.campaign().id) == (0, 0)


async def test_a_reply_waits_until_it_is_approved(world: World, house: House, bob: Peer) -> None:
    post, _ = await replied(world, house, bob)
    assert "Well said" in await page(world, house, post)
    replies = (await world.get(house.addresses.replies("campaign", post.public_id), AP)).json()
    assert replies["totalItems"] == 1


async def test_an_edit_of_a_reply_is_held_again_and_shows_once_approved(world: World, house: House, bob: Peer) -> None:
    post, note = await replied(world, house, bob)
    edited = {**note, "content": "<p>Said better</p>", "updated": "2026-09-28T10:00:00Z"}
    await bob.send(house, bob.activity("Update", edited, to=[PUBLIC]))
    assert "Well said" not in await page(world, house, post)
    assert await held(house) == ["<p>Said better</p>"]
    (one,) = await house.conversation.queue(("reply", "mention"), "held")
    await house.conversation.decide(CONSOLE, [one.post.id], "approved")
    shown = await page(world, house, post)
    assert "Said better" in shown
    assert "edited" in shown


async def test_an_update_without_new_words_keeps_the_approval(world: World, house: House, bob: Peer) -> None:
    post, note = await replied(world, house, bob)
    await bob.send(house, bob.activity("Update", note, to=[PUBLIC]))
    assert "Well said" in await page(world, house, post)


@pytest.mark.parametrize("shape", ["tombstone", "id"])
async def test_a_deleted_reply_goes_from_the_page(world: World, house: House, bob: Peer, shape: str) -> None:
    post, note = await replied(world, house, bob)
    object_ = {"id": note["id"], "type": "Tombstone"} if shape == "tombstone" else note["id"]
    await bob.send(house, bob.activity("Delete", object_, to=[PUBLIC]))
    assert "Well said" not in await page(world, house, post)
    assert "1 reply" not in await page(world, house, post)


async def test_a_delete_that_overtakes_its_create_wins(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house)
    note = bob.note("Too late", inReplyTo=world.uri(house, post))
    await bob.send(house, bob.activity("Delete", note["id"]))
    await bob.send(house, bob.activity("Create", note))
    assert await held(house) == []


async def test_a_create_is_heard_once_however_often_it_comes(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house)
    note = bob.note("Again", inReplyTo=world.uri(house, post))
    create = bob.activity("Create", note)
    for activity in (create, create, bob.activity("Create", note)):
        assert (await bob.send(house, activity)).status_code == 202
    assert await held(house) == ["<p>Again</p>"]


@pytest.mark.parametrize(("type_", "words"), [("Announce", "1 boost"), ("Like", "1 like"), ("EmojiReact", "1 like")])
async def test_a_reaction_counts_once_and_its_undo_takes_it_back(
    world: World, house: House, bob: Peer, type_: str, words: str
) -> None:
    post = await world.publish(house)
    more = {"content": "🌻"} if type_ == "EmojiReact" else {}
    activity = bob.activity(type_, world.uri(house, post), to=[PUBLIC], **more)
    await bob.send(house, activity)
    await bob.send(house, activity)
    await bob.send(house, bob.activity(type_, world.uri(house, post), to=[PUBLIC], **more))
    assert words in await page(world, house, post)
    await bob.send(house, bob.activity("Undo", activity))
    await bob.send(house, bob.activity("Undo", {**activity, "id": bob.id()}))
    assert words not in await page(world, house, post)


async def test_counts_stand_in_the_collections(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house)
    await bob.send(house, bob.activity("Like", world.uri(house, post)))
    await bob.send(house, bob.activity("Announce", world.uri(house, post)))
    for address in (house.addresses.likes, house.addresses.shares):
        found = (await world.get(address("campaign", post.public_id), AP)).json()
        assert found["totalItems"] == 1
        assert "items" not in found, "who it was stays here"
    note = (await world.get(world.uri(house, post), AP)).json()
    assert (note["likes"]["totalItems"], note["shares"]["totalItems"]) == (1, 1)


async def test_a_direct_message_is_for_organisers_only(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house)
    campaign = house.actors.uri(house.actors.campaign())
    note = bob.note("A secret", to=[campaign], cc=[], inReplyTo=world.uri(house, post))
    await bob.send(house, bob.activity("Create", note, to=[campaign]))
    (one,) = await house.conversation.queue(("direct", "direct"), "held")
    with pytest.raises(NotFound):
        await house.conversation.decide(CONSOLE, [one.post.id], "approved")
    await house.conversation.decide(CONSOLE, [one.post.id], "hidden")
    assert "A secret" not in await page(world, house, post)
    replies = await world.get(house.addresses.replies("campaign", post.public_id), AP)
    assert replies.json()["totalItems"] == 0


async def test_a_mention_waits_for_organisers(world: World, house: House, bob: Peer) -> None:
    campaign = house.actors.uri(house.actors.campaign())
    tag = {"type": "Mention", "href": campaign, "name": "@campaign@here.test"}
    note = bob.note("Hello @campaign", tag=[tag], cc=[campaign])
    await bob.send(house, bob.activity("Create", note))
    assert await held(house) == ["<p>Hello @campaign</p>"]


async def test_a_post_that_has_nothing_to_do_with_us_is_not_kept(world: World, house: House, bob: Peer) -> None:
    await bob.send(house, bob.activity("Create", bob.note("Breakfast")))
    async with house.database.snapshot() as snapshot:
        assert await snapshot.value("SELECT count(*) FROM remote_posts") == 0


async def test_a_vote_counts_in_the_poll_and_nowhere_else(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house, "Where?", poll=DraftPoll(options=("Here", "There"), seconds=3600))
    campaign = house.actors.uri(house.actors.campaign())
    vote = {
        "type": "Note",
        "name": "Here",
        "attributedTo": bob.uri,
        "inReplyTo": world.uri(house, post),
        "to": [campaign],
    }
    for _ in range(2):
        await bob.send(house, bob.activity("Create", {**vote, "id": bob.id("votes")}, to=[campaign]))
    question = (await world.get(world.uri(house, post), AP)).json()
    assert question["type"] == "Question"
    assert [one["replies"]["totalItems"] for one in question["oneOf"]] == [1, 0]
    assert question["votersCount"] == 1
    assert await house.conversation.queue(("direct", "direct"), "held") == []


async def test_a_report_waits_for_organisers(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house)
    objects = [house.actors.uri(house.actors.campaign()), world.uri(house, post), "https://else.test/x"]
    await bob.send(house, bob.activity("Flag", objects, content="Not nice"))
    (report,) = await house.moderation.reports()
    assert (report.host, report.content) == ("peer.test", "Not nice")
    assert set(report.objects) == set(objects[:2])


async def test_a_block_of_ours_ends_the_follow(world: World, house: House, bob: Peer) -> None:
    await bob.follow(house)
    await bob.send(house, bob.activity("Block", house.actors.uri(house.actors.campaign())))
    assert await house.followers.counts(house.actors.campaign().id) == (0, 0)


async def test_an_actor_that_is_deleted_takes_all_it_said_along(world: World, house: House, bob: Peer) -> None:
    post, _ = await replied(world, house, bob)
    await bob.follow(house)
    await bob.send(house, bob.activity("Like", world.uri(house, post)))
    assert (await bob.send(house, bob.activity("Delete", bob.uri))).status_code == 202
    shown = await page(world, house, post)
    assert "Well said" not in shown
    assert "1 like" not in shown
    assert await house.followers.counts(house.actors.campaign().id) == (0, 0)


async def test_the_deletion_of_somebody_unknown_costs_nothing(world: World, house: House) -> None:
    stranger = world.peer("unknown.test")
    world.net.seen.clear()
    assert (await stranger.send(house, stranger.activity("Delete", stranger.uri))).status_code == 202
    assert [request.url.host for request in world.net.seen] == ["here.test"], "its key was not even asked for"


async def test_a_new_profile_shows_in_replies(world: World, house: House, bob: Peer) -> None:
    post, _ = await replied(world, house, bob)
    bob.actor["name"] = "Bob the Second"
    await bob.send(house, bob.activity("Update", {k: v for k, v in bob.actor.items() if k != "@context"}))
    assert "Bob the Second" in await page(world, house, post)


async def test_followers_who_move_are_followed_along(world: World, house: House, bob: Peer) -> None:
    """We follow bob; bob moves: we follow the new account once it names the old one."""
    await house.followers.follow(CONSOLE, await house.remote.actor(bob.uri))
    await world.settle()
    (follow,) = bob.of_type("Follow")
    await bob.send(house, bob.activity("Accept", follow))
    new = world.peer("new.test", "bob", alsoKnownAs=[bob.uri])
    bob.actor["movedTo"] = new.uri
    await bob.send(house, bob.activity("Move", bob.uri, target=new.uri))
    await world.settle()
    assert new.uri in {one["object"] for one in new.of_type("Follow")}


async def test_a_move_to_an_account_that_does_not_know_of_it_is_ignored(world: World, house: House, bob: Peer) -> None:
    await house.followers.follow(CONSOLE, await house.remote.actor(bob.uri))
    await world.settle()
    await bob.send(house, bob.activity("Accept", bob.of_type("Follow")[0]))
    thief = world.peer("thief.test", "thief")
    bob.actor["movedTo"] = thief.uri
    await bob.send(house, bob.activity("Move", bob.uri, target=thief.uri))
    await world.settle()
    assert thief.of_type("Follow") == []


async def test_a_refusal_of_our_follow_shows(world: World, house: House, bob: Peer) -> None:
    await house.followers.follow(CONSOLE, await house.remote.actor(bob.uri))
    await world.settle()
    await bob.send(house, bob.activity("Reject", bob.of_type("Follow")[0]))
    assert [tie.state for tie in await house.followers.following()] == ["rejected"]


@pytest.mark.parametrize("type_", ["Add", "Remove", "View", "Listen", "Bite"])
async def test_what_means_nothing_here_is_taken_and_dropped(world: World, house: House, bob: Peer, type_: str) -> None:
    activity = bob.activity(type_, f"{bob.uri}/thing", target=f"{bob.uri}/featured")
    assert (await bob.send(house, activity)).status_code == 202


async def test_a_forwarded_reply_is_fetched_from_its_origin(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house)
    carl = world.peer("carl.test", "carl")
    note = carl.note("From the origin", inReplyTo=world.uri(house, post))
    forged = {**note, "content": "<p>As the forwarder would have it</p>"}
    create = {**carl.activity("Create", forged), "signature": {"type": "RsaSignature2017"}}
    assert (await bob.send(house, create)).status_code == 202
    assert await held(house) == []
    await world.settle()
    assert await held(house) == ["<p>From the origin</p>"]


async def test_a_key_that_was_rotated_is_fetched_once(world: World, house: House, bob: Peer) -> None:
    await bob.follow(house)
    fresh = key_named(f"{bob.uri}#main-key", 90)
    later(world, minutes=11)
    bob.actor["publicKey"]["publicKeyPem"] = fresh.public_pem()
    post = await world.publish(house)
    assert (await bob.send(house, bob.activity("Like", world.uri(house, post)), key=fresh)).status_code == 202
    assert "1 like" in await page(world, house, post)


async def test_a_key_in_a_document_of_its_own_is_found(world: World, house: House) -> None:
    dora = world.peer("dora.test", "dora")
    key_id = f"{dora.uri}/main-key"
    dora.actor["publicKey"]["id"] = key_id
    dora.documents["/users/dora/main-key"] = {
        "@context": "https://w3id.org/security/v1",
        "id": key_id,
        "owner": dora.uri,
        "publicKeyPem": dora.key.public_pem(),
    }
    campaign = house.actors.uri(house.actors.campaign())
    answer = await dora.send(house, dora.activity("Follow", campaign), key=key_named(key_id, dora.key_number))
    assert answer.status_code == 202
    assert await house.followers.counts(house.actors.campaign().id) == (1, 0)
