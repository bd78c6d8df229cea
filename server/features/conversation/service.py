"""Hearing others: what the inbox applies in its transaction, and what organisers decide about it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from server.base import changes
from server.base.addresses import Addresses
from server.base.database import Database, Transaction
from server.base.errors import NotFound
from server.base.timestamps import from_text, to_text
from server.features.access.model import Act, Who
from server.features.actors.service import Actors
from server.features.audit.service import Audit
from server.features.conversation import store, views
from server.features.conversation.deciding import Deciding
from server.features.conversation.judging import Judging
from server.features.conversation.model import MAX_MARKED, Heard, Verdict, Waiting
from server.features.posts import store as posts_store
from server.features.posts import store_translations
from server.features.posts import views as posts_views
from server.features.posts.model import Glimpse, Post, State
from server.features.publishing.stamping import Stamping
from server.features.publishing.suggestions import MAX_SUGGESTIONS, is_translation, language_of
from server.features.remote import store as remote_store
from server.features.remote.model import CleanPost, RemoteActor
from server.features.safety.service import Safety

MAX_EDITS: Final = 10
MAX_REPORTS_A_DAY: Final = 50
#: Of each state so many of the newest are looked through for people blocked since, so many at a time.
SLICE: Final = 500
SWEPT: Final = 20


class Conversation:
    """Replies, mentions, messages, boosts, likes, votes and reports."""

    def __init__(
        self,
        database: Database,
        actors: Actors,
        safety: Safety,
        audit: Audit,
        addresses: Addresses,
        keep_messages: timedelta,
        keep_reports: timedelta,
        stamping: Stamping,
    ) -> None:
        self._database = database
        self._actors = actors
        self._safety = safety
        self._audit = audit
        self._addresses = addresses
        self._keep_messages = keep_messages
        self._keep_reports = keep_reports
        self._judging = Judging(database, actors, safety)
        self._stamping = stamping
        self._deciding = Deciding(stamping)

    async def _our_post(self, tx: Transaction, uri: str | None) -> Glimpse | None:
        local = self._addresses.local(uri) if uri else None
        if local is None or local.kind != "post":
            return None
        return await posts_views.live_glimpse(tx, local.public_id)

    # -- what others say, inside the inbox's transaction ------------------------------------------------------------------

    async def heard(self, tx: Transaction, author: RemoteActor, post: CleanPost) -> bool:
        """A post of others. Kept only if it concerns us: a reply, a mention, a message, a vote, a quote. True if it does."""
        parent = await self._our_post(tx, post.in_reply_to)
        if parent is not None and post.vote is not None:
            await self._voted(tx, author, parent, post.vote)
            return True
        if parent is None and post.in_reply_to is not None:
            belongs = await store.our_post_of(tx, post.in_reply_to)
            parent = await posts_views.glimpse(tx, belongs) if belongs else None
        kind = await self._kind(tx, post, parent)
        if kind is None:
            return False
        verdict = await self._judging.judge(tx, author, post, parent, kind)
        kept = await remote_store.insert_post(tx, author.id, post)
        if kept is None:
            return True
        if parent is not None and await self._suggested(tx, post, parent, kept, verdict, kind):
            return True
        await store.insert_reply(
            tx,
            remote_post_id=kept,
            kind=kind,
            post_id=parent.id if parent else None,
            actor_id=self._actors.campaign().id,
            host=author.host,
            verdict=verdict,
        )
        await changes.record(tx, "inboxes")
        if parent is not None and (verdict.signs or verdict.state == "approved"):
            await changes.record(tx, "counts", parent.public_id)
        if parent is not None and verdict.state == "approved":
            await self._stamping.reply_stands(tx, parent, author, post.uri)
        return True

    async def _suggested(
        self, tx: Transaction, post: CleanPost, parent: Glimpse, kept: int, verdict: Verdict, kind: str
    ) -> bool:
        """True for a reply that is a translation: it goes to the translation panel, and is never shown as a reply."""
        if kind != "reply" or verdict.state == "hidden" or not is_translation(post.html):
            return False
        if len(await store_translations.suggestions_of(tx, parent.id)) >= MAX_SUGGESTIONS:
            return False
        trusted = verdict.ally and verdict.rule_id is None
        await store_translations.suggest(
            tx,
            remote_post_id=kept,
            post_id=parent.id,
            language=language_of(post.html, post.language),
            state="open" if trusted else "held",
        )
        await changes.record(tx, "inboxes")
        return True

    async def _kind(self, tx: Transaction, post: CleanPost, parent: Glimpse | None) -> str | None:
        ours = [self._actors.uri(actor) for actor in self._actors.voices()]
        if post.visibility == "direct":
            return "direct" if parent is not None or set(ours) & {*post.mentions, *post.addressed} else None
        if parent is not None and parent.state is State.LIVE:
            return "reply"
        if post.quote is not None and await self._our_post(tx, post.quote) is not None:
            return "quote"
        return "mention" if set(ours) & {*post.mentions, *post.addressed} else None

    async def _voted(self, tx: Transaction, author: RemoteActor, post: Glimpse, name: str) -> None:
        voter = hashlib.sha256(f"{post.public_id} {author.uri}".encode()).hexdigest()
        if await posts_store.add_vote(tx, post.id, voter, name):
            await changes.record(tx, "counts", post.public_id)

    async def edited(self, tx: Transaction, author: RemoteActor, post: CleanPost) -> bool:
        """An edit by the author of something we keep. An approved reply is held again: nobody approved the new words."""
        known = await remote_store.post_by_uri(tx, post.uri)
        if known is None:
            return False
        if known.actor_id != author.id or await remote_store.edits_of(tx, known.id) >= MAX_EDITS:
            return True
        if (known.html, known.warning, known.sensitive) == (post.html, post.warning, post.sensitive):
            return True  # counts or a poll moved, or it was fetched again: nobody need approve the same words twice
        await remote_store.update_post(tx, known.id, post, post.edited_at or tx.now)
        await self._reword(tx, author, post, known.id)
        await changes.record(tx, "inboxes")
        return True

    async def _reword(self, tx: Transaction, author: RemoteActor, post: CleanPost, remote_post_id: int) -> None:
        """Judge new words: what was shown is held unless they would be shown at once, and hidden words stay hidden."""
        reply = await store.reply_of(tx, remote_post_id)
        if reply is None:
            return
        parent = await posts_views.glimpse(tx, reply.post_id) if reply.post_id is not None else None
        verdict = await self._judging.judge(tx, author, post, parent, reply.kind)
        await store.reword(tx, remote_post_id, verdict)
        if reply.state != "hidden" and (
            verdict.state == "hidden" or (reply.state, verdict.state) == ("approved", "held")
        ):
            await store.set_state(tx, remote_post_id, verdict.state)
            if reply.state == "approved":
                await self._stamping.reply_falls(tx, post.uri)
        if parent is not None:
            await changes.record(tx, "conversation", parent.public_id)

    async def deleted(self, tx: Transaction, author: RemoteActor, uri: str) -> bool:
        """A deletion by the author of something we keep; False if we do not."""
        known = await remote_store.post_by_uri(tx, uri)
        if known is None or known.actor_id != author.id:
            return False
        reply = await store.reply_of(tx, known.id)
        await store.count_reply(tx, known.id, -1)
        await remote_store.delete_post(tx, known.id)
        await self._stamping.gone(tx, author, uri)
        if reply is not None and reply.post_id is not None:
            await self._changed(tx, reply.post_id)
        await changes.record(tx, "inboxes")
        return True

    async def _changed(self, tx: Transaction, post_id: int) -> None:
        post = await posts_views.glimpse(tx, post_id)
        if post is not None:
            await changes.record(tx, "conversation", post.public_id)

    async def reacted(
        self,
        tx: Transaction,
        author: RemoteActor,
        kind: str,
        object_uri: str,
        activity_uri: str | None,
        emoji: str = "",
    ) -> None:
        """A boost or like of a post of ours; of anything else it is nothing to us."""
        post = await self._our_post(tx, object_uri)
        if post is None or not post.readable:
            return
        if await store.insert_interaction(
            tx, kind=kind, post_id=post.id, remote_actor_id=author.id, activity_uri=activity_uri, emoji=emoji
        ):
            await changes.record(tx, "counts", post.public_id)

    async def unreacted(
        self, tx: Transaction, author: RemoteActor, activity_uri: str | None, kind: str | None, object_uri: str | None
    ) -> bool:
        """A boost or like taken back, by its id or by what it was; False if there was none."""
        post = await self._our_post(tx, object_uri) if object_uri else None
        changed = await store.delete_interaction(
            tx, remote_actor_id=author.id, activity_uri=activity_uri, kind=kind, post_id=post.id if post else None
        )
        if changed is not None:
            await self._changed(tx, changed)
        return changed is not None

    async def reported(
        self, tx: Transaction, host: str, objects: Sequence[str], content: str, activity_uri: str | None
    ) -> None:
        """A report about us or what others said on our pages; other ids are dropped, and one server sends so many a day."""
        about = [uri for uri in objects if self._addresses.is_local(uri) or await store.heard_uri(tx, uri)]
        yesterday = to_text(from_text(tx.now) - timedelta(days=1))
        if not about or await store.reports_from(tx, host, yesterday) >= MAX_REPORTS_A_DAY:
            return
        await store.insert_report(tx, activity_uri=activity_uri, host=host, objects=about, content=content)
        await changes.record(tx, "inboxes")

    async def forget(self, tx: Transaction, author: RemoteActor) -> None:
        """An actor is gone: all it said and did here goes with it."""
        posts = await store.forget_actor(tx, author.id)
        await remote_store.delete_actor(tx, author.id, author.uri)
        for post_id in posts:
            await self._changed(tx, post_id)

    # -- what organisers decide -------------------------------------------------------------------------------------------

    async def decide(self, who: Who, ids: Sequence[int], state: str) -> int:
        """Approve, hide or hold several; how many there were. Acts at once on every page. Raises NotFound for none."""
        who.must(Act.MODERATE)
        async with self._database.transaction() as tx:
            done = await self._deciding.set_all(tx, ids[:MAX_MARKED], state)
            if not done and not await store.any_in(tx, ids[:MAX_MARKED], state):
                raise NotFound("There is nothing like that here any more.")
            await self._audit.record(tx, who.organiser_id, state, str(done))
            await changes.record(tx, "inboxes")
        return done

    async def settle(self, who: Who, report_id: int) -> None:
        """A report was dealt with."""
        who.must(Act.MODERATE)
        async with self._database.transaction() as tx:
            if not await store.settle_report(tx, report_id):
                raise NotFound("There is no such report.")
            await self._audit.record(tx, who.organiser_id, "settle-report")
            await changes.record(tx, "inboxes")

    # -- looking ----------------------------------------------------------------------------------------------------------

    async def queue(self, kinds: tuple[str, str], state: str, before: int | None = None) -> list[Heard]:
        """What was said to us, but not by people blocked since."""
        async with self._database.snapshot() as snapshot:
            found = await views.heard(snapshot, kinds, state, before)
        return [one for one in found if not self._safety.refuses(one.author.uri)]

    async def one(self, remote_post_id: int) -> Heard:
        """One thing that was said to us. Raises NotFound."""
        async with self._database.snapshot() as snapshot:
            found = await views.one(snapshot, remote_post_id)
        if found is None:
            raise NotFound("That is not here any more.")
        return found

    async def replies(self, post: Post, after: int = 0) -> list[Heard]:
        """A page of the replies that everybody may read."""
        async with self._database.snapshot() as snapshot:
            found = await views.approved_replies(snapshot, post.id, after)
        return [one for one in found if not self._safety.refuses(one.author.uri)]

    async def waiting(self) -> Waiting:
        """What waits for an organiser."""
        async with self._database.snapshot() as snapshot:
            return await views.waiting(snapshot)

    async def trim(self) -> None:
        """Erase what has passed its time."""
        async with self._database.transaction() as tx:
            now = from_text(tx.now)
            await store.trim(tx, to_text(now - self._keep_messages), to_text(now - self._keep_reports))
        for state in ("held", "approved"):
            await self._sweep(state)

    async def _sweep(self, state: str) -> None:
        """Hide what people said who were blocked since by a list or a name above theirs: no lifted block brings it back."""
        before: int | None = None
        for _ in range(SWEPT):
            async with self._database.snapshot() as snapshot:
                found = await views.speakers(snapshot, state, before, SLICE)
            refused = [number for number, uri in found if self._safety.refuses(uri)]
            if refused:
                async with self._database.transaction() as tx:
                    await self._deciding.set_all(tx, refused, "hidden", quietly=True)
            if len(found) < SLICE:
                return
            before = found[-1][0]
