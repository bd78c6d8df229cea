"""ActivityPub documents as answers; faces that negotiate share them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from federation.negotiation import ACTIVITY_JSON, wants_activitypub
from federation.render import render_actor, render_note, render_tombstone
from server.base.errors import NotFound
from server.features.actors.model import OurActor
from server.features.posts.activities import note, tombstone
from server.features.posts.activities_translations import translation_note, translation_tombstone
from server.features.posts.model import Post, State
from server.features.posts.store_translations import OwnNote, note_named
from server.features.posts.views import by_id, by_public_id
from server.web.shared.caching import Rendered, kept
from server.web.shared.request import house_of

MAX_AGE: Final = 180
VARY: Final = "Accept"


def wants_document(request: Request) -> bool:
    """True if ActivityPub is asked for rather than a page."""
    return wants_activitypub(request.headers.get("accept"))


def activity_json(
    body: bytes, *, status: int = 200, max_age: int = MAX_AGE, valid_until: datetime | None = None
) -> Rendered:
    """An ActivityPub answer."""
    return Rendered.of(
        body, ACTIVITY_JSON, status=status, max_age=max_age, vary=VARY, cors=True, valid_until=valid_until
    )


async def actor_answer(request: Request, actor: OurActor) -> Response:
    """The document of one of our actors."""
    house = house_of(request)

    async def make() -> Rendered:
        return activity_json(render_actor(await house.profiles.document(actor)))

    return await kept(request, ("actor", actor.handle), make, spoken=False)


async def find_post(request: Request, public_id: str) -> Post:
    """A post by its public id, deleted ones too. Raises NotFound."""
    async with house_of(request).database.snapshot() as snapshot:
        post = await by_public_id(snapshot, public_id)
    if post is None or post.state not in {State.LIVE, State.DELETED}:
        raise NotFound("There is nothing here.")
    return post


async def post_answer(request: Request, actor: OurActor, public_id: str) -> Response:
    """The document of a public post, or a tombstone with 410. Raises NotFound, also for posts that are not for everybody."""
    house = house_of(request)

    async def make() -> Rendered:
        try:
            post = await find_post(request, public_id)
        except NotFound:
            translation = await _translation(request, public_id)
            if translation is None:
                raise
            return _translated(request, actor, *translation)
        if post.actor_id != actor.id:
            raise NotFound("There is nothing here.")
        if post.state is State.DELETED:
            return activity_json(render_tombstone(tombstone(post, actor.handle, house.addresses)), status=410)
        if not post.readable:
            raise NotFound("There is nothing here.")
        return activity_json(render_note(note(post, actor.handle, house.addresses)))

    return await kept(request, ("post", public_id), make, spoken=False)


async def _translation(request: Request, public_id: str) -> tuple[OwnNote, Post] | None:
    async with house_of(request).database.snapshot() as snapshot:
        own = await note_named(snapshot, public_id)
        post = await by_id(snapshot, own.post_id) if own else None
    return (own, post) if own and post else None


def _translated(request: Request, actor: OurActor, own: OwnNote, post: Post) -> Rendered:
    """The document of a translation that is a note of its own."""
    addresses = house_of(request).addresses
    if post.actor_id != actor.id:
        raise NotFound("There is nothing here.")
    text = next((one for one in post.texts if one.language == own.language), None)
    if own.deleted_at is not None or text is None:
        return activity_json(render_tombstone(translation_tombstone(own, actor.handle, addresses)), status=410)
    return activity_json(render_note(translation_note(post, text, own, actor.handle, addresses)))


async def page_of_translation(request: Request, public_id: str) -> str | None:
    """Where a note of its own is read: the page of its post in that language. None if there is no such note."""
    found = await _translation(request, public_id)
    return house_of(request).addresses.post_page_in(found[1].public_id, found[0].language) if found else None
