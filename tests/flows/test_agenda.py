"""The agenda among others: found, followed, heard, asked to let join, and never mistaken for the campaign."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.features.actors.model import Profile
from server.features.callouts import store as callouts_store
from server.features.posts.model import Draft, Kind
from server.features.posts.model_call import CallState
from server.features.safety.model import LockLevel
from server.house import House
from tests.features.test_agenda import CALL, a_call, set_state
from tests.world import AP, CONSOLE, Peer, World, later, signed_in

pytestmark = pytest.mark.anyio

AGENDA = "https://one.test/users/agenda"


@pytest.fixture
async def one(world: World) -> House:
    return await world.campaign("one.test", "harbour")


async def follows(peer: Peer, house: House) -> None:
    await peer.send(house, peer.activity("Follow", AGENDA), inbox=f"{AGENDA}/inbox")
    await peer.world.settle()


def events(peer: Peer) -> list[tuple[str, Any]]:
    return [(one["type"], one["object"]) for one in peer.received if one["type"] in {"Create", "Update", "Delete"}]


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_another_campaign_follows_the_agenda_and_hears_of_everything(world: World, engine: str) -> None:
    one = await world.campaign("one.test", "harbour", engine=engine)
    two = await world.campaign("two.test", "bridges", engine=engine)
    await two.followers.follow(CONSOLE, await two.remote.actor_by_handle("@agenda@one.test"))
    await world.settle()
    assert [tie.state for tie in await two.followers.following()] == ["accepted"]
    assert await one.followers.followers() == [], "nobody follows the campaign itself"

    post = await world.publish(one, "Come to the port", kind=Kind.CALL_OUT, title="Come", call=CALL)
    uri = one.addresses.event("harbour", post.public_id)
    assert (await one.delivery.status(uri)).delivered == 1
    heard, author = await two.remote.post(uri)
    assert author.uri == AGENDA
    assert "<strong>Come</strong>" in heard.html
    assert heard.html.count("UTC+2) — Near the port") == 1
    (line,) = (await two.timelines.home(CONSOLE))[0]
    assert line.post.uri == uri

    later(world, minutes=5)
    await set_state(one, post, CallState.CANCELLED)
    await world.settle()
    heard, _ = await two.remote.post(uri)
    assert "Cancelled — " in heard.html

    await one.publishing.delete(CONSOLE, post.public_id)
    await world.settle()
    async with two.database.snapshot() as snapshot:
        assert await snapshot.value("SELECT count(*) FROM remote_posts WHERE uri = :uri", uri=uri) == 0


async def test_who_follows_the_campaign_hears_the_note_and_who_follows_the_agenda_the_event(
    world: World, one: House
) -> None:
    bob, mobi = world.peer("a.test", "bob"), world.peer("b.test", "mobi")
    await bob.follow(one)
    await follows(mobi, one)
    await one.publishing.submit(CONSOLE, a_call())
    await world.settle()
    assert [(kind, said["type"]) for kind, said in events(bob)] == [("Create", "Note")]
    assert [(kind, said["type"]) for kind, said in events(mobi)] == [("Create", "Event")]
    await one.publishing.submit(CONSOLE, Draft(text="An update", language="en"))
    await world.settle()
    assert len(events(mobi)) == 1


async def test_the_agenda_is_found_by_its_handle_and_shows_the_campaign_s_face(world: World, one: House) -> None:
    found = await world.get("https://one.test/.well-known/webfinger?resource=acct:agenda@one.test")
    links = {link["rel"]: link.get("href") for link in found.json()["links"]}
    assert links["self"] == AGENDA
    document = (await world.get(AGENDA, AP)).json()
    assert (document["type"], document["name"]) == ("Group", "Campaign harbour – agenda")
    assert document["url"] == "https://one.test/@agenda"
    assert "https://one.test/calendar" in document["summary"]
    assert "https://one.test/" in document["attachment"][0]["value"]
    assert document["publicKey"]["id"] == f"{AGENDA}#main-key"
    assert document["manuallyApprovesFollowers"] is False
    for name in ("outbox", "followers", "following", "featured"):
        assert (await world.get(document[name], AP)).status_code == 200
    assert (await world.get(document["followers"], AP)).json()["totalItems"] == 0


async def test_the_outbox_holds_the_events_and_only_them(world: World, one: House) -> None:
    post = await world.publish(one, "Come", kind=Kind.CALL_OUT, title="Come", call=CALL)
    page = (await world.get(f"{AGENDA}/outbox?page=true", AP)).json()
    assert [item["object"]["type"] for item in page["orderedItems"]] == ["Event"]
    campaign = (await world.get("https://one.test/users/harbour/outbox?page=true", AP)).json()
    assert [item["object"]["type"] for item in campaign["orderedItems"]] == ["Note"]
    await one.publishing.delete(CONSOLE, post.public_id)
    assert (await world.get(f"{AGENDA}/outbox?page=true", AP)).json()["orderedItems"] == []


async def test_the_agenda_features_its_open_events_in_the_order_of_their_ends(world: World, one: House) -> None:
    first = await one.publishing.submit(CONSOLE, a_call())
    sooner = replace(CALL, ends_at="2026-09-30T16:00:00.000000Z")
    second = await one.publishing.submit(CONSOLE, a_call(call=sooner))
    await one.publishing.submit(CONSOLE, Draft(text="An update", language="en"))

    async def featured() -> list[str]:
        found = (await world.get(f"{AGENDA}/featured", AP)).json()
        assert (found["type"], found["totalItems"]) == ("OrderedCollection", len(found["orderedItems"]))
        return list(found["orderedItems"])

    events = [one.addresses.event("harbour", post.public_id) for post in (second, first)]
    assert await featured() == events
    await one.calling.set_state(CONSOLE, second.public_id, CallState.CANCELLED)
    assert await featured() == events[1:]
    await one.locking.set_level(CONSOLE, LockLevel.STATEMENT_ONLY)
    assert await featured() == [], "nobody pinned them as a statement"


async def test_the_desk_says_how_many_follow_the_agenda(world: World, one: House) -> None:
    mobi = world.peer("b.test", "mobi")
    await follows(mobi, one)
    async with signed_in(world, one) as desk:
        page = (await desk.get("/desk/followers")).text
    assert "0 followers" in page
    assert "Followers of the agenda, which says call-outs as events: 1" in page
    assert "@agenda@one.test" in page


async def test_followers_are_counted_apart_and_leave_apart(world: World, one: House) -> None:
    mobi = world.peer("b.test", "mobi")
    await mobi.follow(one)
    await follows(mobi, one)
    agenda = one.actors.agenda()
    assert agenda is not None
    assert (await one.followers.counts(agenda.id))[0] == 1
    follow = {"type": "Follow", "id": mobi.id(), "actor": mobi.uri, "object": AGENDA}
    await mobi.send(one, mobi.activity("Undo", follow))
    assert (await one.followers.counts(agenda.id))[0] == 0
    assert (await one.followers.counts(one.actors.campaign().id))[0] == 1


async def test_who_blocks_the_agenda_still_follows_the_campaign(world: World, one: House) -> None:
    mobi = world.peer("b.test", "mobi")
    await mobi.follow(one)
    await follows(mobi, one)
    await mobi.send(one, mobi.activity("Block", AGENDA))
    assert [tie.actor.uri for tie in await one.followers.followers()] == [mobi.uri]
    agenda = one.actors.agenda()
    assert agenda is not None
    assert (await one.followers.counts(agenda.id))[0] == 0


async def test_a_server_that_is_blocked_loses_the_agenda_too(world: World, one: House) -> None:
    mobi = world.peer("b.test", "mobi")
    await follows(mobi, one)
    await one.acting.block_host(CONSOLE, "b.test")
    await one.publishing.submit(CONSOLE, a_call())
    await world.settle()
    assert events(mobi) == []


async def test_while_follows_are_closed_the_agenda_takes_none(world: World, one: House) -> None:
    await one.locking.set_level(CONSOLE, LockLevel.CONVERSATION_CLOSED)
    mobi = world.peer("b.test", "mobi")
    await follows(mobi, one)
    assert [activity["actor"] for activity in mobi.of_type("Reject")] == [AGENDA]


async def test_a_campaign_that_chooses_its_followers_lets_everybody_follow_its_agenda(world: World, one: House) -> None:
    profile = Profile(name="Harbour", approves_followers=True)
    await one.acting.change_profile(CONSOLE, profile, await one.profiles.maker(profile))
    mobi = world.peer("b.test", "mobi")
    await follows(mobi, one)
    (accept,) = mobi.of_type("Accept")
    assert accept["actor"] == AGENDA


async def test_a_new_name_of_the_campaign_is_the_agenda_s_too(world: World, one: House) -> None:
    mobi = world.peer("b.test", "mobi")
    await follows(mobi, one)
    profile = Profile(name="Quay", language="fr")
    await one.acting.change_profile(CONSOLE, profile, await one.profiles.maker(profile))
    await world.settle()
    (update,) = mobi.of_type("Update")
    assert (update["actor"], update["object"]["name"]) == (AGENDA, "Quay – agenda")
    assert (await world.get(AGENDA, AP)).json()["name"] == "Quay – agenda"


async def test_what_the_agenda_says_is_signed_by_its_own_key(world: World, one: House) -> None:
    mobi = world.peer("b.test", "mobi")
    await follows(mobi, one)
    await one.publishing.submit(CONSOLE, a_call())
    await world.settle()
    sent = [request for request in world.net.seen if request.method == "POST" and request.url.host == "b.test"]
    assert sent
    assert all(f'keyId="{AGENDA}#main-key"' in request.headers["signature"] for request in sent)


@pytest.mark.parametrize("inbox", [f"{AGENDA}/inbox", "https://one.test/inbox"])
async def test_who_wants_to_join_by_the_network_is_told_that_nobody_does(world: World, one: House, inbox: str) -> None:
    mobi = world.peer("b.test", "mobi")
    post = await one.publishing.submit(CONSOLE, a_call())
    join = mobi.activity("Join", one.addresses.event("harbour", post.public_id))
    await mobi.send(one, join, inbox=inbox)
    await world.settle()
    (ignore,) = mobi.of_type("Ignore")
    assert (ignore["actor"], ignore["object"], ignore["to"]) == (AGENDA, join["id"], [mobi.uri])
    leave = mobi.activity("Leave", one.addresses.event("harbour", post.public_id))
    assert (await mobi.send(one, leave)).status_code == 202


async def test_a_join_of_anything_else_is_not_answered(world: World, one: House) -> None:
    mobi = world.peer("b.test", "mobi")
    post = await world.publish(one, "An update")
    for about in (world.uri(one, post), f"{AGENDA}/events/{post.public_id}", f"{AGENDA}/events/abcdefghij", mobi.uri):
        assert (await mobi.send(one, mobi.activity("Join", about))).status_code == 202
    await world.settle()
    assert mobi.of_type("Ignore") == []


async def test_a_reply_to_the_event_is_a_reply_to_the_call_out(world: World, one: House) -> None:
    mobi = world.peer("b.test", "mobi")
    post = await one.publishing.submit(CONSOLE, a_call())
    note = mobi.note("We bring tents", inReplyTo=one.addresses.event("harbour", post.public_id))
    await mobi.send(one, mobi.activity("Create", note, to=note["to"]))
    (held,) = await one.conversation.queue(("reply", "mention"), "held")
    await one.conversation.decide(CONSOLE, [held.post.id], "approved")
    assert "We bring tents" in (await world.get(one.addresses.post_page(post.public_id))).text


async def test_a_boost_of_the_event_counts_for_the_call_out(world: World, one: House) -> None:
    mobi = world.peer("b.test", "mobi")
    post = await one.publishing.submit(CONSOLE, a_call())
    await mobi.send(one, mobi.activity("Announce", one.addresses.event("harbour", post.public_id)))
    assert "1 boost" in (await world.get(one.addresses.post_page(post.public_id))).text


async def test_words_to_the_agenda_reach_the_organisers(world: World, one: House) -> None:
    mobi = world.peer("b.test", "mobi")
    tag = {"type": "Mention", "href": AGENDA, "name": "@agenda@one.test"}
    note = mobi.note("Is it still on?", tag=[tag], to=[AGENDA], cc=[])
    await mobi.send(one, mobi.activity("Create", note, to=[AGENDA]))
    (message,) = await one.conversation.queue(("direct", "direct"), "held")
    assert "Is it still on?" in message.post.html


async def test_an_event_without_words_for_when_says_it_all_the_same(world: World, one: House) -> None:
    fair = world.peer("c.test", "fair")
    place = {"type": "Place", "name": "The <quay>"}
    event = fair.note("A fair", type="Event", name="Fair", startTime="2026-10-02T18:00:00+02:00", location=place)
    heard, _ = await one.remote.post(event["id"])
    assert "<strong>Fair</strong></p><p>2026-10-02 18:00 — The &lt;quay&gt;</p><p>A fair</p>" in heard.html


async def test_what_calendars_must_hear_of_is_the_same_everywhere(world: World, one: House) -> None:
    """Note, event, feed and page agree at each step."""
    mobi = world.peer("b.test", "mobi")
    await follows(mobi, one)
    post = await one.publishing.submit(CONSOLE, a_call())
    event = one.addresses.event("harbour", post.public_id)
    for title in ("Come", "Come at once"):
        later(world, minutes=1)
        async with one.database.transaction() as tx:
            await callouts_store.changed(tx, post.id)
        await one.publishing.edit(CONSOLE, post.public_id, a_call(title=title, call=replace(CALL, place=title)))
        await world.settle()
        assert events(mobi)[-1][1]["location"]["name"] == title
        for url in (event, world.uri(one, post), "https://one.test/calendar.ics", "https://one.test/calendar"):
            assert title in (await world.get(url, AP)).text
    await one.publishing.delete(CONSOLE, post.public_id)
    await world.settle()
    assert events(mobi)[-1][0] == "Delete"
    for url in (event, world.uri(one, post)):
        assert (await world.get(url, AP)).status_code == 410
