"""Quotes with consent, both ways (FEP-044f), and replies that ask before they stand (GoToSocial's interaction controls)."""

from __future__ import annotations

from typing import Any

import pytest

from server.base.errors import Conflict, Forbidden, NotFound
from server.features.access.model import Role, Who
from server.features.posts.model import Audience, Post, ReplyPolicy
from server.features.publishing import stamping
from server.features.safety.model import LockLevel
from server.house import House
from tests.world import AP, CONSOLE, PUBLIC, Peer, World, later

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sqlite", "postgres"])
async def house(request: pytest.FixtureRequest, world: World) -> House:
    return await world.campaign("here.test", engine=request.param)


@pytest.fixture
async def bob(world: World, house: House) -> Peer:
    """A follower."""
    peer = world.peer()
    await peer.follow(house)
    await world.settle()
    return peer


async def asks(world: World, house: House, who: Peer, post: Post, **more: Any) -> dict[str, Any]:
    """Somebody writes a quote of our post and asks for consent."""
    quote = who.note("Look at this", quote=world.uri(house, post))
    request = who.activity("QuoteRequest", world.uri(house, post), **{"instrument": quote["id"], **more})
    await who.send(house, request)
    await world.settle()
    return {**request, "instrument": quote["id"]}


# -- others quote us ------------------------------------------------------------------------------------------------------


async def test_whoever_may_quote_gets_a_stamp_that_anybody_can_check(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house, quote_policy=ReplyPolicy.OPEN)
    request = await asks(world, house, bob, post)
    (accept,) = bob.of_type("Accept")[1:]
    assert accept["object"] == {
        "id": request["id"],
        "type": "QuoteRequest",
        "actor": bob.uri,
        "object": world.uri(house, post),
        "instrument": request["instrument"],
    }
    answer = await world.get(accept["result"], AP)
    stamp = answer.json()
    assert stamp["type"] == "QuoteAuthorization"
    assert stamp["interactingObject"] == request["instrument"]
    assert stamp["interactionTarget"] == world.uri(house, post)
    assert stamp["attributedTo"] == house.actors.uri(house.actors.campaign())
    assert "Look at this" not in answer.text


async def test_nobody_quotes_a_post_that_says_so(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house)
    request = await asks(world, house, bob, post)
    (reject,) = bob.of_type("Reject")
    assert (reject["object"]["id"], reject["object"]["type"]) == (request["id"], "QuoteRequest")


async def test_followers_may_where_those_we_know_may_and_strangers_may_not(
    world: World, house: House, bob: Peer
) -> None:
    post = await world.publish(house, quote_policy=ReplyPolicy.KNOWN)
    stranger = world.peer(username="sam")
    await asks(world, house, bob, post)
    await asks(world, house, stranger, post)
    assert bob.of_type("Accept")[1:]
    assert not bob.of_type("Reject")
    assert stranger.of_type("Reject")
    assert not stranger.of_type("Accept")


async def test_a_quote_waits_for_an_organiser_where_the_policy_asks_for_one(
    world: World, house: House, bob: Peer
) -> None:
    post = await world.publish(house, quote_policy=ReplyPolicy.APPROVAL)
    await asks(world, house, bob, post)
    assert not bob.of_type("Accept")[1:]
    (waits,) = await house.stamping.quotes("asked")
    with pytest.raises(Forbidden):
        await house.stamping.answer(Who(organiser_id=1, role=Role.WRITER), waits.id, yes=True)
    await house.stamping.answer(CONSOLE, waits.id, yes=True)
    await world.settle()
    assert (await world.get(bob.of_type("Accept")[1]["result"], AP)).status_code == 200
    with pytest.raises(Conflict):
        await house.stamping.answer(CONSOLE, waits.id, yes=False)


async def test_who_asks_twice_has_one_stamp(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house, quote_policy=ReplyPolicy.OPEN)
    first = await asks(world, house, bob, post)
    await bob.send(house, bob.activity("QuoteRequest", world.uri(house, post), instrument=first["instrument"]))
    await world.settle()
    assert len({one["result"] for one in bob.of_type("Accept")[1:]}) == 1


async def test_a_stamp_is_taken_back_and_found_no_more(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house, quote_policy=ReplyPolicy.OPEN)
    await asks(world, house, bob, post)
    stamp = bob.of_type("Accept")[1]["result"]
    (given,) = await house.stamping.quotes("given")
    await house.stamping.take_back(CONSOLE, given.id)
    await world.settle()
    assert (await world.get(stamp, AP)).status_code == 404
    assert bob.of_type("Delete")[-1]["object"] == stamp


async def test_a_stamp_goes_with_its_post(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house, quote_policy=ReplyPolicy.OPEN)
    await asks(world, house, bob, post)
    await house.publishing.delete(CONSOLE, post.public_id)
    assert (await world.get(bob.of_type("Accept")[1]["result"], AP)).status_code == 404
    assert await rows(house) == 0


async def test_blocking_whoever_quotes_us_ends_our_consent_and_it_can_still_be_taken_back(
    world: World, house: House, bob: Peer
) -> None:
    post = await world.publish(house, quote_policy=ReplyPolicy.OPEN)
    await asks(world, house, bob, post)
    stamp = bob.of_type("Accept")[1]["result"]
    await house.acting.block_actor(CONSOLE, await house.remote.actor(bob.uri))
    assert (await world.get(stamp, AP)).status_code == 404
    (given,) = await house.stamping.quotes("given")
    await house.stamping.take_back(CONSOLE, given.id)
    await house.acting.unblock(CONSOLE, bob.uri)
    assert (await world.get(stamp, AP)).status_code == 404


async def test_blocking_their_server_ends_our_consent_too(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house, quote_policy=ReplyPolicy.OPEN)
    await asks(world, house, bob, post)
    await house.acting.block_host(CONSOLE, bob.host)
    assert (await world.get(bob.of_type("Accept")[1]["result"], AP)).status_code == 404


async def test_a_stamp_outlives_what_else_we_know_of_its_author(world: World, house: House) -> None:
    post = await world.publish(house, quote_policy=ReplyPolicy.OPEN)
    stranger, refused = world.peer(username="sam"), world.peer(username="max")
    await asks(world, house, stranger, post)
    await asks(world, house, refused, await world.publish(house))
    later(world, days=100)
    assert await house.remote.trim() == 1
    assert (await world.get(stranger.of_type("Accept")[0]["result"], AP)).status_code == 200


@pytest.mark.parametrize("policy", [ReplyPolicy.OPEN, ReplyPolicy.APPROVAL, ReplyPolicy.CLOSED])
async def test_nobody_asks_without_end(
    world: World, house: House, bob: Peer, policy: ReplyPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamping, "MAX_ASKED_A_DAY", 3)
    post = await world.publish(house, quote_policy=policy)
    for _ in range(5):
        await asks(world, house, bob, post)
    assert await rows(house) == 3
    assert len(bob.of_type("Accept")[1:] + bob.of_type("Reject")) == (0 if policy is ReplyPolicy.APPROVAL else 3)
    later(world, days=1, hours=1)
    await asks(world, house, bob, post)
    assert await rows(house) == 4


async def test_what_was_refused_or_never_answered_is_forgotten_in_a_month(
    world: World, house: House, bob: Peer
) -> None:
    for policy in (ReplyPolicy.OPEN, ReplyPolicy.APPROVAL, ReplyPolicy.CLOSED):
        await asks(world, house, bob, await world.publish(house, quote_policy=policy))
    later(world, days=29)
    await house.housekeeping.all_chores()
    assert await rows(house) == 3
    later(world, days=2)
    await house.housekeeping.all_chores()
    assert (await rows(house), len(await house.stamping.quotes("given"))) == (1, 1)


async def rows(house: House) -> int:
    async with house.database.snapshot() as snapshot:
        return int(await snapshot.value("SELECT count(*) FROM stamps"))


@pytest.mark.parametrize(
    "instrument", [None, "https://else.test/notes/1", "https://here.test/users/campaign/posts/abcdefgh"]
)
async def test_only_what_lies_on_the_asker_s_server_is_stamped(
    world: World, house: House, bob: Peer, instrument: str | None
) -> None:
    post = await world.publish(house, quote_policy=ReplyPolicy.OPEN)
    await bob.send(house, bob.activity("QuoteRequest", world.uri(house, post), instrument=instrument))
    await world.settle()
    assert not bob.of_type("Accept")[1:]


async def test_nobody_stamps_a_quote_for_somebody_else(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house, quote_policy=ReplyPolicy.OPEN)
    first = await asks(world, house, bob, post)
    mallory = world.peer(username="mallory")
    await mallory.send(house, mallory.activity("QuoteRequest", world.uri(house, post), instrument=first["instrument"]))
    await world.settle()
    assert not mallory.of_type("Accept")


async def test_a_closed_house_lets_quotes_wait(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house, quote_policy=ReplyPolicy.OPEN)
    async with house.database.transaction() as tx:
        await house.safety.set_level(tx, LockLevel.CONVERSATION_CLOSED)
    await asks(world, house, bob, post)
    assert not bob.of_type("Accept")[1:]
    assert len(await house.stamping.quotes("asked")) == 1


@pytest.mark.parametrize(
    ("policy", "quoting"),
    [
        (ReplyPolicy.OPEN, {"automaticApproval": [PUBLIC], "manualApproval": []}),
        (ReplyPolicy.APPROVAL, {"automaticApproval": ["us"], "manualApproval": [PUBLIC]}),
        (ReplyPolicy.CLOSED, {"automaticApproval": ["us"], "manualApproval": []}),
    ],
)
async def test_who_may_quote_stands_in_the_post(
    world: World, house: House, bob: Peer, policy: ReplyPolicy, quoting: dict[str, list[str]]
) -> None:
    post = await world.publish(house, quote_policy=policy)
    us = house.actors.uri(house.actors.campaign())
    note = (await world.get(world.uri(house, post), AP)).json()
    wanted = {key: [us if one == "us" else one for one in value] for key, value in quoting.items()}
    assert note["interactionPolicy"]["canQuote"] == wanted


# -- we quote others ------------------------------------------------------------------------------------------------------


async def quotes(world: World, house: House, author: Peer, **more: Any) -> tuple[Post, dict[str, Any], dict[str, Any]]:
    """We quote a post of somebody; the post, their post, our request."""
    theirs = author.note("Words worth quoting", **more)
    await house.remote.post(theirs["id"])
    post = await world.publish(house, "Listen to them", quote=theirs["id"])
    return post, theirs, author.of_type("QuoteRequest")[-1]


async def test_the_author_is_asked_and_the_stamp_goes_out(world: World, house: House, bob: Peer) -> None:
    alice = world.peer("else.test", "alice")
    post, theirs, request = await quotes(world, house, alice)
    assert (request["object"], request["instrument"]) == (theirs["id"], world.uri(house, post))
    created = bob.of_type("Create")[-1]["object"]
    assert created["quote"] == created["quoteUri"] == created["_misskey_quote"] == theirs["id"]
    assert created["content"].startswith('<p class="quote-inline">RE: <a href="https://else.test/@alice/')
    assert created["contentMap"]["en"] == created["content"]
    assert "Words worth quoting" not in (await world.get(house.addresses.post_page(post.public_id))).text

    stamp = f"{alice.uri}/stamps/1"
    await alice.send(house, alice.activity("Accept", request, result=stamp))
    await world.settle()
    updated = bob.of_type("Update")[-1]["object"]
    assert updated["quoteAuthorization"] == stamp
    assert "Words worth quoting" in (await world.get(house.addresses.post_page(post.public_id))).text


async def test_an_answer_may_name_the_request_alone(world: World, house: House, bob: Peer) -> None:
    alice = world.peer("else.test", "alice")
    _, _, request = await quotes(world, house, alice)
    await alice.send(house, alice.activity("Accept", request["id"], result=f"{alice.uri}/stamps/1"))
    await world.settle()
    assert bob.of_type("Update")[-1]["object"]["quoteAuthorization"] == f"{alice.uri}/stamps/1"


async def test_a_quote_that_is_refused_is_a_quote_no_more(world: World, house: House, bob: Peer) -> None:
    alice = world.peer("else.test", "alice")
    post, theirs, request = await quotes(world, house, alice)
    await alice.send(house, alice.activity("Reject", request))
    await world.settle()
    assert "quote" not in bob.of_type("Update")[-1]["object"]
    page = (await world.get(house.addresses.post_page(post.public_id))).text
    assert "Words worth quoting" not in page
    assert theirs["url"] in page


async def test_consent_that_is_taken_back_is_over_here_too(world: World, house: House, bob: Peer) -> None:
    alice = world.peer("else.test", "alice")
    post, _, request = await quotes(world, house, alice)
    stamp = f"{alice.uri}/stamps/1"
    await alice.send(house, alice.activity("Accept", request, result=stamp))
    await alice.send(house, alice.activity("Delete", stamp))
    await world.settle()
    assert "quoteAuthorization" not in bob.of_type("Update")[-1]["object"]
    assert "Words worth quoting" not in (await world.get(house.addresses.post_page(post.public_id))).text


@pytest.mark.parametrize(
    "result", ["https://here.test/users/campaign/stamps/abcdefgh", "https://third.test/stamps/1", None]
)
async def test_a_stamp_of_somebody_else_is_none(world: World, house: House, bob: Peer, result: str | None) -> None:
    alice = world.peer("else.test", "alice")
    _, _, request = await quotes(world, house, alice)
    await alice.send(house, alice.activity("Accept", request, **({"result": result} if result else {})))
    await world.settle()
    assert not bob.of_type("Update")


async def test_only_the_author_answers(world: World, house: House, bob: Peer) -> None:
    alice = world.peer("else.test", "alice")
    mallory = world.peer("else.test", "mallory")
    _, _, request = await quotes(world, house, alice)
    await mallory.send(house, mallory.activity("Accept", request, result=f"{mallory.uri}/stamps/1"))
    await mallory.send(house, mallory.activity("Reject", request))
    await world.settle()
    assert not bob.of_type("Update")


async def test_our_own_posts_are_quoted_without_asking(world: World, house: House, bob: Peer) -> None:
    first = await world.publish(house, "The meeting point")
    await world.publish(house, "Once more", quote=house.addresses.post_page(first.public_id))
    assert bob.of_type("Create")[-1]["object"]["quote"] == world.uri(house, first)
    assert not bob.of_type("QuoteRequest")


async def test_what_is_not_known_or_not_public_cannot_be_quoted(world: World, house: House, bob: Peer) -> None:
    with pytest.raises(NotFound):
        await world.publish(house, quote="https://else.test/notes/1")
    private = bob.note("For few", to=[f"{bob.uri}/followers"], cc=[])
    await house.remote.post(private["id"])
    with pytest.raises(Forbidden):
        await world.publish(house, quote=private["id"])


# -- replies that ask first -----------------------------------------------------------------------------------------------


async def test_a_reply_that_asks_waits_and_gets_its_stamp_when_it_is_approved(
    world: World, house: House, bob: Peer
) -> None:
    post = await world.publish(house)
    reply = bob.note("I can bring tea", inReplyTo=world.uri(house, post))
    request = bob.activity("ReplyRequest", world.uri(house, post), instrument=reply["id"])
    await bob.send(house, request)
    await world.settle()
    (held,) = await house.conversation.queue(("reply", "mention"), "held")
    assert not bob.of_type("Accept")[1:]
    await house.conversation.decide(CONSOLE, [held.post.id], "approved")
    await world.settle()
    accept = bob.of_type("Accept")[1]
    assert (accept["object"]["type"], accept["object"]["id"]) == ("ReplyRequest", request["id"])
    stamp = (await world.get(accept["result"], AP)).json()
    assert (stamp["type"], stamp["interactingObject"]) == ("ReplyAuthorization", reply["id"])


async def test_an_approved_reply_that_never_asked_gets_one_too(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house)
    reply = bob.note("I can bring tea", inReplyTo=world.uri(house, post))
    await bob.send(house, bob.activity("Create", reply))
    (held,) = await house.conversation.queue(("reply", "mention"), "held")
    await house.conversation.decide(CONSOLE, [held.post.id], "approved")
    await world.settle()
    assert bob.of_type("Accept")[1]["object"] == reply["id"]


async def test_a_reply_that_falls_loses_its_stamp(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house)
    reply = bob.note("I can bring tea", inReplyTo=world.uri(house, post))
    await bob.send(house, bob.activity("Create", reply))
    (held,) = await house.conversation.queue(("reply", "mention"), "held")
    await house.conversation.decide(CONSOLE, [held.post.id], "approved")
    await world.settle()
    await house.conversation.decide(CONSOLE, [held.post.id], "hidden")
    await world.settle()
    assert (await world.get(bob.of_type("Accept")[1]["result"], AP)).status_code == 404


async def approved(world: World, house: House, bob: Peer) -> tuple[dict[str, Any], str]:
    """A reply of Bob that stands by a stamp, and the stamp."""
    reply = bob.note("I can bring tea", inReplyTo=world.uri(house, await world.publish(house)))
    await bob.send(house, bob.activity("Create", reply))
    (held,) = await house.conversation.queue(("reply", "mention"), "held")
    await house.conversation.decide(CONSOLE, [held.post.id], "approved")
    await world.settle()
    stamp = bob.of_type("Accept")[-1]["result"]
    assert (await world.get(stamp, AP)).status_code == 200
    return reply, stamp


async def test_a_reply_with_other_words_needs_another_stamp(world: World, house: House, bob: Peer) -> None:
    reply, stamp = await approved(world, house, bob)
    edited = {**reply, "content": "<p>Buy my coins</p>", "updated": "2026-09-28T09:45:00Z"}
    await bob.send(house, bob.activity("Update", edited))
    await world.settle()
    assert (await world.get(stamp, AP)).status_code == 404
    (held,) = await house.conversation.queue(("reply", "mention"), "held")
    await house.conversation.decide(CONSOLE, [held.post.id], "approved")
    await world.settle()
    newer = bob.of_type("Accept")[-1]["result"]
    assert newer != stamp
    assert (await world.get(newer, AP)).status_code == 200


async def test_who_is_muted_or_blocked_loses_the_stamp_for_good_and_hears_nothing(
    world: World, house: House, bob: Peer
) -> None:
    _, first = await approved(world, house, bob)
    actor = await house.remote.actor(bob.uri)
    await house.moderation.mute_actor(CONSOLE, actor)
    assert (await world.get(first, AP)).status_code == 404
    await house.rules.unmute(CONSOLE, bob.uri)
    _, second = await approved(world, house, bob)
    await house.moderation.block_actor(CONSOLE, actor)
    await house.acting.unblock(CONSOLE, bob.uri)
    await world.settle()
    assert (await world.get(second, AP)).status_code == 404
    assert not bob.of_type("Delete")


async def test_a_reply_that_is_deleted_leaves_no_stamp(world: World, house: House, bob: Peer) -> None:
    reply, stamp = await approved(world, house, bob)
    await bob.send(house, bob.activity("Delete", {"type": "Tombstone", "id": reply["id"]}))
    await world.settle()
    assert (await world.get(stamp, AP)).status_code == 404
    assert await rows(house) == 0


async def test_who_never_asked_is_not_told_that_a_reply_is_hidden(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house)
    await bob.send(house, bob.activity("Create", bob.note("Rude words", inReplyTo=world.uri(house, post))))
    (held,) = await house.conversation.queue(("reply", "mention"), "held")
    await house.conversation.decide(CONSOLE, [held.post.id], "hidden")
    await world.settle()
    assert not bob.of_type("Reject")
    assert not bob.of_type("Delete")


async def test_where_everybody_may_reply_no_policy_is_set(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house, reply_policy=ReplyPolicy.OPEN)
    note = (await world.get(world.uri(house, post), AP)).json()
    assert "canReply" not in note["interactionPolicy"]


async def test_nobody_may_quote_what_is_for_followers(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house, audience=Audience.FOLLOWERS, quote_policy=ReplyPolicy.OPEN)
    await asks(world, house, bob, post)
    assert not bob.of_type("Accept")[1:]
