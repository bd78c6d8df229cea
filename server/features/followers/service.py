"""Following both ways. What the inbox asks runs in its transaction; every answer is written down with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from federation.activities import Accept, Activity, Follow, Inner, Reject, Undo
from federation.identifiers import ActivityId, ActorId
from federation.render import render_activity
from server.base import changes
from server.base.addresses import Addresses
from server.base.database import Database, Transaction
from server.base.errors import Conflict, Invalid, NotFound
from server.base.ids import public_id
from server.features.access.model import Act, Who
from server.features.actors.model import OurActor
from server.features.actors.service import Actors
from server.features.audit.service import Audit
from server.features.delivery import store as delivery_store
from server.features.delivery.model import Priority
from server.features.delivery.service import Delivery
from server.features.followers import store, views
from server.features.followers.model import Tie
from server.features.followers.views import Server
from server.features.remote import store as remote_store
from server.features.remote.model import RemoteActor
from server.features.remote.service import Remote
from server.features.safety.model import LockLevel
from server.features.safety.service import Safety

FAR: Final = 2**62
#: Followers that one act lets in or removes: each is answered by a letter.
MAX_AT_ONCE: Final = 100
#: The kind of change that says: whom we follow is another now.
FOLLOWING: Final = "following"


class Followers:
    """Who follows us and whom we follow."""

    def __init__(
        self,
        database: Database,
        delivery: Delivery,
        remote: Remote,
        actors: Actors,
        safety: Safety,
        audit: Audit,
        addresses: Addresses,
        random: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self._delivery = delivery
        self._remote = remote
        self._actors = actors
        self._safety = safety
        self._audit = audit
        self._addresses = addresses
        self._random = random

    # -- what others ask, inside the inbox's transaction ----------------------------------------------------------------

    async def requested(self, tx: Transaction, ours: OurActor, remote: RemoteActor, follow_uri: str) -> None:
        """Somebody wants to follow. A known follower gets a fresh Accept; while follows are closed, a Reject."""
        if ours.kind == "instance" or self._safety.level >= LockLevel.CONVERSATION_CLOSED:
            await self._answer(tx, ours, remote, follow_uri, accept=False)
            return
        known = await store.follower(tx, ours.id, remote.id)
        accepted = (known is not None and known.state == "accepted") or not ours.approves_followers
        await store.set_follower(
            tx,
            actor_id=ours.id,
            remote=remote,
            inbox_id=await delivery_store.inbox_id(tx, remote.best_inbox),
            state="accepted" if accepted else "pending",
            follow_uri=follow_uri,
        )
        await changes.record(tx, "followers", ours.handle)
        if accepted:
            await self._answer(tx, ours, remote, follow_uri, accept=True)
        else:
            await changes.record(tx, "inboxes")

    async def asked_again(self, tx: Transaction, ours: OurActor, remote: RemoteActor, follow_uri: str) -> None:
        """The very same Follow came again: whoever follows by it gets a fresh Accept; one that was undone stays undone."""
        known = await store.follower(tx, ours.id, remote.id)
        if known is not None and known.state == "accepted" and known.follow_uri == follow_uri:
            await self._answer(tx, ours, remote, follow_uri, accept=True)

    async def _answer(
        self, tx: Transaction, ours: OurActor, remote: RemoteActor, follow_uri: str, *, accept: bool
    ) -> None:
        """Accept or Reject with the whole Follow inside, to the personal inbox: nobody must look anything up."""
        uri, name = self._actors.uri(ours), public_id(self._random)
        inner = Inner(id=follow_uri, type="Follow", actor=ActorId(remote.uri), object=uri)
        kind = Accept if accept else Reject
        activity: Activity = kind(
            id=ActivityId(self._addresses.activity(ours.handle, name)),
            actor=ActorId(uri),
            to=(remote.uri,),
            inner=inner,
        )
        await self._say(tx, ours, name, activity, remote.uri, remote.inbox)

    async def _say(
        self, tx: Transaction, ours: OurActor, name: str, activity: Activity, about: str, inbox: str
    ) -> None:
        await self._delivery.say(
            tx,
            actor=ours,
            activity_public_id=name,
            type_=type(activity).__name__,
            object_uri=about,
            body=render_activity(activity),
            to_followers=False,
            inboxes=[inbox],
            priority=Priority.PERSON,
        )

    async def undone_by_uri(
        self, tx: Transaction, remote: RemoteActor, ours: OurActor | None, follow_uri: str | None
    ) -> bool:
        """Somebody follows no more: named by whom they followed, or by the id of the Follow. False if nobody did."""
        for actor_id in await store.follows_of(tx, remote.id):
            tie = await store.follower(tx, actor_id, remote.id)
            if tie is None or not ((ours is not None and ours.id == actor_id) or tie.follow_uri == follow_uri):
                continue
            await store.remove_follower(tx, actor_id, remote.id)
            await changes.record(tx, "followers", self._actors.by_id(actor_id).handle)
            return True
        return False

    async def answered(self, tx: Transaction, remote: RemoteActor, inner: Inner, *, accepted: bool) -> bool:
        """An Accept or Reject came: it counts only for a Follow of ours that waits for this very actor."""
        ours = self._actors.by_uri(inner.actor) if inner.actor and inner.object in {None, remote.uri} else None
        rows = await store.answer_follow(
            tx,
            remote_id=remote.id,
            follow_uri=inner.id,
            actor_id=ours.id if ours else None,
            state="accepted" if accepted else "rejected",
        )
        if rows:
            await changes.record(tx, "followers")
            await changes.record(tx, FOLLOWING)
        return rows > 0

    async def gone(self, tx: Transaction, remote: RemoteActor, ours: OurActor | None = None) -> None:
        """An actor was deleted or was blocked, or blocked one of `ours`: it neither follows nor is followed by that one, or by any."""
        for actor_id in await store.follows_of(tx, remote.id):
            if ours is None or ours.id == actor_id:
                await store.remove_follower(tx, actor_id, remote.id)
        for actor_id in await store.followed_by(tx, remote.id):
            if ours is None or ours.id == actor_id:
                await store.unfollow(tx, actor_id, remote.id)
                await changes.record(tx, FOLLOWING)
        await changes.record(tx, "followers")

    async def moved_inbox(self, tx: Transaction, remote: RemoteActor) -> None:
        """A profile changed: its followers' rows point to the inbox it has now."""
        inbox = await delivery_store.inbox_id(tx, remote.best_inbox)
        for actor_id in await store.follows_of(tx, remote.id):
            tie = await store.follower(tx, actor_id, remote.id)
            if tie is not None:
                await store.set_follower(
                    tx, actor_id=actor_id, remote=remote, inbox_id=inbox, state=tie.state, follow_uri=tie.follow_uri
                )

    # -- what organisers do -----------------------------------------------------------------------------------------------

    async def approve(self, who: Who, tie_id: int) -> None:
        """Let a pending follower in. Raises NotFound."""
        await self.decide(who, [tie_id], accept=True)

    async def remove(self, who: Who, tie_id: int) -> None:
        """Remove a follower, or refuse a pending one, and tell its server. Raises NotFound."""
        await self.decide(who, [tie_id], accept=False)

    async def decide(self, who: Who, tie_ids: Sequence[int], *, accept: bool) -> int:
        """Let several in, or remove or refuse them, and tell their servers; how many. Raises NotFound for none."""
        who.must(Act.MODERATE)
        ours, done = self._actors.campaign(), 0
        async with self._database.transaction() as tx:
            for tie_id in dict.fromkeys(tie_ids[:MAX_AT_ONCE]):
                tie = await store.follower_by_id(tx, ours.id, tie_id)
                if tie is None or (accept and tie.state == "accepted"):
                    continue
                done += 1
                if accept:
                    await store.set_follower(
                        tx,
                        actor_id=ours.id,
                        remote=tie.actor,
                        inbox_id=await delivery_store.inbox_id(tx, tie.actor.best_inbox),
                        state="accepted",
                        follow_uri=tie.follow_uri,
                    )
                else:
                    await store.remove_follower(tx, ours.id, tie.actor.id)
                await self._answer(tx, ours, tie.actor, tie.follow_uri, accept=accept)
            if not done:
                raise NotFound("There is no such follower.")
            await changes.record(tx, "followers", ours.handle)
            await changes.record(tx, "inboxes")
            await self._audit.record(
                tx, who.organiser_id, "approve-follower" if accept else "remove-follower", str(done)
            )
        return done

    async def follow(self, who: Who, remote: RemoteActor) -> None:
        """Ask to follow somebody. Raises Conflict if we do already."""
        who.must(Act.FOLLOW)
        if self._safety.refuses(remote.uri):
            raise Invalid("That server is blocked here.")
        ours, name = self._actors.campaign(), public_id(self._random)
        uri = self._addresses.activity(ours.handle, name)
        activity = Follow(
            id=ActivityId(uri), actor=ActorId(self._actors.uri(ours)), to=(remote.uri,), object=ActorId(remote.uri)
        )
        async with self._database.transaction() as tx:
            if not await store.follow(tx, actor_id=ours.id, remote_id=remote.id, follow_uri=uri):
                raise Conflict("The campaign follows them already.")
            await changes.record(tx, "followers", ours.handle)
            await changes.record(tx, FOLLOWING)
            await self._say(tx, ours, name, activity, uri, remote.inbox)

    async def unfollow(self, who: Who, remote: RemoteActor) -> None:
        """Follow somebody no more. Raises Conflict if we did not."""
        who.must(Act.FOLLOW)
        ours, name = self._actors.campaign(), public_id(self._random)
        actor_uri = ActorId(self._actors.uri(ours))
        async with self._database.transaction() as tx:
            follow_uri = await store.unfollow(tx, ours.id, remote.id)
            if follow_uri is None:
                raise Conflict("The campaign does not follow them.")
            inner = Inner(id=follow_uri, type="Follow", actor=actor_uri, object=remote.uri)
            activity = Undo(
                id=ActivityId(self._addresses.activity(ours.handle, name)),
                actor=actor_uri,
                to=(remote.uri,),
                inner=inner,
            )
            await changes.record(tx, "followers", ours.handle)
            await changes.record(tx, FOLLOWING)
            await self._say(tx, ours, name, activity, follow_uri, remote.inbox)

    async def known(self, uri: str) -> RemoteActor | None:
        """Somebody we know already."""
        async with self._database.snapshot() as snapshot:
            return await remote_store.actor_by_uri(snapshot, uri)

    # -- looking ----------------------------------------------------------------------------------------------------------

    async def followers(self, state: str = "accepted", before: int | None = None) -> list[Tie]:
        """A page of the campaign's followers, for the inside only."""
        async with self._database.snapshot() as snapshot:
            return await store.followers(snapshot, self._actors.campaign().id, state, before or FAR)

    async def page(self, state: str, host: str = "", before: int | None = None) -> tuple[list[Tie], int | None]:
        """A page of the campaign's followers, of one server or of all, and where the next one begins."""
        async with self._database.snapshot() as snapshot:
            return await views.page(snapshot, self._actors.campaign().id, state, host, before)

    async def named(self, text: str) -> list[Tie]:
        """Followers whose handle begins so."""
        async with self._database.snapshot() as snapshot:
            return await views.named(snapshot, self._actors.campaign().id, text.strip().removeprefix("@"))

    async def servers(self) -> list[Server]:
        """The servers with the most followers."""
        async with self._database.snapshot() as snapshot:
            return await views.servers(snapshot, self._actors.campaign().id)

    async def lost_with(self, host: str) -> int:
        """How many followers a block of a server would lose."""
        async with self._database.snapshot() as snapshot:
            return await views.below(snapshot, host)

    async def following(self) -> list[Tie]:
        """Whom the campaign follows."""
        async with self._database.snapshot() as snapshot:
            return await store.following(snapshot, self._actors.campaign().id)

    async def counts(self, actor_id: int) -> tuple[int, int]:
        """How many follow, and how many are followed."""
        async with self._database.snapshot() as snapshot:
            return await store.count(snapshot, actor_id)

    async def is_follower(self, actor_id: int, remote_uri: str) -> bool:
        """True if this actor follows ours and was accepted."""
        async with self._database.snapshot() as snapshot:
            return await store.is_follower(snapshot, actor_id, remote_uri)
