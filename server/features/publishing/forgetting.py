"""Forgetting what a post said before: an edit keeps the earlier words for everybody to read, and a name must be able to go for good."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from server.base import changes
from server.base.addresses import Addresses
from server.base.database import Database, Transaction
from server.base.errors import Conflict
from server.base.formatter import find_mentions
from server.features.access.model import Act, Who
from server.features.actors.service import Actors
from server.features.audit.service import Audit
from server.features.media.service import Media
from server.features.posts import store_drafts, store_past, store_translations
from server.features.posts.model import Post
from server.features.publishing import store as publishing_store
from server.features.publishing.permitting import must_publish
from server.features.publishing.saying import Saying
from server.features.remote import store as remote_store
from server.features.reviews import store as reviews_store
from server.features.safety.service import Safety


class Index(Protocol):
    """Whatever finds posts by their words; the room above this one is given as such."""

    async def forget(self, tx: Transaction, post_id: int) -> None:
        """Erase what is found of a post, until its change is followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A post as it stands, and how many earlier versions of it are kept."""

    post: Post
    earlier: int


class Forgetting:
    """Erasing the earlier versions of posts: in the database at once, wherever they left words, and in what is not sent yet.

    It only takes away, so that no second pair of eyes is asked. What others hold, and backups, are out of its reach.
    """

    def __init__(
        self,
        database: Database,
        saying: Saying,
        media: Media,
        actors: Actors,
        safety: Safety,
        audit: Audit,
        addresses: Addresses,
        index: Index,
    ) -> None:
        self._database = database
        self._saying = saying
        self._media = media
        self._actors = actors
        self._safety = safety
        self._audit = audit
        self._addresses = addresses
        self._index = index

    async def look(self, who: Who, name: str) -> Past:
        """What there is to forget. Raises NotFound, Gone."""
        who.must(Act.PUBLISH)
        async with self._database.snapshot() as snapshot:
            post = await self._saying.live(snapshot, name)
            return Past(post=post, earlier=await store_past.count(snapshot, post.id))

    async def forget(self, who: Who, name: str) -> Past:
        """Erase what a post said before; the post, and how many versions that were. Raises Forbidden, NotFound, Gone, Conflict."""
        must_publish(self._safety, who)
        async with self._database.transaction() as tx:
            post = await self._saying.live(tx, name)
            erased = await self.forget_in(tx, who, post)
            await changes.record(tx, "post", name)
        return Past(post=post, earlier=erased)

    async def forget_in(self, tx: Transaction, who: Who, post: Post) -> int:
        """The same of a post as it stands now, within somebody's transaction, who tells of the change; how many versions."""
        must_publish(self._safety, who)
        if not await store_past.hold(tx, post):
            raise Conflict("The post was changed meanwhile. Look at it again.")
        await self._tell_those_named(tx, post)
        await self._drop_begun(tx, post)
        since = await store_past.said_since(tx, post)
        for suggested in await store_translations.suggestions_before(tx, post.id, since):
            await remote_store.delete_post(tx, suggested)
        erased = await self._erase(tx, post)
        await reviews_store.forget_words(tx, post.id)
        await self._index.forget(tx, post.id)
        if await self._announced(tx, post):
            await self._saying.restate(tx, post)
        await self._audit.record(tx, who.organiser_id, "forget", post.public_id)
        return erased

    async def _erase(self, tx: Transaction, post: Post) -> int:
        shown = await store_past.pictures(tx, post.id)
        erased = await store_past.erase(tx, post.id)
        await store_past.erase_translations(tx, post)
        for media_id in shown:
            if not await store_drafts.is_held(tx, media_id):
                await self._media.let_go(tx, media_id)
        for picture in post.pictures:
            await self._media.describe(tx, picture.media_id, picture.alt)
        return erased

    async def _drop_begun(self, tx: Transaction, post: Post) -> None:
        """Edits that were begun beside other words hold these, and would bring them back: they go with their reviews.

        Those begun since may hold translations as they stood then: what stands now takes their place.
        """
        edits = await store_drafts.edits_of(tx, post.id)
        begun = [kept for kept in edits if kept.draft.base != post.base]
        there = {one.language: one for one in post.as_draft().translations}
        for kept in edits:
            now = [there.get(one.language) if one.standing else one for one in kept.draft.translations]
            await store_drafts.put(tx, kept, replace(kept.draft, translations=tuple(one for one in now if one)))
        for kept in begun:
            for media_id in await store_drafts.hold_media(tx, kept.id, ()):
                await self._media.let_go(tx, media_id)
            await store_drafts.delete(tx, kept.id)
        if begun:
            await changes.record(tx, "drafts")
            await changes.record(tx, "reviews")

    async def _announced(self, tx: Transaction, post: Post) -> bool:
        handle = self._actors.by_id(post.actor_id).handle
        return await publishing_store.announced(tx, self._addresses.post(handle, post.public_id))

    async def _tell_those_named(self, tx: Transaction, post: Post) -> None:
        """While an Update waits for people to be found, whoever earlier words alone name would never hear it: they hear now."""
        known = {one.handle for one in post.named}
        waits = any(handle not in known for text in post.texts for handle in find_mentions(text.source))
        if waits and await self._announced(tx, post):
            await self._saying.about(tx, post, "Update")
