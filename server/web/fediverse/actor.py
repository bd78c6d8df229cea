"""Actors and their collections. Followers are people at risk: a count, never a list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from federation.render import note_document
from federation.render_collections import raw, render_collection, render_page
from server.base.errors import NotFound
from server.features.actors.model import OurActor
from server.features.delivery import store as delivery_store
from server.features.posts.activities import note
from server.features.posts.views import pinned
from server.web.shared.caching import Rendered, kept
from server.web.shared.documents import activity_json, actor_answer, wants_document
from server.web.shared.request import house_of, number_of

PAGE: Final = 20
FAR: Final = 2**62


def named_actor(request: Request) -> OurActor:
    """The actor of the path. Raises NotFound."""
    handle = request.path_params["handle"]
    actor = house_of(request).actors.by_handle(handle)
    if actor is None or actor.handle != handle or actor.kind == "instance":
        raise NotFound("There is nobody of that name here.")
    return actor


async def instance(request: Request) -> Response:
    """The actor that signs our fetches; nobody needs a signature to read it."""
    return await actor_answer(request, house_of(request).actors.instance())


async def campaign(request: Request) -> Response:
    """An actor's document, or the way to its page."""
    actor = named_actor(request)
    if wants_document(request):
        return await actor_answer(request, actor)
    return RedirectResponse(house_of(request).addresses.profile(actor.handle), 302, {"Vary": "Accept"})


async def outbox(request: Request) -> Response:
    """The outbox: a count, and pages of what was said in public, newest first."""
    house, actor = house_of(request), named_actor(request)
    uri = house.addresses.outbox(actor.handle)
    before = number_of(request.query_params.get("before", ""))

    async def make() -> Rendered:
        async with house.database.snapshot() as snapshot:
            if "page" not in request.query_params and before is None:
                total = await delivery_store.count_listed(snapshot, actor.id)
                return activity_json(render_collection(uri, total, first=f"{uri}?page=true"))
            found = await delivery_store.listed(snapshot, actor.id, before or FAR, PAGE)
        here = f"{uri}?page=true" + (f"&before={before}" if before else "")
        following = f"{uri}?page=true&before={found[-1][0]}" if len(found) == PAGE else None
        return activity_json(render_page(here, uri, [raw(body.encode()) for _, body in found], next_page=following))

    key = ("outbox", actor.handle, str("page" in request.query_params), str(before))
    return await kept(request, key, make, spoken=False)


async def followers(request: Request) -> Response:
    """How many follow."""
    return await _count(request, 0)


async def following(request: Request) -> Response:
    """How many are followed."""
    return await _count(request, 1)


async def _count(request: Request, index: int) -> Response:
    house, actor = house_of(request), named_actor(request)
    uri = (house.addresses.followers, house.addresses.following)[index](actor.handle)

    async def make() -> Rendered:
        return activity_json(render_collection(uri, (await house.followers.counts(actor.id))[index]))

    return await kept(request, (uri,), make, spoken=False)


async def featured(request: Request) -> Response:
    """Pinned posts, whole; of the agenda the ids of its open events, as Mastodon takes nothing but a Note that is whole."""
    house, actor = house_of(request), named_actor(request)
    uri = house.addresses.featured(actor.handle)

    async def make() -> Rendered:
        if actor.kind == "agenda":
            events = [] if house.safety.statement_only else await house.agenda.standing()
            return activity_json(render_collection(uri, len(events), items=events))
        async with house.database.snapshot() as snapshot:
            posts = await pinned(snapshot, actor.id, statement=house.safety.statement_only)
        items = [note_document(note(post, actor.handle, house.addresses)) for post in posts]
        return activity_json(render_collection(uri, len(items), items=items))

    return await kept(request, (uri,), make, spoken=False)


def _empty(name: str) -> Callable[[Request], Awaitable[Response]]:
    """A collection of the instance actor: there, and empty."""

    async def answer(request: Request) -> Response:
        uri = f"{house_of(request).addresses.instance_actor()}/{name}"
        return activity_json(render_collection(uri, 0)).response(request)

    return answer


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/actor", instance),
        Route("/actor/outbox", _empty("outbox")),
        Route("/actor/followers", _empty("followers")),
        Route("/actor/following", _empty("following")),
        Route("/users/{handle}", campaign),
        Route("/users/{handle}/outbox", outbox),
        Route("/users/{handle}/followers", followers),
        Route("/users/{handle}/following", following),
        Route("/users/{handle}/featured", featured),
    ]
