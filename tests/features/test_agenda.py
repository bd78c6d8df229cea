"""The agenda: public call-outs are said as events by an actor of their own."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from server.base import changes
from server.base.addresses import agenda_handle
from server.features.agenda import views
from server.features.callouts import store as callouts_store
from server.features.posts.model import Audience, Draft, DraftText, Kind, Post, ReplyPolicy, Text
from server.features.posts.model_call import CallState, DraftCall, Point
from server.house import House
from tests.world import CONSOLE, World, later

pytestmark = pytest.mark.anyio

CALL = DraftCall(
    starts_at="2026-09-28T16:00:00.000000Z",
    ends_at="2026-10-02T16:00:00.000000Z",
    time_zone="Europe/Paris",
    place="Near the port",
    needs="Tents\nDrivers",
    instead="Send ideas",
)


def a_call(**more: Any) -> Draft:
    given: dict[str, Any] = {"text": "Come to the port #harbour", "language": "en", "title": "Come", "call": CALL}
    return Draft(**{**given, "kind": Kind.CALL_OUT, **more})


async def said(house: House) -> list[dict[str, Any]]:
    """What the agenda said, the oldest first."""
    agenda = house.actors.agenda()
    assert agenda is not None
    async with house.database.snapshot() as snapshot:
        rows = await snapshot.fetch("SELECT body FROM outbox WHERE actor_id = :id ORDER BY id", id=agenda.id)
    return [json.loads(row["body"]) for row in rows]


async def set_state(house: House, post: Post, state: CallState) -> None:
    """As the room of call-outs does it."""
    async with house.database.transaction() as tx:
        await callouts_store.set_state(tx, post.id, state)
        await changes.record(tx, "post", post.public_id)
        await house.publishing.saying.again(tx, post.public_id)


async def test_a_call_out_is_said_as_an_event_in_the_same_breath(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, a_call())
    (create,) = await said(house)
    event = create["object"]
    assert (create["type"], create["actor"]) == ("Create", "https://here.test/users/agenda")
    assert event["id"] == f"https://here.test/users/agenda/events/{post.public_id}"
    assert (event["type"], event["name"]) == ("Event", "Come")
    assert event["summary"] == (
        "Monday 28 September, 18:00 to Friday 2 October, 18:00 (Paris time, UTC+2) — Near the port"
    )
    assert (event["startTime"], event["endTime"]) == ("2026-09-28T18:00:00+02:00", "2026-10-02T18:00:00+02:00")
    assert event["timezone"] == "Europe/Paris"
    assert event["location"] == {"type": "Place", "name": "Near the port", "address": "Near the port"}
    assert (event["status"], event["eventStatus"]) == ("CONFIRMED", "EventScheduled")
    assert event["joinMode"] == "external"
    assert event["url"] == event["externalParticipationUrl"] == f"https://here.test/p/{post.public_id}"
    assert event["attributedTo"] == "https://here.test/users/agenda"
    assert event["organizers"]["items"] == ["https://here.test/users/campaign"]
    assert event["tag"] == [{"type": "Hashtag", "href": "https://here.test/tags/harbour", "name": "#harbour"}]
    assert "Drivers" in event["content"]
    assert "updated" not in event


async def test_note_and_event_name_each_other(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, a_call())
    (create,) = await said(house)
    links = {one["href"]: one for one in create["object"]["attachment"]}
    note = f"https://here.test/users/campaign/posts/{post.public_id}"
    assert links[note]["mediaType"].startswith("application/ld+json")
    assert links[f"https://here.test/p/{post.public_id}"]["name"] == "Website"
    async with house.database.snapshot() as snapshot:
        body = await snapshot.value("SELECT body FROM outbox WHERE object_uri = :uri", uri=note)
    tags = json.loads(body)["object"]["tag"]
    assert [tag["href"] for tag in tags if tag["type"] == "Link"] == [create["object"]["id"]]


async def test_every_change_goes_out_and_updated_only_grows(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, a_call())
    later(world, minutes=5)
    await set_state(house, post, CallState.MOVED)
    await set_state(house, post, CallState.CANCELLED)
    later(world, minutes=5)
    await house.publishing.edit(CONSOLE, post.public_id, a_call(title="Do not come"))
    create, *updates = await said(house)
    assert [one["type"] for one in updates] == ["Update"] * 3
    moved, cancelled, edited = (one["object"] for one in updates)
    assert moved["summary"].startswith("Moved — ")
    assert (moved["status"], cancelled["status"], edited["status"]) == ("CONFIRMED", "CANCELLED", "CANCELLED")
    assert cancelled["eventStatus"] == "EventCancelled"
    assert edited["name"] == "Cancelled — Do not come"
    times = [create["object"]["published"], *(one["updated"] for one in (moved, cancelled, edited))]
    assert times == sorted(set(times))


async def test_where_nobody_should_come_the_title_says_so_and_nothing_is_asked_for(house: House, world: World) -> None:
    french = DraftText(language="fr", text="Venez", title="Venez", place="Près du port", needs="Des tentes")
    post = await house.publishing.submit(CONSOLE, a_call(translations=(french,)))
    (create,) = await said(house)
    assert "Drivers" in create["object"]["content"]
    later(world, minutes=5)
    await set_state(house, post, CallState.CANCELLED)
    update = (await said(house))[-1]["object"]
    assert update["nameMap"] == {"en": "Cancelled — Come", "fr": "Annulé — Venez"}
    for words in ("Drivers", "Send ideas", "Des tentes"):
        assert words not in f"{update['content']}{update['contentMap']['fr']}"


async def test_what_is_called_over_early_ends_there_and_then(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, a_call())
    world.clock.now = world.clock.now.replace(day=30, hour=12, minute=0, second=0)
    await house.calling.set_state(CONSOLE, post.public_id, CallState.OVER)
    event = (await said(house))[-1]["object"]
    assert (event["endTime"], event["status"]) == ("2026-09-30T14:00:00+02:00", "CONFIRMED")
    assert event["name"] == "Over — Come"


async def test_what_is_called_over_before_it_began_does_not_take_place(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, a_call())
    later(world, minutes=5)
    await house.calling.set_state(CONSOLE, post.public_id, CallState.OVER)
    event = (await said(house))[-1]["object"]
    assert (event["endTime"], event["status"]) == ("2026-10-02T18:00:00+02:00", "CANCELLED")


@pytest.mark.parametrize(
    ("policy", "word"),
    [(ReplyPolicy.OPEN, "allow_all"), (ReplyPolicy.KNOWN, "moderated"), (ReplyPolicy.APPROVAL, "moderated"), (ReplyPolicy.CLOSED, "closed")],
)  # fmt: skip
async def test_an_event_says_whose_comments_are_taken(house: House, policy: ReplyPolicy, word: str) -> None:
    await house.publishing.submit(CONSOLE, a_call(reply_policy=policy))
    (create,) = await said(house)
    assert create["object"]["repliesModerationOption"] == word


async def test_a_deleted_call_out_is_a_deleted_event(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, a_call())
    await house.publishing.delete(CONSOLE, post.public_id)
    (delete,) = await said(house)
    assert delete["type"] == "Delete"
    assert delete["object"]["id"] == f"https://here.test/users/agenda/events/{post.public_id}"
    assert (delete["object"]["type"], delete["object"]["formerType"]) == ("Tombstone", "Event")


@pytest.mark.parametrize("audience", [Audience.UNLISTED, Audience.FOLLOWERS])
async def test_what_is_not_for_everybody_is_no_event(house: House, audience: Audience) -> None:
    post = await house.publishing.submit(CONSOLE, a_call(audience=audience))
    await house.publishing.edit(CONSOLE, post.public_id, a_call(title="Come soon"))
    await house.publishing.delete(CONSOLE, post.public_id)
    assert await said(house) == []


async def test_other_posts_are_nothing_to_the_agenda(house: House) -> None:
    await house.publishing.submit(CONSOLE, Draft(text="An update", language="en"))
    assert await said(house) == []


async def test_an_exact_point_is_told_to_nobody_who_would_keep_it(house: House) -> None:
    point = Point(latitude=50.9513, longitude=1.8587, until="2026-09-28T10:00:00.000000Z")
    await house.publishing.submit(CONSOLE, a_call(call=replace(CALL, point=point)))
    (create,) = await said(house)
    assert set(create["object"]["location"]) == {"type", "name", "address"}


async def test_without_a_beginning_it_begins_with_its_publication(house: House) -> None:
    await house.publishing.submit(CONSOLE, a_call(call=replace(CALL, starts_at=None)))
    (create,) = await said(house)
    assert create["object"]["startTime"] == "2026-09-28T11:30:00+02:00"
    assert create["object"]["summary"].startswith("until Friday 2 October, 18:00 (Paris time, UTC+2)")


async def test_languages_stand_in_maps_the_main_one_first(house: House) -> None:
    arabic = DraftText(language="ar", text="تعالوا", title="نداء", place="قرب الميناء")
    await house.publishing.submit(CONSOLE, a_call(language="fr", translations=(arabic,)))
    (create,) = await said(house)
    event = create["object"]
    assert list(event["nameMap"]) == list(event["contentMap"]) == ["fr", "ar"]
    assert event["contentMap"]["fr"] == event["content"]
    assert event["nameMap"]["ar"] == "نداء"
    assert "قرب الميناء" in event["contentMap"]["ar"]
    assert event["inLanguage"] == "fr"


async def test_what_no_server_would_take_goes_out_in_fewer_languages(house: House) -> None:
    more = tuple(DraftText(language=tag, text=f"{tag} " + "ش" * 9_000, title=tag) for tag in ("ar", "fa", "ps", "ti"))
    post = await house.publishing.submit(CONSOLE, a_call())
    async with house.database.transaction() as tx:
        whole = await house.publishing.saying.live(tx, post.public_id)
        texts = (*whole.texts, *(_text(one) for one in more))
        await house.agenda.tell(tx, replace(whole, texts=texts), "Update")
    _, update = await said(house)
    languages = list(update["object"]["contentMap"])
    assert languages[0] == "en"
    assert 1 < len(languages) < 5
    assert len(json.dumps(update, ensure_ascii=False).encode()) <= 64 * 1024


def _text(one: DraftText) -> Text:
    return Text(
        language=one.language, state="approved", title=one.title, warning="", source=one.text, html=f"<p>{one.text}</p>"
    )


async def test_a_house_of_an_older_version_gets_its_agenda_when_it_opens(house: House) -> None:
    agenda = house.actors.agenda()
    assert agenda is not None
    async with house.database.transaction() as tx:
        await tx.execute("DELETE FROM actor_keys WHERE actor_id = :id", id=agenda.id)
        await tx.execute("DELETE FROM actors WHERE id = :id", id=agenda.id)
    await house.actors.load()
    assert house.actors.agenda() is None
    await house.publishing.submit(CONSOLE, a_call())
    await house.agenda.settle()
    made = house.actors.agenda()
    assert made is not None
    assert (made.handle, made.type, made.name) == ("agenda", "Group", "Campaign campaign – agenda")
    assert house.actors.key_pair(made.id).key_id == "https://here.test/users/agenda#main-key"
    await house.agenda.settle()
    assert house.actors.agenda() == made


async def test_a_campaign_that_is_called_agenda_keeps_its_name(world: World) -> None:
    house = await world.campaign("here.test", "agenda")
    assert house.actors.campaign().handle == "agenda"
    made = house.actors.agenda()
    assert made is not None
    assert made.handle == agenda_handle("agenda") == "calendar"


async def test_call_outs_are_found_by_when_they_are(house: House) -> None:
    first = await house.publishing.submit(CONSOLE, a_call())
    early = replace(CALL, starts_at="2026-09-28T12:00:00.000000Z", ends_at="2026-09-28T13:00:00.000000Z")
    second = await house.publishing.submit(CONSOLE, a_call(call=early))
    async with house.database.snapshot() as snapshot:
        coming = await views.ending_after(snapshot, "2026-09-28T09:00:00.000000Z")
        later_on = await views.ending_after(snapshot, "2026-09-28T13:00:00.000000Z")
        day = await views.between(snapshot, "2026-09-28T13:00:00.000000Z", "2026-09-29T00:00:00.000000Z")
    assert [post.public_id for post in coming] == [second.public_id, first.public_id]
    assert [post.public_id for post in later_on] == [first.public_id]
    assert [post.public_id for post in day] == [first.public_id]
