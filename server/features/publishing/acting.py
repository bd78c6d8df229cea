"""What the campaign does beside posting: boost, like, pin, change its profile, block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from federation.activities import Activity, Announce, Block, Inner, Like, Undo, Update
from federation.identifiers import PUBLIC, ActivityId, ActorId, ObjectId, origin_of
from federation.objects import Actor
from federation.render import render_activity
from server.base import changes
from server.base.addresses import Addresses
from server.base.contrast import is_colour
from server.base.database import Database, Transaction
from server.base.errors import Conflict, Invalid, NotFound
from server.base.ids import public_id
from server.base.jobs import queue
from server.base.timestamps import from_text
from server.features.access.model import Act, Who
from server.features.actors.model import OurActor, Profile
from server.features.actors.service import Actors
from server.features.audit.service import Audit
from server.features.delivery import store as delivery_store
from server.features.delivery.service import Delivery
from server.features.followers.service import Followers
from server.features.posts import store as posts_store
from server.features.posts import views
from server.features.publishing import store, views_ties
from server.features.publishing.blocking import CUT_CHUNK, CUT_JOB
from server.features.publishing.model import OurBoost
from server.features.publishing.pinning import MAX_PINNED
from server.features.publishing.service import Publishing
from server.features.publishing.store import Table
from server.features.remote import store as remote_store
from server.features.remote.model import RemoteActor, RemotePost
from server.features.safety.service import Safety, normal_host

_BOOSTABLE: Final = frozenset({"public", "unlisted"})

#: Makes the document of one of our actors; media stands above actors, so compose hands it in.
Document = Callable[[OurActor], Actor]


class Acting:
    """Everything but posts that is said in the campaign's name."""

    def __init__(
        self,
        database: Database,
        publishing: Publishing,
        delivery: Delivery,
        followers: Followers,
        actors: Actors,
        safety: Safety,
        audit: Audit,
        addresses: Addresses,
        random: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self._publishing = publishing
        self._delivery = delivery
        self._followers = followers
        self._actors = actors
        self._safety = safety
        self._audit = audit
        self._addresses = addresses
        self._random = random

    def _new_activity(self, ours: OurActor) -> tuple[str, ActivityId]:
        name = public_id(self._random)
        return name, ActivityId(self._addresses.activity(ours.handle, name))

    async def _say(
        self,
        tx: Transaction,
        ours: OurActor,
        name: str,
        activity: Activity,
        about: str,
        inboxes: list[str],
        *,
        everybody: bool,
        listed: bool = False,
    ) -> None:
        await self._delivery.say(
            tx,
            actor=ours,
            activity_public_id=name,
            type_=type(activity).__name__,
            object_uri=about,
            body=render_activity(activity),
            to_followers=everybody,
            inboxes=inboxes,
            listed=listed,
        )

    # -- boosts and likes -------------------------------------------------------------------------------------------------

    async def boost(self, who: Who, post: RemotePost, author: RemoteActor) -> None:
        """Boost a public post of others to our followers. Raises Invalid for others, Conflict if we do already."""
        self._publishing.must_publish(who, Act.BOOST)
        if post.visibility not in _BOOSTABLE:
            raise Invalid("Only public posts can be boosted.")
        ours = self._actors.campaign()
        name, uri = self._new_activity(ours)
        actor = ActorId(self._actors.uri(ours))
        cc = (self._addresses.followers(ours.handle), author.uri)
        async with self._database.transaction() as tx:
            if not await store.insert(
                tx, "our_boosts", public_id=name, actor_id=ours.id, object_uri=post.uri, remote_post_id=post.id
            ):
                raise Conflict("The campaign boosts this already.")
            activity = Announce(
                id=uri, actor=actor, to=(PUBLIC,), cc=cc, object=ObjectId(post.uri), published=from_text(tx.now)
            )
            await self._audit.record(tx, who.organiser_id, "boost", author.host)
            await changes.record(tx, "post")
            await self._say(tx, ours, name, activity, uri, [author.inbox], everybody=True, listed=True)

    async def like(self, who: Who, post: RemotePost, author: RemoteActor) -> None:
        """Like a post of others. Raises Conflict if we do already."""
        self._publishing.must_publish(who, Act.BOOST)
        ours = self._actors.campaign()
        name, uri = self._new_activity(ours)
        async with self._database.transaction() as tx:
            if not await store.insert(
                tx, "our_likes", public_id=name, actor_id=ours.id, object_uri=post.uri, remote_post_id=post.id
            ):
                raise Conflict("The campaign likes this already.")
            activity = Like(id=uri, actor=ActorId(self._actors.uri(ours)), to=(author.uri,), object=ObjectId(post.uri))
            await self._say(tx, ours, name, activity, uri, [author.inbox], everybody=False)

    async def take_back(self, who: Who, table: Table, object_uri: str) -> None:
        """Undo a boost or a like. Raises NotFound."""
        self._publishing.must_publish(who, Act.BOOST)
        ours = self._actors.campaign()
        name, uri = self._new_activity(ours)
        actor = ActorId(self._actors.uri(ours))
        async with self._database.transaction() as tx:
            done = await store.delete(tx, table, actor_id=ours.id, object_uri=object_uri)
            if done is None:
                raise NotFound("There is nothing to take back.")
            boost = table == "our_boosts"
            said = self._addresses.activity(ours.handle, done.public_id)
            inner = Inner(id=said, type="Announce" if boost else "Like", actor=actor, object=object_uri)
            author = await store.author_of(tx, object_uri)
            to = (PUBLIC,) if boost else ()
            cc = (self._addresses.followers(ours.handle),) if boost else (author[1],) if author else ()
            activity = Undo(id=uri, actor=actor, to=to, cc=cc, inner=inner)
            await delivery_store.unlist(tx, said)
            await changes.record(tx, "post")
            await self._say(tx, ours, name, activity, said, [author[3]] if author else [], everybody=boost)

    async def our(self, table: Table) -> list[OurBoost]:
        """What the campaign boosts or likes."""
        async with self._database.snapshot() as snapshot:
            return await store.all_of(snapshot, table, self._actors.campaign().id)

    # -- pins -------------------------------------------------------------------------------------------------------------

    async def pin(self, who: Who, public_name: str, *, pinned: bool) -> None:
        """Pin a public post to the profile (at most five), or take it off; other servers hear by Add or Remove."""
        self._publishing.must_publish(who)
        ours = self._actors.campaign()
        async with self._database.transaction() as tx:
            post = await views.by_public_id(tx, public_name)
            if post is None or not post.listed:
                raise NotFound("Only public posts can be pinned.")
            if (post.pinned_at is not None) == pinned:
                return
            if post.call is not None:
                raise Conflict("Call-outs are pinned by themselves while they are open. Change how it stands instead.")
            if pinned and await posts_store.pinned_count(tx, ours.id) >= MAX_PINNED:
                raise Conflict("At most %(max)s posts can be pinned. Take one off first.", max=MAX_PINNED)
            await self._publishing.pinning.pin(tx, post.id, public_name, pinned=pinned)

    # -- profile ----------------------------------------------------------------------------------------------------------

    async def change_profile(self, who: Who, profile: Profile, document: Document) -> OurActor:
        """Replace the campaign's profile and tell everybody who follows. Raises Invalid."""
        self._publishing.must_publish(who, Act.PROFILE)
        check_profile(profile)
        ours = self._actors.campaign()
        async with self._database.transaction() as tx:
            changed = await self._actors.change_profile(tx, ours, profile)
            await self._audit.record(tx, who.organiser_id, "profile")
            await self._say_profile(tx, changed, document)
            agenda = self._actors.agenda_of(changed)
            if agenda is not None:
                await self._say_profile(tx, agenda, document)
        return changed

    async def _say_profile(self, tx: Transaction, ours: OurActor, document: Document) -> None:
        name, uri = self._new_activity(ours)
        actor = ActorId(self._actors.uri(ours))
        cc = (self._addresses.followers(ours.handle),)
        activity = Update(id=uri, actor=actor, to=(PUBLIC,), cc=cc, object=document(ours))
        await self._say(tx, ours, name, activity, actor, [], everybody=True)

    # -- blocks -----------------------------------------------------------------------------------------------------------

    async def block_host(self, who: Who, text: str) -> str:
        """Block a server and all below its name; its people neither follow nor show any more. The name as kept."""
        who.must(Act.BLOCK)
        host = normal_host(text)
        if self._addresses.host.split(":")[0] in {host, f"www.{host}"}:
            raise Invalid("That is this server itself.")
        async with self._database.transaction() as tx:
            await self._safety.block(tx, kind="host", target=host, label=host)
            tied = await views_ties.tied_below(tx, host, CUT_CHUNK)
            for row in tied:
                await self._followers.gone(tx, row)
            if len(tied) == CUT_CHUNK:
                await queue.add(tx, CUT_JOB, {})
            await self._audit.record(tx, who.organiser_id, "block", host)
            await changes.record(tx, "conversation")
        return host

    async def block_actor(self, who: Who, actor: RemoteActor, *, announce: bool = False) -> None:
        """Block one actor. With `announce` its server is told by a Block (which can provoke; off by default)."""
        who.must(Act.BLOCK)
        ours = self._actors.campaign()
        name, uri = self._new_activity(ours)
        async with self._database.transaction() as tx:
            await self._safety.block(
                tx, kind="actor", target=actor.uri, label=f"@{actor.handle}", announced_as=uri if announce else None
            )
            await self._followers.gone(tx, actor)
            await self._audit.record(tx, who.organiser_id, "block", actor.host)
            await changes.record(tx, "conversation")
            if announce:
                activity = Block(
                    id=uri, actor=ActorId(self._actors.uri(ours)), to=(actor.uri,), object=ActorId(actor.uri)
                )
                await delivery_store.inbox_id(tx, actor.inbox)
                await self._say(tx, ours, name, activity, uri, [actor.inbox], everybody=False)

    async def unblock(self, who: Who, target: str) -> None:
        """Take a block back; if it was announced, that too. Raises NotFound."""
        who.must(Act.BLOCK)
        ours = self._actors.campaign()
        name, uri = self._new_activity(ours)
        actor = ActorId(self._actors.uri(ours))
        async with self._database.transaction() as tx:
            block = await self._safety.unblock(tx, target)
            if block is None:
                raise NotFound("That is not blocked.")
            await changes.record(tx, "conversation")
            await self._audit.record(tx, who.organiser_id, "unblock", origin_host(target))
            known = await remote_store.actor_by_uri(tx, target)
            if block.announced_as and known:
                inner = Inner(id=block.announced_as, type="Block", actor=actor, object=target)
                activity = Undo(id=uri, actor=actor, to=(target,), inner=inner)
                await self._say(tx, ours, name, activity, block.announced_as, [known.inbox], everybody=False)


def origin_host(target: str) -> str:
    """The host of a block's target."""
    return origin_of(target).authority if target.startswith("http") else target


def check_profile(profile: Profile) -> None:
    """Raise Invalid, in words for the organiser, for a profile that cannot be shown."""
    if not profile.name.strip() or len(profile.name) > 100:
        raise Invalid("A name has 1 to 100 characters.")
    if len(profile.bio) > 2_000:
        raise Invalid("The description has more than 2000 characters.")
    if len(profile.fields) > 8 or any(len(line.name) > 100 or len(line.value) > 500 for line in profile.fields):
        raise Invalid("There are at most 8 lines, with a short name and up to 500 characters each.")
    if profile.accent and not is_colour(profile.accent):
        raise Invalid("A colour is written like #1a5276.")
    if any(not alias.startswith("https://") for alias in profile.also_known_as):
        raise Invalid("An earlier account is given by its https address.")
