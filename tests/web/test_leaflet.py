"""The leaflet of a call-out, its short address, and what of both is reckoned before anything is drawn."""

from __future__ import annotations

import re

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from server.app import build_app
from server.base import changes
from server.base.bundled import bundled
from server.base.ids import typed_code
from server.base.spoken import END, ISOLATE
from server.features.callouts import store as callouts_store
from server.features.posts.model import Audience, Post
from server.features.posts.model_call import CallState
from server.features.posts.wording import told_text
from server.features.safety.model import LockLevel
from server.house import House
from server.web.pages.leaflet_fit import LADDER, PAPERS, Paper, Words, cut_to, fitted, lines_of
from server.web.shared.language import PREFIX
from tests.calls import FARSI, NEEDS, PLACE, TEXT, called_out
from tests.world import CONSOLE, World, signed_in

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def call(world: World, house: House) -> Post:
    return await called_out(world, house)


class FaPrefix:
    """Says of each request that its path began with `/fa`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "path": scope["path"].removeprefix("/fa"), PREFIX: "/fa"}, receive, send)


def code_of(post: Post) -> str:
    assert post.call is not None
    return post.call.code


def words(text: str = TEXT, **more: str) -> Words:
    return Words(
        language=more.get("language", "en"),
        title=more.get("title", "Come to Calais"),
        facts=(("Where", more.get("place", PLACE)), ("Until", "Friday 2 October 2026, 18:00\nParis time, UTC+2")),
        text=text,
        needs=more.get("needs", NEEDS),
        instead=more.get("instead", "Tell others."),
        address="here.test/c/7k3m9q",
    )


# -- the short address ------------------------------------------------------------------------------------------------------


async def test_the_short_address_leads_to_the_call_out(world: World, house: House, call: Post) -> None:
    answer = await world.get(house.addresses.short(code_of(call)))
    assert answer.status_code == 302
    assert answer.headers["location"] == f"/p/{call.public_id}"


async def test_a_code_is_read_as_people_type_it(world: World, house: House, call: Post) -> None:
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE call_outs SET code = '01abc9'")
    for typed in ("01abc9", "OIABC9", "oLaBc9", "01a-bc9", "%D9%A0%D9%A1abc%D9%A9", "01abc9."):
        answer = await world.get(f"https://here.test/c/{typed}")
        assert answer.status_code == 302, typed


async def test_nobody_is_led_anywhere_by_other_codes(world: World, house: House, call: Post) -> None:
    for typed in ("zzzzzz", "x", "u" * 6, "%27--", "a" * 500):
        assert (await world.get(f"https://here.test/c/{typed}")).status_code == 404, typed


async def test_a_deleted_call_out_is_gone_on_paper_too(world: World, house: House, call: Post) -> None:
    await house.publishing.delete(CONSOLE, call.public_id)
    for url in (house.addresses.short(code_of(call)), f"https://here.test/p/{call.public_id}/leaflet"):
        answer = await world.get(url)
        assert answer.status_code == 410
        assert "This post was deleted" in answer.text


async def test_what_is_for_followers_alone_has_no_leaflet_and_no_short_address(world: World, house: House) -> None:
    post = await called_out(world, house, audience=Audience.FOLLOWERS)
    for url in (house.addresses.short(code_of(post)), f"https://here.test/p/{post.public_id}/leaflet"):
        assert (await world.get(url)).status_code == 404


async def test_while_only_the_statement_is_shown_no_call_out_is(world: World, house: House, call: Post) -> None:
    await house.locking.set_level(CONSOLE, LockLevel.STATEMENT_ONLY)
    for address in (house.addresses.short(code_of(call)), f"https://here.test/p/{call.public_id}/leaflet"):
        assert (await world.get(address)).status_code == 503
    assert call.public_id not in (await world.get("https://here.test/")).text


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("7K3M9Q", "7k3m9q"),
        ("oOiIlL", "001111"),
        (" 7k3 m9q ", "7k3m9q"),
        ("\uff17k3m9q", "7k3m9q"),
        ("۷k۳m۹q", "7k3m9q"),
        ("7k3m9", None),
        ("7k3m9qq", None),
        ("7k3m9u", None),
        ("", None),
    ],
)
def test_codes_are_read_as_crockford_reads_them(typed: str, read: str | None) -> None:
    assert typed_code(typed) == read


# -- the page ---------------------------------------------------------------------------------------------------------------


async def test_the_leaflet_says_everything_that_one_needs_to_come(world: World, house: House, call: Post) -> None:
    answer = await world.get(f"https://here.test/p/{call.public_id}/leaflet")
    assert answer.status_code == 200
    text = re.sub(r"<[^>]+>", " ", answer.text)
    for said in ("Come to Calais", PLACE, "Monday 28 September 2026, 10:00", "Friday 2 October 2026, 18:00"):
        assert said in text
    for said in ("Paris time, UTC+2", "Two vans with drivers", "Tell others", "@campaign@here.test", "Open"):
        assert said in text
    assert code_of(call) in text
    assert "<script" not in answer.text
    assert "style=" not in answer.text


async def test_the_leaflet_is_found_on_the_page_of_the_call_out_alone(world: World, house: House, call: Post) -> None:
    post = await world.publish(house, "An update")
    leaflet = f'href="/p/{call.public_id}/leaflet"'
    assert leaflet in (await world.get(house.addresses.post_page(call.public_id))).text
    assert "/leaflet" not in (await world.get(house.addresses.post_page(post.public_id))).text
    assert (await world.get(f"https://here.test/p/{post.public_id}/leaflet")).status_code == 404
    assert (await world.get("https://here.test/p/nosuchpost00/leaflet")).status_code == 404


async def test_each_size_is_asked_for_by_name_and_anything_else_is_a4(world: World, house: House, call: Post) -> None:
    for size, expected in (("a4", "a4"), ("a5", "a5"), ("A6", "a6"), ("a0", "a4"), ("", "a4")):
        text = (await world.get(f"https://here.test/p/{call.public_id}/leaflet?size={size}")).text
        assert f'<main class="sheet {expected} open' in text
        assert f'value="{expected}" aria-current="true"' in text


async def test_the_sheet_has_its_own_stylesheet_which_is_kept_for_good(world: World, house: House, call: Post) -> None:
    text = (await world.get(f"https://here.test/p/{call.public_id}/leaflet")).text
    (path,) = re.findall(r'rel="stylesheet" href="([^"]+)"', text)
    answer = await world.get(f"https://here.test{path}")
    assert answer.headers["content-type"].startswith("text/css")
    assert "max-age=31536000" in answer.headers["cache-control"]


async def test_the_leaflet_and_its_stylesheet_are_light(world: World, house: House, call: Post) -> None:
    answer = await world.get(f"https://here.test/p/{call.public_id}/leaflet")
    sheet = (bundled("templates") / "leaflet.css").read_bytes()
    assert len(answer.content) + len(sheet) < 14_000


async def test_a_language_of_the_address_is_kept_on_paper_and_on_the_way_back(
    world: World, house: House, call: Post
) -> None:
    app = FaPrefix(build_app(house, background=False))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://here.test") as client:
        text = (await client.get(f"/fa/p/{call.public_id}/leaflet")).text
        answer = await client.get(f"/fa/c/{code_of(call)}")
    assert f"<span>/fa/c/{code_of(call)}</span>" in text
    assert f'href="/fa/p/{call.public_id}"' in text
    assert answer.headers["location"] == f"/fa/p/{call.public_id}"


async def test_the_words_are_those_of_the_language_or_the_main_ones(call: Post) -> None:
    assert told_text(call, "fa").title == FARSI.title
    assert told_text(call, "ti").title == "Come to Calais"


async def test_a_leaflet_speaks_the_language_of_its_text(world: World, house: House) -> None:
    post = await called_out(world, house, language="ar", translations=(), title="تعالوا")
    text = (await world.get(f"https://here.test/p/{post.public_id}/leaflet")).text
    assert 'lang="ar" dir="rtl"' in text
    assert "ما المطلوب" in text
    assert "الجمعة 2 أكتوبر 2026، الساعة 18:00" in text


async def test_a_leaflet_in_farsi_has_the_solar_day_and_the_city_in_farsi(world: World, house: House) -> None:
    post = await called_out(world, house, language="fa", translations=(), title="بیایید")
    text = (await world.get(f"https://here.test/p/{post.public_id}/leaflet")).text
    assert "جمعه ۲ اکتبر ۲۰۲۶ (۱۰ مهر ۱۴۰۵)" in text
    assert "پاریس" in text
    assert "Paris" not in text


async def test_a_latin_tag_on_a_leaflet_from_right_to_left_begins_with_its_sign(world: World, house: House) -> None:
    said = "بیایید #Calais و @soup@kitchen.example"
    post = await called_out(world, house, language="fa", translations=(), title="بیایید", text=said)
    text = (await world.get(f"https://here.test/p/{post.public_id}/leaflet")).text
    for name in ("#Calais", "@soup@kitchen.example"):
        assert f"{ISOLATE}{name}{END}" in text
    plain = await called_out(world, house, translations=(), text="Come #Calais")
    assert ISOLATE not in (await world.get(f"https://here.test/p/{plain.public_id}/leaflet")).text


# -- what fits --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("paper", PAPERS.values(), ids=list(PAPERS))
def test_a_short_text_is_larger_than_a_long_one_and_neither_is_cut(paper: Paper) -> None:
    short, normal = fitted(words("Tonight.", needs="", instead=""), paper), fitted(words(), paper)
    assert short.text > normal.text
    assert not short.cut
    assert not normal.cut
    assert normal.words == words()


@pytest.mark.parametrize("paper", PAPERS.values(), ids=list(PAPERS))
def test_a_text_that_is_too_long_is_cut_at_a_word_and_nothing_else_is(paper: Paper) -> None:
    given = words("\n".join([TEXT] * 40))
    found = fitted(given, paper)
    assert found.cut
    assert found.text == paper.smallest
    assert (found.words.title, found.words.facts, found.words.needs) == (given.title, given.facts, given.needs)
    assert found.words.text.endswith("…")
    assert given.text.startswith(found.words.text.removesuffix("…").rstrip())


def test_a_title_gives_way_before_a_text_is_cut() -> None:
    paper, title = PAPERS["a6"], "Come to Calais and stay"
    short, long = (
        fitted(words("Tonight.", title=title, needs=""), paper),
        fitted(words(" ".join([TEXT] * 3), title=title), paper),
    )
    assert long.title < short.title
    assert not long.cut


def test_lines_break_between_words_and_within_one_only_if_it_is_longer_than_a_line() -> None:
    assert lines_of("nnnn nnnn", 14, 4) == 2
    assert lines_of("nnnn nnnn", 28, 4) == 1
    assert lines_of("n" * 40, 28, 4) == 4
    assert lines_of("a\n\nb", 28, 4) == 2


@pytest.mark.parametrize("paper", PAPERS.values(), ids=list(PAPERS))
def test_even_without_end_of_everything_place_and_hours_stand(paper: Paper) -> None:
    given = words("word " * 1000, title="Come " * 40, needs="thing\n" * 300, instead="other " * 600)
    found = fitted(given, paper)
    assert (found.words.title, found.words.facts) == (given.title, given.facts)
    assert found.words.needs
    assert found.words.instead
    assert len(found.words.needs) < len(given.needs)


def test_a_text_is_cut_to_lines_and_never_within_a_word() -> None:
    assert cut_to("short", 1, 100, 4) == "short"
    cut = cut_to("several words that are too many for one line of this paper", 1, 60, 4)
    assert cut.endswith(" …")
    assert lines_of(cut, 60, 4) == 1
    assert "several words".startswith(cut.removesuffix(" …")) or cut.startswith("several words")
    assert cut_to("first\nsecond\nthird", 2, 100, 4) == "first\nsecond …"


def test_the_stylesheet_has_a_class_for_each_size_that_is_chosen() -> None:
    sheet = (bundled("templates") / "leaflet.css").read_text()
    texts = [step for step in LADDER if any(one.smallest <= step <= one.largest for one in PAPERS.values())]
    for name, variable, steps in (("t", "t", LADDER), ("f", "f", texts), ("l", "a", [s for s in LADDER if s <= 100])):
        for step in steps:
            assert f".{name}{step}{{--{variable}:{step / 10:g}}}" in sheet
    for one in PAPERS.values():
        assert f"@page {one.name}{{size:{one.width}mm {one.height}mm;margin:0}}" in sheet


async def test_the_desk_shows_the_short_address_its_code_and_the_way_to_paper(
    world: World, house: House, call: Post
) -> None:
    async with signed_in(world, house) as organiser:
        text = (await organiser.get("/desk/posts")).text
    assert f"here.test/c/{code_of(call)}" in text
    assert f'href="/p/{call.public_id}/leaflet"' in text
    (picture,) = re.findall(r'src="data:image/svg\+xml[^"]+"', text)
    assert picture


# -- signatures on the Desk -------------------------------------------------------------------------------------------------


async def test_an_organiser_lets_a_group_sign_and_takes_it_off_on_the_desk(
    world: World, house: House, call: Post
) -> None:
    group, page = world.peer("group.test", "group"), house.addresses.post_page(call.public_id)
    await group.send(house, group.activity("Announce", world.uri(house, call)))
    actor = await house.remote.actor(group.uri)
    path = f"/desk/posts/{call.public_id}/signatures"
    assert "Signed by" not in (await world.get(page)).text
    async with signed_in(world, house) as organiser:
        assert "Let this group sign" in (await organiser.get(path)).text
        answer = await organiser.post(path, {"actor": str(actor.id), "answer": "yes"})
        assert "They sign it from now on." in answer.text
        assert "let sign by you" in answer.text
        assert "Signed by 1 group" in (await world.get(page)).text
        answer = await organiser.post(path, {"actor": str(actor.id), "answer": "no"})
        assert "taken off" in answer.text
        assert "Signed by" not in (await world.get(page)).text
        for wrong in ({"actor": str(actor.id), "answer": "maybe"}, {"actor": "x", "answer": "yes"}):
            assert (await organiser.post(path, wrong)).status_code == 422


async def test_a_post_that_is_no_call_out_has_no_signatures(world: World, house: House) -> None:
    post = await world.publish(house, "An update")
    async with signed_in(world, house) as organiser:
        assert (await organiser.get(f"/desk/posts/{post.public_id}/signatures")).status_code == 404
        assert "/signatures" not in (await organiser.get("/desk/posts")).text


async def test_the_page_drops_a_name_at_once_with_a_block_and_with_the_end_of_an_alliance(
    world: World, house: House, call: Post
) -> None:
    page = house.addresses.post_page(call.public_id)
    for host in ("one.test", "two.test"):
        peer = world.peer(host, "heron")
        await house.allies.mark_host(CONSOLE, host)
        await peer.send(house, peer.activity("Announce", world.uri(house, call)))
    assert "Signed by 2 groups" in (await world.get(page)).text
    await house.acting.block_host(CONSOLE, "one.test")
    assert "Signed by 1 group" in (await world.get(page)).text
    number = next(one.id for one in await house.allies.allies(CONSOLE) if one.target == "two.test")
    await house.allies.forget(CONSOLE, number)
    assert "Signed by" not in (await world.get(page)).text


async def test_a_leaflet_says_how_the_call_out_stands(world: World, house: House, call: Post) -> None:
    url = f"https://here.test/p/{call.public_id}/leaflet"
    for state, word in ((CallState.URGENT, "Urgent"), (CallState.OVER, "Over"), (CallState.CANCELLED, "Cancelled")):
        async with house.database.transaction() as tx:
            await callouts_store.set_state(tx, call.id, state)
            await changes.record(tx, "post", call.public_id)
        assert f'<span class="state">{word}</span>' in (await world.get(url)).text


async def test_a_content_warning_stands_before_the_text(world: World, house: House) -> None:
    post = await called_out(world, house, warning="Police, eviction")
    text = (await world.get(f"https://here.test/p/{post.public_id}/leaflet")).text
    assert text.index("<p>Police, eviction</p>") < text.index("<p>The camps are to be cleared")


async def test_many_signatures_are_shown_behind_one_line(world: World, house: House, call: Post) -> None:
    await house.allies.mark_host(CONSOLE, "many.test")
    for number in range(14):
        peer = world.peer("many.test", f"group{number}")
        await peer.send(house, peer.activity("Announce", world.uri(house, call)))
    text = (await world.get(house.addresses.post_page(call.public_id))).text
    assert "Signed by 14 groups" in text
    assert "Show 2 more" in text
    assert text.count("https://many.test/@group") == 14


async def test_a_leaflet_tells_its_day_in_the_years_and_towns_of_its_readers(world: World, house: House) -> None:
    post = await called_out(world, house)
    text = (await world.get(f"https://here.test/fa/p/{post.public_id}/leaflet")).text
    assert "جمعه ۲ اکتبر ۲۰۲۶ (۱۰ مهر ۱۴۰۵)، ساعت ۱۸:۰۰" in text
    assert "پاریس" in text
    assert "Paris" not in text
