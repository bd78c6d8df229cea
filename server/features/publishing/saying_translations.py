"""What the network is told of translations that go out as notes of their own: they follow their post. See docs/adr/0017."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from federation.activities import Activity
from federation.errors import TooLarge
from federation.objects import Note
from federation.render import render_activity
from server.base.addresses import Addresses
from server.base.database import Transaction
from server.base.errors import Invalid
from server.base.ids import public_id
from server.base.timestamps import later_than
from server.features.actors.model import OurActor
from server.features.delivery.model import Priority
from server.features.delivery.service import Delivery
from server.features.posts import activities, activities_translations, store_translations
from server.features.posts.model import Audience, Post, Text
from server.features.posts.store_translations import OwnNote
from server.features.publishing import store as publishing_store


class SayingTranslations:
    """Notes of their own, made, changed and taken back with their post; always in the caller's transaction."""

    def __init__(self, delivery: Delivery, addresses: Addresses, random: Callable[[int], bytes]) -> None:
        self._delivery = delivery
        self._addresses = addresses
        self._random = random

    async def follow(self, tx: Transaction, ours: OurActor, post: Post) -> None:
        """After something was said of a post: its translations say what it says now, and only if that is new.

        Raises Invalid for a translation that alone is more than other servers take.
        """
        standing = {one.language: one for one in await store_translations.notes_of(tx, post.id)}
        for text in self._wanted(post, ours, set(standing)):
            own = standing.pop(text.language, None)
            try:
                if own is None:
                    await self._created(tx, ours, post, text)
                else:
                    await self._updated(tx, ours, post, text, own)
            except TooLarge:
                raise Invalid(activities.TOO_LONG) from None
        for own in standing.values():
            await self._deleted(tx, ours, post, own)

    def _wanted(self, post: Post, ours: OurActor, standing: set[str]) -> list[Text]:
        """Those that are approved, if the post is so or has no room for them; stale ones only where they stand already."""
        if post.audience not in {Audience.PUBLIC, Audience.UNLISTED}:
            return []
        approved = post.said_texts[1:]
        if approved and not post.own_notes:
            approved = activities.left_out(post, activities.note(post, ours.handle, self._addresses))
        stale = [text for text in post.shown_texts if text.state == "stale" and text.language in standing]
        return [*approved, *stale]

    async def gone(self, tx: Transaction, ours: OurActor, post: Post) -> None:
        """The post is deleted, and its translations with it."""
        for own in await store_translations.notes_of(tx, post.id):
            await self._deleted(tx, ours, post, own)

    async def restate(self, tx: Transaction, ours: OurActor, post: Post) -> None:
        """Let what is kept or on its way of the notes that stand say what they say now; of those taken back nothing is left."""
        texts = {text.language: text for text in post.shown_texts}
        for own in await store_translations.notes_of(tx, post.id):
            uri = self._addresses.post(ours.handle, own.public_id)
            if own.language in texts:
                made = activities_translations.translation_note(
                    post, texts[own.language], own, ours.handle, self._addresses
                )
                await self._delivery.restate(tx, uri, partial(self._said, ours, made))
        for name in await store_translations.taken_back(tx, post.id):
            await self._delivery.forget(tx, self._addresses.post(ours.handle, name))

    def _said(self, ours: OurActor, made: Note, kind: str, name: str) -> bytes:
        uri = self._addresses.activity(ours.handle, name)
        if kind == "Create":
            return render_activity(activities_translations.create_translation(made, uri))
        return render_activity(activities_translations.update_translation(made, uri))

    async def _created(self, tx: Transaction, ours: OurActor, post: Post, text: Text) -> None:
        own = await store_translations.insert_note(tx, public_id(self._random), post.id, text.language)
        made = activities_translations.translation_note(post, text, own, ours.handle, self._addresses)
        await store_translations.note_said(tx, own.public_id, activities_translations.said_by(made), None)
        name, uri = self._activity(ours)
        await self._say(tx, ours, own, name, activities_translations.create_translation(made, uri))

    async def _updated(self, tx: Transaction, ours: OurActor, post: Post, text: Text, own: OwnNote) -> None:
        made = activities_translations.translation_note(post, text, own, ours.handle, self._addresses)
        said = activities_translations.said_by(made)
        if said == own.said:
            return
        updated = later_than(own.updated_at or own.created_at, tx.now)
        await store_translations.note_said(tx, own.public_id, said, updated)
        fresh = await store_translations.note_named(tx, own.public_id)
        made = activities_translations.translation_note(post, text, fresh or own, ours.handle, self._addresses)
        name, uri = self._activity(ours)
        await self._say(tx, ours, own, name, activities_translations.update_translation(made, uri), about=post)

    async def _deleted(self, tx: Transaction, ours: OurActor, post: Post, own: OwnNote) -> None:
        await store_translations.note_gone(tx, own.public_id)
        name, uri = self._activity(ours)
        deletion = activities_translations.delete_translation(own, ours.handle, self._addresses, uri)
        await self._say(tx, ours, own, name, deletion, about=post)

    def _activity(self, ours: OurActor) -> tuple[str, str]:
        name = public_id(self._random)
        return name, self._addresses.activity(ours.handle, name)

    async def _say(
        self,
        tx: Transaction,
        ours: OurActor,
        own: OwnNote,
        name: str,
        activity: Activity,
        about: Post | None = None,
    ) -> None:
        """To followers, and what is new about it (`about` is its post) to everybody who had to do with the post."""
        await self._delivery.say(
            tx,
            actor=ours,
            activity_public_id=name,
            type_=type(activity).__name__,
            object_uri=self._addresses.post(ours.handle, own.public_id),
            body=render_activity(activity),
            to_followers=True,
            inboxes=await publishing_store.inboxes_that_know(tx, about.id) if about else [],
            priority=Priority.URGENT if about else Priority.FANOUT,
        )
