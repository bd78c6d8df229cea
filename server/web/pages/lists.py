"""Lists: by tag, by month, by words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import NotFound
from server.base.formatter import tag_name
from server.features.posts.model import Post
from server.features.posts.views import by_tag, of_month
from server.features.posts.views_feeds import tags
from server.features.posts.views_months import months
from server.features.search.service import MAX_CHARS
from server.web.pages.fitting import fitting, of_post
from server.web.pages.showing import before_of, older_query, profile_of
from server.web.shared.caching import Rendered, kept, unkept
from server.web.shared.pages import render
from server.web.shared.request import house_of

PAGE: Final = 20
MAX_TAG_CHARS: Final = 100
TAGS_OF_ARCHIVE: Final = 40
_MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


async def tag(request: Request) -> Response:
    """Posts with a tag."""
    name = tag_name(request.path_params["tag"])
    if len(name) > MAX_TAG_CHARS:
        raise NotFound("There is no such tag here.")

    async def make() -> Rendered:
        async with house_of(request).database.snapshot() as snapshot:
            posts = await by_tag(snapshot, name, before_of(request), PAGE)
        if not posts and before_of(request) is None:
            raise NotFound("Nothing was said under this tag yet.")
        return await _listed(request, f"#{name}", posts)

    return await kept(request, ("tag", name, str(before_of(request))), make)


async def month(request: Request) -> Response:
    """Posts of a month."""
    name = request.path_params["month"]
    if not _MONTH.fullmatch(name):
        raise NotFound("Months are written like 2026-01.")

    async def make() -> Rendered:
        house = house_of(request)
        async with house.database.snapshot() as snapshot:
            posts = await of_month(snapshot, house.actors.campaign().id, name, before_of(request))
        return await _listed(request, name, posts)

    return await kept(request, ("month", name, str(before_of(request))), make)


async def archive(request: Request) -> Response:
    """All months."""
    house = house_of(request)

    async def make() -> Rendered:
        actor = house.actors.campaign()
        async with house.database.snapshot() as snapshot:
            found, used = await months(snapshot, actor.id), await tags(snapshot, actor.id, TAGS_OF_ARCHIVE)
        profile = await profile_of(request, actor)
        html = render(request, "pages/archive.html", profile=profile, months=found, tags=used)
        return Rendered.of(html, "text/html; charset=utf-8")

    return await kept(request, ("archive",), make)


async def all_tags(request: Request) -> Response:
    """All tags, the most used first."""
    house = house_of(request)

    async def make() -> Rendered:
        actor = house.actors.campaign()
        async with house.database.snapshot() as snapshot:
            found = await tags(snapshot, actor.id)
        html = render(request, "pages/tags.html", profile=await profile_of(request, actor), tags=found)
        return Rendered.of(html, "text/html; charset=utf-8")

    return await kept(request, ("tags",), make)


async def _listed(request: Request, name: str, posts: Sequence[Post]) -> Rendered:
    actor = house_of(request).actors.campaign()
    posts, more = fitting(posts, of_post, most=PAGE)
    html = render(
        request,
        "pages/list.html",
        keep=older_query(request),
        profile=await profile_of(request, actor),
        name=name,
        posts=posts,
        older=posts[-1].id if posts and more else None,
    )
    return Rendered.of(html, "text/html; charset=utf-8")


async def search(request: Request) -> Response:
    """Posts that hold some words. What was asked is kept nowhere."""
    house = house_of(request)
    question = request.query_params.get("q", "").strip()[:MAX_CHARS]
    actor = house.actors.campaign()
    found = await house.search.find(question, actor.id, before_of(request)) if question else []
    posts, more = fitting(found, of_post, most=PAGE)
    html = render(
        request,
        "pages/search.html",
        keep="&".join(filter(None, (urlencode({"q": question}) if question else "", older_query(request)))),
        profile=await profile_of(request, actor),
        question=question,
        posts=posts,
        older=posts[-1].id if posts and more else None,
    )
    return unkept(request, html)


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/tags", all_tags),
        Route("/tags/{tag}", tag),
        Route("/archive", archive),
        Route("/archive/{month}", month),
        Route("/search", search),
    ]
