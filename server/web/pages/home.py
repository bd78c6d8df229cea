"""The home page: who this is, what is pinned, what is new."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from server.base.catalogue import languages
from server.base.errors import NotFound
from server.features.actors.model import OurActor
from server.features.posts.views import latest, pinned, standing
from server.features.posts.views_months import latest_months
from server.web.pages.choosing import LOCALES
from server.web.pages.fitting import fitting, of_post
from server.web.pages.showing import before_of, older_query, profile_of
from server.web.shared.caching import Rendered, kept
from server.web.shared.documents import actor_answer, wants_document
from server.web.shared.language import PREFIX, language_of
from server.web.shared.pages import render
from server.web.shared.request import house_of

PAGE = 20
MONTHS = 24


async def home(request: Request) -> Response:
    """The campaign's page."""
    actor = house_of(request).actors.campaign()
    return await actor_answer(request, actor) if wants_document(request) else await _page(request, actor)


async def profile(request: Request) -> Response:
    """The same page under the handle."""
    handle = request.path_params["handle"].partition("@")[0]
    actor = house_of(request).actors.by_handle(handle)
    if actor is None or actor.kind == "instance":
        raise NotFound("There is nobody of that name here.")
    if wants_document(request):
        return await actor_answer(request, actor)
    if actor.kind == "agenda":
        return RedirectResponse(f"{request.scope.get(PREFIX, '')}/calendar", 302, {"Vary": "Accept"})
    if request.path_params["handle"] != actor.handle:
        return RedirectResponse(f"{request.scope.get(PREFIX, '')}/@{actor.handle}", 301)
    return await _page(request, actor)


async def _page(request: Request, actor: OurActor) -> Response:
    house, before = house_of(request), before_of(request)

    async def make() -> Rendered:
        async with house.database.snapshot() as snapshot:
            alone = house.safety.statement_only
            top = await pinned(snapshot, actor.id, statement=alone) if before is None or alone else []
            posts = [] if house.safety.statement_only else await latest(snapshot, actor.id, before, PAGE)
            calls = [] if house.safety.statement_only or before else await standing(snapshot, actor.id)
            archive = [] if house.safety.statement_only else await latest_months(snapshot, actor.id, MONTHS)
        posts, more = fitting(posts, of_post, beside=top, most=PAGE)
        uri = house.actors.uri(actor)
        html = render(
            request,
            "pages/home.html",
            keep=older_query(request),
            profile=await profile_of(request, actor),
            counts=await house.followers.counts(actor.id),
            calls=calls,
            posts=[post for post in posts if post not in calls],
            pinned=[post for post in top if post not in calls],
            months=archive,
            older=posts[-1].id if posts and more else None,
            newer=before is not None,
            locales=list(dict.fromkeys(LOCALES[one] for one in (language_of(request), *languages()) if one in LOCALES)),
        )
        link = f'<{uri}>; rel="alternate"; type="application/activity+json"'
        return Rendered.of(html, "text/html; charset=utf-8", vary="Accept", link=link)

    return await kept(request, ("home", request.scope["path"], str(before)), make)


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route("/", home), Route("/@{handle}", profile)]
