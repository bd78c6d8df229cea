"""How call-outs stand: changed by hand as an edit is, and over by themselves when their time has come."""

from __future__ import annotations

from dataclasses import replace

from server.base import changes
from server.base.addresses import Addresses
from server.base.database import Database, Transaction
from server.base.errors import Conflict, Invalid
from server.features.access.model import Who
from server.features.actors.service import Actors
from server.features.audit.service import Audit
from server.features.callouts.service import CallOuts
from server.features.posts import limits, limits_call, store, store_drafts
from server.features.posts.calling import news
from server.features.posts.model import Draft, Kind, Post
from server.features.posts.model_call import CallState, DraftCall
from server.features.publishing import store as publishing_store
from server.features.publishing.correcting import Correcting
from server.features.publishing.service import Publishing, settled
from server.features.publishing.writing import same_words
from server.features.reviews.model import Change
from server.features.reviews.service import Reviews


def in_state(post: Post, state: CallState, said: str | None = None, call: DraftCall | None = None) -> Draft:
    """The next form of a call-out: in this state, with other hours or another place if `call` says so.

    `said` are the words of a post of its own that says so; empty ones are made. Raises Invalid for what is no call-out, and for one that
    lacks what these words need.
    """
    draft = post.as_draft()
    if post.call is None or draft.call is None:
        raise Invalid("That is no call-out.")
    after = (call or draft.call).in_state(state)
    draft = replace(draft, call=after)
    if said is None:
        return draft
    limits_call.check(draft)
    words = said.strip() or news(after.previewed(), replace(post.main, place=after.place), post.language)
    return replace(draft, kind=Kind.CORRECTION, correction=words)


class Calling:
    """Verbs about call-outs that stand. A new one is published as any post is."""

    def __init__(
        self,
        database: Database,
        publishing: Publishing,
        correcting: Correcting,
        callouts: CallOuts,
        reviews: Reviews,
        actors: Actors,
        audit: Audit,
        addresses: Addresses,
    ) -> None:
        self._database = database
        self._publishing = publishing
        self._correcting = correcting
        self._callouts = callouts
        self._reviews = reviews
        self._actors = actors
        self._audit = audit
        self._addresses = addresses

    async def found(self, name: str) -> Post:
        """A call-out that stands. Raises NotFound, Gone, and Invalid for any other post."""
        async with self._database.snapshot() as snapshot:
            post = await self._publishing.saying.live(snapshot, name)
        if post.call is None:
            raise Invalid("That is no call-out.")
        return post

    async def set_state(
        self,
        who: Who,
        name: str,
        state: CallState,
        *,
        said: str | None = None,
        call: DraftCall | None = None,
        reason: str | None = None,
        seen: int | None = None,
    ) -> Post:
        """Let a call-out stand otherwise; the post that says so, if `said` asks for one, else the call-out.

        Parameters as of `in_state`; `seen` is the SEQUENCE at which it was looked at: Conflict if it was changed since. The same state with
        nothing else to change does nothing. Raises Invalid, Forbidden, NotFound, Gone, and
        ReviewWanted when a second pair of eyes must look first: it is kept and they are asked. A `reason` breaks the glass.
        """
        async with self._database.transaction() as tx:
            self._publishing.must_publish(who)
            post = await self._publishing.saying.live(tx, name)
            if seen is not None and post.call is not None and post.call.sequence != seen:
                raise Conflict("It was changed since you looked. Look again, then decide.")
            draft = in_state(post, state, said, call)
            same = post.call is not None and post.call.state is state and same_words(post, draft)
            if same and draft.correction is None:
                return post
            limits.check(draft, tx.now)
            limits_call.check_moved(post, draft)
            change = Change(draft=draft, post=post)
            done = await self._reviews.gate(tx, who, change, reason, lambda: self._changed(tx, who, name, draft))
        return settled(done)

    async def _changed(self, tx: Transaction, who: Who, name: str, draft: Draft) -> Post:
        if draft.correction is not None:
            return await self._correcting.correct_in(tx, who, name, draft)
        return await self._publishing.edit_in(tx, who, name, draft)

    # -- by itself ----------------------------------------------------------------------------------------------------------

    async def end_due(self) -> int:
        """Let call-outs be over whose end has come, whatever the lock level: pages, feeds and other servers agree; how many."""
        async with self._database.snapshot() as snapshot:
            due = await self._callouts.due(snapshot)
        ended = 0
        for post_id, name in due:
            async with self._database.transaction() as tx:
                if await self._callouts.end(tx, post_id):
                    await self._over(tx, post_id, name)
                    ended += 1
        return ended

    async def _over(self, tx: Transaction, post_id: int, name: str) -> None:
        await store.touch(tx, post_id)
        await self._audit.record(tx, None, "call-over", name)
        await changes.record(tx, "post", name)
        uri = self._addresses.post(self._actors.campaign().handle, name)
        if await publishing_store.announced(tx, uri):
            await self._publishing.saying.again(tx, name)
        await self._publishing.pinning.settle(tx)

    async def erase_points(self) -> int:
        """Erase exact places whose time is over, from every version and from drafts; how many posts named them."""
        async with self._database.transaction() as tx:
            names = await self._callouts.erase_points(tx)
            for name in names:
                await changes.record(tx, "post", name)
            for kept in await store_drafts.drafts(tx, self._actors.campaign().id):
                call = kept.draft.call
                if call is not None and call.point is not None and "" < call.point.until <= tx.now:
                    await store_drafts.put(tx, kept, replace(kept.draft, call=replace(call, point=None)))
        return len(names)
