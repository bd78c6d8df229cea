"""Passing a post on: plain links that tell nobody who reads what, and the way to one's own server as a link, never a redirect."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from federation.intents import CREATE
from server.features.posts.model import Audience, DraftText, Post
from server.house import House
from server.web.pages.sharing import TRIES, share_of
from tests.calling import call_out
from tests.web.reading import HOME
from tests.world import World


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


async def box(world: World, post: Post) -> str:
    page = (await world.get(f"{HOME}/p/{post.public_id}")).text
    found = re.search(r'<details class="share">.*?</details>', page, re.DOTALL)
    assert found, "calm until it is opened"
    return found[0]


def links(text: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'<a (?:class="button" )?href="([^"]+)"', text)]


async def test_the_ways_to_pass_a_post_on_carry_its_words_and_address_alone(world: World, house: House) -> None:
    post = await world.publish(house, 'Tea & "bread" tonight? <b> #harbour')
    page, title = f"{HOME}/p/{post.public_id}", 'Tea & "bread" tonight? <b> #harbour'
    shown = await box(world, post)
    mail, message, telegram, whatsapp, own = links(shown)
    both = f"{title}\n{page}"
    assert f'<bdi class="handle" dir="ltr">{page}</bdi>' in shown
    assert parse_qs(urlsplit(mail).query) == {"subject": [title], "body": [both]}
    assert parse_qs(urlsplit(message).query) == {"body": [both]}
    assert parse_qs(urlsplit(telegram).query) == {"url": [page], "text": [title]}
    assert parse_qs(urlsplit(whatsapp).query) == {"text": [both]}
    assert [urlsplit(one)[:3] for one in (mail, telegram, whatsapp)] == [("mailto", "", ""), ("https", "t.me", "/share/url"), ("https", "wa.me", "/")]  # fmt: skip
    assert own == f"/p/{post.public_id}/share"
    for link in re.findall(r'<a href="https:[^>]*>', shown):
        assert 'rel="nofollow noopener noreferrer"' in link
    assert not re.search(r"utm_|[?&]ref=|src=|<script|<img|<iframe", shown)


async def test_a_call_out_is_passed_on_by_its_short_address(world: World, house: House) -> None:
    post = await world.publish(house, "Come", **call_out())
    assert post.call is not None
    assert f">{HOME}/c/{post.call.code}</bdi>" in await box(world, post)


async def test_a_warned_post_is_passed_on_by_its_warning(world: World, house: House) -> None:
    post = await world.publish(house, "The terrible words", warning="Violence")
    assert "terrible" not in await box(world, post)


def test_no_word_gets_out_of_its_place() -> None:
    made = share_of("https://here.test/p/a", "a&url=https://evil.test#\n%0d\"'><script>")
    for link in (made.mail, made.message, *(url for _, url in made.others)):
        assert re.fullmatch(r"[A-Za-z0-9:/?&=%._~-]+", link)
        assert "https://evil" not in link


async def asked(world: World, post: Post, account: str) -> httpx.Response:
    async with world.client(base_url=HOME) as client:
        return await client.post(f"/p/{post.public_id}/share", data={"account": account})


async def test_a_server_leads_to_its_own_form_by_a_link(world: World, house: House) -> None:
    post = await world.publish(house, "Tea & bread")
    answer = await asked(world, post, "home.test")
    assert answer.status_code == 200
    assert "location" not in answer.headers
    (link,) = [one for one in links(answer.text) if one.startswith("https://home.test/")]
    assert parse_qs(urlsplit(link).query) == {"text": [f"Tea & bread\n{HOME}/p/{post.public_id}"]}
    assert urlsplit(link).path == "/share"


async def test_an_account_s_server_says_itself_where_its_posts_are_written(world: World, house: House) -> None:
    post = await world.publish(house, "Tea")
    sam = world.peer("home.test", "sam")
    finger = {
        "subject": "acct:sam@home.test",
        "links": [
            {"rel": "self", "type": "application/activity+json", "href": sam.uri},
            {"rel": CREATE, "template": "https://home.test/new?n={name}&c={content}&then={on-success}"},
        ],
    }
    sam.documents["/.well-known/webfinger"] = finger
    world.net.hosts["home.test"] = httpx.MockTransport(
        lambda _: httpx.Response(200, json=finger, headers={"Content-Type": "application/jrd+json"})
    )
    answer = await asked(world, post, "@sam@home.test")
    (link,) = [one for one in links(answer.text) if one.startswith("https://home.test/")]
    assert link.startswith("https://home.test/new?n=&c=Tea%0Ahttps%3A%2F%2Fhere.test%2Fp%2F")
    assert link.endswith("&then=")


@pytest.mark.parametrize(
    "account",
    [
        "",
        "evil",
        "https://evil.test/x",
        "a@b@c",
        "javascript:alert(1)",
        "evil.test/@x",
        "127.0.0.1:99999",
        "@a@127.0.0.1",
        "@a@localhost",
        "@a@here.test",
        '"><script>alert(1)</script>',
        "evil.test\r\nX: y",
        "x" * 5_000,
    ],
)
async def test_what_is_no_server_gets_no_link_and_is_not_asked(world: World, house: House, account: str) -> None:
    post = await world.publish(house, "Tea")
    before = len(world.net.seen)
    answer = await asked(world, post, account)
    assert answer.status_code in {404, 422}
    assert "location" not in answer.headers
    assert '<a class="button"' not in answer.text
    assert "<script" not in answer.text
    assert len(world.net.seen) == before + 1, "the request itself"


async def test_few_may_be_asked_for_one_caller(world: World, house: House) -> None:
    post = await world.publish(house, "Tea")
    for _ in range(TRIES):
        assert (await asked(world, post, "home.test")).status_code == 200
    assert (await asked(world, post, "home.test")).status_code == 429


@pytest.mark.parametrize("audience", [Audience.FOLLOWERS, Audience.DIRECT])
async def test_what_is_not_for_everybody_is_not_passed_on(world: World, house: House, audience: Audience) -> None:
    bob = world.peer()
    await bob.follow(house)
    post = await world.publish(house, "A secret for @bob@peer.test", audience=audience)
    answer = await world.get(f"{HOME}/p/{post.public_id}/share")
    assert answer.status_code == 404
    assert "secret" not in answer.text
    assert (await world.get(f"{HOME}/p/nothing1/share")).status_code == 404


async def test_a_card_elsewhere_is_told_what_a_post_is_and_in_which_language(world: World, house: House) -> None:
    arabic = DraftText(language="ar", text="أهلا", title="عنوان")
    post = await world.publish(house, "Come to the port #harbour", translations=(arabic,), **call_out())
    head = (await world.get(f"{HOME}/p/{post.public_id}")).text.split("</head>")[0]
    told = [(name, html.unescape(value)) for name, value in re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', head)]  # fmt: skip
    found = dict(told)
    assert (found["og:title"], found["og:type"], found["og:locale"]) == (
        "Open call-out: Come to Calais",
        "article",
        "en_GB",
    )
    assert found["og:locale:alternate"] == "ar_AR"
    assert found["og:description"].startswith("CALL-OUT - near the port - Tuesday 29 September")
    assert found["og:url"] == f"{HOME}/p/{post.public_id}"
    assert found["twitter:card"] == "summary"
    assert found["article:tag"] == "harbour"
    assert found["fediverse:creator"] == "@campaign@here.test"
    assert "article:modified_time" not in found


async def test_machines_read_when_and_where_a_call_out_is(world: World, house: House) -> None:
    call = await world.publish(house, "Come", **call_out())
    text = (await world.get(f"{HOME}/p/{call.public_id}")).text
    data = text[text.index("<div itemscope") : text.index('<details class="share">')]
    assert 'itemtype="https://schema.org/Event" hidden' in data
    told = dict(re.findall(r'itemprop="(\w+)" (?:content|href)="([^"]*)"', data))
    assert (told["startDate"], told["endDate"]) == ("2026-09-29T08:00:00Z", "2026-10-02T16:00:00Z")
    assert told["eventStatus"] == "https://schema.org/EventScheduled"
    assert told["address"] == "near the port"
    post = await world.publish(house, "Tea")
    assert 'itemtype="https://schema.org/Article" hidden' in (await world.get(f"{HOME}/p/{post.public_id}")).text
