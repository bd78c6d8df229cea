"""Feeds as bytes: Atom (RFC 4287), RSS 2.0, JSON Feed 1.1."""

from __future__ import annotations

import re
from email.utils import format_datetime
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import msgspec

from server.base.timestamps import from_text, to_wire
from server.web.pages.feed_model import Enclosure, Entry, Feed

#: What XML 1.0 may not hold in any way (its section 2.2), and JSON need not.
_UNWRITABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MINUTES: Final = 60


def _text(words: str) -> str:
    return escape(_UNWRITABLE.sub("", words))


def _value(words: str) -> str:
    return quoteattr(_UNWRITABLE.sub("", words))


def atom(feed: Feed) -> str:
    """Atom, RFC 4287."""
    icon = f"<icon>{_text(feed.icon)}</icon>" if feed.icon else ""
    subtitle = f"<subtitle>{_text(feed.subtitle)}</subtitle>" if feed.subtitle else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={_value(feed.language)}>'
        f"<title>{_text(feed.title)}</title>{subtitle}<id>{_text(feed.id)}</id>{icon}"
        f"<updated>{to_wire(feed.updated_at)}</updated>"
        f'<link rel="self" type="application/atom+xml" href={_value(feed.in_format("atom"))}/>'
        f'<link rel="alternate" type="text/html" href={_value(feed.alternate)}/>'
        f"<author><name>{_text(feed.author)}</name><uri>{_text(feed.home)}</uri></author>"
        f"{''.join(_atom_entry(one) for one in feed.entries)}</feed>\n"
    )


def _atom_entry(entry: Entry) -> str:
    return (
        f"<entry xml:lang={_value(entry.language)}><title>{_text(entry.title)}</title><id>{_text(entry.id)}</id>"
        f'<link rel="alternate" type="text/html" href={_value(entry.url)}/>'
        f"{_related(entry, 'link')}"
        + "".join(
            f'<link rel="enclosure" type={_value(one.type)} length="{one.length}" title={_value(one.title)} href={_value(one.url)}/>'
            for one in entry.enclosures
        )
        + f"<published>{to_wire(entry.published_at)}</published><updated>{to_wire(entry.updated_at)}</updated>"
        + "".join(f"<category term={_value(tag)}/>" for tag, _ in entry.tags)
        + f'<content type="html">{_text(entry.html)}</content></entry>'
    )


def _related(entry: Entry, element: str) -> str:
    return "".join(f'<{element} rel="related" type="text/html" href={_value(one)}/>' for one in entry.related)


def rss(feed: Feed) -> str:
    """RSS 2.0, as the Best Practices Profile of its board asks."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:media="http://search.yahoo.com/mrss/"><channel>'
        f"<title>{_text(feed.title)}</title><link>{_text(feed.alternate)}</link>"
        f"<description>{_text(feed.subtitle or feed.title)}</description><language>{_text(feed.language)}</language>"
        f'<atom:link rel="self" type="application/rss+xml" href={_value(feed.in_format("rss"))}/>'
        f"<lastBuildDate>{_rfc822(feed.updated_at)}</lastBuildDate><ttl>{MINUTES}</ttl>"
        f"{''.join(_item(one) for one in feed.entries)}</channel></rss>\n"
    )


def _rfc822(moment: str) -> str:
    return format_datetime(from_text(moment), usegmt=True)


def _item(entry: Entry) -> str:
    first = entry.enclosures[:1]
    return (
        f"<item><title>{_text(entry.title)}</title><link>{_text(entry.url)}</link>"
        f'<guid isPermaLink="false">{_text(entry.id)}</guid><pubDate>{_rfc822(entry.published_at)}</pubDate>'
        f"<atom:updated>{to_wire(entry.updated_at)}</atom:updated><dc:language>{_text(entry.language)}</dc:language>"
        + "".join(f"<category domain={_value(page)}>{_text(tag)}</category>" for tag, page in entry.tags)
        + "".join(f'<enclosure url={_value(one.url)} length="{one.length}" type={_value(one.type)}/>' for one in first)
        + "".join(_media(one) for one in entry.enclosures)
        + f"{_related(entry, 'atom:link')}<description xml:lang={_value(entry.language)}>{_text(entry.html)}</description></item>"
    )


def _media(one: Enclosure) -> str:
    """A picture's size. What it shows is said in the words: some readers take a description here for the whole item's."""
    return (
        f'<media:content url={_value(one.url)} type={_value(one.type)} fileSize="{one.length}" medium="image"'
        f' width="{one.width}" height="{one.height}"/>'
    )


def json_feed(feed: Feed) -> bytes:
    """JSON Feed 1.1."""
    written: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.alternate,
        "feed_url": feed.in_format("json"),
        "language": feed.language,
        "authors": [{"name": feed.author, "url": feed.home}],
    }
    if feed.subtitle:
        written["description"] = feed.subtitle
    if feed.icon:
        written["icon"] = feed.icon
    return msgspec.json.encode({**written, "items": [_json_item(one) for one in feed.entries]})


def _json_item(entry: Entry) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": entry.id,
        "url": entry.url,
        "content_html": entry.html,
        "date_published": to_wire(entry.published_at),
        "language": entry.language,
        "tags": [tag for tag, _ in entry.tags],
    }
    if entry.titled:
        item["title"] = entry.title
    if entry.updated_at != entry.published_at:
        item["date_modified"] = to_wire(entry.updated_at)
    if entry.enclosures:
        item["image"] = entry.enclosures[0].url
        item["attachments"] = [
            {
                "url": one.url,
                "mime_type": one.type,
                "size_in_bytes": one.length,
                **({"title": one.title} if one.title else {}),
            }
            for one in entry.enclosures
        ]
    if entry.related:
        item["_callout"] = {
            "corrects": entry.corrects,
            "corrected_by": [one for one in entry.related if one != entry.corrects],
        }
    return item
