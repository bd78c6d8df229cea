"""Translations of what is being written: they stand in the draft, go out with it, and whoever looks at the draft sees them."""

from __future__ import annotations

from dataclasses import replace

from server.base.database import Database, Snapshot
from server.base.errors import Invalid, NotFound
from server.features.access.model import Act, Who
from server.features.actors.service import Actors
from server.features.audit.service import Audit
from server.features.posts import limits, store_drafts, views
from server.features.posts.languages import carried, fingerprint_of, main_words, put, state_of
from server.features.posts.model import Draft, DraftText, KeptDraft, Post, State, TextState
from server.features.publishing.drafting import Drafting
from server.features.publishing.model_translations import Panel, Side
from server.features.publishing.translating import changed_since, somebody_else
from server.features.reviews.model import Change, Verdict
from server.features.reviews.service import Reviews


class TranslatingDrafts:
    """The translations of a draft, which is known by its public id. Any change makes its next version, as any change of words does."""

    def __init__(self, database: Database, drafting: Drafting, reviews: Reviews, actors: Actors, audit: Audit) -> None:
        self._database = database
        self._drafting = drafting
        self._reviews = reviews
        self._actors = actors
        self._audit = audit

    async def panel(self, who: Who, name: str) -> Panel:
        """A draft with all its languages. Raises NotFound."""
        who.must(Act.WRITE)
        async with self._database.snapshot() as snapshot:
            kept, post = await self._found(snapshot, name)
        draft = carried(kept.draft, post) if post else kept.draft
        there = {one.language: one for one in draft.translations}
        order = dict.fromkeys([*self._actors.campaign().languages, *there])
        return Panel(
            name=name,
            post=post,
            kept=kept,
            main=replace(main_words(draft), alts=draft.media),
            sides=tuple(_side(who, kept, draft, one, there.get(one)) for one in order if one != draft.language),
        )

    async def _found(self, snapshot: Snapshot, name: str) -> tuple[KeptDraft, Post | None]:
        kept = await store_drafts.by_public_id(snapshot, name)
        if kept is None:
            raise NotFound("This draft is not here any more.")
        post = await views.by_public_id(snapshot, kept.edits) if kept.edits else None
        return kept, post if post is not None and post.state is State.LIVE else None

    async def save(self, who: Who, name: str, text: DraftText, version: int | None = None) -> KeptDraft:
        """Keep a translation with the draft; `version` is the draft's. Raises Invalid, NotFound, Conflict."""
        who.must(Act.WRITE)
        limits.check_translation(text)
        kept = await self._drafting.draft(who, name)
        if text.language == kept.draft.language:
            raise Invalid("This is the language of the original. Edit the draft instead.")
        before = next((one for one in kept.draft.translations if one.language == text.language), None)
        now = replace(
            text,
            state=TextState.DRAFT,
            of=fingerprint_of(kept.draft),
            organiser_id=who.organiser_id,
            standing=False,
        )
        if before is not None and replace(before, organiser_id=who.organiser_id) == now:
            return kept
        return await self._drafting.keep(who, put(kept.draft, now), name=name, version=version or kept.version)

    async def discard(self, who: Who, name: str, language: str) -> KeptDraft:
        """Take a translation out of the draft. Raises NotFound."""
        who.must(Act.WRITE)
        kept = await self._drafting.draft(who, name)
        others = tuple(one for one in kept.draft.translations if one.language != language)
        if len(others) == len(kept.draft.translations):
            raise NotFound("There is no such translation (any more).")
        draft = replace(kept.draft, translations=others)
        return await self._drafting.keep(who, draft, name=name, version=kept.version)

    async def approve(self, who: Who, name: str, language: str, seen: str) -> KeptDraft:
        """Let a translation go out with the draft, exactly as it was `seen`. Raises Conflict, Forbidden, Invalid, NotFound."""
        who.must(Act.APPROVE_TRANSLATION)
        async with self._database.transaction() as tx:
            kept, post = await self._found(tx, name)
            draft = carried(kept.draft, post) if post else kept.draft
            main = fingerprint_of(draft)
            if seen != f"{kept.version}.{main}":
                raise changed_since()
            text = next((one for one in draft.translations if one.language == language), None)
            if text is None:
                raise NotFound("There is no such translation (any more).")
            limits.check_whole(text, main_words(draft))
            verdict = await self._reviews.verdict(tx, who, Change(draft=draft, post=post))
            if verdict is Verdict.WAIT and text.organiser_id == who.organiser_id:
                raise somebody_else()
            await self._audit.record(tx, who.organiser_id, "approve-translation", name)
        good = replace(text, state=TextState.APPROVED, of=main, standing=False)
        return await self._drafting.keep(who, put(kept.draft, good), name=name, version=kept.version)


def _side(who: Who, kept: KeptDraft, draft: Draft, language: str, text: DraftText | None) -> Side:
    main = fingerprint_of(draft)
    state = state_of(text, main) if text else None
    return Side(
        language=language,
        state=str(state) if state else "missing",
        text=text,
        in_work=state is TextState.DRAFT,
        version=kept.version,
        seen=f"{kept.version}.{main}",
        changed=bool(text and text.of not in {"", main}) or state is TextState.STALE,
        own=text is not None and text.organiser_id == who.organiser_id,
    )
