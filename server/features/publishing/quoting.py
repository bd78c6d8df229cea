"""Our quotes of others: asked for, stamped or refused by their author (FEP-044f)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from federation.activities import Inner, QuoteRequest
from federation.errors import Malformed
from federation.identifiers import ActivityId, ActorId, ObjectId, same_origin
from federation.render import render_activity
from server.base import changes
from server.base.addresses import Addresses
from server.base.database import Snapshot, Transaction
from server.base.errors import Forbidden, NotFound
from server.base.ids import public_id
from server.features.actors.model import OurActor
from server.features.delivery.model import Priority
from server.features.delivery.service import Delivery
from server.features.posts import views
from server.features.posts.model import Audience, Post
from server.features.publishing import store as publishing_store
from server.features.publishing import store_stamps as store
from server.features.remote.model import RemoteActor

_QUOTABLE: Final = frozenset({"public", "unlisted"})


class Quoting:
    """What we quote. All of it happens inside somebody's transaction."""

    def __init__(self, delivery: Delivery, addresses: Addresses, random: Callable[[int], bytes]) -> None:
        self._delivery = delivery
        self._addresses = addresses
        self._random = random

    async def resolved(self, snapshot: Snapshot, quote: str, ours: OurActor) -> str:
        """The id of what a draft quotes, given by id or page. Raises NotFound for what is not known here, Forbidden for the rest."""
        if self._addresses.is_local(quote):
            local = self._addresses.local(quote)
            post = await views.by_public_id(snapshot, local.public_id) if local and local.kind == "post" else None
            if post is None or not post.readable:
                raise NotFound("The post that you quote is not here.")
            return self._addresses.post(ours.handle, post.public_id)
        known = await publishing_store.quotable(snapshot, quote)
        if known is None:
            raise NotFound("Look up the post that you quote first: it is not known here.")
        uri, visibility = known
        if visibility not in _QUOTABLE:
            raise Forbidden("Only public posts can be quoted.")
        return uri

    async def ask(self, tx: Transaction, ours: OurActor, post: Post) -> None:
        """After the Create: the author of what a post quotes is asked. Our own posts need no asking."""
        if post.quote is None:
            return
        if self._addresses.is_local(post.quote.uri):
            await store.set_quote(tx, post.id, "accepted")
            return
        author = await publishing_store.author_of(tx, post.quote.uri)
        if author is None or post.audience is Audience.DIRECT:
            return
        await store.set_quote(tx, post.id, "pending")
        name = public_id(self._random)
        uri = self._addresses.post(ours.handle, post.public_id)
        request = QuoteRequest(
            id=ActivityId(self._addresses.activity(ours.handle, name)),
            actor=ActorId(self._addresses.actor(ours.handle)),
            to=(author[1],),
            object=ObjectId(post.quote.uri),
            instrument=ObjectId(uri),
        )
        await self._delivery.say(
            tx,
            actor=ours,
            activity_public_id=name,
            type_="QuoteRequest",
            object_uri=uri,
            body=render_activity(request),
            to_followers=False,
            inboxes=[author[3]],
            priority=Priority.PERSON,
        )

    async def answered(
        self, tx: Transaction, actor: RemoteActor, inner: Inner, *, accepted: bool, stamp: str | None
    ) -> str | None:
        """The author says yes or no; the public id of our post for which that changes something. Anybody else says nothing."""
        ours = await self._asked_for(tx, inner)
        quoted = await store.quoted_by(tx, ours) if ours else None
        if ours is None or quoted is None:
            return None
        author = await publishing_store.author_of(tx, quoted[1])
        if author is None or author[1] != actor.uri or (accepted and not _on_their_server(stamp, actor)):
            return None
        await store.set_quote(tx, quoted[0], "accepted" if accepted else "rejected", stamp if accepted else None)
        await changes.record(tx, "post", ours)
        return ours

    async def _asked_for(self, tx: Transaction, inner: Inner) -> str | None:
        """The public id of our post that a request was for: it says so itself, or we said it under the id that it names."""
        uri = inner.instrument
        if uri is None and inner.id is not None:
            request = self._addresses.local(inner.id)
            known = request is not None and request.kind == "activity"
            uri = await store.request_about(tx, request.public_id) if request and known else None
        local = self._addresses.local(uri) if uri else None
        return local.public_id if local and local.kind == "post" else None

    async def taken_back(self, tx: Transaction, actor: RemoteActor, stamp: str) -> list[str]:
        """A stamp was deleted by its server; public ids of the posts that stood by it."""
        found = await store.stamped_with(tx, stamp) if _on_their_server(stamp, actor) else []
        for post_id, name in found:
            await store.set_quote(tx, post_id, "rejected")
            await changes.record(tx, "post", name)
        return [name for _, name in found]


def _on_their_server(stamp: str | None, actor: RemoteActor) -> bool:
    try:
        return stamp is not None and same_origin(stamp, actor.uri)
    except Malformed:
        return False
