"""What each activity does here, inside one transaction. One `match`, and mypy fails when a kind is forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, assert_never

from federation.activities import (
    Accept,
    Activity,
    Add,
    Announce,
    Block,
    Create,
    Delete,
    Flag,
    Follow,
    Ignore,
    Inner,
    Join,
    Like,
    Move,
    QuoteRequest,
    Reject,
    Remove,
    ReplyRequest,
    Undo,
    Unknown,
    Update,
)
from federation.identifiers import origin_of
from server.base.addresses import Addresses
from server.base.database import Transaction
from server.base.jobs import queue
from server.base.timestamps import from_text
from server.features.actors.service import Actors
from server.features.agenda.service import Agenda
from server.features.conversation.service import Conversation
from server.features.followers.service import Followers
from server.features.inbox import store
from server.features.publishing.answering import Answering
from server.features.publishing.stamping import Stamping
from server.features.remote import store as remote_store
from server.features.remote.model import CleanPost, RemoteActor
from server.features.timelines.service import Timelines

MOVE_JOB: Final = "follow_move"
FETCH_JOB: Final = "fetch_activity"
#: An Update of a post that we do not know is heard as new if the post is this young, else ignored.
YOUNG: Final = timedelta(days=1)


class Applying:
    """The effects of activities."""

    def __init__(
        self,
        actors: Actors,
        followers: Followers,
        conversation: Conversation,
        timelines: Timelines,
        answering: Answering,
        stamping: Stamping,
        agenda: Agenda,
        addresses: Addresses,
    ) -> None:
        self._actors = actors
        self._followers = followers
        self._conversation = conversation
        self._timelines = timelines
        self._answering = answering
        self._stamping = stamping
        self._agenda = agenda
        self._addresses = addresses

    async def apply(self, tx: Transaction, activity: Activity, actor: RemoteActor, clean: CleanPost | None) -> None:
        """Do what a verified and authorised activity of this actor means here."""
        match activity:
            case Follow() | Accept() | Reject() | Block() | Move():
                await self._ties(tx, activity, actor)
            case Create() | Update() | Delete():
                await self._posts(tx, activity, actor, clean)
            case Announce() | Like() | Undo():
                await self._reactions(tx, activity, actor)
            case Flag():
                host = origin_of(actor.uri).host
                await self._conversation.reported(tx, host, activity.objects, activity.content, activity.id)
            case QuoteRequest() | ReplyRequest():
                await self._asked(tx, activity, actor)
            case Join():
                await self._agenda.joined(tx, activity, actor)
            case Add() | Remove() | Ignore() | Unknown():
                return
            case _:
                assert_never(activity)

    async def again(self, tx: Transaction, activity: Activity, actor: RemoteActor) -> None:
        """Seen before: nothing happens twice. But who asks again to follow may have missed our answer."""
        if isinstance(activity, Follow) and activity.id is not None:
            ours = self._actors.by_uri(activity.object)
            if ours is not None:
                await self._followers.asked_again(tx, ours, actor, activity.id)

    async def _ties(
        self, tx: Transaction, activity: Follow | Accept | Reject | Block | Move, actor: RemoteActor
    ) -> None:
        match activity:
            case Follow(object=wanted, id=str() as follow_uri):
                ours = self._actors.by_uri(wanted)
                if ours is not None and not await store.came_too_late(tx, actor.uri, follow_uri):
                    await self._followers.requested(tx, ours, actor, follow_uri)
            case Accept(inner=inner, result=stamp):
                if not await self._answering.answered(tx, actor, inner, accepted=True, stamp=stamp):
                    await self._followers.answered(tx, actor, inner, accepted=True)
            case Reject(inner=inner):
                if not await self._answering.answered(tx, actor, inner, accepted=False):
                    await self._followers.answered(tx, actor, inner, accepted=False)
            case Block(object=blocked):
                ours = self._actors.by_uri(blocked)
                if ours is not None:
                    await self._followers.gone(tx, actor, ours)
            case Move(target=target):
                await queue.add(tx, MOVE_JOB, {"old": actor.uri, "new": target}, key=f"move {actor.uri}")

    async def _posts(
        self, tx: Transaction, activity: Create | Update | Delete, actor: RemoteActor, clean: CleanPost | None
    ) -> None:
        match activity:
            case Delete():
                await self._deleted(tx, activity.object_id, actor)
            case Update(object=str() as uri) | Create(object=str() as uri):
                if not self._addresses.is_local(uri):
                    await queue.add(tx, FETCH_JOB, {"uri": uri}, key=f"fetch {uri}")
            case Create() if clean is not None:
                if not await store.came_too_late(tx, actor.uri, clean.uri):
                    await self._conversation.heard(tx, actor, clean)
                    await self._timelines.heard(tx, actor, clean)
            case Update() if clean is not None:
                await self._edited(tx, actor, clean)
            case Update():
                await self._followers.moved_inbox(tx, actor)

    async def _edited(self, tx: Transaction, actor: RemoteActor, clean: CleanPost) -> None:
        if await self._conversation.edited(tx, actor, clean):
            await self._timelines.heard(tx, actor, clean)
            return
        young = from_text(clean.published_at) + YOUNG > from_text(tx.now)
        if young and not await store.came_too_late(tx, actor.uri, clean.uri):
            await self._conversation.heard(tx, actor, clean)
            await self._timelines.heard(tx, actor, clean)

    async def _deleted(self, tx: Transaction, uri: str, actor: RemoteActor) -> None:
        if uri == actor.uri:
            await self._followers.gone(tx, actor)
            await self._conversation.forget(tx, actor)
        elif not await self._conversation.deleted(tx, actor, uri) and not await self._answering.stamp_deleted(
            tx, actor, uri
        ):
            await store.remember_early(tx, actor.uri, uri)

    async def _reactions(self, tx: Transaction, activity: Announce | Like | Undo, actor: RemoteActor) -> None:
        match activity:
            case Undo(inner=inner):
                await self._undone(tx, inner, actor)
            case Announce(wraps=str()):
                return
            case Announce(object=uri) | Like(object=uri):
                if activity.id is not None and await store.came_too_late(tx, actor.uri, activity.id):
                    return
                kind = "boost" if isinstance(activity, Announce) else "like"
                emoji = activity.emoji or "" if isinstance(activity, Like) else ""
                await self._conversation.reacted(tx, actor, kind, uri, activity.id, emoji)
                if kind == "boost" and not self._addresses.is_local(uri):
                    await self._timelines.boosted(tx, actor, uri)

    async def _undone(self, tx: Transaction, inner: Inner, actor: RemoteActor) -> None:
        if inner.type in {None, "Follow"}:
            ours = self._actors.by_uri(inner.object) if inner.object else None
            if await self._followers.undone_by_uri(tx, actor, ours, inner.id):
                return
        kinds = {"Announce": "boost", "Like": "like", "EmojiReact": "like"}
        kind = kinds.get(inner.type or "")
        if (inner.type is None or kind) and await self._conversation.unreacted(tx, actor, inner.id, kind, inner.object):
            return
        if kind == "boost":
            await self._timelines.unboosted(tx, actor, inner.object)
        if inner.id is not None:
            await store.remember_early(tx, actor.uri, inner.id)

    async def _asked(self, tx: Transaction, activity: QuoteRequest | ReplyRequest, actor: RemoteActor) -> None:
        """A reply that asks first is nowhere else yet: it is fetched, and waits with all others."""
        if await self._stamping.asked(tx, actor, activity):
            await queue.add(tx, FETCH_JOB, {"uri": activity.instrument}, key=f"fetch {activity.instrument}")

    async def heard(self, tx: Transaction, author: RemoteActor, clean: CleanPost) -> None:
        """A post fetched from its origin."""
        if not await self._conversation.edited(tx, author, clean):
            await self._conversation.heard(tx, author, clean)
        await self._timelines.heard(tx, author, clean)

    async def vanished(self, tx: Transaction, uri: str) -> None:
        """A post that its origin says is gone."""
        known = await remote_store.post_by_uri(tx, uri)
        author = await remote_store.actor_by_id(tx, known.actor_id) if known else None
        if author is not None:
            await self._conversation.deleted(tx, author, uri)
