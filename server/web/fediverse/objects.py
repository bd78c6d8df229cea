"""Posts and activities by id, and what belongs to a post."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from federation.errors import FederationError
from federation.render import note_document, render_note, render_stamp
from federation.render_collections import render_collection
from federation.signatures import key_id_of, verify
from server.base.errors import NotFound
from server.features.delivery import store as delivery_store
from server.features.posts.activities import note
from server.features.posts.model import Audience, Post, State
from server.features.posts.views import answers_to, thread
from server.web.fediverse.actor import named_actor
from server.web.fediverse.inbox import signed_request
from server.web.shared.caching import Rendered, kept
from server.web.shared.documents import activity_json, find_post, post_answer, wants_document
from server.web.shared.request import house_of

REPLIES_SHOWN: Final = 50
#: So long after it was taken back a stamp may still be believed.
STAMP_SECONDS: Final = 60


async def post(request: Request) -> Response:
    """A post by its id: for everybody, or for whoever proves by a signature to be among its readers."""
    house, actor = house_of(request), named_actor(request)
    public_id = request.path_params["public_id"]
    if not wants_document(request) and "signature" not in request.headers:
        return RedirectResponse(house.addresses.post_page(public_id), 302, {"Vary": "Accept"})
    try:
        return await post_answer(request, actor, public_id)
    except NotFound:
        found = await find_post(request, public_id)
        if found.state is not State.LIVE or not await _may_read(request, found):
            raise
        body = render_note(note(found, actor.handle, house.addresses))
        response = activity_json(body).response(request)
        response.headers["Cache-Control"] = "private, no-store"
        return response


async def _may_read(request: Request, found: Post) -> bool:
    """True if a sound signature shows a follower (for followers' posts) or somebody the post names."""
    house = house_of(request)
    signed = signed_request(request, b"")
    try:
        key_id = key_id_of(signed)
        if house.safety.refuses(key_id):
            return False
        signer = await house.remote.signer(key_id)
        verify(signed, signer.key, house.clock(), house.addresses.base)
    except FederationError:
        return False
    if house.safety.refuses(signer.actor_uri):
        return False
    if signer.actor_uri in {one.actor_uri for one in found.named}:
        return True
    return found.audience is Audience.FOLLOWERS and await house.followers.is_follower(found.actor_id, signer.actor_uri)


async def activity(request: Request) -> Response:
    """A public activity by its id."""
    house, actor = house_of(request), named_actor(request)
    async with house.database.snapshot() as snapshot:
        body = await delivery_store.said(snapshot, actor.id, request.path_params["public_id"])
    if body is None:
        raise NotFound("There is nothing here.")
    return activity_json(body.encode()).response(request)


async def stamp(request: Request) -> Response:
    """Our consent to a quote or reply, for whoever checks it; 404 once it was taken back."""
    named_actor(request)
    found = await house_of(request).stamping.stamp(request.path_params["public_id"])
    if found is None:
        raise NotFound("There is nothing here.")
    return activity_json(render_stamp(found), max_age=STAMP_SECONDS).response(request)


async def _public_post(request: Request) -> Post:
    found = await find_post(request, request.path_params["public_id"])
    if not found.readable or found.actor_id != named_actor(request).id:
        raise NotFound("There is nothing here.")
    return found


async def replies(request: Request) -> Response:
    """Approved replies: ids of others' posts, and our own answers."""
    house, actor = house_of(request), named_actor(request)

    async def make() -> Rendered:
        found = await _public_post(request)
        heard = await house.conversation.replies(found)
        async with house.database.snapshot() as snapshot:
            own = await answers_to(snapshot, found.id)
        ids = [house.addresses.post(actor.handle, one.public_id) for one in own] + [one.post.uri for one in heard]
        uri = house.addresses.replies(actor.handle, found.public_id)
        return activity_json(render_collection(uri, len(ids), ordered=False, items=ids[:REPLIES_SHOWN]), max_age=0)

    return await kept(request, (request.scope["path"],), make, spoken=False)


async def likes(request: Request) -> Response:
    """How many liked it."""
    house, found = house_of(request), await _public_post(request)
    uri = house.addresses.likes(request.path_params["handle"], found.public_id)
    return activity_json(render_collection(uri, found.counts.likes, ordered=False), max_age=0).response(request)


async def shares(request: Request) -> Response:
    """How many boosted it."""
    house, found = house_of(request), await _public_post(request)
    uri = house.addresses.shares(request.path_params["handle"], found.public_id)
    return activity_json(render_collection(uri, found.counts.boosts, ordered=False), max_age=0).response(request)


async def context(request: Request) -> Response:
    """Our posts of a thread (FEP-7888)."""
    house, actor = house_of(request), named_actor(request)
    found = await _public_post(request)
    async with house.database.snapshot() as snapshot:
        posts = await thread(snapshot, found.thread_public_id)
    items = [note_document(note(one, actor.handle, house.addresses)) for one in posts[:REPLIES_SHOWN]]
    uri = house.addresses.context(actor.handle, found.thread_public_id)
    return activity_json(render_collection(uri, len(items), items=items)).response(request)


def routes() -> list[Route]:
    """The paths of this file."""
    one = "/users/{handle}/posts/{public_id}"
    return [
        Route(one, post),
        Route(f"{one}/replies", replies),
        Route(f"{one}/likes", likes),
        Route(f"{one}/shares", shares),
        Route(f"{one}/context", context),
        Route("/users/{handle}/activities/{public_id}", activity),
        Route("/users/{handle}/stamps/{public_id}", stamp),
    ]
