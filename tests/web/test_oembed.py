"""oEmbed and the card: what others may show of ours in their pages, and that nothing else can be got or framed by it."""

from __future__ import annotations

import html
import json
import re
import xml.etree.ElementTree as ET
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from server.base.contrast import readable
from server.features.posts.model import Audience, DraftMedia, Post
from server.features.safety.model import LockLevel
from server.house import House
from server.web.shared.theme import GROUNDS
from tests.calling import call_out
from tests.flows.test_outbound import picture
from tests.web.reading import HOME, feed_in
from tests.world import CONSOLE, World, signed_in

CARD_BYTES = 6_000


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


async def asked(world: World, url: str, **more: Any) -> httpx.Response:
    query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in {"url": url, **more}.items())
    return await world.get(f"{HOME}/oembed?{query}", "*/*")


def framed(document: dict[str, Any]) -> str:
    found = re.fullmatch(r'<iframe src="([^"]+)"[^<>]*></iframe>', document["html"])
    assert found, document["html"]
    return html.unescape(found[1])


async def test_a_page_says_where_its_card_is_found_and_the_card_is_there(world: World, house: House) -> None:
    post = await world.publish(house, 'Hello <b>"there"</b>')
    page = (await world.get(house.addresses.post_page(post.public_id))).text
    link = re.search(r'<link rel="alternate" type="application/json\+oembed" title="[^"]*" href="([^"]+)"', page)
    assert link is not None
    answer = await world.get(html.unescape(link[1]), "application/json")
    assert answer.headers["content-type"] == "application/json"
    document = answer.json()
    assert (document["version"], document["type"]) == ("1.0", "rich")
    assert document["provider_name"] == document["author_name"] == "Campaign campaign"
    assert document["provider_url"] == f"{HOME}/"
    assert isinstance(document["width"], int)
    assert isinstance(document["height"], int)
    assert "<b>" not in document["html"]
    assert "script" not in document["html"]
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in document["html"]
    card = await world.get(framed(document))
    assert card.status_code == 200
    assert "Hello &lt;b&gt;" in card.text


async def test_every_address_of_a_post_leads_to_its_card(world: World, house: House) -> None:
    post = await world.publish(house, "Come", **call_out())
    assert post.call is not None
    ours = post.public_id
    for path in (f"/p/{ours}", f"/p/{ours}/", f"/p/{ours}?x=1#y", f"/@campaign/{ours}", f"/users/campaign/posts/{ours}", f"/c/{post.call.code}"):  # fmt: skip
        assert framed((await asked(world, HOME + path)).json()) == f"{HOME}/p/{ours}/card", path
    for path in (f"/fr/p/{ours}", f"/fr/c/{post.call.code}"):
        assert framed((await asked(world, HOME + path)).json()) == f"{HOME}/fr/p/{ours}/card"


async def test_the_same_is_said_in_xml(world: World, house: House) -> None:
    post = await world.publish(house, "Tea & <bread> ]]>")
    url = house.addresses.post_page(post.public_id)
    answer = await asked(world, url, format="xml")
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    found = {one.tag: one.text for one in ET.fromstring(answer.content)}
    assert found == {name: str(value) for name, value in (await asked(world, url, format="json")).json().items()}


@pytest.mark.parametrize(
    ("most", "size"),
    [({}, (550, 280)), ({"maxwidth": 300}, (300, 400)), ({"maxwidth": 9000, "maxheight": 90}, (550, 90))],
)
async def test_a_frame_is_no_larger_than_was_asked_for(world: World, house: House, most: dict[str, int], size: tuple[int, int]) -> None:  # fmt: skip
    post = await world.publish(house)
    document = (await asked(world, house.addresses.post_page(post.public_id), **most)).json()
    assert (document["width"], document["height"]) == size
    assert f'width="{size[0]}" height="{size[1]}"' in document["html"]


async def test_a_picture_is_shown_unless_it_is_sensitive_or_too_wide(world: World, house: House) -> None:
    item = await house.media.add(picture())
    pictures = (DraftMedia(public_id=item.public_id, alt="A wall"),)
    post = await world.publish(house, "Look", media=pictures)
    document = (await asked(world, house.addresses.post_page(post.public_id))).json()
    narrow = (await asked(world, house.addresses.post_page(post.public_id), maxwidth=20)).json()
    assert ("thumbnail_url" in document) is (item.small_width <= 550)
    assert "thumbnail_url" not in narrow
    item = await house.media.add(picture())
    hidden = await world.publish(house, "Careful", sensitive=True, media=(DraftMedia(public_id=item.public_id),))
    assert "thumbnail_url" not in (await asked(world, house.addresses.post_page(hidden.public_id))).json()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://evil.test/p/abcdefgh",
        "https://here.test@evil.test/p/abcdefgh",
        "https://here.test.evil.test/p/abcdefgh",
        "//here.test/p/abcdefgh",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://here.test/",
        "https://here.test/desk/",
        "https://here.test/p/../desk",
        "https://here.test/p/%3Cscript%3E",
        "https://here.test/p/abcdefgh",
        "https://here.test/c/NONE",
        "https://here.test/xx/p/abcdefgh",
        "https://here.test/p/abcdefgh\r\nX: y",
        "https://[",
        "x" * 20_000,
    ],
)
async def test_nothing_but_our_own_posts_is_answered_for_and_nobody_is_asked(
    world: World, house: House, url: str
) -> None:
    await world.settle()
    before = len(world.net.seen)
    answer = await asked(world, url)
    assert answer.status_code == 404
    assert answer.json() == {"error": "There is no such post here."}
    assert "location" not in answer.headers
    assert len(world.net.seen) == before + 1, "the request itself"


async def test_what_is_not_for_everybody_or_gone_has_no_card(world: World, house: House) -> None:
    secret = await world.publish(house, "A secret", audience=Audience.FOLLOWERS)
    gone = await world.publish(house, "Gone words")
    await house.publishing.delete(CONSOLE, gone.public_id)
    for post, status in ((secret, 404), (gone, 410)):
        assert (await asked(world, house.addresses.post_page(post.public_id))).status_code == 404
        card = await world.get(f"{HOME}/p/{post.public_id}/card")
        assert card.status_code == status
        assert "secret" not in card.text
        assert "Gone words" not in card.text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("format=yaml", 501),
        ("format=<script>alert(1)</script>", 501),
        ("format=JSON", 501),
        ("maxwidth=-1", 400),
        ("maxwidth=wide", 400),
        ("maxheight=0", 400),
        ("maxwidth=99999999999999999999", 400),
    ],
)
async def test_what_is_not_understood_is_refused_and_not_repeated(
    world: World, house: House, query: str, status: int
) -> None:
    post = await world.publish(house)
    answer = await world.get(
        f"{HOME}/oembed?{query}&url={quote(house.addresses.post_page(post.public_id), safe='')}", "*/*"
    )
    assert answer.status_code == status
    assert "script" not in answer.text
    assert answer.headers["content-type"] == "application/json"


async def test_no_address_at_all_is_refused(world: World, house: House) -> None:
    assert (await world.get(f"{HOME}/oembed", "*/*")).status_code == 400


async def card_of(world: World, post: Post) -> httpx.Response:
    answer = await world.get(f"{HOME}/p/{post.public_id}/card")
    assert answer.status_code == 200
    return answer


async def test_a_card_says_how_a_call_out_stands_and_leads_on_in_a_page_of_its_own(world: World, house: House) -> None:
    post = await world.publish(house, "Stand with us", **call_out(urgent=True))
    card = (await card_of(world, post)).text
    for words in ("Come to Calais", "URGENT CALL-OUT - near the port", "Friday 2 October", "Stand with us"):
        assert words in card
    links = re.findall(r"<a [^>]*>", card)
    assert links
    assert all('target="_blank" rel="noopener"' in link for link in links)
    assert f'href="/p/{post.public_id}"' in card


async def test_a_card_is_small_and_asks_for_nothing_but_its_styles(world: World, house: House) -> None:
    async with signed_in(world, house) as ada:
        given = {"name": "Harbour " * 8, "language": "en", "time_zone": "UTC", "own-colour": "on", "accent": "#123456"}
        assert (await ada.post("/desk/profile", given)).status_code == 200
    post = await world.publish(house, "Long words " * 60, **call_out(title="A title " * 12))
    card = await card_of(world, post)
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)">', card.text)
    bodies = [(await world.get(HOME + sheet)).content for sheet in sheets]
    total = len(card.content) + sum(map(len, bodies))
    print(f"card: {len(card.content)} bytes and {sum(map(len, bodies))} of styles")
    assert total < CARD_BYTES
    assert "<script" not in card.text
    assert "<img" not in card.text
    assert readable("#123456", GROUNDS[0]).encode() in b"".join(bodies)


async def test_a_card_has_the_language_and_direction_of_its_words(world: World, house: House) -> None:
    post = await world.publish(house, "خبر عاجل", language="ar")
    assert '<div lang="ar" dir="rtl">' in (await card_of(world, post)).text


async def test_a_warning_stands_on_a_card_alone(world: World, house: House) -> None:
    post = await world.publish(house, "The terrible words", warning="Violence", title="A terrible title")
    card = (await card_of(world, post)).text
    assert "Violence" in card
    assert "terrible" not in card


async def test_a_corrected_post_says_so_on_its_card(world: World, house: House) -> None:
    post = await world.publish(house, "At the quay")
    await world.correct(house, post, "At the gate", "The place was wrong")
    assert "Corrected on" in (await card_of(world, post)).text


async def test_only_cards_may_stand_in_frames(world: World, house: House) -> None:
    post = await world.publish(house, "Hello #harbour")
    app = world.net.hosts["here.test"]
    assert isinstance(app, httpx.ASGITransport)
    assert isinstance(app.app, Starlette)
    filled = {
        "public_id": post.public_id,
        "handle": "campaign",
        "tag": "harbour",
        "month": "2026-09",
        "number:int": "0",
    }
    for route in app.app.routes:
        assert isinstance(route, Route)
        path = re.sub(r"\{([^}]+)\}", lambda found: filled.get(found[1], "x"), route.path)
        policy = (await world.get(HOME + path)).headers["content-security-policy"]
        framed_by = "*" if route.path.endswith("/card") else "'none'"
        assert f"frame-ancestors {framed_by};" in policy, path
        assert "unsafe" not in policy
    card = (await card_of(world, post)).headers["content-security-policy"]
    assert "script-src 'none'" in card
    assert "form-action 'none'" in card
    for path in ("/card", "/p/card", f"/p/{post.public_id}/card/x", f"/p/{post.public_id}/share?/card"):
        assert "frame-ancestors 'none'" in (await world.get(HOME + path)).headers["content-security-policy"]


async def test_while_only_the_statement_is_shown_it_alone_has_a_card(world: World, house: House) -> None:
    said = await world.publish(house, "The statement")
    other = await world.publish(house, "Another matter")
    await house.acting.pin(CONSOLE, said.public_id, pinned=True)
    await house.locking.set_level(CONSOLE, LockLevel(3))
    card = await card_of(world, said)
    assert (await world.get(f"{HOME}/p/{other.public_id}/card")).status_code == 503
    sheet = re.search(r'href="(/card-\w+\.css)"', card.text)
    assert sheet is not None
    assert (await world.get(HOME + sheet[1])).status_code == 200


async def test_a_card_behind_a_prefix_leads_on_behind_it(world: World, house: House) -> None:
    post = await world.publish(house, "Hello")
    assert f'href="/fr/p/{post.public_id}"' in (await feed_in(world, "fr", f"/p/{post.public_id}/card")).text


async def test_answers_are_json_to_the_letter(world: World, house: House) -> None:
    post = await world.publish(house, "Line\u2028and </script> \U0001f6a2")
    answer = await asked(world, house.addresses.post_page(post.public_id))
    assert json.loads(answer.content)["title"].startswith("Line")


async def test_a_short_address_is_known_as_people_type_it(world: World, house: House) -> None:
    call = (await world.publish(house, "Come", **call_out())).call
    assert call is not None
    answer = await asked(world, house.addresses.short(call.code.upper()))
    assert answer.json()["title"].endswith("Come to Calais")
