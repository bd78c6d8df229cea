"""The agenda: an actor of its own that says each public call-out as an event, in the transaction that says the post."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from federation.activities import Create, Join, Update
from server.base.addresses import Addresses, agenda_handle
from server.base.database import Database, Transaction
from server.base.errors import Conflict, NotFound
from server.base.ids import public_id
from server.base.timestamps import from_text, to_text
from server.features.actors.model import OurActor
from server.features.actors.service import Actors
from server.features.agenda import activities, views
from server.features.agenda.activities import KEPT
from server.features.delivery.model import Priority
from server.features.delivery.service import Delivery
from server.features.posts import views as posts_views
from server.features.posts.model import Post
from server.features.posts.views import by_public_id
from server.features.publishing import store as publishing_store
from server.features.remote.model import RemoteActor

#: As what the network sees the agenda: Mobilizon's people follow groups, and everybody else follows a group like anybody.
TYPE: Final = "Group"


class Agenda:
    """Call-outs as events. It is one of the heralds of publishing."""

    def __init__(
        self,
        database: Database,
        delivery: Delivery,
        actors: Actors,
        addresses: Addresses,
        random: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self._delivery = delivery
        self._actors = actors
        self._addresses = addresses
        self._random = random

    async def settle(self) -> None:
        """Make the agenda's actor if there is a campaign without one: a new house, or one that an older version opened."""
        try:
            ours = self._actors.campaign()
        except NotFound:
            return
        if self._actors.agenda() is not None:
            return
        try:
            await self._actors.create(handle=agenda_handle(ours.handle), kind="agenda", type_=TYPE, name=ours.name)
        except Conflict:  # another process on this database was quicker
            await self._actors.load()

    async def tell(self, tx: Transaction, post: Post, kind: Literal["Create", "Update", "Delete"]) -> None:
        """Say the event of a call-out when its post is said: new, as it is now, or gone. Other posts are nothing to the agenda."""
        ours = self._actors.agenda()
        if ours is None:
            return
        campaign = self._actors.by_id(post.actor_id).handle
        about = self._addresses.event(campaign, post.public_id)
        known = await publishing_store.announced(tx, about)
        stands = kind != "Delete" and post.call is not None and post.listed
        if not stands and not known:
            return
        name = public_id(self._random)
        said_as = self._addresses.activity(ours.handle, name)
        if not stands or post.call is None:
            body = activities.deletion(post, campaign, self._addresses, said_as)
            await self._say(tx, ours, name, "Delete", about, body)
            return
        told, call = Update if known else Create, post.call
        body = activities.said(told, post, call, campaign, self._addresses, said_as)
        await self._say(tx, ours, name, told.__name__, about, body)

        def created(under: str) -> bytes:
            uri = self._addresses.activity(ours.handle, under)
            return activities.said(Create, post, call, campaign, self._addresses, uri)

        if known:
            await self._delivery.renew(tx, about, created)

    async def restate(self, tx: Transaction, post: Post) -> None:
        """Let what was told of the event of a call-out say what it says now."""
        ours, call = self._actors.agenda(), post.call
        if ours is None or call is None:
            return
        agenda, campaign = ours.handle, self._actors.by_id(post.actor_id).handle

        def said(kind: str, name: str) -> bytes:
            uri = self._addresses.activity(agenda, name)
            return activities.said(Create if kind == "Create" else Update, post, call, campaign, self._addresses, uri)

        await self._delivery.restate(tx, self._addresses.event(campaign, post.public_id), said)

    async def _say(self, tx: Transaction, ours: OurActor, name: str, kind: str, about: str, body: bytes) -> None:
        await self._delivery.say(
            tx,
            actor=ours,
            activity_public_id=name,
            type_=kind,
            object_uri=about,
            body=body,
            to_followers=True,
            priority=Priority.FANOUT if kind == "Create" else Priority.URGENT,
            listed=kind == "Create",
        )

    async def joined(self, tx: Transaction, asked: Join, actor: RemoteActor) -> None:
        """Somebody wants to take part by the network: the answer is Ignore, as FEP-8a8e has it, and nobody is noted down."""
        ours, local = self._actors.agenda(), self._addresses.local(asked.object)
        if ours is None or asked.id is None or local is None or local.kind != "post" or local.handle != ours.handle:
            return
        post = await by_public_id(tx, local.public_id)
        if post is None or not post.listed or post.call is None:
            return
        name = public_id(self._random)
        campaign = self._actors.by_id(post.actor_id).handle
        said_as = self._addresses.activity(ours.handle, name)
        await self._delivery.say(
            tx,
            actor=ours,
            activity_public_id=name,
            type_="Ignore",
            object_uri=asked.id,
            body=activities.ignored(campaign, self._addresses, said_as, asked.id, actor.uri),
            to_followers=False,
            inboxes=[actor.inbox],
            priority=Priority.PERSON,
        )

    # -- looking ----------------------------------------------------------------------------------------------------------

    async def coming(self) -> list[Post]:
        """Public call-outs that are not over yet, the first to begin first; cancelled ones too, so that nobody goes there."""
        async with self._database.snapshot() as snapshot:
            return await views.ending_after(snapshot, snapshot.now)

    async def between(self, start: str, end: str) -> list[Post]:
        """Public call-outs of a span of time (UTC text)."""
        async with self._database.snapshot() as snapshot:
            return await views.between(snapshot, start, end)

    async def standing(self) -> list[str]:
        """The ids of the events that people may come to, those that end first in front: what the agenda shows first."""
        campaign = self._actors.campaign()
        async with self._database.snapshot() as snapshot:
            found = await posts_views.standing(snapshot, campaign.id)
        return [self._addresses.event(campaign.handle, post.public_id) for post in found]

    async def told(self) -> list[Post]:
        """What calendars are told: all that is coming, and for a while what is over or cancelled."""
        async with self._database.snapshot() as snapshot:
            return await views.ending_after(snapshot, to_text(from_text(snapshot.now) - KEPT))
