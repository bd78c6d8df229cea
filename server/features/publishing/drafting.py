"""Drafts: kept while they are written, shared by all who may write, published when they are ready or at their hour."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from server.base import changes
from server.base.database import Database, Transaction
from server.base.errors import AppError, Conflict, Forbidden, Gone, Invalid, NotFound
from server.base.ids import public_id
from server.base.log import event
from server.base.timestamps import from_text, rounded_to_minute
from server.features.access.model import Act, Who
from server.features.actors.service import Actors
from server.features.audit.service import Audit
from server.features.media.service import Media
from server.features.posts import limits, store_drafts, views
from server.features.posts.model import Draft, DraftState, KeptDraft, Post, State
from server.features.publishing.correcting import Correcting
from server.features.publishing.service import Publishing
from server.features.reviews.model import Verdict
from server.features.reviews.service import Reviews

#: So many drafts at once: more is a script gone wrong.
MAX_DRAFTS: Final = 200
MAX_AHEAD: Final = timedelta(days=366)
#: What a new form has made, and may change as long as nobody has written on.
FIRST_VERSION: Final = 1


def _named(who: Who, key: str) -> str:
    """The public id of the draft that a form with this key makes."""
    digest = hashlib.sha256(f"draft {who.organiser_id} {key}".encode()).digest()
    return public_id(lambda count: digest[:count])


class Drafting:
    """What is being written. A draft is known by its public id."""

    def __init__(
        self,
        database: Database,
        publishing: Publishing,
        correcting: Correcting,
        media: Media,
        actors: Actors,
        audit: Audit,
        reviews: Reviews,
        random: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self._publishing = publishing
        self._reviews = reviews
        self._correcting = correcting
        self._media = media
        self._actors = actors
        self._audit = audit
        self._random = random

    async def keep(
        self,
        who: Who,
        draft: Draft,
        *,
        name: str | None = None,
        version: int | None = None,
        edits: str | None = None,
        key: str | None = None,
        by_itself: bool = False,
    ) -> KeptDraft:
        """Keep a new draft, or the next version of the one of that name; `edits` is the public id of the post to be changed.

        A form that is sent twice has the same `key`: a new draft is made once.
        Kept `by_itself`, without anybody's tap, it takes no draft away from its hour or its review.
        Raises Invalid for what can never be published, Conflict if somebody else has kept another version since `version`, NotFound.
        """
        who.must(Act.WRITE)
        limits.check_unfinished(draft)
        async with self._database.transaction() as tx:
            if name is None and key and await store_drafts.by_public_id(tx, _named(who, key)) is not None:
                name = _named(who, key)
                version = FIRST_VERSION if version is None else version
            if name is None:
                draft_id = await self._new(tx, who, draft, edits, key)
            else:
                draft_id = await self._next(tx, who, name, draft, version, by_itself=by_itself)
            held = [(await self._media.use(tx, one.public_id)).id for one in draft.media]
            for media_id in await store_drafts.hold_media(tx, draft_id, held):
                await self._media.let_go(tx, media_id)
            await changes.record(tx, "drafts")
            kept = await store_drafts.by_id(tx, draft_id)
        if kept is None:
            raise NotFound("This draft is not here any more.")
        return kept

    async def _new(self, tx: Transaction, who: Who, draft: Draft, edits: str | None, key: str | None) -> int:
        ours = self._actors.campaign()
        if await store_drafts.count(tx, ours.id) >= MAX_DRAFTS:
            raise Conflict("There are %(max)s drafts. Discard some first.", max=MAX_DRAFTS)
        post = await self._live(tx, edits) if edits else None
        return await store_drafts.insert(
            tx,
            public_id=_named(who, key) if key else public_id(self._random),
            actor_id=ours.id,
            organiser_id=who.organiser_id,
            edits_post_id=post.id if post else None,
            draft=draft,
        )

    async def _next(
        self, tx: Transaction, who: Who, name: str, draft: Draft, version: int | None, *, by_itself: bool
    ) -> int:
        before = await self._held(tx, name)
        if draft == before.draft:  # sent twice
            return before.id
        if version is not None and version != before.version:
            raise Conflict("Somebody else has changed this draft meanwhile. Open it again to see how it stands.")
        if by_itself and before.state is not DraftState.DRAFT:
            raise Conflict(
                "This draft waits for its hour or for a second pair of eyes. Press Save to take it back and change it."
            )
        await store_drafts.save(tx, before.id, draft, who.organiser_id)
        await self._reviews.written_on(tx, before.id)
        return before.id

    async def _live(self, tx: Transaction, name: str) -> Post:
        post = await views.by_public_id(tx, name)
        if post is None or post.state is not State.LIVE:
            raise NotFound("The post to be changed is not here any more.")
        return post

    async def _draft(self, tx: Transaction, name: str) -> KeptDraft:
        kept = await store_drafts.by_public_id(tx, name)
        if kept is None:
            raise NotFound("This draft is not here any more.")
        return kept

    async def _held(self, tx: Transaction, name: str) -> KeptDraft:
        """A draft that nobody else changes before the end of the transaction."""
        kept = await self._draft(tx, name)
        if not await store_drafts.claim(tx, kept.id, kept.version):
            raise Conflict("Somebody else has changed this draft meanwhile. Open it again to see how it stands.")
        return kept

    async def discard(self, who: Who, name: str) -> None:
        """Throw a draft away with its pictures."""
        who.must(Act.WRITE)
        async with self._database.transaction() as tx:
            kept = await self._held(tx, name)
            await self._erase(tx, kept)
            await self._audit.record(tx, who.organiser_id, "discard-draft")
            await changes.record(tx, "drafts")

    async def _erase(self, tx: Transaction, kept: KeptDraft) -> None:
        for media_id in await store_drafts.hold_media(tx, kept.id, ()):
            await self._media.let_go(tx, media_id)
        await store_drafts.delete(tx, kept.id)

    async def schedule(self, who: Who, name: str, publish_at: str) -> KeptDraft:
        """Publish a draft at a time (UTC text, to the minute), after a second pair of eyes if one is wanted.

        Raises Invalid for a time that is past or too far, and as publishing.
        """
        self._publishing.must_publish(who)
        async with self._database.transaction() as tx:
            kept = await self._held(tx, name)
            now = from_text(tx.now)
            if not now < from_text(publish_at) <= now + MAX_AHEAD:
                raise Invalid("Choose a time that is still to come, within a year.")
            at = rounded_to_minute(publish_at)
            limits.check(kept.draft, "" if kept.edits else at)
            if await self._reviews.verdict_on_draft(tx, who, kept) is Verdict.WAIT:
                await self._reviews.ask(tx, who, kept, publish_at=at)
                return await self._draft(tx, name)
            await store_drafts.set_state(
                tx, kept.id, DraftState.SCHEDULED, publish_at=at, scheduled_by=who.organiser_id
            )
            await self._audit.record(tx, who.organiser_id, "schedule")
            await changes.record(tx, "drafts")
            return await self._draft(tx, name)

    async def unschedule(self, who: Who, name: str) -> KeptDraft:
        """Back to being written: it waits for nobody and for no hour."""
        who.must(Act.WRITE)
        async with self._database.transaction() as tx:
            kept = await self._held(tx, name)
            await store_drafts.set_state(tx, kept.id, DraftState.DRAFT)
            await self._reviews.written_on(tx, kept.id)
            await changes.record(tx, "drafts")
            return await self._draft(tx, name)

    async def published(self, who: Who, key: str) -> Post | None:
        """The post that a form with this key made before: it was sent twice."""
        async with self._database.snapshot() as snapshot:
            return await self._publishing.made_by(snapshot, who, key)

    async def publish(
        self, who: Who, name: str, *, version: int | None = None, key: str | None = None, reason: str | None = None
    ) -> Post | None:
        """Publish a draft, or put its words in the place of those of the post that it edits; the draft is gone then.

        None if it waits for a second pair of eyes now. A `reason` breaks the glass: it goes out and is looked at afterwards. One
        transaction: a draft becomes one post, whatever happens; `key` finds it again. Raises Conflict if it is not that version any more.
        """
        async with self._database.transaction() as tx:
            made, kept = await self._publishing.made_by(tx, who, key), await self._held(tx, name)
            if made is not None:
                await self._erase(tx, kept)
                return made
            if version is not None and version != kept.version:
                raise Conflict("Somebody else has changed this draft meanwhile. Open it again to see how it stands.")
            self._publishing.must_publish(who)
            limits.check(kept.draft, "" if kept.edits else tx.now)
            verdict = await self._reviews.verdict_on_draft(tx, who, kept, reason)
            if verdict is Verdict.WAIT:
                if await self._reviews.waits_already(tx, kept):
                    await self._erase(tx, kept)
                else:
                    await self._reviews.ask(tx, who, kept)
                return None
            post = await self.publish_in(tx, who, kept)
            await self._publishing.remember(tx, who, key, post)
            if verdict is Verdict.AFTER:
                await self._reviews.after(tx, who, post, reason or "")
            return post

    async def publish_in(self, tx: Transaction, who: Who, kept: KeptDraft) -> Post:
        """Publish within somebody's transaction, who holds the draft and has asked the reviews."""
        if kept.edits and kept.draft.correction is not None:
            post = await self._correcting.correct_in(tx, who, kept.edits, kept.draft)
        elif kept.edits:
            post = await self._publishing.edit_in(tx, who, kept.edits, kept.draft)
        else:
            post = await self._publishing.submit_in(tx, who, kept.draft)
        await self._erase(tx, kept)
        await changes.record(tx, "drafts")
        return post

    async def publish_due(self) -> int:
        """Publish what waited for its hour; how many. What cannot be published is a draft again and says why."""
        async with self._database.snapshot() as snapshot:
            due = await store_drafts.due(snapshot, snapshot.now)
        for kept in due:
            await self._publish_one(kept)
        return len(due)

    async def _publish_one(self, kept: KeptDraft) -> None:
        try:
            async with self._database.transaction() as tx:
                now = await store_drafts.by_id(tx, kept.id)
                if now is None or now.state is not DraftState.SCHEDULED or now.version != kept.version:
                    return
                if not await store_drafts.claim(tx, now.id, now.version):
                    return
                # Everything is asked again: who wrote it and who scheduled it, the lock level, the limits and the reviews.
                who = await self._reviews.scheduler(tx, now)
                if await self._reviews.verdict_on_draft(tx, who, now) is Verdict.WAIT:
                    await self._reviews.ask(tx, who, now)
                    return
                await self.publish_in(tx, who, now)
        except (Invalid, Forbidden, NotFound, Gone, Conflict) as error:
            async with self._database.transaction() as tx:
                await store_drafts.set_state(tx, kept.id, DraftState.DRAFT, problem=str(error))
                await changes.record(tx, "drafts")
        except AppError as error:
            event("scheduled_post_waits", error=type(error).__name__)

    async def drafts(self, who: Who) -> list[KeptDraft]:
        """Everything that is being written."""
        who.must(Act.WRITE)
        async with self._database.snapshot() as snapshot:
            return await store_drafts.drafts(snapshot, self._actors.campaign().id)

    async def draft(self, who: Who, name: str) -> KeptDraft:
        """One draft. Raises NotFound."""
        who.must(Act.WRITE)
        async with self._database.snapshot() as snapshot:
            kept = await store_drafts.by_public_id(snapshot, name)
        if kept is None:
            raise NotFound("This draft is not here any more.")
        return kept
