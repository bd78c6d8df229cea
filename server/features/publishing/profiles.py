"""Our actors as documents, with their pictures."""

from __future__ import annotations

from collections.abc import Callable

from federation.objects import Actor, Attachment
from server.base.addresses import Addresses
from server.base.formatter import format_post
from server.features.actors.activities import actor_document
from server.features.actors.model import OurActor, Profile
from server.features.actors.service import Actors
from server.features.media.model import MediaItem
from server.features.media.service import Media


class Profiles:
    """Puts an actor, its key and its pictures together."""

    def __init__(self, actors: Actors, media: Media, addresses: Addresses) -> None:
        self._actors = actors
        self._media = media
        self._addresses = addresses

    def bio_html(self, bio: str) -> str:
        """A plain bio as HTML."""
        return format_post(bio, mentions={}, tag_url=self._addresses.tag).html if bio else ""

    async def document(self, actor: OurActor) -> Actor:
        """An actor as its document."""
        pictures = await self._pictures(actor.avatar_media_id, actor.header_media_id)
        return self._made(actor, *pictures)

    async def maker(self, profile: Profile) -> Callable[[OurActor], Actor]:
        """What makes the document of an actor once it has this profile."""
        pictures = await self._pictures(profile.avatar_media_id, profile.header_media_id)
        return lambda actor: self._made(actor, *pictures)

    async def _pictures(self, *ids: int | None) -> list[Attachment | None]:
        return [self._attachment(await self._media.by_id(media_id)) for media_id in ids]

    def _attachment(self, item: MediaItem | None) -> Attachment | None:
        if item is None:
            return None
        url = self._addresses.media(item.public_id, item.extension)
        return Attachment(url=url, media_type=item.mime, alt=item.alt, width=item.width, height=item.height)

    def _made(self, actor: OurActor, avatar: Attachment | None, header: Attachment | None) -> Actor:
        key = self._actors.public_key(actor)
        return actor_document(actor, key, self._addresses, to_html=self.bio_html, avatar=avatar, header=header)
