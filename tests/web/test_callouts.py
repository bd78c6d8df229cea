"""Call-outs on the Desk and on the pages: a form, how they stand, the band."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import httpx
import pytest

from server.features.posts.model import Draft, DraftText, Post
from server.features.posts.model_call import CallState, Point
from server.features.posts.views import call_outs
from server.house import House
from tests.features.test_callouts import CALL, DRAFT, FRIDAY, call_draft
from tests.world import CONSOLE, Organiser, World, later, signed_in

pytestmark = pytest.mark.anyio

FORM = {
    "call": "1",
    "title": "Come on Friday",
    "place": "near the port",
    "starts": "",
    "until": "2026-10-02T18:00",
    "zone": "Europe/Paris",
    "text": "Come and stand with us.",
    "needs": "Tents\nTea",
    "instead": "Lend a car",
    "language": "en",
    "audience": "public",
}


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


async def calls(house: House) -> list[Post]:
    async with house.database.snapshot() as snapshot:
        return await call_outs(snapshot, house.actors.campaign().id)


async def sent(desk: Organiser, path: str = "/desk/call", **more: Any) -> httpx.Response:
    answer = await desk.post(path, {**FORM, **more})
    assert answer.status_code in {200, 409, 422}
    return answer


def value_of(html: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', html)
    return found[1] if found else ""


async def test_the_form_makes_a_call_out(house: House, world: World) -> None:
    async with signed_in(world, house) as desk:
        page = (await desk.get("/desk/call")).text
        assert value_of(page, "call") == "1"
        answer = await sent(desk, starts="2026-09-28T12:00", urgent="on")
        assert "It is on its way" in answer.text
    (post,) = await calls(house)
    assert post.call is not None
    assert (post.call.starts_at, post.call.ends_at) == ("2026-09-28T10:00:00.000000Z", FRIDAY)
    assert (post.call.state, post.main.place, post.main.needs) == (CallState.URGENT, "near the port", "Tents\nTea")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"place": ""}, "place"),
        ({"until": ""}, "until"),
        ({"until": "2026-09-01T10:00"}, "until"),
        ({"until": "2027-03-28T02:30"}, "until"),
        ({"title": "", "text": ""}, "title"),
        ({"point": "somewhere"}, "point"),
        ({"point": "95, 1"}, "point"),
        ({"point": "50.1, 1.2", "point_until": "2026-11-01T10:00"}, "point_until"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_no_word_is_lost(
    house: House, world: World, given: dict[str, str], field: str
) -> None:
    async with signed_in(world, house) as desk:
        answer = await sent(desk, **given)
    assert answer.status_code == 422
    assert f'id="wrong-{field}"' in answer.text
    assert re.search(rf'name="{field}"[^>]*aria-describedby="wrong-{field}"', answer.text)
    assert "Tents\nTea" in answer.text
    assert await calls(house) == []


async def test_a_draft_may_lack_everything_and_saves_itself(house: House, world: World) -> None:
    async with signed_in(world, house) as desk:
        kept = await desk.post(
            "/desk/write/autosave", {**FORM, "until": "", "place": "", "key": "k", "point": "50.9, 1.8"}
        )
        assert kept.status_code == 200, kept.text
        form = (await desk.get(kept.json()["url"])).text
        assert value_of(form, "title") == "Come on Friday"
        again = await desk.post(
            f"{kept.json()['url']}/autosave", {**FORM, "version": str(kept.json()["version"]), "point": ""}
        )
        assert again.status_code == 200, again.text
        form = (await desk.get(kept.json()["url"])).text
        assert value_of(form, "until") == "2026-10-02T18:00"
        assert "Come on Friday" in (await desk.get("/desk/drafts")).text
        preview = (await desk.get(f"{kept.json()['url']}/preview")).text
        assert "CALL-OUT - near the port - until Friday 2 October, 18:00 (Paris time, UTC+2)" in preview
        planned = await desk.post(f"{kept.json()['url']}/schedule", {"when": "2026-10-03T10:00", "zone": "UTC"})
        assert planned.status_code == 422
    assert await calls(house) == []


async def test_an_edit_starts_from_what_stands(house: House, world: World) -> None:
    point = Point(latitude=50.9668, longitude=1.8622, until=FRIDAY)
    post = await house.publishing.submit(CONSOLE, call_draft(point=point))
    async with signed_in(world, house) as desk:
        path = f"/desk/posts/{post.public_id}/edit"
        form = (await desk.get(path)).text
        assert value_of(form, "place") == "near the port"
        assert value_of(form, "point") == "50.9668, 1.8622"
        answer = await sent(desk, path, title="Come on Thursday", state="moved", until="2026-10-01T18:00", point="")
        assert "Other servers are told" in answer.text
    (after,) = await calls(house)
    assert after.call is not None
    assert (after.main.title, after.call.state, after.call.point) == ("Come on Thursday", CallState.MOVED, None)


async def test_one_choice_then_one_form_changes_how_it_stands(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    path = f"/desk/posts/{post.public_id}/state"
    async with signed_in(world, house) as desk:
        assert "?to=cancelled" in (await desk.get(path)).text
        moved = (await desk.get(f"{path}?to=moved")).text
        assert re.search(r'name="tell" checked', moved)
        assert value_of(moved, "place") == "near the port"
        assert not re.search(r'name="tell" checked', (await desk.get(f"{path}?to=over")).text)
        hours = {"place": "the bridge", "until": "2026-10-02T20:00", "zone": "Europe/Paris", "starts": ""}
        answer = await desk.post(path, {"to": "moved", "tell": "on", **hours})
        assert "Changed." in answer.text
        past = await desk.post(path, {"to": "open", **hours, "until": "2026-09-01T20:00"})
        assert past.status_code == 422
        assert 'id="wrong-until"' in past.text
    (after,) = await calls(house)
    assert after.call is not None
    assert (after.call.state, after.main.place, len(after.corrections)) == (CallState.MOVED, "the bridge", 1)


async def test_a_plain_post_has_no_such_screen(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, Draft(text="Words", language="en"))
    async with signed_in(world, house) as desk:
        assert (await desk.get(f"/desk/posts/{post.public_id}/state")).status_code == 404


async def test_the_band_says_everything_and_leads_on(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, call_draft(starts_at="2026-09-28T10:00:00.000000Z"))
    assert post.call is not None
    for url in ("https://here.test/", f"https://here.test/p/{post.public_id}"):
        page = (await world.get(url)).text
        assert page.count('class="call"') == 1
        assert "Open call-out" in page
        assert "near the port" in page
        assert re.search(r'<time datetime="2026-10-02T16:00:00Z">Friday 2 October, 18:00</time>', page)
        assert "Paris time, UTC+2" in page
        assert f'href="/en/p/{post.public_id}/event.ics"' in page
        assert f'href="/offer?about={post.call.code}"' in page
        assert f'href="/p/{post.public_id}/leaflet"' in page
        assert "I can come I cannot, but…" in re.sub(r"<[^>]+>", "", page), "apart also without a stylesheet"


async def test_a_countdown_stands_beside_the_hour_that_it_counts_to(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, call_draft(starts_at="2026-09-28T12:00:00.000000Z"))
    url = f"https://here.test/p/{post.public_id}"
    facts = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", (await world.get(url)).text)
    assert [name for name, said in facts if "starts in 2 hours" in said] == ["Starts"]
    later(world, hours=3)
    facts = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", (await world.get(url)).text)
    assert [name for name, said in facts if "left" in said] == ["Until"]


async def test_several_needs_are_a_list_and_one_is_a_line(house: House, world: World) -> None:
    post = await house.publishing.submit(
        CONSOLE, call_draft(needs="Tents\n\nPeople who speak Farsi", instead="Lend a car")
    )
    page = (await world.get(f"https://here.test/p/{post.public_id}")).text
    assert '<ul lang="en" dir="ltr"><li>Tents</li><li>People who speak Farsi</li></ul>' in page
    assert '<bdi lang="en">Lend a car</bdi>' in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (CallState.OVER, "It has ended."),
        (CallState.CANCELLED, "Please do not come"),
        (CallState.MOVED, "The place or the time has changed."),
    ],
)
async def test_how_it_stands_is_said_in_words(house: House, world: World, state: CallState, words: str) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    moved = replace(CALL, place="the bridge") if state is CallState.MOVED else None
    await house.calling.set_state(CONSOLE, post.public_id, state, call=moved)
    page = (await world.get(f"https://here.test/p/{post.public_id}")).text
    assert words in page
    assert ("I can come" in page) is (state is CallState.MOVED)


async def test_open_call_outs_stand_first_on_the_home_page_and_once(house: House, world: World) -> None:
    call = await house.publishing.submit(CONSOLE, DRAFT)
    later(world, minutes=5)
    await house.publishing.submit(CONSOLE, Draft(text="Later words", language="en"))
    page = (await world.get("https://here.test/")).text
    assert page.index("Come on Friday") < page.index("search there for") < page.index("Later words")
    assert page.count("search there for") == 1
    assert page.count(f'id="{call.public_id}"') == 1


async def test_the_exact_place_leaves_the_page_at_its_time_and_never_reaches_other_servers(
    house: House, world: World
) -> None:
    point = Point(latitude=50.9668, longitude=1.8622, until="2026-09-29T10:00:00.000000Z")
    post = await house.publishing.submit(CONSOLE, call_draft(point=point))
    url = f"https://here.test/p/{post.public_id}"
    assert "50.9668" in (await world.get(url)).text
    assert "50.9668" not in (await world.get(world.uri(house, post), "application/activity+json")).text
    later(world, days=2)
    await house.calling.erase_points()
    assert "50.9668" not in (await world.get(url)).text


async def test_history_shows_changed_hours_and_places(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    later(world, minutes=5)
    moved = replace(CALL, place="the bridge", ends_at="2026-10-02T18:00:00.000000Z")
    await house.calling.set_state(CONSOLE, post.public_id, CallState.MOVED, call=moved)
    page = (await world.get(f"https://here.test/p/{post.public_id}/history")).text
    gone, new = re.findall(r"<del>.*?</del>", page, re.DOTALL), re.findall(r"<ins>.*?</ins>", page, re.DOTALL)
    assert any("port" in one for one in gone)
    assert any("bridge" in one for one in new)
    assert any("20" in one for one in new)


async def test_place_and_needs_are_found(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, call_draft(place="lighthouse", needs="blankets", instead="firewood"))
    await house.search.catch_up()
    for word in ("lighthouse", "blankets", "firewood"):
        assert post.public_id in (await world.get(f"https://here.test/search?q={word}")).text


async def test_feeds_and_the_client_api_say_everything(house: House, world: World) -> None:
    await house.publishing.submit(CONSOLE, DRAFT)
    feed = (await world.get("https://here.test/feed.json", "application/json")).json()
    assert "CALL-OUT - near the port" in feed["items"][0]["content_html"]
    assert feed["items"][0]["title"] == "Open call-out: Come on Friday"
    assert "CALL-OUT - near the port" in (await world.get("https://here.test/feed.atom", "*/*")).text


async def test_other_languages_have_pages_with_their_own_words(house: House, world: World) -> None:
    french = DraftText(language="fr", text="Venez", title="Venez vendredi", place="près du port", needs="Du thé")
    post = await house.publishing.submit(CONSOLE, replace(DRAFT, translations=(french,)))
    page = (await world.get(f"https://here.test/p/{post.public_id}")).text
    assert f'href="/fr/p/{post.public_id}"' in page
    assert "près du port" not in page
    assert "près du port" in (await world.get(f"https://here.test/fr/p/{post.public_id}")).text
    note = (await world.get(world.uri(house, post), "application/activity+json")).json()
    assert note["content"] == note["contentMap"]["en"]
    assert "APPEL" in note["contentMap"]["fr"]
    assert f'href="https://here.test/fr/p/{post.public_id}"' in note["content"]


async def test_an_exact_place_is_shown_no_longer_than_said_even_if_nobody_erases_it(world: World) -> None:
    house = await world.campaign("here.test")
    point = Point(latitude=50.951234, longitude=1.858765, until="2026-09-28T12:00:00.000000Z")
    post = await house.publishing.submit(CONSOLE, replace(DRAFT, call=replace(CALL, point=point)))
    paths = ["/", f"/p/{post.public_id}", f"/fa/p/{post.public_id}", "/archive/2026-09"]
    for path in paths:
        assert "50.951234" in (await world.get(f"https://here.test{path}")).text
    later(world, hours=3)
    for path in paths:
        assert "50.95" not in (await world.get(f"https://here.test{path}")).text, path
