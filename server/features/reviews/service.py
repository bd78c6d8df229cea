"""Two pairs of eyes: the gate that publishing asks, and what people decide. Publishing what was approved: publishing/reviewing.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from server.base import changes
from server.base.database import Database, Snapshot, Transaction
from server.base.errors import Conflict, Forbidden, Invalid, NotFound
from server.base.ids import public_id
from server.base.timestamps import from_text, to_text
from server.features.access.model import MAY, Act, Who
from server.features.actors.service import Actors
from server.features.audit.service import Audit
from server.features.media.service import Media
from server.features.posts import store_drafts
from server.features.posts import views as posts_views
from server.features.posts.model import DraftState, KeptDraft, Post, State
from server.features.reviews import policy, store, views
from server.features.reviews.model import (
    Change,
    Choice,
    Kind,
    Line,
    People,
    Review,
    ReviewAct,
    ReviewState,
    ReviewWanted,
    Verdict,
)

MAX_NOTE_CHARS: Final = 500


def decided_already() -> Conflict:
    """Somebody was quicker."""
    return Conflict("This is decided already.")


def _bounded(text: str) -> str:
    words = " ".join(text.split())
    if len(words) > MAX_NOTE_CHARS:
        raise Invalid("That is too long: say it in a few words.")
    return words


def checked_reason(text: str) -> str:
    """Why something could not wait. Raises Invalid."""
    reason = _bounded(text)
    if not reason:
        raise Invalid("Say why it cannot wait.")
    return reason


def checked_note(text: str) -> str:
    """What should be changed. Raises Invalid."""
    note = _bounded(text)
    if not note:
        raise Invalid("Say what should be changed.")
    return note


class Reviews:
    """Who must look at what. Methods that take `tx` are parts of somebody's transaction."""

    def __init__(
        self,
        database: Database,
        actors: Actors,
        media: Media,
        audit: Audit,
        random: Callable[[int], bytes],
        retention: timedelta,
    ) -> None:
        self._database = database
        self._actors = actors
        self._media = media
        self._audit = audit
        self._random = random
        self._retention = retention

    # -- the gate -------------------------------------------------------------------------------------------------------

    async def verdict(self, tx: Transaction, who: Who, change: Change, reason: str | None = None) -> Verdict:
        """What becomes of a change. With a `reason` it does not wait. Raises Forbidden or Invalid for a reason that will not do."""
        if reason is not None:
            who.must(Act.BREAK_GLASS)
            checked_reason(reason)
        active = await views.active(tx, tx.now)
        there = policy.people(active, who.organiser_id)
        if not policy.wants_review(change, await store.chosen(tx), there):
            return Verdict.GO
        return Verdict.WAIT if reason is None else Verdict.AFTER

    async def gate(
        self, tx: Transaction, who: Who, change: Change, reason: str | None, go: Callable[[], Awaitable[Post]]
    ) -> Post | ReviewWanted:
        """Do it, or keep it and ask for a look. What waits is returned, to be raised once it is committed."""
        verdict = await self.verdict(tx, who, change, reason)
        if verdict is Verdict.WAIT:
            return await self._hold(tx, who, change)
        post = await go()
        if verdict is Verdict.AFTER:
            await self.after(tx, who, post, reason or "")
        return post

    async def verdict_on_draft(self, tx: Transaction, who: Who, kept: KeptDraft, reason: str | None = None) -> Verdict:
        """The same for a draft that is kept: a version that somebody else approved goes out."""
        post = await posts_views.by_public_id(tx, kept.edits) if kept.edits else None
        if kept.edits and (post is None or post.state is not State.LIVE):
            return Verdict.GO  # publishing refuses it and says why
        verdict = await self.verdict(tx, who, Change(draft=kept.draft, post=post), reason)
        if verdict is not Verdict.GO and await store.is_approved(tx, kept.id, kept.version):
            return Verdict.GO
        return verdict

    async def scheduler(self, snapshot: Snapshot, kept: KeptDraft) -> Who:
        """Whoever chose the hour of a draft, as they are today. Raises Conflict if they or its writer may not publish any more."""
        if kept.organiser_id is not None and await views.standing(snapshot, kept.organiser_id, snapshot.now) is None:
            raise Conflict("Whoever wrote this may not publish any more. Look at it, then publish it yourself.")
        if kept.scheduled_by is None:
            return Who.console()
        there = await views.standing(snapshot, kept.scheduled_by, snapshot.now)
        if there is None or Act.PUBLISH not in MAY[there.role]:
            raise Conflict("Whoever scheduled this may not publish any more. Look at it, then publish it yourself.")
        return Who(organiser_id=there.id, role=there.role)

    async def ask(self, tx: Transaction, who: Who, kept: KeptDraft, publish_at: str | None = None) -> None:
        """Let a draft wait for a second pair of eyes, and then for its hour if it has one. Asking twice asks once."""
        asked = await store.open_of_draft(tx, kept.id)
        if asked is None or asked.version != kept.version:
            await store.withdraw_of_draft(tx, kept.id)
            post = await posts_views.live_glimpse(tx, kept.edits) if kept.edits else None
            await store.insert(
                tx,
                act=ReviewAct.EDIT if post else ReviewAct.PUBLISH,
                asked_by=who.organiser_id,
                draft_id=kept.id,
                post_id=post.id if post else None,
                version=kept.version,
            )
            await self._audit.record(tx, who.organiser_id, "ask-review", kept.public_id)
        await store_drafts.set_state(tx, kept.id, DraftState.REVIEW, publish_at=publish_at)
        await self._changed(tx)

    async def _hold(self, tx: Transaction, who: Who, change: Change) -> ReviewWanted:
        if change.draft is None:
            await self._ask_to_delete(tx, who, change.post)
            return ReviewWanted()
        post_id = change.post.id if change.post else None
        payload = store_drafts.payload(change.draft)
        name = await views.waiting_copy(tx, who.organiser_id, payload, post_id)
        if name is None:
            ours = self._actors.campaign()
            if await store_drafts.count(tx, ours.id) >= store_drafts.MAX_LISTED:
                raise Conflict("There are too many drafts. Discard some first.")
            name = public_id(self._random)
            draft_id = await store_drafts.insert(
                tx,
                public_id=name,
                actor_id=ours.id,
                organiser_id=who.organiser_id,
                edits_post_id=post_id,
                draft=change.draft,
            )
            held = [(await self._media.use(tx, one.public_id)).id for one in change.draft.media]
            await store_drafts.hold_media(tx, draft_id, held)
            kept = await store_drafts.by_id(tx, draft_id)
            if kept is not None:
                await self.ask(tx, who, kept)
        return ReviewWanted(name)

    async def waits_already(self, tx: Transaction, kept: KeptDraft) -> bool:
        """True if another draft of the same writer says exactly this and waits: a form was sent twice."""
        post = await posts_views.live_glimpse(tx, kept.edits) if kept.edits else None
        payload = store_drafts.payload(kept.draft)
        name = await views.waiting_copy(tx, kept.organiser_id, payload, post.id if post else None)
        return name is not None and name != kept.public_id

    async def _ask_to_delete(self, tx: Transaction, who: Who, post: Post | None) -> None:
        if post is None:
            raise NotFound("There is no such post.")
        if await store.open_of_post(tx, post.id, ReviewAct.DELETE) is None:
            await store.insert(
                tx, act=ReviewAct.DELETE, asked_by=who.organiser_id, post_id=post.id, version=post.revision_number
            )
            await self._audit.record(tx, who.organiser_id, "ask-review", post.public_id)
            await self._changed(tx)

    async def after(self, tx: Transaction, who: Who, post: Post, reason: str) -> None:
        """Remember that this went out, or away, without a second look, until somebody else has looked."""
        await store.insert(
            tx,
            act=ReviewAct.AFTER,
            asked_by=who.organiser_id,
            post_id=post.id,
            version=post.revision_number,
            note=checked_reason(reason),
        )
        await self._audit.record(tx, who.organiser_id, "break-glass", post.public_id)
        await self._changed(tx)

    async def written_on(self, tx: Transaction, draft_id: int) -> None:
        """A draft says something else now, or goes back to its writers: what was asked about it is moot."""
        if await store.withdraw_of_draft(tx, draft_id):
            await self._changed(tx)

    async def post_gone(self, tx: Transaction, post_id: int) -> None:
        """A post is deleted: what was asked about it is moot."""
        for draft_id in await store.drafts_for_post(tx, post_id):
            await store_drafts.set_state(tx, draft_id, DraftState.DRAFT, problem="The post was deleted meanwhile.")
        if await store.withdraw_of_post(tx, post_id):
            await self._changed(tx)

    async def _changed(self, tx: Transaction) -> None:
        await changes.record(tx, "drafts")
        await changes.record(tx, "reviews")

    # -- deciding -------------------------------------------------------------------------------------------------------

    async def to_decide(self, snapshot: Snapshot, who: Who, review_id: int) -> tuple[Review, KeptDraft | None]:
        """An open review that this reviewer may decide, and its draft. Raises Forbidden, NotFound, Conflict."""
        who.must(Act.REVIEW)
        review, kept = await self.found(snapshot, review_id)
        if review.state is not ReviewState.OPEN:
            raise decided_already()
        if self.is_own(who, review, kept):
            raise Forbidden("Somebody else must look at this: you wrote it or asked for it.")
        return review, kept

    async def held(self, tx: Transaction, kept: KeptDraft | None) -> bool:
        """Hold the draft before its review: everybody takes them in this order, so nobody waits in a circle."""
        return kept is None or await store_drafts.claim(tx, kept.id, kept.version)

    async def found(self, snapshot: Snapshot, review_id: int) -> tuple[Review, KeptDraft | None]:
        """A review in any state, and its draft. Raises NotFound."""
        review = await store.by_id(snapshot, review_id)
        if review is None:
            raise NotFound("There is no such review (any more).")
        kept = await store_drafts.by_id(snapshot, review.draft_id) if review.draft_id is not None else None
        return review, kept

    def is_own(self, who: Who, review: Review, kept: KeptDraft | None) -> bool:
        """True for whoever asked and whoever kept the words last. The console of the machine is one person."""
        return who.organiser_id == review.asked_by or (kept is not None and who.organiser_id == kept.organiser_id)

    async def decided(
        self, tx: Transaction, who: Who, review: Review, state: ReviewState, act: str, answer: str = ""
    ) -> None:
        """Close a review. Raises Conflict if somebody else just did."""
        if not await store.decide(tx, review.id, state, decided_by=who.organiser_id, answer=answer):
            raise decided_already()
        await self._audit.record(tx, who.organiser_id, act, str(review.id))
        await self._changed(tx)

    async def asker(self, snapshot: Snapshot, review: Review) -> Who:
        """Whoever asked, as they are today. Raises Conflict if they are shut out or their time is over."""
        if review.asked_by is None:
            return Who.console()
        there = await views.standing(snapshot, review.asked_by, snapshot.now)
        if there is None:
            raise Conflict(
                "Whoever asked may not publish any more. Send it back; then somebody can ask in their own name."
            )
        return Who(organiser_id=there.id, role=there.role)

    async def refuse(self, who: Who, review_id: int, answer: str) -> None:
        """Send it back to its writers with a note. After the fact: say that it should be changed; it stands until somebody does."""
        note = checked_note(answer)
        async with self._database.transaction() as tx:
            review, kept = await self.to_decide(tx, who, review_id)
            await self.held(tx, kept)
            await self.decided(tx, who, review, ReviewState.REFUSED, "refuse-review", note)
            if kept is not None:
                await store_drafts.set_state(tx, kept.id, DraftState.DRAFT, problem=note)

    async def withdraw(self, who: Who, review_id: int) -> None:
        """Take back what one asked for, or what is asked about one's own words. What went out without a look stays to be seen."""
        who.must(Act.WRITE)
        async with self._database.transaction() as tx:
            review, kept = await self.found(tx, review_id)
            if review.state is not ReviewState.OPEN:
                raise decided_already()
            if review.act is ReviewAct.AFTER or not self.is_own(who, review, kept):
                raise Forbidden("Only who asked can take it back.")
            await self.held(tx, kept)
            await self.decided(tx, who, review, ReviewState.WITHDRAWN, "withdraw-review")
            if kept is not None:
                await store_drafts.set_state(tx, kept.id, DraftState.DRAFT)

    # -- reading --------------------------------------------------------------------------------------------------------

    async def waiting(self, who: Who) -> list[Line]:
        """What is open: `mine` are those that I may decide."""
        who.must(Act.WRITE)
        async with self._database.snapshot() as snapshot:
            return await views.waiting(snapshot, who.organiser_id, reviewer=who.may(Act.REVIEW))

    async def sent_back(self, who: Who) -> list[Line]:
        """What was refused and has not been changed since."""
        who.must(Act.WRITE)
        async with self._database.snapshot() as snapshot:
            return await views.sent_back(snapshot)

    async def count(self, who: Who) -> int:
        """How many wait for me."""
        if not who.may(Act.REVIEW):
            return 0
        async with self._database.snapshot() as snapshot:
            return await views.count(snapshot, who.organiser_id)

    async def reviewers(self, who: Who) -> int:
        """How many others could look at what I write."""
        async with self._database.snapshot() as snapshot:
            active = await views.active(snapshot, snapshot.now)
        return policy.people(active, who.organiser_id).other_reviewers

    # -- policy ---------------------------------------------------------------------------------------------------------

    async def choices(self, who: Who) -> list[Choice]:
        """What holds for each kind."""
        who.must(Act.WRITE)
        async with self._database.snapshot() as snapshot:
            chosen = await store.chosen(snapshot)
            active = await views.active(snapshot, snapshot.now)
        count = sum(1 for one in active if MAY[one.role] & {Act.WRITE, Act.REVIEW})
        there = People(active=count, other_reviewers=sum(1 for one in active if Act.REVIEW in MAY[one.role]))
        return [Choice(kind=kind, chosen=chosen.get(kind), eyes=policy.eyes(kind, chosen, there)) for kind in Kind]

    async def choose(self, who: Who, choices: dict[Kind, int | None]) -> None:
        """Choose 1 or 2 pairs of eyes for kinds, or None for the default. What waits already goes on waiting."""
        who.must(Act.POLICY)
        if any(eyes not in {None, 1, 2} for eyes in choices.values()):
            raise Invalid("Choose one or two pairs of eyes.")
        async with self._database.transaction() as tx:
            before = await store.chosen(tx)
            for kind, eyes in choices.items():
                if before.get(kind) != eyes:
                    await store.choose(tx, kind, eyes)
                    await self._audit.record(tx, who.organiser_id, "review-policy", f"{kind} {eyes or 'default'}")
            await self._changed(tx)

    async def trim(self) -> int:
        """Erase what was decided long ago."""
        async with self._database.transaction() as tx:
            return await store.erase_before(tx, to_text(from_text(tx.now) - self._retention)[:10])
