"""Feeds for readers who follow without an account: three formats, by language (the prefix of the address), by kind, by tag."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.catalogue import languages
from server.base.errors import NotFound
from server.base.formatter import tag_name
from server.base.language_names import language_name
from server.base.timestamps import to_text
from server.features.posts.model import Post
from server.features.posts.model_call import CallState
from server.features.posts.views import pinned
from server.features.posts.views_feeds import FeedKind, Selection, has_tag, of_feed, tags
from server.web.pages import feed_writing
from server.web.pages.feed_model import FORMATS, KINDS, Feed, address, feed_of
from server.web.pages.lists import MAX_TAG_CHARS
from server.web.pages.showing import profile_of
from server.web.shared.caching import Rendered, kept
from server.web.shared.language import PREFIX
from server.web.shared.pages import render
from server.web.shared.request import house_of

ENTRIES: Final = 30
MAX_AGE: Final = 300
#: So many tags have their feeds named on the page of feeds.
TAGS: Final = 12
_WRITTEN: Final[dict[str, tuple[Callable[[Feed], str | bytes], str]]] = {
    "atom": (feed_writing.atom, "application/atom+xml; charset=utf-8"),
    "rss": (feed_writing.rss, "application/rss+xml; charset=utf-8"),
    "json": (feed_writing.json_feed, "application/feed+json"),
}


def _selected(request: Request) -> Selection:
    kind, tag = request.query_params.get("kind", ""), tag_name(request.query_params.get("tag", "").removeprefix("#"))
    try:
        return Selection(kind=FeedKind(kind or FeedKind.ALL.value), tag=_known(tag))
    except ValueError:
        raise NotFound("There is no such feed: the kinds are all, call-outs and urgent.") from None


def _known(tag: str) -> str:
    if len(tag) > MAX_TAG_CHARS:
        raise NotFound("There is no such tag here.")
    return tag


async def _posts(request: Request, selection: Selection) -> list[Post]:
    house = house_of(request)
    actor = house.actors.campaign()
    async with house.database.snapshot() as snapshot:
        if house.safety.statement_only:
            return [post for post in await pinned(snapshot, actor.id, statement=True) if _fits(post, selection)]
        if selection.tag and not await has_tag(snapshot, selection.tag):
            raise NotFound("Nothing was said under this tag yet.")
        return await of_feed(snapshot, actor.id, selection, ENTRIES)


def _fits(post: Post, selection: Selection) -> bool:
    if selection.tag and selection.tag not in {tag.lower() for tag in post.tags}:
        return False
    match selection.kind:
        case FeedKind.ALL:
            return True
        case FeedKind.CALL_OUTS:
            return post.call is not None
        case FeedKind.URGENT:
            return post.call is not None and post.call.state is CallState.URGENT


async def _feed(request: Request, selection: Selection) -> Feed:
    house, prefix = house_of(request), request.scope.get(PREFIX, "")
    actor = house.actors.campaign()
    avatar = await house.media.by_id(actor.avatar_media_id)
    return feed_of(
        actor,
        house.addresses,
        await _posts(request, selection),
        selection,
        language=prefix.removeprefix("/"),
        prefix=prefix,
        icon=house.addresses.media(avatar.public_id, avatar.small_extension, small=True) if avatar else "",
    )


def feed(name: str) -> Callable[[Request], Awaitable[Response]]:
    """The feed in one format."""
    write, content_type = _WRITTEN[name]

    async def given(request: Request) -> Response:
        selection, prefix = _selected(request), request.scope.get(PREFIX, "")

        async def make() -> Rendered:
            body = write(await _feed(request, selection))
            modified = to_text(house_of(request).clock())
            return Rendered.of(body, content_type, max_age=MAX_AGE, modified=modified)

        return await kept(request, ("feed", name, prefix, selection.kind.value, selection.tag), make, spoken=False)

    return given


async def feeds(request: Request) -> Response:
    """All feeds in words, with addresses to copy."""
    house, prefix = house_of(request), request.scope.get(PREFIX, "")

    async def make() -> Rendered:
        actor = house.actors.campaign()
        async with house.database.snapshot() as snapshot:
            found = await tags(snapshot, actor.id, TAGS)
        html = render(
            request,
            "pages/feeds.html",
            profile=await profile_of(request, actor),
            feeds=[_addresses(house.addresses.base + prefix, Selection(kind=kind)) for kind in FeedKind],
            kinds=[(kind, KINDS.get(kind)) for kind in FeedKind],
            tags=[(one, _addresses(house.addresses.base + prefix, Selection(tag=one.tag))) for one in found],
            everything=_addresses(house.addresses.base, Selection()) if prefix else [],
            languages=[(code, language_name(code)) for code in languages()],
        )
        return Rendered.of(html, "text/html; charset=utf-8")

    return await kept(request, ("feeds",), make)


def _addresses(base: str, selection: Selection) -> list[tuple[str, str]]:
    return [(name, address(base, name, selection)) for name in FORMATS]


def routes() -> list[Route]:
    """The paths of this file."""
    return [*(Route(f"/feed.{name}", feed(name)) for name in FORMATS), Route("/feeds", feeds)]
