"""The calendar: pages, feed and entries say the same, and never longer than it is true."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest

from server.features.actors.model import Profile
from server.features.posts.model import DraftText, Post
from server.features.posts.model_call import CallOut, CallState, DraftCall, Point
from server.features.safety.model import LockLevel
from server.house import House
from server.web.shared.countdown import changes_at
from server.web.shared.pages import environment
from tests.features.test_agenda import CALL, a_call, set_state
from tests.features.test_ical import strict
from tests.world import AP, CONSOLE, World, later

BASE = "https://here.test"


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


async def call_out(house: House, call: DraftCall = CALL, **more: Any) -> Post:
    return await house.publishing.submit(CONSOLE, a_call(call=call, **more))


async def test_the_calendar_says_what_is_coming_when_where_and_how_long(world: World, house: House) -> None:
    post = await call_out(house)
    page = (await world.get(f"{BASE}/calendar")).text
    assert "Monday 28 September, 18:00 to Friday 2 October, 18:00 (Paris time, UTC+2)" in page
    assert "Near the port" in page
    assert "starts in 6 hours" in page
    assert f'href="/p/{post.public_id}"' in page
    assert f'href="/en/p/{post.public_id}/event.ics"' in page
    assert 'href="webcal://here.test/en/calendar.ics"' in page
    assert "@agenda@here.test" in page.replace("<wbr>", "")


async def test_nobody_is_asked_to_put_a_cancelled_call_out_into_a_calendar(world: World, house: House) -> None:
    post = await call_out(house)
    await house.calling.set_state(CONSOLE, post.public_id, CallState.CANCELLED)
    for path in ("/calendar", "/calendar/2026-w40"):
        page = (await world.get(f"{BASE}{path}")).text
        assert "Cancelled" in page
        assert "Add to calendar" not in page


async def test_an_empty_calendar_says_what_will_be_there(world: World, house: House) -> None:
    assert "Nothing is planned now." in (await world.get(f"{BASE}/calendar")).text


async def test_every_page_leads_to_the_calendar(world: World, house: House) -> None:
    page = (await world.get(BASE)).text
    assert 'href="/calendar">' in page
    assert re.search(r'<link rel="alternate" type="text/calendar"[^>]* href="/calendar.ics">', page)


async def test_the_agenda_s_profile_leads_to_the_calendar(world: World, house: House) -> None:
    answer = await world.get(f"{BASE}/@agenda")
    assert (answer.status_code, answer.headers["location"]) == (302, "/calendar")
    assert (await world.get(f"{BASE}/@agenda", AP)).json()["type"] == "Group"


async def test_what_was_remembered_goes_when_its_words_are_true_no_more(world: World, house: House) -> None:
    await call_out(house)
    for hours, words in ((0, "starts in 6 hours"), (4, "starts in 2 hours"), (3, "3 days 23 hours left")):
        later(world, hours=hours)
        pages = [(await world.get(f"{BASE}/calendar")).text for _ in range(2)]
        assert words in pages[0]
        assert pages[0] == pages[1]
    later(world, days=4)
    assert "Nothing is planned now." in (await world.get(f"{BASE}/calendar")).text


async def test_a_page_that_is_still_true_is_given_from_memory(world: World, house: House) -> None:
    await call_out(house, replace(CALL, starts_at=None))
    first = await world.get(f"{BASE}/calendar")
    later(world, minutes=20)
    again = await world.get(f"{BASE}/calendar", extra={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    later(world, hours=1)
    later_on = await world.get(f"{BASE}/calendar", extra={"If-None-Match": first.headers["etag"]})
    assert later_on.status_code == 200


async def test_a_cancelled_call_out_stays_on_the_page_without_a_countdown(world: World, house: House) -> None:
    post = await call_out(house)
    await set_state(house, post, CallState.CANCELLED)
    page = (await world.get(f"{BASE}/calendar")).text
    assert "Cancelled" in page
    assert "starts in" not in page


async def test_a_week_has_seven_days_each_with_what_is_on_it(world: World, house: House) -> None:
    early = replace(CALL, starts_at="2026-09-29T22:30:00.000000Z", ends_at="2026-09-30T08:00:00.000000Z")
    await call_out(house, early, title="Night watch")
    page = (await world.get(f"{BASE}/calendar/2026-w40")).text
    days = re.findall(r'<h2 id="([\d-]+)"', page)
    assert days == [f"2026-09-{day}" for day in (28, 29, 30)] + [f"2026-10-0{day}" for day in (1, 2, 3, 4)]
    wednesday = page.partition("Wednesday 30 September")[2].partition("Thursday")[0]
    assert "Night watch" in wednesday, "half past midnight in Paris is Wednesday"
    assert page.count("Night watch") == 1
    assert '<h2 id="2026-09-28" aria-current="date">' in page
    assert 'href="/calendar/2026-w39"' in page
    assert 'href="/calendar/2026-w41"' in page


async def test_weeks_know_the_turn_of_the_year(world: World, house: House) -> None:
    page = (await world.get(f"{BASE}/calendar/2026-w53")).text
    assert "Week 53 of 2026" in page
    assert "Sunday 3 January</h2>" in page
    assert 'href="/calendar/2027-w01"' in page


@pytest.mark.parametrize("week", ["2026-w54", "2026-w00", "2026-40", "2019-w40", "2199-w01", "2026-w4", "x"])
async def test_weeks_that_are_none_or_too_far_have_no_page(world: World, house: House, week: str) -> None:
    assert (await world.get(f"{BASE}/calendar/{week}")).status_code == 404


async def test_today_moves_at_midnight_where_the_campaign_is(world: World, house: House) -> None:
    for _ in range(2):
        assert "Monday 28 September <span" in (await world.get(f"{BASE}/calendar/2026-w40")).text
    later(world, hours=15)
    assert "Tuesday 29 September <span" in (await world.get(f"{BASE}/calendar/2026-w40")).text


async def test_a_call_out_can_be_put_into_a_calendar(world: World, house: House) -> None:
    post = await call_out(house)
    answer = await world.get(f"{BASE}/p/{post.public_id}/event.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    _, (event,) = strict(answer.content)
    assert event["UID"] == f"{post.public_id}@here.test"
    assert (event["DTSTART"], event["DTEND"]) == ("20260928T160000Z", "20261002T160000Z")
    assert event["URL"] == f"{BASE}/p/{post.public_id}"
    assert "What is needed\nTents\nDrivers" in event["DESCRIPTION"]
    (read,) = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert read.errors == []
    again = await world.get(f"{BASE}/p/{post.public_id}/event.ics", extra={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_the_feed_follows_every_change_under_one_uid(world: World, house: House) -> None:
    post = await call_out(house)

    async def read() -> dict[str, str]:
        _, (event,) = strict((await world.get(f"{BASE}/calendar.ics")).content)
        assert event["UID"] == f"{post.public_id}@here.test"
        return event

    first = await read()
    await set_state(house, post, CallState.MOVED)
    moved = await read()
    await set_state(house, post, CallState.CANCELLED)
    cancelled = await read()
    assert [one["SEQUENCE"] for one in (first, moved, cancelled)] == ["0", "1", "2"]
    assert [one["STATUS"] for one in (first, moved, cancelled)] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert first["LAST-MODIFIED"] < moved["LAST-MODIFIED"] < cancelled["LAST-MODIFIED"]
    later(world, days=29)
    assert (await read())["STATUS"] == "CANCELLED", "programs that were off hear of it too"
    later(world, days=6)
    assert strict((await world.get(f"{BASE}/calendar.ics")).content)[1] == []


async def test_a_deleted_call_out_is_nowhere(world: World, house: House) -> None:
    post = await call_out(house)
    await house.publishing.delete(CONSOLE, post.public_id)
    assert (await world.get(f"{BASE}/p/{post.public_id}/event.ics")).status_code == 410
    assert strict((await world.get(f"{BASE}/calendar.ics")).content)[1] == []
    assert "Nothing is planned now." in (await world.get(f"{BASE}/calendar")).text
    gone = await world.get(f"{BASE}/users/agenda/events/{post.public_id}", AP)
    assert gone.status_code == 410
    assert (gone.json()["type"], gone.json()["formerType"]) == ("Tombstone", "Event")


async def test_other_posts_have_no_entry_and_no_event(world: World, house: House) -> None:
    post = await world.publish(house, "An update")
    assert (await world.get(f"{BASE}/p/{post.public_id}/event.ics")).status_code == 404
    assert (await world.get(f"{BASE}/users/agenda/events/{post.public_id}", AP)).status_code == 404


async def test_an_event_stands_at_its_id_alone(world: World, house: House) -> None:
    post = await call_out(house)
    answer = await world.get(f"{BASE}/users/agenda/events/{post.public_id}", AP)
    assert (answer.status_code, answer.json()["id"]) == (200, f"{BASE}/users/agenda/events/{post.public_id}")
    assert (await world.get(f"{BASE}/users/campaign/events/{post.public_id}", AP)).status_code == 404
    page = await world.get(f"{BASE}/users/agenda/events/{post.public_id}")
    assert (page.status_code, page.headers["location"]) == (302, f"{BASE}/p/{post.public_id}")


async def test_an_exact_point_is_on_the_page_and_in_no_copy(house: House, world: World) -> None:
    point = Point(latitude=50.9513, longitude=1.8587, until="2026-09-28T10:00:00.000000Z")
    post = await call_out(house, replace(CALL, point=point))
    assert "50.951" in (await world.get(f"{BASE}/p/{post.public_id}")).text
    for path in ("/calendar.ics", f"/p/{post.public_id}/event.ics", f"/users/agenda/events/{post.public_id}"):
        assert "50.951" not in (await world.get(f"{BASE}{path}", AP)).text


async def test_the_words_are_the_reader_s_where_there_are_any(world: World, house: House) -> None:
    await house.acting.change_profile(CONSOLE, *await _french(house))
    french = DraftText(language="fr", text="Venez au port", title="Venez", place="Près du port")
    await call_out(house, translations=(french,))
    answer = await world.get(f"{BASE}/calendar.ics")
    assert b"SUMMARY;LANGUAGE=fr:Venez\r\n" in answer.content
    page = (await world.get(f"{BASE}/calendar")).text
    assert 'lang="fr" dir="ltr"><strong>Venez</strong>' in page
    assert "du lundi 28 septembre à 18:00 au vendredi 2 octobre à 18:00 (heure de Paris, UTC+2)" in page
    assert "commence dans 6 heures" in page


async def _french(house: House) -> Any:
    profile = Profile(name="Campagne", language="fr")
    return profile, await house.profiles.maker(profile)


async def test_at_the_last_level_of_the_lock_the_calendar_waits(world: World, house: House) -> None:
    await call_out(house)
    await house.locking.set_level(CONSOLE, LockLevel.STATEMENT_ONLY)
    for path in ("/calendar", "/calendar.ics", "/calendar/2026-w40"):
        assert (await world.get(f"{BASE}{path}")).status_code == 503


LEFT = environment().from_string("{{ call | left }}")
NOW = datetime(2026, 9, 28, 9, 30, tzinfo=UTC)


def standing(**more: Any) -> CallOut:
    given = {"code": "x", "state": CallState.OPEN, "sequence": 0, "time_zone": "UTC"}
    return CallOut(**{**given, "ends_at": "2026-10-02T16:00:00.000000Z", **more})


def words(call: CallOut, now: datetime, language: str = "en") -> str:
    text = LEFT.render(call=call, lang=language, now=now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    return re.sub("[\u2068\u2069]", "", text)


@pytest.mark.parametrize(
    ("before", "left"),
    [
        (timedelta(days=3, hours=4, minutes=59), "3 days 4 hours left"),
        (timedelta(days=1, minutes=59), "1 day left"),
        (timedelta(hours=23, minutes=59), "23 hours left"),
        (timedelta(hours=5, minutes=59, seconds=59), "5 hours 59 minutes left"),
        (timedelta(hours=1), "1 hour left"),
        (timedelta(minutes=59), "59 minutes left"),
        (timedelta(seconds=1), "1 minute left"),
        (timedelta(0), "ended"),
        (timedelta(days=-1), "ended"),
    ],
)
def test_a_countdown_rounds_down(before: timedelta, left: str) -> None:
    assert words(standing(), datetime(2026, 10, 2, 16, tzinfo=UTC) - before) == left


def test_a_countdown_has_the_plural_forms_of_its_language() -> None:
    end = datetime(2026, 10, 2, 16, tzinfo=UTC)
    said = [words(standing(), end - timedelta(days=days), "ar") for days in (1, 2, 3, 11)]
    assert said == [f"الوقت المتبقي: {one}" for one in ("يوم واحد", "يومان", "3 أيام", "11 يومًا")]
    assert words(standing(), end - timedelta(days=1, hours=2), "fr") == "encore 1 jour et 2 heures"


@pytest.mark.parametrize("starts", [None, "2026-09-30T11:17:00.000000Z"])
def test_the_words_stand_exactly_until_they_change(starts: str | None) -> None:
    call, now, seen = standing(starts_at=starts), NOW, 0
    while (change := changes_at(call, now)) is not None:
        assert change > now
        before = words(call, now)
        assert words(call, now + (change - now) / 2) == before
        assert words(call, change - timedelta(microseconds=2)) == before
        now, seen = change, seen + 1
        assert seen < 2_000
    assert words(call, now) == "ended"
    assert seen > 400


async def test_the_page_of_the_agenda_is_the_calendar_in_the_same_language(world: World, house: House) -> None:
    agenda = house.actors.agenda()
    assert agenda is not None
    for prefix in ("", "/fa"):
        answer = await world.get(f"{BASE}{prefix}/@{agenda.handle}")
        assert (answer.status_code, answer.headers["location"]) == (302, f"{prefix}/calendar")
