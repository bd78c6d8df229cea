"""Call-outs as events, by the ids that the agenda gave them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from federation.render import render_tombstone
from server.base.errors import NotFound
from server.features.agenda import activities
from server.features.posts.model import Kind, State
from server.web.fediverse.actor import named_actor
from server.web.shared.caching import Rendered, kept
from server.web.shared.documents import activity_json, find_post, wants_document
from server.web.shared.request import house_of


async def event(request: Request) -> Response:
    """An event, the way to its page, or the tombstone of one that was deleted."""
    house, actor = house_of(request), named_actor(request)
    public_id = request.path_params["public_id"]
    if actor.kind != "agenda":
        raise NotFound("There is nothing here.")
    if not wants_document(request):
        return RedirectResponse(house.addresses.post_page(public_id), 302, {"Vary": "Accept"})

    async def make() -> Rendered:
        found = await find_post(request, public_id)
        campaign = house.actors.by_id(found.actor_id).handle
        if found.state is State.DELETED and found.kind is Kind.CALL_OUT:
            stone = activities.tombstone(found, campaign, house.addresses)
            return activity_json(render_tombstone(stone), status=410)
        if not found.listed or found.call is None:
            raise NotFound("There is nothing here.")
        return activity_json(activities.document(found, found.call, campaign, house.addresses))

    return await kept(request, ("event", public_id), make)


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route("/users/{handle}/events/{public_id}", event)]
