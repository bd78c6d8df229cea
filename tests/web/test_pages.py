"""What readers get at each address, byte by byte where it matters."""

from __future__ import annotations

import re

import pytest

from server.base.errors import Unavailable
from server.features.posts.model import Audience, Draft, DraftMedia
from server.features.safety.model import LockLevel
from tests.flows.test_outbound import picture
from tests.world import AP, CONSOLE, World, later, signed_in

HOME = "https://here.test/"


async def page_of(world: World, text: str = "Hello", **more: object) -> str:
    house = world.houses.get("here.test") or await world.campaign("here.test")
    post = await world.publish(house, text, **more)
    return house.addresses.post_page(post.public_id)


PUBLIC_PATHS = ["/", "/archive", "/archive/2026-09", "/tags/harbour", "/feed.atom", "/feed.json", "/robots.txt"]


@pytest.mark.parametrize("path", PUBLIC_PATHS)
async def test_a_page_is_whole_for_get_and_head_and_is_not_sent_twice(world: World, path: str) -> None:
    await page_of(world, "Hello #harbour")
    async with world.client(base_url=HOME) as client:
        got, head = await client.get(path), await client.head(path)
        assert (got.status_code, head.status_code, head.content) == (200, 200, b"")
        assert head.headers["content-type"] == got.headers["content-type"]
        if path == "/robots.txt":
            return
        again = await client.get(path, headers={"If-None-Match": f'"other", W/{got.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        await page_of(world, "Something new #harbour")
        assert (await client.get(path, headers={"If-None-Match": got.headers["etag"]})).status_code in (
            {304, 200} if path == "/archive" else {200}
        )


@pytest.mark.parametrize("path", ["/", "/archive", "/tags/harbour", "/nothing", "/p/nothing", "/desk/sign-in"])
async def test_every_page_refuses_scripts_frames_and_strangers(world: World, path: str) -> None:
    await page_of(world, "Hello #harbour")
    headers = (await world.get(HOME.rstrip("/") + path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert re.search(r"script-src '(none|self)'", policy)
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] in {"no-referrer", "same-origin"}
    assert "server" not in headers


async def test_pages_hold_no_script_and_ask_nobody_else(world: World) -> None:
    page = await page_of(world, "See https://other.test/x and #harbour")
    for url in (HOME, page, f"{HOME}archive", f"{HOME}tags/harbour"):
        html = (await world.get(url)).text
        assert "<script" not in html
        for source in re.findall(r'(?:src|srcset|href)="([^"]+)"', re.sub(r"<a [^>]*>", "", html)):
            assert source.startswith(("/", HOME)) or source == "https://here.test", source


async def test_a_post_names_its_document_its_language_and_its_card(world: World) -> None:
    url = await page_of(world, "خبر <b>عاجل</b>", language="ar")
    answer = await world.get(url)
    document = url.replace("/p/", "/users/campaign/posts/")
    assert f'<{document}>; rel="alternate"; type="application/activity+json"' in answer.headers["link"]
    assert f'<link rel="alternate" type="application/activity+json" href="{document}"' in answer.text
    assert re.search(r'<[a-z]+ [^>]*lang="ar"[^>]*dir="rtl"|<[a-z]+ [^>]*dir="rtl"[^>]*lang="ar"', answer.text)
    assert "<b>" not in answer.text
    for name in ("og:title", "og:description", "og:url", "og:type", "og:site_name"):
        assert f'property="{name}"' in answer.text, name
    assert (await world.get(url, AP)).json()["id"] == document
    assert "Accept" in answer.headers["vary"]


async def test_a_warning_is_first_and_hides_the_rest_of_the_card(world: World) -> None:
    url = await page_of(world, "The terrible words", warning="Violence")
    html = (await world.get(url)).text
    assert "<details" in html
    assert html.index("Violence") < html.index("The terrible words")
    assert "terrible" not in html.split("</head>")[0]
    assert "terrible" not in (await world.get(HOME)).text.split("</head>")[0]


async def test_a_picture_shows_its_words_and_its_size(world: World) -> None:
    house = await world.campaign("here.test")
    item = await house.media.add(picture())
    url = await page_of(world, "Look", media=(DraftMedia(public_id=item.public_id, alt='A "red" wall'),))
    html = (await world.get(url)).text
    assert 'alt="A &#34;red&#34; wall"' in html
    assert re.search(r'<img[^>]+width="\d+"[^>]+height="\d+"', html)
    source = re.search(r'<img[^>]+src="([^"]+/media/[^"]+|/media/[^"]+)"', html)
    assert source is not None
    got = await world.get(HOME.rstrip("/") + source[1].removeprefix("https://here.test"))
    assert (got.status_code, got.headers["content-type"]) == (200, "image/jpeg")
    assert "immutable" in got.headers["cache-control"]


@pytest.mark.parametrize("audience", [Audience.FOLLOWERS, Audience.DIRECT])
async def test_what_is_not_for_everybody_has_no_page(world: World, audience: Audience) -> None:
    house = await world.campaign("here.test")
    bob = world.peer()
    await bob.follow(house)
    post = await world.publish(house, "A secret word for @bob@peer.test", audience=audience)
    for url in (house.addresses.post_page(post.public_id), world.uri(house, post)):
        for accept in ("text/html", AP):
            answer = await world.get(url, accept, follow_redirects=True)
            assert answer.status_code == 404
            assert "secret" not in answer.text
    for path in ("", "archive", "archive/2026-09", "feed.atom", "feed.json", "users/campaign/outbox?page=true"):
        assert "secret" not in (await world.get(HOME + path)).text


async def test_an_unlisted_post_has_a_page_and_is_in_no_list(world: World) -> None:
    url = await page_of(world, "Quiet words #harbour", audience=Audience.UNLISTED)
    assert "Quiet words" in (await world.get(url)).text
    for path in ("", "archive/2026-09", "tags/harbour", "feed.atom", "feed.json"):
        assert "Quiet words" not in (await world.get(HOME + path)).text


async def test_a_deleted_post_says_so_on_its_page_and_in_its_document(world: World) -> None:
    house = await world.campaign("here.test")
    post = await world.publish(house, "Gone words #harbour")
    await house.publishing.delete(CONSOLE, post.public_id)
    page = await world.get(house.addresses.post_page(post.public_id))
    assert page.status_code == 410
    assert "Gone words" not in page.text
    stone = await world.get(world.uri(house, post), AP)
    assert (stone.status_code, stone.json()["type"]) == (410, "Tombstone")
    for path in ("", "archive/2026-09", "tags/harbour", "feed.atom"):
        assert "Gone words" not in (await world.get(HOME + path)).text


async def test_lists_page_through_everything_once_and_a_month_holds_its_own(world: World) -> None:
    house = await world.campaign("here.test")
    for number in range(25):
        await house.publishing.submit(CONSOLE, Draft(text=f"entry{number:02} #all", language="en"))
    later(world, days=10)
    await house.publishing.submit(CONSOLE, Draft(text="entry99 of the next month #all", language="en"))
    for start, expected in (
        ("/", [*range(25), 99]),
        ("/tags/all", [*range(25), 99]),
        ("/archive/2026-09", list(range(25))),
        ("/archive/2026-10", [99]),
    ):
        seen: list[int] = []
        path: str | None = start
        while path:
            html = (await world.get(HOME.rstrip("/") + path)).text
            seen += [int(one) for one in re.findall(r"entry(\d\d)", html.split("<main")[1])]
            older = re.search(r'href="([^"]*before=[^"]*)"', html.split("<main")[1])
            path = older[1].replace("&amp;", "&") if older else None
            if path and path.startswith("?"):
                path = start + path
        assert sorted(seen) == expected, start


async def test_the_months_are_listed_with_how_much_each_holds(world: World) -> None:
    await page_of(world, "One")
    html = (await world.get(f"{HOME}archive")).text
    assert "/archive/2026-09" in html
    assert (await world.get(f"{HOME}archive/2026-13")).status_code == 404
    assert (await world.get(f"{HOME}archive/1999-01")).status_code in {200, 404}


async def test_pinned_posts_stand_first_and_once(world: World) -> None:
    house = await world.campaign("here.test")
    first = await world.publish(house, "pinned words")
    await world.publish(house, "newer words")
    await house.acting.pin(CONSOLE, first.public_id, pinned=True)
    html = (await world.get(HOME)).text.split("<main")[1]
    assert html.index("pinned words") < html.index("newer words")


async def test_the_profile_shows_rel_me_and_moves_with_an_edit(world: World) -> None:
    house = await world.campaign("here.test")
    before = (await world.get(HOME)).headers["etag"]
    async with signed_in(world, house) as ada:
        form = {
            "name": "Open <Harbour>",
            "bio": "We stay. #harbour",
            "language": "ar",
            "time_zone": "Africa/Tunis",
            "name1": "Site",
            "value1": "https://harbour.test/",
            "discoverable": "on",
            "indexable": "on",
        }
        answer = await ada.post("/desk/profile", form)
        assert answer.status_code == 200, answer.text
    page = await world.get(HOME)
    assert page.headers["etag"] != before
    assert "Open &lt;Harbour&gt;" in page.text
    assert re.search(
        r'<a [^>]*href="https://harbour.test/"[^>]*rel="[^"]*\bme\b|rel="me[^>]*href="https://harbour.test/"', page.text
    )
    assert re.search(r'<div class="words"[^>]* lang="ar"', page.text)
    document = (await world.get(house.actors.uri(house.actors.campaign()), AP)).json()
    assert document["name"] == "Open <Harbour>"


async def test_times_are_those_of_the_campaign(world: World) -> None:
    url = await page_of(world, "Hello")
    assert "28 September 2026, 09:30 UTC" in (await world.get(url)).text
    house = world.houses["here.test"]
    async with signed_in(world, house) as ada:
        await ada.post("/desk/profile", {"name": "Harbour", "language": "ar", "time_zone": "Asia/Tehran"})
    html = (await world.get(url)).text
    assert "28 سبتمبر 2026، 13:00 UTC+0330" in html
    assert 'datetime="2026-09-28T09:30:00Z"' in html


@pytest.mark.parametrize("path", ["/nothing", "/p/nothing", "/users/nobody", "/tags/", "/archive/then", "/media/x.jpg"])
async def test_what_is_not_there_is_a_plain_404(world: World, path: str) -> None:
    await world.campaign("here.test")
    answer = await world.get(f"https://here.test{path}")
    assert answer.status_code == 404
    assert len(answer.content) < 20_000


@pytest.mark.parametrize("path", ["/", "/feed.atom", "/users/campaign", "/.well-known/webfinger", "/archive"])
async def test_another_method_is_405_and_says_which_work(world: World, path: str) -> None:
    await world.campaign("here.test")
    async with world.client(base_url=HOME) as client:
        answer = await client.delete(path)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("number", ["²", "٣", "1²", "-1", "1e3", "9" * 40, "%00"])
@pytest.mark.parametrize(
    "path", ["/", "/tags/harbour", "/archive/2026-09", "/search?q=hello", "/users/campaign/outbox"]
)
async def test_a_strange_number_is_none(world: World, path: str, number: str) -> None:
    url = await page_of(world, "Hello #harbour")
    await world.houses["here.test"].search.catch_up()
    for address in (f"{HOME}{path[1:]}", url):
        answer = await world.get(f"{address}{'&' if '?' in address else '?'}before={number}")
        assert answer.status_code == 200


async def test_a_picture_does_not_say_at_what_hour_it_was_chosen(world: World) -> None:
    house = await world.campaign("here.test")
    item = await house.media.add(picture())
    await page_of(world, "Look", media=(DraftMedia(public_id=item.public_id, alt="A wall"),))
    url = house.addresses.media(item.public_id, item.extension)
    answer = await world.get(url)
    assert answer.headers["last-modified"].endswith(" 00:00:00 GMT")
    again = await world.get(url, extra={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    part = await world.get(url, extra={"Range": "bytes=2-5", "If-Range": answer.headers["etag"]})
    assert (part.status_code, part.content) == (206, answer.content[2:6])
    assert (await world.get(url, extra={"Range": "bytes=2-5", "If-Range": '"another"'})).content == answer.content


@pytest.mark.parametrize("first", ["/", "/@campaign"])
async def test_a_page_at_two_addresses_leads_to_its_own_in_other_languages(world: World, first: str) -> None:
    await page_of(world)
    for path in (first, "/", "/@campaign"):
        page = (await world.get(f"{HOME}{path[1:]}")).text
        assert f'hreflang="x-default" href="https://here.test{path}"' in page


async def test_an_error_says_whose_page_it_is_and_leads_on(world: World) -> None:
    await world.campaign("here.test")
    page = (await world.get("https://here.test/fa/nothing")).text
    assert '<html lang="fa" dir="rtl">' in page
    assert f"<bdi>{world.houses['here.test'].actors.campaign().name}</bdi>" in page
    for path in ("/fa/", "/fa/calendar", "/fa/search", "/ti/"):
        assert f'href="{path}"' in page
    assert 'href="/desk/"' in (await world.get("https://here.test/desk/nothing")).text


async def test_errors_are_said_while_the_database_is_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    house = await world.campaign("here.test")

    def away() -> None:
        raise Unavailable("The database does not answer. Try again in a moment.")

    monkeypatch.setattr(house.database, "snapshot", away)
    for path, status in (("/fr/nothing", 404), ("/fr/p/nothing", 503), ("/fr/", 503)):
        answer = await world.get(f"https://here.test{path}")
        assert answer.status_code == status
        assert 'href="/fr/calendar"' in answer.text


async def test_what_nobody_expected_is_said_in_the_reader_s_language(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await world.campaign("here.test")

    def broken() -> None:
        raise LookupError

    monkeypatch.setattr(house.database, "snapshot", broken)
    answer = await world.get("https://here.test/fr/p/nothing")
    assert answer.status_code == 500
    assert '<html lang="fr"' in answer.text
    assert 'href="/fr/calendar"' in answer.text
    assert "LookupError" not in answer.text
    monkeypatch.setattr("server.web.shared.errors.page", broken)
    answer = await world.get("https://here.test/fr/p/nothing")
    assert answer.status_code == 500
    assert "not your fault" in answer.text


async def test_while_one_statement_is_shown_errors_lead_to_it_alone(world: World) -> None:
    house = await world.campaign("here.test")
    await house.locking.set_level(CONSOLE, LockLevel.STATEMENT_ONLY)
    page = (await world.get("https://here.test/calendar")).text
    assert house.actors.campaign().name in page
    assert 'href="/calendar"' not in page
