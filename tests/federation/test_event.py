"""Events: what we publish is what others read, and what others publish is read whatever its shape."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.activities import Create, Ignore, Join
from federation.identifiers import PUBLIC, ActivityId, ActorId, ObjectId
from federation.objects import Attachment, Event, Hashtag, Link, Note, Occasion, Place
from federation.parse import parse_activity, parse_object
from federation.render import render_activity, render_event

PARIS = timezone(timedelta(hours=2))
AGENDA = ActorId("https://here.test/users/agenda")
EVENT = Event(
    id=ObjectId("https://here.test/users/agenda/events/abcdefgh"),
    attributed_to=AGENDA,
    to=(PUBLIC,),
    cc=(f"{AGENDA}/followers",),
    name="Come",
    name_map=(("en", "Come"), ("fr", "Venez")),
    summary="Friday 2 October 2026, 18:00 — Near the port",
    content="<p>Come.</p>",
    content_map=(("en", "<p>Come.</p>"), ("fr", "<p>Venez.</p>")),
    language="en",
    occasion=Occasion(
        start=datetime(2026, 10, 2, 18, tzinfo=PARIS),
        end=datetime(2026, 10, 2, 20, tzinfo=PARIS),
        zone="Europe/Paris",
        place=Place(name="Near the port", address="Near the port", latitude=50.95, longitude=1.85),
    ),
    url="https://here.test/p/abcdefgh",
    published=datetime(2026, 9, 28, 9, 30, tzinfo=UTC),
    updated=datetime(2026, 9, 28, 9, 31, tzinfo=UTC),
    organizers=(ActorId("https://here.test/users/campaign"),),
    hashtags=(Hashtag(name="#harbour", href="https://here.test/tags/harbour"),),
    attachments=(Attachment(url="https://here.test/media/x.jpg", media_type="image/jpeg", alt="A wall"),),
    links=(Link(href="https://here.test/p/abcdefgh", media_type="text/html", name="Website"),),
)


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render_event(EVENT))
    return found


def test_an_event_has_what_mobilizon_reads() -> None:
    found = document()
    assert (found["name"], found["content"]) == ("Come", "<p>Come.</p>")
    assert (found["startTime"], found["endTime"]) == ("2026-10-02T18:00:00+02:00", "2026-10-02T20:00:00+02:00")
    assert found["status"] in {"CONFIRMED", "TENTATIVE", "CANCELLED"}
    assert found["joinMode"] in {"free", "restricted", "invite", "external"}, "Mobilizon knows no `none`"
    assert found["externalParticipationUrl"] == found["url"]
    assert (found["timezone"], found["inLanguage"]) == ("Europe/Paris", "en")
    website = [one["href"] for one in found["attachment"] if one.get("name") == "Website"]
    assert website == [found["url"]]
    assert PUBLIC in found["to"]


def test_an_event_has_what_gancio_reads() -> None:
    found = document()
    assert found["location"]["name"]
    assert found["location"]["address"] == "Near the port"
    assert all("mediaType" in one for one in found["attachment"]), "Gancio asks each of them"
    assert found["attachment"][0]["mediaType"].startswith("image/"), "Gancio takes words and focus of the first"
    assert all(one["name"].startswith("#") for one in found["tag"]), "Gancio makes a tag of each"


def test_an_event_has_what_mastodon_reads() -> None:
    found = document()
    assert found["summary"] == found["summaryMap"]["en"]
    assert next(iter(found["contentMap"])) == next(iter(found["nameMap"])) == "en"
    assert found["url"].startswith("https://here.test/"), "another host would be ignored"
    assert found["updated"] > found["published"]


def test_every_term_of_an_event_is_declared() -> None:
    found = document()
    terms = found["@context"][1]
    known = {"@context", "id", "type", "name", "nameMap", "summary", "summaryMap", "content", "contentMap", "mediaType"}
    known |= {"startTime", "endTime", "location", "url", "published", "updated", "attributedTo", "to", "cc", "tag"}
    known |= {"attachment"}
    assert set(found) - known <= set(terms)
    assert {"address", "EventScheduled", "EventCancelled", "Hashtag"} <= set(terms)


def test_our_own_event_is_read_back_as_it_was_said() -> None:
    note = parse_object(json.loads(render_event(EVENT)))
    assert isinstance(note, Note)
    assert (note.type, note.name, note.summary) == ("Event", EVENT.name, EVENT.summary)
    assert note.occasion == EVENT.occasion
    assert note.name_map == EVENT.name_map


def test_a_create_carries_the_context_of_events() -> None:
    activity = Create(id=ActivityId(f"{AGENDA}/activities/1"), actor=AGENDA, to=EVENT.to, cc=EVENT.cc, object=EVENT)
    said = json.loads(render_activity(activity))
    assert said["@context"] == document()["@context"]
    assert said["object"]["type"] == "Event"


def occasion(**fields: Any) -> Occasion:
    base = {"id": "https://there.test/e/1", "type": "Event", "attributedTo": "https://there.test/u", "name": "Fair"}
    note = parse_object({**base, **fields})
    assert isinstance(note, Note)
    assert note.occasion is not None
    return note.occasion


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, "CONFIRMED"),
        ({"status": "CANCELLED"}, "CANCELLED"),
        ({"ical:status": "TENTATIVE"}, "TENTATIVE"),
        ({"eventStatus": "EventCancelled"}, "CANCELLED"),
        ({"eventStatus": "https://w3id.org/fep/8a8e/EventPostponed"}, "TENTATIVE"),
        ({"eventStatus": "https://schema.org/EventScheduled", "status": "CANCELLED"}, "CONFIRMED"),
        ({"status": "whatever"}, "CONFIRMED"),
        ({"status": ["CANCELLED"]}, "CONFIRMED"),
    ],
)
def test_a_status_is_read_in_every_dialect(given: dict[str, Any], status: str) -> None:
    assert occasion(**given).status == status


POSTAL = {"type": "PostalAddress", "streetAddress": "Quay 1", "addressLocality": "Calais", "addressCountry": None}


@pytest.mark.parametrize(
    ("location", "place"),
    [
        (None, None),
        ("The quay", Place(name="The quay")),
        ({"type": "Place", "name": "Quay", "address": "Quay 1"}, Place(name="Quay", address="Quay 1")),
        ({"type": "Place", "name": "Quay", "address": POSTAL}, Place(name="Quay", address="Quay 1, Calais")),
        ({"type": "Place", "address": POSTAL}, Place(name="Quay 1, Calais", address="Quay 1, Calais")),
        ({"type": "Place"}, None),
        ([{"type": "VirtualLocation", "name": "Call", "url": "https://c.test"}, {"name": "Quay"}], Place(name="Quay")),
        ({"name": "Q", "latitude": 50.9, "longitude": 1.8}, Place(name="Q", latitude=50.9, longitude=1.8)),
        ({"name": "Q", "latitude": 50.9}, Place(name="Q")),
        ({"name": "Q", "latitude": 500, "longitude": 1}, Place(name="Q")),
        ({"name": "Q", "latitude": True, "longitude": False}, Place(name="Q")),
    ],
)
def test_a_place_is_read_in_every_shape(location: Any, place: Place | None) -> None:
    assert occasion(location=location).place == place


def test_times_keep_their_distance_from_utc() -> None:
    found = occasion(startTime="2026-10-02T18:00:00+02:00", endTime="nonsense", timezone="Europe/Paris")
    assert found.start is not None
    assert found.start.isoformat() == "2026-10-02T18:00:00+02:00"
    assert (found.end, found.zone) == (None, "Europe/Paris")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["location", "startTime", "endTime", "timezone", "status", "eventStatus"]), JSON)
)
def test_nothing_in_an_event_is_too_strange_to_be_read(fields: dict[str, Any]) -> None:
    found = occasion(**fields)
    assert found.status in {"CONFIRMED", "TENTATIVE", "CANCELLED"}


def test_a_join_is_read_and_an_ignore_is_written() -> None:
    joined = parse_activity(
        {"id": "https://m.test/join/1", "type": "Join", "actor": "https://m.test/u", "object": EVENT.id}
    )
    assert isinstance(joined, Join)
    assert joined.object == EVENT.id
    answer = Ignore(id=ActivityId(f"{AGENDA}/activities/2"), actor=AGENDA, to=(joined.actor,), object=joined.id or "")
    said = json.loads(render_activity(answer))
    assert (said["type"], said["object"], said["to"]) == ("Ignore", "https://m.test/join/1", ["https://m.test/u"])
