"""The second pair of eyes: looking at what waits, and sending out exactly what was looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from server.base import changes
from server.base.addresses import Addresses
from server.base.database import Database, Snapshot, Transaction
from server.base.errors import Conflict, Invalid, NotFound
from server.base.formatter import find_mentions
from server.features.access.model import Act, Who
from server.features.media.model import MediaItem
from server.features.media.service import Media
from server.features.posts import store_drafts
from server.features.posts import views as posts_views
from server.features.posts.calling import call_html, dated
from server.features.posts.languages import carried
from server.features.posts.model import Draft, DraftState, KeptDraft, Post, State, Text
from server.features.publishing import store as publishing_store
from server.features.publishing.drafting import Drafting
from server.features.publishing.service import Publishing
from server.features.publishing.writing import written
from server.features.reviews import store as reviews_store
from server.features.reviews import views as reviews_views
from server.features.reviews.difference import Changed, changes_of
from server.features.reviews.model import Change, Review, ReviewAct, ReviewState, Verdict
from server.features.reviews.service import Reviews, checked_reason, decided_already
from server.features.reviews.warnings import Warned, of_draft


def _changed() -> Conflict:
    return Conflict("It was changed since you looked. Look again, then decide.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture as it will go out."""

    item: MediaItem
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Everything that a reviewer needs. `seen` names exactly this state of things; `draft` is what is or will be said."""

    review: Review
    kept: KeptDraft | None
    draft: Draft | None
    standing: Post | None
    texts: tuple[Text, ...]
    correction: Text | None
    pictures: tuple[Shown, ...]
    changed: tuple[Changed, ...]
    warned: tuple[Warned, ...]
    asker: str | None
    may_decide: bool
    own: bool
    seen: str


def _seen(kept: KeptDraft | None, post: Post | None) -> str:
    """What a reviewer had before their eyes: the version of the draft and the revision of the post."""
    versions = [str(kept.version)] if kept is not None else []
    return ".".join([*versions, str(post.revision_number)] if post is not None else versions) or "0"


class Reviewing:
    """Decisions about what waits. A review is known by its inner id: it never leaves the house."""

    def __init__(
        self,
        database: Database,
        drafting: Drafting,
        publishing: Publishing,
        reviews: Reviews,
        media: Media,
        addresses: Addresses,
    ) -> None:
        self._database = database
        self._drafting = drafting
        self._publishing = publishing
        self._reviews = reviews
        self._media = media
        self._addresses = addresses

    # -- looking --------------------------------------------------------------------------------------------------------

    async def look(self, who: Who, review_id: int) -> Look:
        """A review as its screen shows it. Raises NotFound."""
        who.must(Act.WRITE)
        async with self._database.snapshot() as snapshot:
            review, kept = await self._reviews.found(snapshot, review_id)
            post = await self._post(snapshot, review, kept)
            live = post if post is not None and post.state is State.LIVE else None
            draft = _words(kept, live)
            before = await self._before(snapshot, review, kept, live)
            names = await reviews_views.names(snapshot)
            known = await publishing_store.handles(snapshot, _handles(draft)) if draft else {}
        own = self._reviews.is_own(who, review, kept)
        return Look(
            review=review,
            kept=kept,
            draft=draft,
            standing=live,
            texts=_texts(draft, known, self._addresses, live) if draft else (),
            correction=_said_beside(draft, known, self._addresses),
            pictures=await self._pictures(draft),
            changed=await asyncio.to_thread(changes_of, before, draft) if before and draft else (),
            warned=of_draft(draft, list(names.values())) if draft else (),
            asker=names.get(review.asked_by) if review.asked_by else None,
            may_decide=who.may(Act.REVIEW) and not own and review.state is ReviewState.OPEN,
            own=own,
            seen=_seen(kept, post),
        )

    async def _before(
        self, snapshot: Snapshot, review: Review, kept: KeptDraft | None, live: Post | None
    ) -> Post | None:
        """What the words are compared with: what they replace, what they correct, or what an edit without a look replaced."""
        if kept is not None and kept.draft.corrects:
            corrected = await posts_views.by_public_id(snapshot, kept.draft.corrects)
            return corrected if corrected is not None and corrected.state is State.LIVE else None
        if kept is not None:
            return live
        if review.act is ReviewAct.AFTER and live is not None and live.revision_number == review.version:
            texts = await reviews_views.texts_of(snapshot, live.id, live.revision_number - 1)
            return replace(live, texts=texts) if texts else None
        return None

    async def _post(self, snapshot: Snapshot, review: Review, kept: KeptDraft | None) -> Post | None:
        if kept is not None:
            return await posts_views.by_public_id(snapshot, kept.edits) if kept.edits else None
        return await posts_views.by_id(snapshot, review.post_id) if review.post_id is not None else None

    async def _pictures(self, draft: Draft | None) -> tuple[Shown, ...]:
        found = []
        for one in draft.media if draft else ():
            try:
                found.append(Shown(item=await self._media.get(one.public_id), alt=one.alt))
            except NotFound:  # the post went while we looked: nothing will show it
                continue
        return tuple(found)

    # -- deciding -------------------------------------------------------------------------------------------------------

    async def approve(self, who: Who, review_id: int, seen: str) -> Post | None:
        """Let happen what was asked, in the transaction of the approval; the post that came of it.

        None for a deletion, for what waits for its hour, and for what went out before. Raises Conflict if it is not what was `seen`, is decided already, or
        whoever asked may not publish any more.
        """
        async with self._database.transaction() as tx:
            review, kept = await self._reviews.to_decide(tx, who, review_id)
            post = await self._post(tx, review, kept)
            if seen != _seen(kept, post):
                raise _changed()
            if kept is not None and (kept.version != review.version or not await self._reviews.held(tx, kept)):
                raise _changed()
            await self._reviews.decided(tx, who, review, ReviewState.APPROVED, "approve-review")
            if review.act is ReviewAct.AFTER:
                return None
            asker = await self._reviews.asker(tx, review)
            if review.act is ReviewAct.DELETE:
                if post is None or post.state is not State.LIVE:
                    raise decided_already()
                await self._publishing.delete_in(tx, asker, post)
                return None
            if kept is None:
                raise decided_already()
            return await self._approve_draft(tx, asker, review, kept)

    async def _approve_draft(self, tx: Transaction, asker: Who, review: Review, kept: KeptDraft) -> Post | None:
        self._publishing.must_publish(asker)
        if kept.publish_at is not None and kept.publish_at > tx.now:
            await store_drafts.set_state(
                tx, kept.id, DraftState.SCHEDULED, publish_at=kept.publish_at, scheduled_by=asker.organiser_id
            )
            await changes.record(tx, "drafts")
            return None
        await reviews_store.detach(tx, review.id)
        post = await self._drafting.publish_in(tx, asker, kept)
        await reviews_store.attach(tx, review.id, post.id)
        return post

    async def break_glass(self, who: Who, review_id: int, seen: str, reason: str) -> None:
        """Do what is asked now, and let it be looked at afterwards. Anybody who may, whoever asked. Raises as `approve`."""
        who.must(Act.BREAK_GLASS)
        checked_reason(reason)
        async with self._database.transaction() as tx:
            review, kept = await self._reviews.found(tx, review_id)
            if review.state is not ReviewState.OPEN:
                raise decided_already()
            if not await self._reviews.held(tx, kept):
                raise _changed()
            post = await self._post(tx, review, kept)
            if seen != _seen(kept, post):
                raise _changed()
            if review.act is ReviewAct.DELETE:
                await self._delete_now(tx, who, post, reason)
            elif kept is not None:
                await self._publish_now(tx, who, kept, reason)
            else:
                raise Invalid("This went out already. It waits for somebody to look.")

    async def _delete_now(self, tx: Transaction, who: Who, post: Post | None, reason: str) -> None:
        if post is None or post.state is not State.LIVE:
            raise decided_already()
        verdict = await self._reviews.verdict(tx, who, Change(post=post), reason)
        await self._publishing.delete_in(tx, who, post)
        if verdict is Verdict.AFTER:
            await self._reviews.after(tx, who, post, reason)

    async def _publish_now(self, tx: Transaction, who: Who, kept: KeptDraft, reason: str) -> None:
        self._publishing.must_publish(who)
        verdict = await self._reviews.verdict_on_draft(tx, who, kept, reason)
        post = await self._drafting.publish_in(tx, who, kept)
        if verdict is Verdict.AFTER:
            await self._reviews.after(tx, who, post, reason)


def _texts(
    draft: Draft, known: Mapping[str, tuple[str, str]], addresses: Addresses, post: Post | None
) -> tuple[Text, ...]:
    """The words as they will be shown elsewhere; of a call-out everything it says."""
    texts = written(draft, known, addresses).texts
    if draft.call is None:
        return texts
    before = post.call if post else None
    call = draft.call.after(before.state if before else None).previewed(before.code if before else "…")
    languages, name = [one.language for one in texts], post.public_id if post else "…"

    def whole(one: Text) -> str:
        said = dated(one, texts[0])
        return call_html(call, said, main=draft.language, languages=languages, public_id=name, addresses=addresses)

    return tuple(replace(one, html=whole(one), title="") for one in texts)


def _words(kept: KeptDraft | None, live: Post | None) -> Draft | None:
    """What is or will be said, with the translations that stand."""
    if kept is None:
        return live.as_draft() if live else None
    return carried(kept.draft, live) if kept.edits and live else kept.draft


def _said_beside(draft: Draft | None, known: Mapping[str, tuple[str, str]], addresses: Addresses) -> Text | None:
    """What a correction says in a post of its own."""
    if draft is None or not draft.correction:
        return None
    return written(Draft(text=draft.correction, language=draft.language), known, addresses).texts[0]


def _handles(draft: Draft) -> list[str]:
    texts = [draft.text, draft.correction or "", *(one.text for one in draft.translations)]
    return [handle for text in texts for handle in find_mentions(text)]
