"""What the network is told of a post: its Create, its Updates, its Delete; always in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

from federation.render import render_activity
from server.base.addresses import Addresses
from server.base.database import Snapshot, Transaction
from server.base.errors import Gone, NotFound
from server.base.formatter import format_post
from server.base.ids import public_id
from server.features.actors.model import OurActor
from server.features.actors.service import Actors
from server.features.delivery.model import Priority
from server.features.delivery.service import Delivery
from server.features.posts import activities, store, views
from server.features.posts.model import Audience, Named, Post, State
from server.features.publishing import store as publishing_store
from server.features.publishing.quoting import Quoting
from server.features.publishing.saying_translations import SayingTranslations


class Herald(Protocol):
    """Whoever tells others of our posts in another shape; rooms above this one are given as such."""

    async def tell(self, tx: Transaction, post: Post, kind: Literal["Create", "Update", "Delete"]) -> None:
        """Tell of a post in the transaction that publishes, changes or deletes it; `post` as it stands then, deleted ones as they stood."""

    async def restate(self, tx: Transaction, post: Post) -> None:
        """Let what was told of a post, and is kept or on its way, say what the post says now and nothing else."""


class Saying:
    """Posts on their way out."""

    def __init__(
        self,
        delivery: Delivery,
        actors: Actors,
        addresses: Addresses,
        quoting: Quoting,
        random: Callable[[int], bytes],
        heralds: Sequence[Herald] = (),
    ) -> None:
        self._delivery = delivery
        self._actors = actors
        self._addresses = addresses
        self.quoting = quoting
        self._random = random
        self._translations = SayingTranslations(delivery, addresses, random)
        self._heralds = tuple(heralds)

    async def live(self, snapshot: Snapshot, name: str) -> Post:
        """A post that stands. Raises NotFound, Gone."""
        post = await views.by_public_id(snapshot, name)
        if post is None:
            raise NotFound("There is no such post.")
        if post.state is not State.LIVE:
            raise Gone("This post was deleted.")
        return post

    async def check(self, tx: Transaction, name: str) -> None:
        """Raise Invalid if a post that is said later is more than other servers take."""
        activities.note(await self.live(tx, name), self._actors.campaign().handle, self._addresses)

    async def create(self, tx: Transaction, name: str) -> None:
        """Say the Create of a post, once: to followers as its audience wants, and to the people it names."""
        ours, post = self._actors.campaign(), await self.live(tx, name)
        object_uri = self._addresses.post(ours.handle, name)
        if await publishing_store.announced(tx, object_uri):
            return
        activity_name = public_id(self._random)
        everybody = post.audience is not Audience.DIRECT
        await self._delivery.say(
            tx,
            actor=ours,
            activity_public_id=activity_name,
            type_="Create",
            object_uri=object_uri,
            body=self._created(post, ours, activity_name),
            to_followers=everybody,
            inboxes=await publishing_store.inboxes_of(tx, [one.actor_uri for one in post.named], shared=everybody),
            listed=post.listed,
        )
        await self.quoting.ask(tx, ours, post)
        await self._translations.follow(tx, ours, post)
        for herald in self._heralds:
            await herald.tell(tx, post, "Create")

    def _created(self, post: Post, ours: OurActor, name: str) -> bytes:
        uri = self._addresses.activity(ours.handle, name)
        return render_activity(activities.create(post, ours.handle, self._addresses, uri))

    async def about(self, tx: Transaction, post: Post, kind: Literal["Update", "Delete"]) -> None:
        """Say an Update or Delete to followers and to everybody who replied, boosted, liked or was named."""
        ours = self._actors.campaign()
        activity_name = public_id(self._random)
        uri = self._addresses.activity(ours.handle, activity_name)
        activity: Any
        if kind == "Delete":
            named = [one.actor_uri for one in post.named]
            activity = activities.delete(post, ours.handle, self._addresses, uri, named)
        else:
            activity = activities.update(post, ours.handle, self._addresses, uri)
        knowing = await publishing_store.inboxes_that_know(tx, post.id)
        if post.audience is Audience.DIRECT:
            knowing = await publishing_store.inboxes_of(tx, [one.actor_uri for one in post.named])
        await self._delivery.say(
            tx,
            actor=ours,
            activity_public_id=activity_name,
            type_=kind,
            object_uri=self._addresses.post(ours.handle, post.public_id),
            body=render_activity(activity),
            to_followers=post.audience is not Audience.DIRECT,
            inboxes=knowing,
            priority=Priority.URGENT,
        )
        if kind == "Delete":
            await self._translations.gone(tx, ours, post)
        else:
            await self._delivery.renew(
                tx, self._addresses.post(ours.handle, post.public_id), lambda name: self._created(post, ours, name)
            )
            await self._translations.follow(tx, ours, post)
        for herald in self._heralds:
            await herald.tell(tx, post, kind)

    async def again(self, tx: Transaction, name: str) -> None:
        """Say an Update of a post whose words stand: what belongs to it has changed."""
        await self.about(tx, await self.live(tx, name), "Update")

    async def restate(self, tx: Transaction, post: Post) -> None:
        """Let all that was said of a post and is not sent yet, or is read later, say what it says now: no earlier words are left."""
        ours = self._actors.campaign()

        def said(kind: str, name: str) -> bytes:
            if kind == "Create":
                return self._created(post, ours, name)
            uri = self._addresses.activity(ours.handle, name)
            return render_activity(activities.update(post, ours.handle, self._addresses, uri))

        named = [one.actor_uri for one in post.named]
        only = await publishing_store.inboxes_of(tx, named) if post.audience is Audience.DIRECT else None
        await self._delivery.restate(tx, self._addresses.post(ours.handle, post.public_id), said, only_to=only)
        await self._translations.restate(tx, ours, post)
        for herald in self._heralds:
            await herald.restate(tx, post)

    async def complete(self, tx: Transaction, post: Post, revision: int, known: dict[str, tuple[str, str]]) -> None:
        """Name the people of a revision who were found: handle -> (actor id, page)."""
        from_before = {one.handle: (one.actor_uri, one.url) for one in post.named}
        pages = {handle: page for handle, (_, page) in {**from_before, **known}.items()}
        for text in post.texts:
            await store.update_html(tx, revision, text.language, self.format(text.source, pages))
        named = [Named(handle=handle, actor_uri=uri, url=page) for handle, (uri, page) in known.items()]
        await store.insert_named(tx, revision, named)

    def format(self, source: str, pages: dict[str, str]) -> str:
        """The HTML of a text with these people known."""
        return format_post(source, mentions=pages, tag_url=self._addresses.tag).html
