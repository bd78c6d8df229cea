"""oEmbed 1.0 (oembed.com): what others need to show a post of ours in a frame. It knows no addresses but our own and fetches nothing."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.base.catalogue import SOURCE, known, languages
from server.base.errors import NotFound
from server.base.ids import typed_code
from server.features.callouts.views_codes import public_id_of
from server.features.posts.model import Post
from server.features.posts.views import by_public_id
from server.features.posts.wording import told_text
from server.web.pages.choosing import title_of
from server.web.shared.caching import Rendered, kept
from server.web.shared.request import house_of

WIDTH, HEIGHT = 550, 280
#: A frame narrower than this has longer columns.
NARROW, NARROW_HEIGHT = 400, 400
MAX_AGE: Final = 3600
MAX_URL_CHARS: Final = 500
#: Every form of a post's address: its page, as Mastodon guesses it, its ActivityPub id, the short one of a call-out.
_PATH: Final = re.compile(
    r"(?:/(?P<language>[a-z]{2,3}))?"
    r"(?:/p/(?P<page>[a-z0-9]{8,64})|/@[a-z0-9_]{1,30}/(?P<guess>[a-z0-9]{8,64})"
    r"|/users/[a-z0-9_]{1,30}/posts/(?P<id>[a-z0-9]{8,64})|/c/(?P<code>[A-Za-z0-9]{1,32}))/?"
)
_SIZE: Final = re.compile(r"[1-9][0-9]{0,4}")


async def oembed(request: Request) -> Response:
    """The answer for an address; 404 for what is no readable post of ours, 501 for other formats (the specification, 2.3.4)."""
    asked = request.query_params
    form = asked.get("format", "json")
    if form not in {"json", "xml"}:
        return _refused(501, "There are the formats json and xml.")
    if "url" not in asked:
        return _refused(400, "Say of which address: ?url=")
    sizes = [asked.get(name, "") for name in ("maxwidth", "maxheight")]
    if any(size and not _SIZE.fullmatch(size) for size in sizes):
        return _refused(400, "maxwidth and maxheight are numbers of pixels.")
    width = min(int(sizes[0] or WIDTH), WIDTH)
    height = min(int(sizes[1] or NARROW_HEIGHT), NARROW_HEIGHT if width < NARROW else HEIGHT)
    try:
        prefix, post_id = await _found(request, asked["url"][:MAX_URL_CHARS])
        return await kept(
            request,
            ("oembed", post_id, prefix, form, str(width), str(height)),
            lambda: _answer(request, post_id, prefix, form, (width, height)),
            spoken=False,
        )
    except NotFound:
        return _refused(404, "There is no such post here.")


def _refused(status: int, words: str) -> Response:
    return JSONResponse({"error": words}, status, {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"})


async def _found(request: Request, url: str) -> tuple[str, str]:
    """The prefix of the language, and the public id. Raises NotFound."""
    house = house_of(request)
    match = _PATH.fullmatch(_path(url)) if house.addresses.is_local(url) else None
    if match is None or (match["language"] and match["language"] not in languages()):
        raise NotFound
    prefix = f"/{match['language']}" if match["language"] else ""
    if match["code"] is None:
        return prefix, match["page"] or match["guess"] or match["id"]
    code = typed_code(match["code"])
    async with house.database.snapshot() as snapshot:
        found = await public_id_of(snapshot, code) if code else None
    if found is None:
        raise NotFound
    return prefix, found


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


async def _answer(request: Request, public_id: str, prefix: str, form: str, size: tuple[int, int]) -> Rendered:
    async with house_of(request).database.snapshot() as snapshot:
        post = await by_public_id(snapshot, public_id)
    if post is None or not post.readable:
        raise NotFound
    document = _document(request, post, prefix, size)
    if form == "json":
        return Rendered.of(msgspec.json.encode(document), "application/json", max_age=MAX_AGE, cors=True)
    rows = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in document.items())
    body = f'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<oembed>{rows}</oembed>\n'
    return Rendered.of(body, "text/xml; charset=utf-8", max_age=MAX_AGE, cors=True)


def _document(request: Request, post: Post, prefix: str, size: tuple[int, int]) -> dict[str, Any]:
    house = house_of(request)
    actor, addresses = house.actors.by_id(post.actor_id), house.addresses
    language = prefix.removeprefix("/") or known(actor.language) or SOURCE
    title = title_of(post, told_text(post, language), language)
    frame = Markup(
        '<iframe src="{src}" width="{width}" height="{height}" title="{title}" loading="lazy" referrerpolicy="no-referrer"'
        ' sandbox="allow-popups allow-popups-to-escape-sandbox" frameborder="0"></iframe>'
    )
    card = f"{addresses.base}{prefix}/p/{post.public_id}/card"
    document: dict[str, Any] = {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "author_name": actor.name,
        "author_url": addresses.home(),
        "provider_name": actor.name,
        "provider_url": addresses.home(),
        "cache_age": MAX_AGE,
        "width": size[0],
        "height": size[1],
        "html": str(frame.format(src=card, width=size[0], height=size[1], title=title)),
    }
    picture = next(iter(post.pictures), None)
    if picture and not post.sensitive and not post.main.warning and picture.small_width <= size[0]:
        document["thumbnail_url"] = addresses.media(picture.public_id, picture.small_extension, small=True)
        document["thumbnail_width"], document["thumbnail_height"] = picture.small_width, picture.small_height
    return document


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route("/oembed", oembed)]
