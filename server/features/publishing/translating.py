"""Translations of posts that stand: written by whoever writes, approved for exact words, and then part of the post. See docs/adr/0017."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from server.base import changes
from server.base.database import Database, Snapshot, Transaction
from server.base.errors import Conflict, Forbidden, Invalid, NotFound
from server.features.access.model import Act, Who
from server.features.actors.service import Actors
from server.features.audit.service import Audit
from server.features.posts import limits, store_translations
from server.features.posts.languages import Gap, gaps, main_words, put
from server.features.posts.model import DraftText, Post, TextState
from server.features.posts.store_translations import InWork
from server.features.publishing import views_translations
from server.features.publishing.model_translations import Panel, Side, Todo
from server.features.publishing.service import Publishing
from server.features.remote import store as remote_store
from server.features.reviews.model import Change, Verdict
from server.features.reviews.service import Reviews
from server.features.safety.service import Safety

RECENT: Final = 5


def changed_since() -> Conflict:
    """What is to be done was decided on other words."""
    return Conflict("It was changed since you looked. Look again, then decide.")


def somebody_else() -> Forbidden:
    """A second pair of eyes is wanted, and these are the first."""
    return Forbidden("Somebody else must approve this translation: you wrote it.")


class Translating:
    """The languages of a campaign and the translations of its live posts. A post is known by its public id."""

    def __init__(
        self,
        database: Database,
        publishing: Publishing,
        reviews: Reviews,
        actors: Actors,
        audit: Audit,
        safety: Safety,
    ) -> None:
        self._database = database
        self._publishing = publishing
        self._reviews = reviews
        self._actors = actors
        self._audit = audit
        self._safety = safety

    # -- looking --------------------------------------------------------------------------------------------------------

    async def panel(self, who: Who, name: str) -> Panel:
        """A post with all its languages, and what others suggest. Raises NotFound, Gone."""
        who.must(Act.WRITE)
        async with self._database.snapshot() as snapshot:
            post = await self._publishing.saying.live(snapshot, name)
            work = {one.text.language: one for one in await store_translations.in_work(snapshot, [post.id])}
            suggested = await views_translations.suggestions(snapshot, post.id)
        order = self._actors.by_id(post.actor_id).languages
        languages = dict.fromkeys([*order, *(one.language for one in post.shown_texts), *work])
        draft = post.as_draft()
        standing = {one.language: one for one in draft.translations}
        return Panel(
            name=name,
            post=post,
            kept=None,
            main=replace(main_words(draft), alts=draft.media),
            sides=tuple(
                self._side(who, post, language, standing.get(language), work.get(language))
                for language in languages
                if language != post.main.language
            ),
            suggestions=tuple(one for one in suggested if not self._safety.refuses(one.author_uri)),
        )

    def _side(self, who: Who, post: Post, language: str, stands: DraftText | None, work: InWork | None) -> Side:
        main = post.main.fingerprint
        text = work.text if work else stands
        return Side(
            language=language,
            state=str(stands.state) if stands else ("draft" if work else "missing"),
            text=text,
            in_work=work is not None,
            version=work.version if work else 0,
            seen=f"{work.version if work else 0}.{main}",
            changed=bool(work and work.text.of != main)
            or bool(stands and not work and stands.state is TextState.STALE),
            own=work is not None and work.text.organiser_id == who.organiser_id,
        )

    async def todo(self, who: Who, recent: int = RECENT) -> list[Todo]:
        """Call-outs that stand and the newest posts, each with what is to be done about its languages."""
        who.must(Act.WRITE)
        async with self._database.snapshot() as snapshot:
            posts = await views_translations.that_matter(snapshot, self._actors.campaign().id, recent)
            waits = await views_translations.waiting(snapshot)
            return [
                Todo(post=one, gaps=missing, suggested=waits.get(one.id, 0))
                for one, missing in zip(posts, await self.gaps(snapshot, posts), strict=True)
            ]

    async def gaps(self, snapshot: Snapshot, posts: Sequence[Post]) -> list[tuple[Gap, ...]]:
        """What is to be done about the languages of each of these posts."""
        found: dict[int, dict[str, str]] = {post.id: {} for post in posts}
        for work in await store_translations.in_work(snapshot, list(found)):
            found[work.post_id][work.text.language] = "draft"
        for post in posts:
            found[post.id].update({one.language: one.state for one in post.shown_texts[1:]})
        return [
            gaps(post.main.language, found[post.id].items(), self._actors.by_id(post.actor_id).languages)
            for post in posts
        ]

    # -- writing --------------------------------------------------------------------------------------------------------

    async def save(
        self, who: Who, name: str, text: DraftText, version: int | None = None, suggestion: int | None = None
    ) -> int:
        """Keep a translation that nobody outside sees; its version. `suggestion` is the reply that it was taken from.

        Raises Invalid, NotFound, Gone, and Conflict if somebody has kept another version since `version`.
        """
        who.must(Act.WRITE)
        limits.check_translation(text)
        async with self._database.transaction() as tx:
            post = await self._publishing.saying.live(tx, name)
            if text.language == post.main.language:
                raise Invalid("This is the language of the original. Edit the post instead.")
            before = await self._work(tx, post, text.language)
            if before is None and len(await store_translations.in_work(tx, [post.id])) >= limits.MAX_TRANSLATIONS:
                raise Invalid("A post is translated into at most %(max)s languages.", max=limits.MAX_TRANSLATIONS)
            now = replace(
                text,
                state=TextState.DRAFT,
                of=post.main.fingerprint,
                organiser_id=who.organiser_id,
                standing=False,
            )
            if before is not None and replace(before.text, organiser_id=who.organiser_id) == now:  # sent twice
                return before.version
            if version is not None and version != (before.version if before else 0):
                raise Conflict(
                    "Somebody else has changed this translation meanwhile. Open it again to see how it stands."
                )
            if suggestion is not None:
                await store_translations.set_suggestion(tx, suggestion, "taken", post.id)
            await self._audit.record(tx, who.organiser_id, "translate", name)
            await changes.record(tx, "drafts")
            return await store_translations.keep(tx, post.id, now)

    async def _work(self, snapshot: Snapshot, post: Post, language: str) -> InWork | None:
        found = await store_translations.in_work(snapshot, [post.id])
        return next((one for one in found if one.text.language == language), None)

    async def discard(self, who: Who, name: str, language: str) -> None:
        """Throw away what is being written; what readers have stays. Raises NotFound, Gone."""
        who.must(Act.WRITE)
        async with self._database.transaction() as tx:
            post = await self._publishing.saying.live(tx, name)
            if not await store_translations.discard(tx, post.id, language):
                raise NotFound("There is no such translation (any more).")
            await self._audit.record(tx, who.organiser_id, "discard-translation", name)
            await changes.record(tx, "drafts")

    # -- deciding -------------------------------------------------------------------------------------------------------

    async def approve(self, who: Who, name: str, language: str, seen: str, *, reason: str | None = None) -> Post:
        """Make exactly the words that were `seen` part of the post: a new revision, and an Update for other servers.

        With nothing in work a stale translation is found to be good still. A `reason` breaks the glass where somebody else must look.
        Raises Conflict if the translation or the original is another one by now, Forbidden, Invalid, NotFound, Gone.
        """
        self._publishing.must_publish(who, Act.APPROVE_TRANSLATION)
        async with self._database.transaction() as tx:
            post = await self._publishing.saying.live(tx, name)
            work = await self._work(tx, post, language)
            if seen != f"{work.version if work else 0}.{post.main.fingerprint}":
                raise changed_since()
            text = await self._to_approve(tx, post, language, work)
            limits.check_whole(text, main_words(post.as_draft()))
            good = replace(text, state=TextState.APPROVED, of=post.main.fingerprint, standing=False)
            draft = put(post.as_draft(), good)
            verdict = await self._reviews.verdict(tx, who, Change(draft=draft, post=post), reason)
            if verdict is Verdict.WAIT and (work is None or text.organiser_id == who.organiser_id):
                raise somebody_else()
            after = await self._publishing.edit_in(tx, who, name, draft)
            if verdict is Verdict.AFTER:
                await self._reviews.after(tx, who, after, reason or "")
            await self._audit.record(tx, who.organiser_id, "approve-translation", name)
            await changes.record(tx, "drafts")
        return after

    async def _to_approve(self, tx: Transaction, post: Post, language: str, work: InWork | None) -> DraftText:
        if work is not None:
            if not await store_translations.take(tx, post.id, language, work.version):
                raise changed_since()
            return work.text
        found = next((one for one in post.as_draft().translations if one.language == language), None)
        if found is None or found.state is not TextState.STALE:
            raise NotFound("There is no such translation (any more).")
        return found

    async def take_down(self, who: Who, name: str, language: str) -> Post:
        """Take a translation away from readers; it is a draft again. Raises NotFound, Gone, Forbidden."""
        self._publishing.must_publish(who, Act.APPROVE_TRANSLATION)
        async with self._database.transaction() as tx:
            post = await self._publishing.saying.live(tx, name)
            found = next((one for one in post.as_draft().translations if one.language == language), None)
            if found is None:
                raise NotFound("There is no such translation (any more).")
            if await self._work(tx, post, language) is not None:
                raise Conflict("Somebody is writing this translation anew. Discard that first.")
            back = replace(found, state=TextState.DRAFT, standing=False, organiser_id=who.organiser_id)
            after = await self._publishing.edit_in(tx, who, name, put(post.as_draft(), back))
            await self._audit.record(tx, who.organiser_id, "take-down-translation", name)
            await changes.record(tx, "drafts")
        return after

    # -- suggestions ----------------------------------------------------------------------------------------------------

    async def let_in(self, who: Who, name: str, number: int) -> None:
        """A stranger's suggestion may be looked at like an ally's. Raises NotFound."""
        who.must(Act.MODERATE)
        async with self._database.transaction() as tx:
            post = await self._publishing.saying.live(tx, name)
            if not await store_translations.set_suggestion(tx, number, "open", post.id):
                raise NotFound("That is not here any more.")
            await self._audit.record(tx, who.organiser_id, "let-in-suggestion", name)
            await changes.record(tx, "drafts")

    async def dismiss(self, who: Who, name: str, number: int) -> None:
        """Throw a suggestion away, with the reply that it was. Raises NotFound."""
        who.must(Act.WRITE)
        async with self._database.transaction() as tx:
            post = await self._publishing.saying.live(tx, name)
            if number not in await store_translations.suggestions_of(tx, post.id):
                raise NotFound("That is not here any more.")
            await remote_store.delete_post(tx, number)
            await self._audit.record(tx, who.organiser_id, "dismiss-suggestion", name)
            await changes.record(tx, "drafts")

    # -- languages ------------------------------------------------------------------------------------------------------

    async def choose_languages(self, who: Who, languages: Sequence[str]) -> None:
        """Choose what the campaign speaks, in its order. Raises Invalid."""
        who.must(Act.PROFILE)
        chosen = tuple(dict.fromkeys(limits.checked_language(one) for one in languages))
        if len(chosen) > limits.MAX_TRANSLATIONS:
            raise Invalid("A campaign speaks at most %(max)s languages.", max=limits.MAX_TRANSLATIONS)
        async with self._database.transaction() as tx:
            await self._actors.choose_languages(tx, self._actors.campaign(), chosen)
            await self._audit.record(tx, who.organiser_id, "languages", " ".join(chosen))
