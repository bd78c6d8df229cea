"""Feeds as readers read them: strictly, and in a language as the prefix of an address chooses it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from email.utils import parsedate_to_datetime
from typing import Any, Final

import feedparser
import httpx

from tests.world import World

ATOM: Final = "{http://www.w3.org/2005/Atom}"
HOME: Final = "https://here.test"


async def feed_in(world: World, language: str, path: str) -> httpx.Response:
    """A path of ours as it is met behind the part of an address that chooses a language."""
    async with httpx.AsyncClient(transport=world.net.hosts["here.test"]) as client:
        return await client.get(f"{HOME}/{language}{path}")


def parsed(answer: httpx.Response) -> Any:
    """What a lenient reader reads, who complains of nothing."""
    headers = {"content-type": answer.headers["content-type"], "content-location": str(answer.url)}
    found = feedparser.parse(answer.content, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    assert not found.bozo, found.get("bozo_exception")
    return found


def one(element: ET.Element, name: str) -> str:
    """The text of the one child of this name."""
    (found,) = element.findall(name)
    assert found.text
    return found.text


def strict_atom(answer: httpx.Response) -> ET.Element:
    """RFC 4287: what each feed and each entry must have, once."""
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(answer.content)
    assert feed.tag == f"{ATOM}feed"
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            one(element, f"{ATOM}{name}")
        assert one(element, f"{ATOM}id").startswith("https://")
        alternates = [link for link in element.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
        assert len({(link.get("type"), link.get("hreflang")) for link in alternates}) == len(alternates) >= 1
        assert all(link.get("href") for link in element.findall(f"{ATOM}link"))
        assert all(category.get("term") for category in element.findall(f"{ATOM}category"))
    assert one(feed.findall(f"{ATOM}author")[0], f"{ATOM}name")
    ids = [one(entry, f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids)
    newest = max((one(entry, f"{ATOM}updated") for entry in feed.findall(f"{ATOM}entry")), default="")
    assert one(feed, f"{ATOM}updated") >= newest
    return feed


def strict_rss(answer: httpx.Response) -> ET.Element:
    """RSS 2.0: what a channel and an item must have; dates of RFC 822; a length in each enclosure, and one at most."""
    assert answer.headers["content-type"] == "application/rss+xml; charset=utf-8"
    rss = ET.fromstring(answer.content)
    assert (rss.tag, rss.get("version")) == ("rss", "2.0")
    (channel,) = list(rss)
    for name in ("title", "link", "description", "language", "lastBuildDate"):
        one(channel, name)
    parsedate_to_datetime(one(channel, "lastBuildDate"))
    guids = []
    for item in channel.findall("item"):
        for name in ("title", "link", "description", "guid", "pubDate"):
            one(item, name)
        assert parsedate_to_datetime(one(item, "pubDate")).tzinfo is not None
        assert item.findall("guid")[0].get("isPermaLink") == "false"
        guids.append(one(item, "guid"))
        enclosures = item.findall("enclosure")
        assert len(enclosures) <= 1
        assert all(found.get("url") and found.get("type") and int(found.get("length", "0")) > 0 for found in enclosures)
        assert not item.findall("author"), "nobody is named"
    assert len(set(guids)) == len(guids)
    return channel


def strict_json(answer: httpx.Response) -> dict[str, Any]:
    """JSON Feed 1.1: its required keys and their types."""
    assert answer.headers["content-type"] == "application/feed+json"
    feed: dict[str, Any] = answer.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert isinstance(feed["title"], str)
    for item in feed["items"]:
        assert isinstance(item["id"], str)
        assert isinstance(item["content_html"], str)
        assert all(isinstance(tag, str) for tag in item["tags"])
        for file in item.get("attachments", []):
            assert isinstance(file["url"], str)
            assert isinstance(file["mime_type"], str)
            assert isinstance(file["size_in_bytes"], int)
        assert all(key.startswith("_") for key in item if key not in KNOWN)
    assert len({item["id"] for item in feed["items"]}) == len(feed["items"])
    return feed


KNOWN: Final = {"id", "url", "title", "content_html", "image", "date_published", "date_modified", "language", "tags", "attachments"}  # fmt: skip
STRICT: Final = {"atom": strict_atom, "rss": strict_rss, "json": strict_json}
