"""Feeds for readers who follow without an account: Atom (RFC 4287) and JSON Feed 1.1."""

from __future__ import annotations

from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.addresses import Addresses
from server.base.spoken import direction
from server.base.timestamps import to_wire
from server.features.actors.model import OurActor
from server.features.posts.calling import said
from server.features.posts.model import Post, Text
from server.features.posts.views import latest, pinned
from server.web.pages.showing import title
from server.web.shared.caching import Rendered, kept
from server.web.shared.request import house_of

ENTRIES: Final = 30
MAX_AGE: Final = 300


def _html(post: Post, addresses: Addresses) -> str:
    parts = [_words(text, said(post, text, addresses)) for text in post.said_texts]
    for picture in post.pictures:
        source = quoteattr(addresses.media(picture.public_id, picture.extension))
        parts.append(f"<p><img src={source} alt={quoteattr(picture.alt)}></p>")
    return "".join(parts)


def _words(text: Text, html: str) -> str:
    warning = f"<p><strong>{escape(text.warning)}</strong></p>" if text.warning else ""
    return f"<div lang={quoteattr(text.language)} dir={quoteattr(direction(text.language))}>{warning}{html}</div>"


async def _posts(request: Request) -> tuple[OurActor, list[Post]]:
    house = house_of(request)
    actor = house.actors.campaign()
    async with house.database.snapshot() as snapshot:
        if house.safety.statement_only:
            return actor, await pinned(snapshot, actor.id)
        return actor, await latest(snapshot, actor.id, None, ENTRIES)


async def atom(request: Request) -> Response:
    """The Atom feed."""

    async def make() -> Rendered:
        addresses = house_of(request).addresses
        actor, posts = await _posts(request)
        updated = max([post.edited_at or post.published_at for post in posts], default=actor.created_at)
        entries = "".join(_entry(post, actor, addresses) for post in posts)
        body = (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={quoteattr(actor.language)}>'
            f"<title>{escape(actor.name)}</title><id>{escape(addresses.actor(actor.handle))}</id>"
            f"<updated>{to_wire(updated)}</updated>"
            f'<link rel="self" type="application/atom+xml" href={quoteattr(addresses.base + "/feed.atom")}/>'
            f'<link rel="alternate" type="text/html" href={quoteattr(addresses.home())}/>'
            f"<author><name>{escape(actor.name)}</name></author>{entries}</feed>\n"
        )
        return Rendered.of(body, "application/atom+xml; charset=utf-8", max_age=MAX_AGE)

    return await kept(request, ("atom",), make)


def _entry(post: Post, actor: OurActor, addresses: Addresses) -> str:
    return (
        f"<entry xml:lang={quoteattr(post.language)}><title>{escape(title(post))}</title>"
        f"<id>{escape(addresses.post(actor.handle, post.public_id))}</id>"
        f'<link rel="alternate" type="text/html" href={quoteattr(addresses.post_page(post.public_id))}/>'
        f"<published>{to_wire(post.published_at)}</published>"
        f"<updated>{to_wire(post.edited_at or post.published_at)}</updated>"
        + "".join(f"<category term={quoteattr(tag)}/>" for tag in post.tags)
        + f'<content type="html">{escape(_html(post, addresses))}</content></entry>'
    )


async def json_feed(request: Request) -> Response:
    """The JSON feed."""

    async def make() -> Rendered:
        addresses = house_of(request).addresses
        actor, posts = await _posts(request)
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": actor.name,
            "home_page_url": addresses.home(),
            "feed_url": f"{addresses.base}/feed.json",
            "language": actor.language,
            "authors": [{"name": actor.name, "url": addresses.home()}],
            "items": [_item(post, actor, addresses) for post in posts],
        }
        return Rendered.of(msgspec.json.encode(feed), "application/feed+json", max_age=MAX_AGE)

    return await kept(request, ("json feed",), make)


def _item(post: Post, actor: OurActor, addresses: Addresses) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": addresses.post(actor.handle, post.public_id),
        "url": addresses.post_page(post.public_id),
        "content_html": _html(post, addresses),
        "date_published": to_wire(post.published_at),
        "language": post.language,
        "tags": list(post.tags),
    }
    if post.main.title or post.main.warning:
        item["title"] = post.main.title or post.main.warning
    if post.edited_at:
        item["date_modified"] = to_wire(post.edited_at)
    return item


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route("/feed.atom", atom), Route("/feed.json", json_feed)]
