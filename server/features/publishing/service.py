"""Publishing posts: one small transaction, and the face answers. Nothing remote is waited for; nothing can be lost after it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from server.base import changes
from server.base.addresses import Addresses
from server.base.database import Database, Snapshot, Transaction
from server.base.errors import Invalid, NotFound
from server.base.formatter import find_mentions
from server.base.ids import public_id
from server.base.jobs import queue
from server.base.timestamps import from_text, to_text
from server.features.access.model import Act, Who
from server.features.actors.model import OurActor
from server.features.actors.service import Actors
from server.features.audit.service import Audit
from server.features.callouts.service import CallOuts
from server.features.media.service import Media
from server.features.posts import limits, store, store_drafts, store_translations, views
from server.features.posts.languages import carried, fingerprint_of
from server.features.posts.model import Audience, Draft, Kind, Named, Post, State
from server.features.publishing import store as publishing_store
from server.features.publishing import store_stamps
from server.features.publishing.forgetting import Forgetting
from server.features.publishing.permitting import must_publish
from server.features.publishing.pinning import Pinning
from server.features.publishing.saying import Saying
from server.features.publishing.writing import as_it_stands, check_base, ending, same_words, write_revision
from server.features.remote import store as remote_store
from server.features.reviews.model import Change, ReviewWanted
from server.features.reviews.service import Reviews
from server.features.safety.service import Safety

ANNOUNCE_JOB: Final = "announce_post"
IDEMPOTENCY_KEPT: Final = timedelta(days=1)
POLL_UPDATES_EVERY: Final = timedelta(minutes=3)


def settled(done: Post | ReviewWanted) -> Post:
    """What was asked for, once it is committed. Raises ReviewWanted: what waits is kept and must not be rolled back."""
    if isinstance(done, ReviewWanted):
        raise done
    return done


def _hashed(who: Who, idempotency_key: str) -> str:
    return hashlib.sha256(f"{who.organiser_id} {idempotency_key}".encode()).hexdigest()


class Publishing:
    """Posts of the campaign, from draft to network."""

    def __init__(
        self,
        database: Database,
        saying: Saying,
        pinning: Pinning,
        forgetting: Forgetting,
        actors: Actors,
        media: Media,
        safety: Safety,
        audit: Audit,
        reviews: Reviews,
        callouts: CallOuts,
        addresses: Addresses,
        random: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self.saying = saying
        self.pinning = pinning
        self._forgetting = forgetting
        self._actors = actors
        self._media = media
        self._safety = safety
        self._audit = audit
        self._reviews = reviews
        self._callouts = callouts
        self._addresses = addresses
        self._random = random

    def must_publish(self, who: Who, act: Act = Act.PUBLISH) -> None:
        """Raise Forbidden unless this role may, and publishing is not frozen."""
        must_publish(self._safety, who, act)

    async def submit(
        self, who: Who, draft: Draft, idempotency_key: str | None = None, *, reason: str | None = None
    ) -> Post:
        """Publish a draft. The same key gives the post that it made the first time. Raises as `submit_in`.

        Raises ReviewWanted when a second pair of eyes must look first: it is kept and they are asked. A `reason` breaks the glass.
        """
        async with self._database.transaction() as tx:
            self.must_publish(who)
            made = await self.made_by(tx, who, idempotency_key)
            if made is not None:
                return made
            limits.check(draft, tx.now)
            new = Change(draft=draft)
            done = await self._reviews.gate(tx, who, new, reason, lambda: self.submit_in(tx, who, draft))
            if isinstance(done, Post):
                await self.remember(tx, who, idempotency_key, done)
        return settled(done)

    async def made_by(self, snapshot: Snapshot, who: Who, idempotency_key: str | None) -> Post | None:
        """The post that a request with this key made before, if one did. Raises as publishing."""
        made = await store.post_of_idempotency(snapshot, _hashed(who, idempotency_key)) if idempotency_key else None
        if made is None:
            return None
        self.must_publish(who)
        return await views.by_id(snapshot, made)

    async def remember(self, tx: Transaction, who: Who, idempotency_key: str | None, post: Post) -> None:
        """Note which post a request with this key made."""
        if idempotency_key:
            await store.remember_idempotency(tx, _hashed(who, idempotency_key), post.id)

    async def submit_in(self, tx: Transaction, who: Who, draft: Draft) -> Post:
        """Publish a draft within somebody's transaction. Raises Invalid, Forbidden, NotFound."""
        self.must_publish(who)
        limits.check(draft, tx.now)
        draft = ending(draft, tx.now)
        post = await views.by_id(tx, await self._publish(tx, who, self._actors.campaign(), draft))
        if post is None:
            raise NotFound("The post is gone already.")
        return post

    async def _publish(self, tx: Transaction, who: Who, ours: OurActor, draft: Draft) -> int:
        name = public_id(self._random)
        if draft.quote is not None:
            draft = replace(draft, quote=await self.saying.quoting.resolved(tx, draft.quote, ours))
        parent = await self._local_parent(tx, draft.in_reply_to)
        new = store.NewPost(
            public_id=name,
            actor_id=ours.id,
            parent_post_id=parent.id if parent else None,
            thread_public_id=parent.thread_public_id if parent else name,
            corrects_post_id=(await self.saying.live(tx, draft.corrects)).id if draft.corrects else None,
        )
        post_id = await store.insert_post(tx, new, draft)
        if draft.call is not None:
            await self._callouts.begin(tx, post_id, draft.call)
        if draft.poll is not None:
            ends = to_text(from_text(tx.now).replace(microsecond=0) + timedelta(seconds=draft.poll.seconds))
            await store.insert_poll(tx, post_id, draft.poll, ends)
        extra = await self._answered(tx, draft.in_reply_to)
        made = await write_revision(
            tx, self._media, self._addresses, post_id=post_id, organiser_id=who.organiser_id, draft=draft, extra=extra
        )
        if draft.audience is Audience.DIRECT and not made.named and not made.unknown:
            raise Invalid("A direct message names somebody: write their handle, such as @name@server.")
        await self._audit.record(tx, who.organiser_id, "publish", name)
        await changes.record(tx, "post", name)
        if made.unknown:
            await self.saying.check(tx, name)
            await queue.add(tx, ANNOUNCE_JOB, {"public_id": name}, key=f"announce {name}")
        else:
            await self.saying.create(tx, name)
            await self._settle_pins(tx, called=draft.call is not None)
        return post_id

    async def _settle_pins(self, tx: Transaction, *, called: bool) -> None:
        """After what concerns a call-out; hand-made pins alone need no settling."""
        if called:
            await self.pinning.settle(tx)

    async def _local_parent(self, tx: Transaction, uri: str | None) -> Post | None:
        local = self._addresses.local(uri) if uri else None
        if local is None:
            return None
        parent = await views.by_public_id(tx, local.public_id) if local.kind == "post" else None
        if parent is None or parent.state is not State.LIVE:
            raise NotFound("The post you answer is not here any more.")
        return parent

    async def _answered(self, tx: Transaction, uri: str | None) -> tuple[Named, ...]:
        """The author of the remote post that is answered: always named, so that the answer reaches them."""
        author = await publishing_store.author_of(tx, uri) if uri and not self._addresses.is_local(uri) else None
        if uri and author is None and not self._addresses.is_local(uri):
            raise NotFound("Look the post up first: it is not known here.")
        return (Named(handle=author[0], actor_uri=author[1], url=author[2]),) if author else ()

    async def edit(self, who: Who, name: str, draft: Draft, *, reason: str | None = None) -> Post:
        """Replace the words and pictures of a post by a new revision; its audience and parent stay.

        Raises ReviewWanted when a second pair of eyes must look first: it is kept and they are asked. A `reason` breaks the glass.
        """
        async with self._database.transaction() as tx:
            self.must_publish(who)
            before = await self.saying.live(tx, name)
            limits.check(as_it_stands(draft, before), tx.now)
            change = Change(draft=draft, post=before)
            done = await self._reviews.gate(tx, who, change, reason, lambda: self.edit_in(tx, who, name, draft))
        return settled(done)

    async def edit_in(self, tx: Transaction, who: Who, name: str, draft: Draft) -> Post:
        """Edit within somebody's transaction. Raises Invalid, Forbidden, NotFound, Gone."""
        self.must_publish(who)
        before = await self.saying.live(tx, name)
        draft = as_it_stands(draft, before)
        limits.check(draft, tx.now)
        check_base(before, draft)
        draft = carried(ending(draft, tx.now), before)
        if before.poll is not None and draft.media:
            raise Invalid("A poll cannot have pictures: other servers would drop one of them.")
        if (before.call is None) != (draft.call is None):
            raise Invalid("A call-out stays a call-out, and nothing else becomes one. Publish a new one.")
        same = same_words(before, draft)
        unknown = () if same else await self._reword(tx, who, before, draft)
        if draft.call is not None:
            await self._callouts.change(tx, before, draft.call)
        await store.mark_edited(tx, before.id, draft)
        if draft.expires_at != before.expires_at:
            await store.end_corrections(tx, before.id, draft.expires_at)
        await self._audit.record(tx, who.organiser_id, "call-state" if same else "edit", name)
        await changes.record(tx, "post", name)
        after = await self.saying.live(tx, name)
        if unknown:
            await self.saying.check(tx, name)
            await queue.add(tx, ANNOUNCE_JOB, {"public_id": name, "edit": True}, key=f"announce edit {name}")
        elif await publishing_store.announced(tx, self._addresses.post(self._actors.campaign().handle, name)):
            await self.saying.about(tx, after, "Update")
            await self._settle_pins(tx, called=after.call is not None)
        if draft.forget:
            await self._forgetting.forget_in(tx, who, await self.saying.live(tx, name))
        return await self.saying.live(tx, name)

    async def _reword(self, tx: Transaction, who: Who, before: Post, draft: Draft) -> tuple[str, ...]:
        """The next revision of a post; the handles in it that nobody here knows yet."""
        answered = await publishing_store.author_of(tx, before.in_reply_to) if before.in_reply_to else None
        extra = (Named(handle=answered[0], actor_uri=answered[1], url=answered[2]),) if answered else ()
        made = await write_revision(
            tx,
            self._media,
            self._addresses,
            post_id=before.id,
            organiser_id=who.organiser_id,
            draft=draft,
            extra=extra,
            minor=draft.minor or fingerprint_of(draft) == before.main.fingerprint,
        )
        await self._let_go(tx, before)
        return made.unknown

    async def delete(self, who: Who, name: str, *, reason: str | None = None) -> None:
        """Delete a post here and everywhere it went; its address answers 410 from now on.

        Raises ReviewWanted when a second pair of eyes must look first: they are asked. A `reason` breaks the glass.
        """
        self.must_publish(who, Act.DELETE)
        async with self._database.transaction() as tx:
            post = await self.saying.live(tx, name)
            done = await self._reviews.gate(tx, who, Change(post=post), reason, lambda: self.delete_in(tx, who, post))
        settled(done)

    async def delete_in(self, tx: Transaction, who: Who, post: Post) -> Post:
        """Delete within somebody's transaction, who has asked the reviews; the post as it stood."""
        self.must_publish(who, Act.DELETE)
        await self._audit.record(tx, who.organiser_id, "delete", post.public_id)
        return await self._delete(tx, post)

    async def _delete(self, tx: Transaction, post: Post) -> Post:
        if post.call is not None or post.kind is Kind.CORRECTION:
            # What said that it moved names the place, too.
            for name in await store.corrections_of(tx, post.id):
                await self._delete(tx, await self.saying.live(tx, name))
        await self.saying.about(tx, post, "Delete")
        for suggested in await store_translations.suggestions_of(tx, post.id):
            await remote_store.delete_post(tx, suggested)
        await store.mark_deleted(tx, post.id)
        await self._let_go(tx, post)
        await self._reviews.post_gone(tx, post.id)
        await store_stamps.delete_of(tx, post.id)
        await changes.record(tx, "post", post.public_id)
        await self._settle_pins(tx, called=post.call is not None)
        return post

    async def _let_go(self, tx: Transaction, before: Post) -> None:
        """Erase the pictures that a post showed before and that nothing shows now."""
        for picture in before.pictures:
            if not await store_drafts.is_held(tx, picture.media_id, taken_from=before.id):
                await self._media.let_go(tx, picture.media_id)

    async def delete_expired(self) -> int:
        """Delete the posts whose time is over, here and everywhere, whatever the lock level: that was promised; how many."""
        async with self._database.snapshot() as snapshot:
            names = await store.expired(snapshot, snapshot.now)
        for name in names:
            async with self._database.transaction() as tx:
                post = await views.by_public_id(tx, name)
                if post is None or post.state is not State.LIVE:
                    continue
                await self._delete(tx, post)
                await self._audit.record(tx, None, "expired", name)
        return len(names)

    # -- jobs -------------------------------------------------------------------------------------------------------------

    async def announce(self, name: str, known: dict[str, tuple[str, str]], *, edit: bool = False) -> None:
        """Complete the people a post names, as far as they were found, and say its Create, once, or the Update of an edit."""
        ours = self._actors.campaign()
        async with self._database.transaction() as tx:
            post = await views.by_public_id(tx, name)
            if post is None or post.state is not State.LIVE or post.revision_id is None:
                return
            announced = await publishing_store.announced(tx, self._addresses.post(ours.handle, name))
            if announced and not edit:
                return
            await self.saying.complete(tx, post, post.revision_id, known)
            await changes.record(tx, "post", name)
            if announced:
                await self.saying.again(tx, name)
            else:
                await self.saying.create(tx, name)
            await self._settle_pins(tx, called=post.call is not None)

    async def unknown_names(self, name: str) -> list[str]:
        """Handles in a post that nobody here knows yet."""
        async with self._database.snapshot() as snapshot:
            post = await views.by_public_id(snapshot, name)
            if post is None or post.state is not State.LIVE:
                return []
            wanted = [handle for text in post.texts for handle in find_mentions(text.source)]
            known = {one.handle for one in post.named}
        return [handle for handle in dict.fromkeys(wanted) if handle not in known]

    async def announce_polls(self) -> int:
        """Send new tallies of polls, every few minutes and once at the end; `updated` stays, so it is no edit."""
        async with self._database.snapshot() as snapshot:
            before = to_text(from_text(snapshot.now) - POLL_UPDATES_EVERY)
            names = await store.polls_to_announce(snapshot, snapshot.now, before)
        for name in names:
            async with self._database.transaction() as tx:
                post = await self.saying.live(tx, name)
                await store.mark_poll_announced(tx, post.id)
                await changes.record(tx, "post", name)
                await self.saying.again(tx, name)
        return len(names)

    async def trim(self) -> int:
        """Forget old idempotency keys."""
        async with self._database.transaction() as tx:
            return await store.trim_idempotency(tx, to_text(from_text(tx.now) - IDEMPOTENCY_KEPT))
