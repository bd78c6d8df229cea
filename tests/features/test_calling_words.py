"""A call-out in words: first line, hours and links by language, and what a second pair of eyes is shown of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from server.base.addresses import Addresses
from server.base.catalogue import catalogue
from server.base.errors import Invalid
from server.base.spoken import day_text, span, spoken, weekday_text, zone_spoken
from server.features.posts.calling import call_html, news
from server.features.posts.model import Draft, DraftText, Kind, Text
from server.features.posts.model_call import CallState, Point
from server.features.reviews.difference import Mark, changes_of
from server.features.reviews.model import ReviewWanted
from server.features.reviews.warnings import Sign, of_draft
from server.house import House
from tests.features.test_callouts import CALL, DRAFT, FRIDAY, MONDAY, call_draft
from tests.features.test_reviews import look, organiser
from tests.world import CONSOLE

pytestmark = pytest.mark.anyio

ADDRESSES = Addresses("https://here.test")
TEXT = Text(
    language="en", state="main", title="Come <now>", warning="", source="Words", html="<p>Words</p>", place="A & B"
)
EN, FR, AR = (catalogue(language) for language in ("en", "fr", "ar"))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "until Friday 2 October, 18:00 (Paris time, UTC+2)"),
        ("fr", "jusqu’au vendredi 2 octobre à 18:00 (heure de Paris, UTC+2)"),
        ("ar", "حتى الجمعة 2 أكتوبر، الساعة 18:00 (بتوقيت \u2068باريس\u2069، \u2068UTC+2\u2069)"),
    ],
)
def test_hours_are_said_as_people_say_them(language: str, words: str) -> None:
    assert span(catalogue(language), None, FRIDAY, "Europe/Paris") == words


def test_a_month_in_farsi_is_bound_to_its_year_and_to_nothing_else() -> None:
    fa, at = catalogue("fa"), datetime(2027, 1, 2, tzinfo=UTC)
    assert weekday_text(fa, at) == "شنبه ۲ ژانویه (۱۲ دی ۱۴۰۵)"
    assert day_text(fa, at).startswith("۲ ژانویهٔ ۲۰۲۷")


def test_a_span_within_a_day_names_the_day_once() -> None:
    said = span(EN, "2026-10-02T08:00:00.000000Z", FRIDAY, "Europe/Paris")
    assert said == "Friday 2 October, 10:00 to 18:00 (Paris time, UTC+2)"
    said = span(EN, MONDAY, FRIDAY, "Asia/Kolkata")
    assert said == "Monday 28 September, 15:30 to Friday 2 October, 21:30 (Kolkata time, UTC+5:30)"


def test_a_zone_says_no_distance_that_does_not_hold_all_the_time() -> None:
    assert zone_spoken(EN, "Europe/Paris", "2026-10-24T10:00:00.000000Z", "2026-10-26T10:00:00.000000Z") == "Paris time"
    assert zone_spoken(EN, "America/New_York", FRIDAY) == "New York time, UTC−4"
    assert zone_spoken(EN, "UTC", FRIDAY) == "UTC"


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (
            "2026-10-24T16:00:00.000000Z",
            "2026-10-26T17:00:00.000000Z",
            "Saturday 24 October, 18:00 (UTC+2) to Monday 26 October, 18:00 (UTC+1) (Paris time)",
        ),
        (
            "2026-10-25T00:30:00.000000Z",
            "2026-10-25T01:30:00.000000Z",
            "Sunday 25 October, 02:30 (UTC+2) to 02:30 (UTC+1) (Paris time)",
        ),
        (
            "2027-03-28T00:30:00.000000Z",
            "2027-03-28T01:30:00.000000Z",
            "Sunday 28 March, 01:30 (UTC+1) to 03:30 (UTC+2) (Paris time)",
        ),
    ],
)
def test_when_clocks_are_set_each_hour_says_its_distance(start: str, end: str, words: str) -> None:
    assert span(EN, start, end, "Europe/Paris") == words


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Asia/Tehran", "Saturday 24 October, 19:30 to Monday 26 October, 20:30 (Tehran time, UTC+3:30)"),
        ("Asia/Kathmandu", "Saturday 24 October, 21:45 to Monday 26 October, 22:45 (Kathmandu time, UTC+5:45)"),
        ("Africa/Asmara", "Saturday 24 October, 19:00 to Monday 26 October, 20:00 (Asmara time, UTC+3)"),
    ],
)
def test_zones_whose_clocks_stay_say_their_distance_once(zone: str, words: str) -> None:
    assert span(EN, "2026-10-24T16:00:00.000000Z", "2026-10-26T17:00:00.000000Z", zone) == words


def test_the_first_of_a_month_is_said_as_french_says_it() -> None:
    assert spoken(FR, "2026-10-01T10:00:00.000000Z", "Europe/Paris") == "jeudi 1er octobre à 12:00"


def html(state: CallState, language: str = "en", languages: tuple[str, ...] = ("en", "fr", "de")) -> str:
    text = replace(TEXT, language=language, needs="Tea\n#Tents", instead="https://give.test/")
    call = CALL.in_state(state).previewed("k7x2")
    return call_html(call, text, main="en", languages=languages, public_id="abcdefgh", addresses=ADDRESSES)


@pytest.mark.parametrize(
    ("state", "first"),
    [
        (CallState.OPEN, "CALL-OUT - A &amp; B - until"),
        (CallState.URGENT, "URGENT CALL-OUT - A &amp; B - until"),
        (CallState.MOVED, "MOVED - CALL-OUT - now: A &amp; B - until"),
        (CallState.OVER, "OVER - this call-out has ended - A &amp; B - until"),
        (CallState.CANCELLED, "CANCELLED - do not come - A &amp; B - until"),
    ],
)
def test_how_it_stands_comes_first(state: CallState, first: str) -> None:
    made = html(state)
    assert made.startswith(f"<p><strong>{first}")
    assert ("here.test/offer?about=k7x2" in made) is (state in {CallState.OPEN, CallState.URGENT, CallState.MOVED})


def test_everything_is_in_the_text_and_nothing_is_markup() -> None:
    made = html(CallState.OPEN)
    assert "<strong>Come &lt;now&gt;</strong>" in made
    assert "<p>Words</p>" in made
    assert 'href="https://here.test/tags/tents"' in made
    assert 'href="https://give.test/"' in made
    assert 'Read in: <a href="https://here.test/fr/p/abcdefgh"' in made
    assert 'href="https://here.test/p/abcdefgh#in-de" rel="nofollow noopener noreferrer">Deutsch</a>' in made
    assert made.count("English") == 0
    assert made.endswith(">here.test/c/k7x2</a></p>")


def test_a_language_without_a_catalogue_speaks_as_the_post_does() -> None:
    made = call_html(
        CALL.previewed(), replace(TEXT, language="de"), main="fr", languages=["fr", "de"], public_id="abcdefgh", addresses=ADDRESSES
    )  # fmt: skip
    assert made.startswith("<p><strong>APPEL - ")


def test_the_news_speak_the_language_of_the_text() -> None:
    text = replace(TEXT, language="fr", title="Venez !", place="près du pont")
    assert news(CALL.in_state(CallState.MOVED).previewed(), text, "fr").startswith("Changement : Venez")


async def test_a_difference_shows_place_hours_state_and_point(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    point = Point(latitude=1, longitude=2, until=FRIDAY)
    after = call_draft(place="near the bridge", starts_at=MONDAY, state=CallState.MOVED, point=point, needs="")
    found = {one.field: one.pieces for one in changes_of(post, after)}
    assert set(found) == {"place", "needs", "when", "state", "point"}
    assert [(one.mark, one.text) for one in found["state"]] == [(Mark.GONE, "open"), (Mark.NEW, "moved")]
    assert found["when"][1].text == "2026-09-28 12:00 – 2026-10-02 18:00 Europe/Paris"
    assert [one.mark for one in found["point"]] == [Mark.NEW]


def test_an_exact_place_and_a_number_in_what_is_needed_are_seen() -> None:
    draft = call_draft(point=Point(latitude=1, longitude=2, until=FRIDAY), needs="Call +33 6 12 34 56 78")
    signs = {one.sign for one in of_draft(draft, ["ada"])}
    assert {Sign.PLACE, Sign.PHONE} <= signs
    in_french = DraftText(language="fr", text="Venez", instead="ada")
    assert Sign.INSIDE_NAME in {one.sign for one in of_draft(replace(DRAFT, translations=(in_french,)), ["ada"])}


async def test_a_change_of_state_waits_for_a_second_pair_of_eyes_and_then_happens_whole(house: House) -> None:
    ada, eve = await organiser(house, "ada"), await organiser(house, "eve")
    post = await house.publishing.submit(ada, DRAFT, reason="It must go out now")
    await house.reviewing.approve(eve, *await look(house, eve))
    with pytest.raises(ReviewWanted):
        await house.calling.set_state(ada, post.public_id, CallState.CANCELLED, said="")
    assert (await house.calling.found(post.public_id)).call == post.call
    number, seen = await look(house, eve)
    shown = await house.reviewing.look(eve, number)
    assert "CANCELLED - do not come" in shown.texts[0].html
    assert [one.field for one in shown.changed] == ["state"]
    news = await house.reviewing.approve(eve, number, seen)
    assert news is not None
    assert news.kind is Kind.CORRECTION
    after = await house.calling.found(post.public_id)
    assert after.call is not None
    assert after.call.state is CallState.CANCELLED


async def test_what_cannot_wait_is_looked_at_afterwards(house: House) -> None:
    ada, eve = await organiser(house, "ada"), await organiser(house, "eve")
    post = await house.publishing.submit(ada, DRAFT, reason="It must go out now")
    await house.reviewing.approve(eve, *await look(house, eve))
    after = await house.calling.set_state(ada, post.public_id, CallState.URGENT, reason="They are there already")
    assert after.call is not None
    assert after.call.state is CallState.URGENT
    assert await house.reviews.count(eve) == 1


async def test_a_correction_may_hold_the_next_form_of_a_call_out(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    draft = replace(post.as_draft(), title="Come on Thursday", kind=Kind.CORRECTION, correction="Thursday, not Friday.")
    kept = await house.drafting.keep(CONSOLE, draft, edits=post.public_id)
    new = await house.drafting.publish(CONSOLE, kept.public_id)
    assert new is not None
    assert new.corrects == post.public_id
    with pytest.raises(Invalid, match="a place and an end"):
        await house.publishing.submit(CONSOLE, Draft(text="x", language="en", kind=Kind.CALL_OUT))
