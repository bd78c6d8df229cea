"""Before anything is published: who and what a draft names, looked up in bounded time, and the post that it would become."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from federation.errors import FederationError
from server.base.addresses import Addresses
from server.base.database import Database
from server.base.errors import AppError, Invalid
from server.base.formatter import find_mentions
from server.base.timestamps import from_text, to_text
from server.features.access.model import Act, Who
from server.features.actors.service import Actors
from server.features.media.service import Media
from server.features.posts import views
from server.features.posts.model import Draft, Picture, Post, State
from server.features.posts.model_call import CallOut
from server.features.posts.model_poll import PollAnswer, PollState
from server.features.publishing.writing import written
from server.features.remote.model import RemoteActor, RemotePost
from server.features.remote.service import Remote

#: So long is waited for other servers, for everything together.
LOOK_UP_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedThere:
    """Somebody whom a draft names; `actor` is None if nobody of that name was found in time."""

    handle: str
    actor: RemoteActor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """The post that a draft quotes: one of others or one of ours."""

    theirs: tuple[RemotePost, RemoteActor] | None = None
    ours: Post | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A draft as the post it would become. `quoted` is None if nothing is quoted or it was not found."""

    post: Post
    named: tuple[NamedThere, ...]
    quoted: Quoted | None


class Previewing:
    """Looks, and changes nothing but what is remembered of others."""

    def __init__(self, database: Database, actors: Actors, media: Media, remote: Remote, addresses: Addresses) -> None:
        self._database = database
        self._actors = actors
        self._media = media
        self._remote = remote
        self._addresses = addresses

    async def preview(self, who: Who, draft: Draft, edits: str | None = None) -> Preview:
        """What a draft will look like, as the next words of the post of that name if it `edits` one.

        What cannot be looked up in time is shown as not found.
        """
        who.must(Act.WRITE)
        async with self._database.snapshot() as snapshot:
            before = await views.by_public_id(snapshot, edits) if edits else None
        handles = find_mentions(draft.text)
        quoting = asyncio.ensure_future(self._quoted(draft.quote))
        actors = await asyncio.gather(*(self._actor(handle) for handle in handles))
        quoted = await quoting
        named = tuple(NamedThere(handle=handle, actor=actor) for handle, actor in zip(handles, actors, strict=True))
        known = {one.handle: (one.actor.uri, one.actor.url or one.actor.uri) for one in named if one.actor}
        async with self._database.snapshot() as snapshot:
            now = snapshot.now
        pictures = tuple([await self._picture(one.public_id, one.alt) for one in draft.media])
        return Preview(
            post=self._post(draft, known, pictures, now, before.call if before else None), named=named, quoted=quoted
        )

    async def complete(self, who: Who, draft: Draft) -> Draft:
        """The draft with the ids of the posts that it answers and quotes, known here from now on. Raises Invalid."""
        who.must(Act.WRITE)
        if draft.in_reply_to:
            words = "The post that this answers cannot be found."
            draft = replace(draft, in_reply_to=await self._id_of(draft.in_reply_to, words))
        if draft.quote:
            words = "The post to quote cannot be found. Check its address, or take it out."
            draft = replace(draft, quote=await self._id_of(draft.quote, words))
        return draft

    async def _id_of(self, uri: str, words: str) -> str:
        found = await self._quoted(uri)
        if found is None:
            raise Invalid(words)
        if found.ours is not None:
            return self._addresses.post(self._actors.by_id(found.ours.actor_id).handle, found.ours.public_id)
        return found.theirs[0].uri if found.theirs else uri

    async def _actor(self, handle: str) -> RemoteActor | None:
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                return await self._remote.actor_by_handle(handle)
        except (FederationError, AppError, TimeoutError):
            return None

    async def _quoted(self, uri: str | None) -> Quoted | None:
        if not uri:
            return None
        if self._addresses.is_local(uri):
            local = self._addresses.local(uri)
            async with self._database.snapshot() as snapshot:
                post = await views.by_public_id(snapshot, local.public_id) if local and local.kind == "post" else None
            return Quoted(ours=post) if post is not None and post.state is State.LIVE else None
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                return Quoted(theirs=await self._remote.post(uri))
        except (FederationError, AppError, TimeoutError):
            return None

    async def _picture(self, name: str, alt: str) -> Picture:
        item = await self._media.get(name)
        return Picture(
            media_id=item.id,
            public_id=item.public_id,
            mime=item.mime,
            extension=item.extension,
            width=item.width,
            height=item.height,
            bytes=0,
            small_mime=item.small_mime,
            small_extension=item.small_extension,
            small_width=item.small_width,
            small_height=item.small_height,
            small_bytes=item.small_bytes,
            avif_bytes=item.avif_bytes,
            blurhash=item.blurhash,
            focus=item.focus,
            alt=alt,
        )

    def _post(
        self,
        draft: Draft,
        known: dict[str, tuple[str, str]],
        pictures: tuple[Picture, ...],
        now: str,
        before: CallOut | None,
    ) -> Post:
        made = written(draft, known, self._addresses)
        return Post(
            id=0,
            public_id="",
            actor_id=self._actors.campaign().id,
            kind=draft.kind,
            state=State.LIVE,
            audience=draft.audience,
            reply_policy=draft.reply_policy,
            language=draft.language,
            revision_id=None,
            revision_number=0,
            sensitive=draft.sensitive,
            in_reply_to=draft.in_reply_to,
            in_reply_to_post_id=None,
            thread_public_id="",
            published_at=now,
            updated_at=now,
            edited_at=None,
            deleted_at=None,
            pinned_at=None,
            texts=made.texts,
            pictures=pictures,
            named=made.named,
            tags=made.tags,
            poll=_poll(draft, now),
            quote_policy=draft.quote_policy,
            expires_at=draft.expires_at,
            call=_call(draft, before),
        )


def _call(draft: Draft, before: CallOut | None) -> CallOut | None:
    """The call-out of a draft, once it says until when."""
    if draft.call is None or not draft.call.ends_at:
        return None
    return draft.call.after(before.state if before else None).previewed(before.code if before else "…")


def _poll(draft: Draft, now: str) -> PollState | None:
    if draft.poll is None:
        return None
    ends = to_text(from_text(now).replace(second=0, microsecond=0) + timedelta(seconds=draft.poll.seconds))
    answers = tuple(PollAnswer(name=name, votes=0) for name in draft.poll.options if name)
    return PollState(multiple=draft.poll.multiple, ends_at=ends, closed_at=None, voters=0, answers=answers)
