"""Feeds, for readers who follow without an account: three formats, one truth."""

from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ET
from typing import Any

import httpx
import pytest

from server.features.posts.model import Draft, DraftMedia, DraftText
from server.features.safety.model import LockLevel
from server.house import House
from server.web.shared.caching import unchanged_since
from tests.calling import call_out
from tests.flows.test_outbound import picture
from tests.web.reading import ATOM, HOME, STRICT, feed_in, parsed, strict_atom, strict_json, strict_rss
from tests.world import CONSOLE, World, later

FORMATS = ["atom", "rss", "json"]
HOSTILE = 'Ampersands & <angles> "quotes" ]]> <script>alert(1)</script> &lt;b&gt; \ufffe \U0001f6a2 #harbour'


async def titles(world: World, path: str) -> list[str]:
    return [item.title for item in parsed(await world.get(f"{HOME}{path}")).entries]


async def test_the_atom_feed_is_well_formed_and_tells_all_a_reader_needs(world: World) -> None:
    house = await world.campaign("here.test")
    item = await house.media.add(picture())
    words = 'Ampersands & <angles> "quotes" ]]> #harbour'
    post = await world.publish(house, words, media=(DraftMedia(public_id=item.public_id, alt="A <wall>"),))
    answer = await world.get("https://here.test/feed.atom")
    feed = strict_atom(answer)
    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}id") == world.uri(house, post)
    assert entry.findtext(f"{ATOM}published") == entry.findtext(f"{ATOM}updated") == "2026-09-28T09:30:00Z"
    content = entry.findtext(f"{ATOM}content") or ""
    assert "Ampersands &amp; &lt;angles&gt;" in content
    assert 'alt="A &lt;wall&gt;"' in content
    assert [one.get("term") for one in entry.findall(f"{ATOM}category")] == ["harbour"]
    links = {one.get("rel"): one.get("href") for one in feed.findall(f"{ATOM}link")}
    assert links["self"] == "https://here.test/feed.atom"
    assert links["alternate"] == "https://here.test/"


@pytest.mark.parametrize("name", FORMATS)
async def test_every_format_stands_before_a_strict_reader_and_a_lenient_one(world: World, name: str) -> None:
    house = await world.campaign("here.test")
    item = await house.media.add(picture())
    await world.publish(house, HOSTILE, media=(DraftMedia(public_id=item.public_id, alt='A "<wall>" & more'),))
    await world.publish(house, "خبر #harbour", language="ar", warning="تحذير <b>")
    await world.publish(house, "Come to the port", **call_out())
    answer = await world.get(f"{HOME}/feed.{name}")
    STRICT[name](answer)
    assert "<script" not in answer.text
    if name != "json":
        assert len(parsed(answer).entries) == 3


@pytest.mark.parametrize("name", ["atom", "rss"])
async def test_a_reader_finds_words_times_tags_and_pictures(world: World, name: str) -> None:
    house = await world.campaign("here.test")
    item = await house.media.add(picture())
    post = await world.publish(house, HOSTILE, media=(DraftMedia(public_id=item.public_id, alt="A wall"),))
    feed = parsed(await world.get(f"{HOME}/feed.{name}"))
    (entry,) = feed.entries
    assert feed.feed.title == "Campaign campaign"
    assert entry.id == world.uri(house, post)
    assert entry.link == house.addresses.post_page(post.public_id)
    assert entry.published_parsed[:5] == (2026, 9, 28, 9, 30)
    assert [tag.term for tag in entry.tags] == ["harbour"]
    (file,) = entry.enclosures
    url = file.href
    got = await world.get(url)
    assert (file.type, int(file.length)) == (got.headers["content-type"], len(got.content))
    body = entry.content[0].value if name == "atom" else entry.summary
    assert f'<img src="{url}"' in body
    assert "&lt;script&gt;" in body
    assert "\ufffe" not in body


async def test_a_sensitive_picture_comes_with_no_feed(world: World) -> None:
    house = await world.campaign("here.test")
    item = await house.media.add(picture())
    await world.publish(house, "Careful", sensitive=True, media=(DraftMedia(public_id=item.public_id, alt="Smoke"),))
    for name in FORMATS:
        assert item.public_id not in (await world.get(f"{HOME}/feed.{name}")).text


async def test_an_edit_moves_updated_and_not_the_id(world: World) -> None:
    house = await world.campaign("here.test")
    post = await world.publish(house, "One")
    later(world, minutes=90)
    await house.publishing.edit(CONSOLE, post.public_id, Draft(text="Two", language="en"))
    entry = ET.fromstring((await world.get("https://here.test/feed.atom")).content).find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}id") == world.uri(house, post)
    assert entry.findtext(f"{ATOM}published") == "2026-09-28T09:30:00Z"
    assert entry.findtext(f"{ATOM}updated") == "2026-09-28T11:00:12Z"
    (item,) = (await world.get("https://here.test/feed.json")).json()["items"]
    assert item["date_modified"] == "2026-09-28T11:00:12Z"
    (item,) = parsed(await world.get(f"{HOME}/feed.rss")).entries
    assert item.updated == "2026-09-28T11:00:12Z"


async def test_the_json_feed_says_the_same(world: World) -> None:
    house = await world.campaign("here.test")
    post = await world.publish(house, "خبر #harbour", language="ar", warning="تحذير")
    feed = strict_json(await world.get("https://here.test/feed.json"))
    (item,) = feed["items"]
    assert item["id"] == world.uri(house, post)
    assert item["url"] == house.addresses.post_page(post.public_id)
    assert (item["language"], item["title"], item["tags"]) == ("ar", "تحذير", ["harbour"])
    assert 'dir="rtl"' in item["content_html"]


async def test_an_empty_feed_is_a_feed(world: World) -> None:
    await world.campaign("here.test")
    assert strict_atom(await world.get("https://here.test/feed.atom")).find(f"{ATOM}entry") is None
    assert strict_rss(await world.get("https://here.test/feed.rss")).find("item") is None
    assert strict_json(await world.get("https://here.test/feed.json"))["items"] == []


@pytest.mark.parametrize("kind", FORMATS)
async def test_a_feed_holds_the_newest_thirty(world: World, kind: str) -> None:
    house = await world.campaign("here.test")
    for number in range(33):
        await house.publishing.submit(CONSOLE, Draft(text=f"entry{number:02}", language="en"))
    text = (await world.get(f"https://here.test/feed.{kind}")).text
    assert [number for number in range(33) if f"entry{number:02}" in text] == list(range(3, 33))


async def some_of_everything(world: World) -> House:
    house = await world.campaign("here.test")
    await world.publish(house, "Tea is ready #harbour")
    await world.publish(house, "Come by Friday #harbour", **call_out())
    await world.publish(house, "Come now #port", **call_out(urgent=True, title="Come at once"))
    return house


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", ["Urgent call-out: Come at once", "Open call-out: Come to Calais", "Tea is ready #harbour"]),
        ("?kind=all", ["Urgent call-out: Come at once", "Open call-out: Come to Calais", "Tea is ready #harbour"]),
        ("?kind=call-outs", ["Urgent call-out: Come at once", "Open call-out: Come to Calais"]),
        ("?kind=urgent", ["Urgent call-out: Come at once"]),
        ("?tag=harbour", ["Open call-out: Come to Calais", "Tea is ready #harbour"]),
        ("?tag=%23HARBOUR", ["Open call-out: Come to Calais", "Tea is ready #harbour"]),
        ("?kind=call-outs&tag=harbour", ["Open call-out: Come to Calais"]),
        ("?kind=urgent&tag=harbour", []),
    ],
)
async def test_a_feed_is_as_narrow_as_it_was_asked_for(world: World, query: str, wanted: list[str]) -> None:
    await some_of_everything(world)
    for name in ("atom", "rss"):
        assert await titles(world, f"/feed.{name}{query}") == wanted
    items = strict_json(await world.get(f"{HOME}/feed.json{query}"))["items"]
    assert len(items) == len(wanted)


@pytest.mark.parametrize(
    ("query", "exact"),
    [
        ("", ""),
        ("?kind=all&utm_source=x", ""),
        ("?tag=Harbour&kind=urgent&x=<script>", "?kind=urgent&tag=harbour"),
        ("?tag=harbour", "?tag=harbour"),
    ],
)
async def test_a_feed_knows_its_own_address_and_repeats_nothing_else(world: World, query: str, exact: str) -> None:
    await some_of_everything(world)
    for name in FORMATS:
        answer = await world.get(f"{HOME}/feed.{name}{query}")
        assert "<script" not in answer.text
        assert "utm" not in answer.text
        links = [] if name == "json" else parsed(answer).feed.links
        own = next((link.href for link in links if link.rel == "self"), None) or answer.json()["feed_url"]
        assert own == f"{HOME}/feed.{name}{exact}"
        assert (await world.get(own)).content == answer.content


async def test_ids_of_feeds_are_their_own_and_do_not_move(world: World) -> None:
    house = await some_of_everything(world)
    ids = [parsed(await world.get(f"{HOME}/feed.atom{query}")).feed.id for query in ("", "?kind=urgent", "?tag=port")]
    assert ids[0] == house.actors.uri(house.actors.campaign()), "as it was before there were others"
    assert len(set(ids)) == 3


@pytest.mark.parametrize("query", ["?kind=rumours", "?kind=<script>", "?tag=nothing", "?tag=" + "a" * 101])
async def test_what_no_feed_holds_is_not_found_and_says_so(world: World, query: str) -> None:
    await some_of_everything(world)
    for name in FORMATS:
        answer = await world.get(f"{HOME}/feed.{name}{query}")
        assert answer.status_code == 404
        assert "<script" not in answer.text
        assert "There is no such" in answer.text or "Nothing was said under this tag yet." in answer.text


async def test_a_call_out_says_where_and_when_and_what_is_needed(world: World) -> None:
    house = await world.campaign("here.test")
    await world.publish(house, "Stand with us", **call_out(urgent=True))
    body = parsed(await world.get(f"{HOME}/feed.atom")).entries[0].content[0].value
    for words in ("URGENT CALL-OUT - near the port", "29 September, 10:00 to Friday 2 October", "Stand with us", "Cars &amp; beds", "Send ideas"):  # fmt: skip
        assert words in body


async def test_a_correction_is_marked_on_both_sides(world: World) -> None:
    house = await world.campaign("here.test")
    wrong = await world.publish(house, "Meet at the quay #harbour", **call_out())
    later(world, minutes=30)
    right = await world.correct(house, wrong, "Meet at the gate #harbour", "The meeting point was wrong", **call_out())
    pages = {one.public_id: house.addresses.post_page(one.public_id) for one in (wrong, right)}
    for name in ("atom", "rss"):
        new, old = parsed(await world.get(f"{HOME}/feed.{name}")).entries
        assert new.title.startswith("Correction: ")
        assert [link.href for link in new.links if link.rel == "related"] == [pages[wrong.public_id]]
        assert [link.href for link in old.links if link.rel == "related"] == [pages[right.public_id]]
        bodies = [entry.content[0].value if name == "atom" else entry.summary for entry in (new, old)]
        assert f'<a href="{pages[wrong.public_id]}">' in bodies[0]
        assert "Corrected on 28 September 2026" in bodies[1]
        assert old.updated > "2026-09-28T10:00"
    new_item, old_item = strict_json(await world.get(f"{HOME}/feed.json"))["items"]
    assert new_item["_callout"] == {"corrects": pages[wrong.public_id], "corrected_by": []}
    assert old_item["_callout"] == {"corrects": None, "corrected_by": [pages[right.public_id]]}
    for query in ("?kind=call-outs", "?tag=harbour"):
        assert len(await titles(world, f"/feed.rss{query}")) == 2, "whoever reads of calls alone hears of it too"


async def test_a_feed_in_a_language_says_each_post_in_it_or_marks_that_it_is_not(world: World) -> None:
    house = await world.campaign("here.test")
    await world.publish(house, "Only in English")
    await world.publish(house, "Come to the port", **call_out(french=True))
    atom = await feed_in(world, "fr", "/feed.atom?kind=all")
    feed = strict_atom(atom)
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "fr"
    assert [one.get("{http://www.w3.org/XML/1998/namespace}lang") for one in feed.findall(f"{ATOM}entry")] == [
        "fr",
        "en",
    ]
    call, english = parsed(atom).entries
    assert call.title == "Appel ouvert: Venez à Calais"
    assert "près du port" in call.content[0].value
    assert "Come to the port" not in call.content[0].value
    assert "Only in English" in english.content[0].value
    assert call.link.startswith(f"{HOME}/fr/p/")
    own = {link.rel: link.href for link in parsed(atom).feed.links}
    assert own == {"self": f"{HOME}/fr/feed.atom", "alternate": f"{HOME}/fr/"}
    items = strict_json(await feed_in(world, "fr", "/feed.json"))["items"]
    assert [item["language"] for item in items] == ["fr", "en"]
    rss = parsed(await feed_in(world, "fr", "/feed.rss?kind=call-outs"))
    assert (rss.feed.language, rss.feed.title) == ("fr", "Campaign campaign · Appels")
    assert [entry.id for entry in rss.entries] == [call.id]
    whole = parsed(await world.get(f"{HOME}/feed.atom")).entries[0]
    assert whole.id == call.id
    assert "Come to the port" in whole.content[0].value
    assert "Venez au port" in whole.content[0].value, "without a language a feed says all that is said"


async def test_a_correction_is_one_in_the_language_of_its_readers(world: World) -> None:
    house = await world.campaign("here.test")
    wrong = await world.publish(house, "Rendez-vous au quai", language="fr")
    await world.correct(house, wrong, "Rendez-vous à la grille", "Le lieu était faux")
    new = parsed(await feed_in(world, "fr", "/feed.rss")).entries[0]
    assert new.title.startswith("Correction"), new.title
    assert not new.title.startswith("Correction: Correction")


async def test_no_organiser_is_named_in_a_feed(world: World) -> None:
    house = await world.campaign("here.test")
    await world.publish(house, "Hello")
    for name in FORMATS:
        assert "ada" not in (await world.get(f"{HOME}/feed.{name}")).text.casefold().split()
    entry = parsed(await world.get(f"{HOME}/feed.atom")).entries[0]
    assert entry.get("author", "Campaign campaign") == "Campaign campaign"


@pytest.mark.parametrize("name", FORMATS)
async def test_a_deleted_post_leaves_its_feeds(world: World, name: str) -> None:
    house = await world.campaign("here.test")
    await world.publish(house, "Stays #harbour")
    post = await world.publish(house, "Leaves #harbour", **call_out())
    paths = [f"/feed.{name}{query}" for query in ("", "?kind=call-outs", "?tag=harbour")]
    for path in paths:
        assert "Leaves" in (await world.get(HOME + path)).text
    await house.publishing.delete(CONSOLE, post.public_id)
    for path in paths:
        assert "Leaves" not in (await world.get(HOME + path)).text


async def test_while_only_the_statement_is_shown_feeds_hold_nothing_else(world: World) -> None:
    house = await world.campaign("here.test")
    said = await world.publish(house, "The statement #harbour")
    await world.publish(house, "Another matter #harbour")
    await house.acting.pin(CONSOLE, said.public_id, pinned=True)
    await house.locking.set_level(CONSOLE, LockLevel(3))
    for name in FORMATS:
        for query, stands in (("", True), ("?tag=harbour", True), ("?tag=other", False), ("?kind=call-outs", False)):
            text = (await world.get(f"{HOME}/feed.{name}{query}")).text
            assert ("The statement" in text) is stands
            assert "Another matter" not in text
    assert (await world.get(f"{HOME}/feeds")).status_code == 503


def dated(answer: httpx.Response) -> str:
    found: str = answer.headers["last-modified"]
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", found)
    return found


@pytest.mark.parametrize("name", FORMATS)
async def test_what_did_not_change_is_not_sent_again(world: World, name: str) -> None:
    house = await world.campaign("here.test")
    await world.publish(house, "One")
    first = await world.get(f"{HOME}/feed.{name}")
    again = {"etag": {"If-None-Match": first.headers["etag"]}, "date": {"If-Modified-Since": dated(first)}}
    for headers in again.values():
        answer = await world.get(f"{HOME}/feed.{name}", extra=headers)
        assert (answer.status_code, answer.content) == (304, b"")
    both = {"If-None-Match": '"another"', "If-Modified-Since": dated(first)}
    assert (await world.get(f"{HOME}/feed.{name}", extra=both)).status_code == 200, "an ETag says more than a date"
    later(world, minutes=1)
    post = await world.publish(house, "Two")
    for headers in again.values():
        assert (await world.get(f"{HOME}/feed.{name}", extra=headers)).status_code == 200
    second = dated(await world.get(f"{HOME}/feed.{name}"))
    later(world, minutes=1)
    await house.publishing.delete(CONSOLE, post.public_id)
    answer = await world.get(f"{HOME}/feed.{name}", extra={"If-Modified-Since": second})
    assert answer.status_code == 200, "what went is news, too"
    assert "Two" not in answer.text


async def test_a_feed_made_anew_is_as_old_as_its_words(world: World) -> None:
    house = await world.campaign("here.test")
    await world.publish(house, "One")
    before = dated(await world.get(f"{HOME}/feed.atom"))
    later(world, minutes=10)
    peer = world.peer()
    await peer.follow(house)
    await world.settle()
    assert dated(await world.get(f"{HOME}/feed.atom")) == before


@pytest.mark.parametrize(
    "given", ["", "yesterday", "Mon, 99 Foo 2026 00:00:00 GMT", "Mon, 28 Sep 2026 09:30:12 -0000", "9" * 500]
)
def test_a_date_that_is_none_holds_nothing_back(given: str) -> None:
    assert not unchanged_since(given, "2026-09-28T09:30:12.500000Z")


async def test_pages_lead_to_the_feeds_that_fit_them(world: World) -> None:
    house = await world.campaign("here.test")
    post = await world.publish(house, "Come #harbour", **call_out())
    wanted = {
        "/": ["/feed.atom", "/feed.rss", "/feed.json"],
        "/tags/harbour": ["/feed.atom?tag=harbour", "/feed.rss?tag=harbour", "/feed.json?tag=harbour"],
        f"/p/{post.public_id}": ["/feed.atom?kind=call-outs", "/feed.rss"],
    }
    for path, links in wanted.items():
        html = (await world.get(f"{HOME}{path}")).text.split("</head>")[0]
        for link in links:
            assert re.search(rf'<link rel="alternate" type="application/[a-z+]+" title="[^"]+" href="{re.escape(link)}">', html), link  # fmt: skip
            assert (await world.get(f"{HOME}{link}")).status_code == 200


async def test_the_page_of_feeds_names_them_all_and_each_is_there(world: World) -> None:
    await some_of_everything(world)
    html = (await world.get(f"{HOME}/feeds")).text
    links = re.findall(r'href="(https://here.test/feed\.[^"]*)"', html)
    assert len(links) == 3 * 3 + 2 * 3
    for link in links:
        assert (await world.get(link.replace("&amp;", "&"))).status_code == 200
        if "feed.atom" in link and "tag=" not in link:
            assert f">{link}</bdi>" in html, "an address can be copied as it stands"
    french = (await feed_in(world, "fr", "/feeds")).text
    assert f"{HOME}/fr/feed.rss?kind=urgent" in french
    assert f">{HOME}/feed.atom<" in french, "and the one in all languages"


async def test_what_a_translation_holds_alone_is_in_every_format(world: World) -> None:
    house = await world.campaign("here.test")
    arabic = DraftText(language="ar", text="أهلا", title="عنوان")
    await world.publish(house, "Hello", translations=(arabic,))
    found: dict[str, Any] = {name: (await feed_in(world, "ar", f"/feed.{name}")).text for name in FORMATS}
    assert all("أهلا" in text and "عنوان" in text for text in found.values())


async def test_what_a_kept_feed_costs(world: World) -> None:
    house = await world.campaign("here.test")
    for number in range(30):
        await house.publishing.submit(CONSOLE, Draft(text=f"entry{number:02} " + "word " * 80, language="en"))
    async with world.client() as client:
        for name in FORMATS:
            began = time.perf_counter()
            size = len((await client.get(f"{HOME}/feed.{name}")).content)
            made = time.perf_counter() - began
            began = time.perf_counter()
            for _ in range(200):
                assert (await client.get(f"{HOME}/feed.{name}")).status_code == 200
            each = (time.perf_counter() - began) / 200
            print(f"feed.{name}: {size} bytes, made in {made * 1e3:.1f} ms, kept {each * 1e6:.0f} us with the client")


@pytest.mark.parametrize("name", FORMATS)
async def test_a_picture_behind_a_warning_comes_with_no_feed(world: World, name: str) -> None:
    house = await world.campaign("here.test")
    item = await house.media.add(picture())
    pictures = (DraftMedia(public_id=item.public_id, alt="Smoke"),)
    post = await world.publish(house, "Careful", warning="Fire", media=pictures)
    for path in (f"/feed.{name}", f"/fr/feed.{name}"):
        answer = await world.get(f"{HOME}{path}")
        assert item.public_id not in answer.text
        assert "Fire" in answer.text
        assert f"{path.partition('/feed')[0]}/p/{post.public_id}" in answer.text


@pytest.mark.parametrize("name", FORMATS)
async def test_a_picture_is_described_in_the_language_of_the_feed(world: World, name: str) -> None:
    house = await world.campaign("here.test")
    item = await house.media.add(picture())
    pictures, alts = [(DraftMedia(public_id=item.public_id, alt=alt),) for alt in ("A boat", "Un bateau")]
    french = DraftText(language="fr", text="Venez", alts=alts)
    post = await world.publish(house, "Come", media=pictures, translations=(french,))
    for path in (f"/fr/feed.{name}", f"/fr/p/{post.public_id}"):
        page = (await world.get(f"{HOME}{path}")).text
        assert ("Un bateau" in page, "A boat" in page) == (True, False), path
    assert "A boat" in (await world.get(f"{HOME}/feed.{name}")).text


@pytest.mark.parametrize("name", FORMATS)
async def test_a_translation_without_a_warning_is_warned_of_as_its_original(world: World, name: str) -> None:
    house = await world.campaign("here.test")
    french = DraftText(language="fr", text="Des mots durs", title="Les faits")
    post = await world.publish(house, "Hard words", title="The facts", warning="Violence", translations=(french,))
    content = (await world.get(f"{HOME}/fr/feed.{name}")).text
    assert 0 < content.index("Violence") < content.index("Des mots durs")
    card = (await world.get(f"{HOME}/fr/p/{post.public_id}/card")).text
    assert ("Violence" in card, "Les faits" in card) == (True, False)
