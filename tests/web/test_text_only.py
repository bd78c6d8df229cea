"""`?text=1`: no picture loads, each is a link that says its size, and the choice holds from page to page."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
from PIL import Image

from server.features.actors.model import Profile
from server.features.posts.model import DraftMedia, Post
from server.house import House
from server.web.shared.text_only import carried
from tests.world import CONSOLE, World

pytestmark = pytest.mark.anyio

BASE = "https://here.test"


def drawn(size: tuple[int, int] = (900, 700)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 40).convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


@pytest.fixture
async def house(world: World) -> House:
    made = await world.campaign("here.test", "harbour")
    faces = [await made.media.add(drawn(), kind=kind) for kind in ("avatar", "header")]
    profile = Profile(name="Open Harbour", avatar_media_id=faces[0].id, header_media_id=faces[1].id)
    await made.acting.change_profile(CONSOLE, profile, await made.profiles.maker(profile))
    return made


@pytest.fixture
async def post(world: World, house: House) -> Post:
    item = await house.media.add(drawn())
    pictures = (DraftMedia(public_id=item.public_id, alt="The quay <at> dawn"),)
    made = await world.publish(house, "Come at seven. #OpenHarbour", media=pictures)
    await house.search.catch_up()
    return made


async def page(world: World, path: str) -> str:
    answer = await world.get(f"{BASE}{path}")
    assert answer.status_code == 200, path
    return answer.text


async def test_a_picture_is_a_link_that_says_its_size(world: World, house: House, post: Post) -> None:
    picture = post.pictures[0]
    size = round(picture.small_bytes / 1000)
    for path in (
        "/",
        f"/p/{post.public_id}",
        "/tags/openharbour",
        f"/archive/{post.published_at[:7]}",
        "/search?q=seven",
    ):
        text = await page(world, f"{path}{'&' if '?' in path else '?'}text=1")
        assert not re.search(r"<(img|picture|source)\b", text), path
        assert f"Picture ({size} kB): The quay <at> dawn" in unescape(text)
        assert f'href="{house.addresses.media(picture.public_id, picture.small_extension, small=True)}"' in text
        assert "<img" in await page(world, path), "and with pictures it is as ever"


async def test_the_choice_stays_in_links_and_can_be_taken_back(world: World, post: Post) -> None:
    for path in ("/", f"/p/{post.public_id}", "/archive", "/search?q=seven", "/statement", "/contact", "/privacy"):
        text = await page(world, f"{path}{'&' if '?' in path else '?'}text=1")
        for address in map(unescape, re.findall(r'<a\b[^>]*\bhref="([^"]*)"', text)):
            ours = address.startswith(("/", "?", BASE)) and not re.search(r"/(desk|media|users|feed)\b", address)
            if not ours or address in {path, f"?{path.partition('?')[2]}"}:
                continue
            assert "text=1" in address, (path, address)
        back = re.search(r'<a href="([^"]*)" rel="nofollow" data-pictures>With pictures', text)
        assert back, path
        assert unescape(back[1]) == path
        assert "Without pictures" in await page(world, path)


async def test_the_form_of_the_search_keeps_it(world: World, post: Post) -> None:
    text = await page(world, "/search?text=1")
    assert '<input type="hidden" name="text" value="1">' in text
    assert 'action="/interact?text=1"' in await page(world, "/interact?text=1")


async def test_each_way_is_remembered_by_itself(world: World, post: Post) -> None:
    for _ in range(2):
        assert "<img" not in await page(world, "/?text=1")
        assert "<img" in await page(world, "/?text=0")
        assert "<img" in await page(world, "/")


async def test_a_campaign_without_a_picture_offers_no_choice(world: World) -> None:
    house = await world.campaign("here.test", "harbour")
    await world.publish(house, "Hello")
    assert "Without pictures" not in await page(world, "/")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<a href="/archive">', '<a href="/archive?text=1">'),
        ('<a class="x" href="?before=1" rel="next">', '<a class="x" href="?before=1&amp;text=1" rel="next">'),
        (f'<a href="{BASE}/p/abc#r1">', f'<a href="{BASE}/p/abc?text=1#r1">'),
        ('<a href="/fa/">', '<a href="/fa/?text=1">'),
    ],
)
def test_links_to_pages_of_ours_are_marked(before: str, after: str) -> None:
    assert carried(before, BASE) == after


@pytest.mark.parametrize(
    "link",
    [
        '<a href="https://elsewhere.test/">',
        f'<a href="{BASE}.evil.test/">',
        '<a href="//elsewhere.test/x">',
        '<a href="#main">',
        '<a href="/desk/">',
        '<a href="/feed.atom">',
        f'<a href="{BASE}/media/abc.small.jpg">',
        '<link rel="canonical" href="/">',
        '<a href="mailto:heron@here.test">',
    ],
)
def test_all_others_are_left_alone(link: str) -> None:
    assert carried(link, BASE) == link


@pytest.mark.parametrize("path", ["/", "/p/{post}", "/tags/openharbour", "/fr/archive"])
async def test_what_a_link_told_of_one_reader_stands_on_no_page_of_others(
    world: World, house: House, post: Post, path: str
) -> None:
    path = path.format(post=post.public_id)
    followed = await page(world, f"{path}?fbclid=Canary1&text=0")
    after = await page(world, path)
    assert "data-pictures" in after, "there is a choice on this page"
    assert "Canary1" not in followed + after
    assert "Canary1" not in await page(world, f"{path}?fbclid=Canary1&text=1") + await page(world, f"{path}?text=1")


async def test_feeds_and_calendars_are_no_pages_in_any_language(world: World, house: House, post: Post) -> None:
    for path in ("/fr/tags/openharbour", "/tags/openharbour", "/feeds"):
        text = await page(world, f"{path}?text=1")
        assert "feed.atom" in text
        assert not re.search(r"(feed\.|\.ics)[^\"]*text=1", text)
