"""What crawlers are told, and that they are told nothing where a campaign does not want to be found."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from server.base.catalogue import languages
from server.features.posts.model import Audience, Draft
from server.features.safety.model import LockLevel
from server.house import House
from server.web.pages import crawling
from tests.web.reading import HOME
from tests.world import CONSOLE, World, later, signed_in

MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"


async def hide(world: World, house: House) -> None:
    async with signed_in(world, house) as ada:
        answer = await ada.post("/desk/profile", {"name": "Harbour", "language": "en", "time_zone": "UTC"})
        assert answer.status_code == 200


async def mapped(world: World, path: str = "/sitemap.xml") -> dict[str, ET.Element]:
    answer = await world.get(f"{HOME}{path}")
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    root = ET.fromstring(answer.content)
    assert root.tag == f"{MAP}urlset"
    return {url.findtext(f"{MAP}loc") or "": url for url in root}


async def test_the_sitemap_names_what_is_listed_in_every_language(world: World) -> None:
    house = await world.campaign("here.test")
    post = await world.publish(house, "Hello #harbour")
    quiet = await world.publish(house, "Quiet", audience=Audience.UNLISTED)
    gone = await world.publish(house, "Gone")
    await house.publishing.delete(CONSOLE, gone.public_id)
    later(world, days=1)
    await house.publishing.edit(CONSOLE, post.public_id, Draft(text="Hello again #harbour", language="en"))
    urls = await mapped(world)
    page = house.addresses.post_page(post.public_id)
    assert {f"{HOME}/", f"{HOME}/archive", f"{HOME}/archive/2026-09", f"{HOME}/tags", page} <= set(urls)
    assert not [url for url in urls if quiet.public_id in url or gone.public_id in url or "/desk" in url]
    assert urls[page].findtext(f"{MAP}lastmod") == "2026-09-29T09:30:12Z" == urls[f"{HOME}/"].findtext(f"{MAP}lastmod")
    for url, element in urls.items():
        links = {one.get("hreflang"): one.get("href") for one in element.findall(f"{XHTML}link")}
        path = url.removeprefix(HOME)
        assert links == {"x-default": url, **{code: f"{HOME}/{code}{path}" for code in languages()}}
        assert (await world.get(url)).status_code == 200


async def test_many_posts_fill_several_files_each_in_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crawling, "POSTS_A_FILE", 3)
    house = await world.campaign("here.test")
    pages = {house.addresses.post_page((await world.publish(house, f"Post {number}")).public_id) for number in range(7)}
    index = ET.fromstring((await world.get(f"{HOME}/sitemap.xml")).content)
    assert index.tag == f"{MAP}sitemapindex"
    files = [one.findtext(f"{MAP}loc") or "" for one in index]
    found = [url for file in files for url in await mapped(world, file.removeprefix(HOME))]
    assert len(found) == len(set(found))
    assert pages < set(found)
    assert f"{HOME}/" in found
    for beyond in ("3", "10000", "9" * 40):
        assert (await world.get(f"{HOME}/sitemap-{beyond}.xml")).status_code == 404


async def test_robots_are_sent_to_the_sitemap_and_away_from_forms(world: World) -> None:
    await world.campaign("here.test")
    lines = (await world.get(f"{HOME}/robots.txt")).text.splitlines()
    assert f"Sitemap: {HOME}/sitemap.xml" in lines
    assert {"Disallow: /desk/", "Disallow: /search", "Disallow: /interact"} <= set(lines)
    assert "Disallow: /" not in lines


async def test_who_does_not_want_to_be_found_says_so_everywhere(world: World) -> None:
    house = await world.campaign("here.test")
    post = await world.publish(house, "Hello #harbour")
    paths = ["/", "/archive", "/tags", "/tags/harbour", "/feeds", "/feed.atom", "/feed.rss", "/feed.json"]
    paths += [f"/p/{post.public_id}", "/allies"]
    for path in paths:
        assert "x-robots-tag" not in (await world.get(HOME + path)).headers
    await hide(world, house)
    assert (await world.get(f"{HOME}/robots.txt")).text == "User-agent: *\nDisallow: /\n"
    assert (await world.get(f"{HOME}/sitemap.xml")).status_code == 404
    assert (await world.get(f"{HOME}/sitemap-0.xml")).status_code == 404
    for path in paths:
        answer = await world.get(HOME + path)
        assert answer.headers["x-robots-tag"] == "noindex"
        if answer.headers["content-type"].startswith("text/html"):
            assert re.search(r'<meta name="robots" content="noindex">', answer.text)


async def test_the_desk_is_never_indexed(world: World) -> None:
    await world.campaign("here.test")
    assert (await world.get(f"{HOME}/desk/sign-in")).headers["x-robots-tag"] == "noindex"


async def test_while_only_the_statement_is_shown_no_map_tells_of_more(world: World) -> None:
    house = await world.campaign("here.test")
    await world.publish(house, "Hello")
    await mapped(world)
    await house.locking.set_level(CONSOLE, LockLevel(3))
    assert (await world.get(f"{HOME}/sitemap.xml")).status_code == 503
