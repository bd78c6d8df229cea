"""The media bench: the pictures of a draft, in order, described, covered, with their focal points.

A picture is never changed: another one takes its place in the draft, which makes the next version of it. So an approval binds to
the pictures that were seen, a post that stands keeps its own until the edit is published, and the old file goes when nothing holds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from server.base.errors import AppError, Conflict, Invalid, NotFound, TooLarge
from server.base.pictures import Box, Picture
from server.features.access.model import Who
from server.features.media.boxes import check_boxes
from server.features.media.model import MediaItem
from server.features.media.service import Media
from server.features.posts.limits import MAX_PICTURES
from server.features.posts.model import DraftMedia, KeptDraft
from server.features.publishing.drafting import Drafting


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A picture of a draft; `item` is missing if it was erased meanwhile (with its post)."""

    public_id: str
    alt: str
    item: MediaItem | None


class Bench:
    """Pictures of drafts. `version` is the one that somebody saw: Conflict if it is another by now."""

    def __init__(self, drafting: Drafting, media: Media) -> None:
        self._drafting = drafting
        self._media = media

    async def laid(self, who: Who, name: str) -> tuple[KeptDraft, list[Laid]]:
        """A draft and its pictures in order. Raises NotFound."""
        kept = await self._drafting.draft(who, name)
        items = [await self._found(one.public_id) for one in kept.draft.media]
        return kept, [
            Laid(public_id=one.public_id, alt=one.alt, item=item)
            for one, item in zip(kept.draft.media, items, strict=True)
        ]

    async def _found(self, picture: str) -> MediaItem | None:
        try:
            return await self._media.get(picture)
        except NotFound:
            return None

    async def picture(self, who: Who, name: str, picture: str) -> tuple[KeptDraft, MediaItem]:
        """One picture of a draft. Raises NotFound, also for a picture of something else."""
        kept = await self._drafting.draft(who, name)
        if picture not in {one.public_id for one in kept.draft.media}:
            raise NotFound("This draft has no such picture (any more).")
        return kept, await self._media.get(picture)

    async def arrange(
        self,
        who: Who,
        name: str,
        pictures: Sequence[DraftMedia],
        *,
        version: int,
        sensitive: bool,
        uploads: Sequence[bytes] = (),
    ) -> KeptDraft:
        """Keep these pictures of the draft, in this order and with these words, and add new ones; the others go.

        Raises Invalid, TooLarge or Conflict; then nothing has changed.
        """
        kept = self._same(await self._drafting.draft(who, name), version)
        before, after = {one.public_id for one in kept.draft.media}, [one.public_id for one in pictures]
        if len(set(after)) != len(after) or not before.issuperset(after):
            raise Invalid("These are not the pictures of this draft. Open it again.")
        if len(after) + len(uploads) > MAX_PICTURES:
            raise Invalid("A post shows at most %(max)s pictures. Remove some first.", max=MAX_PICTURES)
        added = await self._added(uploads)
        media = (*pictures, *(DraftMedia(public_id=one.public_id) for one in added))
        return await self._keep(who, kept, media, added, sensitive=sensitive)

    async def _added(self, uploads: Sequence[bytes]) -> list[MediaItem]:
        added: list[MediaItem] = []
        for number, data in enumerate(uploads, 1):
            try:
                added.append(await self._media.add(data))
            except AppError as error:
                await self._drop(added)
                if len(uploads) > 1 and isinstance(error, Invalid | TooLarge):
                    raise Invalid(
                        "File %(number)s of %(all)s: %(problem)s", number=number, all=len(uploads), problem=error.public
                    ) from None
                raise
        return added

    async def cover(self, who: Who, name: str, picture: str, boxes: Sequence[Box], *, version: int) -> MediaItem:
        """Fill boxes of a picture for good: a new picture takes its place, and its files are erased unless a post shows them."""
        check_boxes(boxes)
        kept, _ = await self.picture(who, name, picture)
        self._same(kept, version)
        return await self._replace(who, kept, picture, await self._media.cover(picture, boxes))

    async def look(self, who: Who, name: str, picture: str, boxes: Sequence[Box]) -> Picture:
        """How it would look covered; nothing is kept."""
        check_boxes(boxes)
        await self.picture(who, name, picture)
        return await self._media.covered(picture, boxes)

    async def focus(
        self, who: Who, name: str, picture: str, focus: tuple[float, float] | None, *, version: int
    ) -> MediaItem:
        """Say which point of a picture stays in sight where it is cut; None for the middle."""
        kept, item = await self.picture(who, name, picture)
        self._same(kept, version)
        if item.focus == focus:
            return item
        return await self._replace(who, kept, picture, await self._media.refocus(picture, focus))

    def _same(self, kept: KeptDraft, version: int) -> KeptDraft:
        """Asked before the work; keeping asks again."""
        if kept.version != version:
            raise Conflict(
                "Somebody else has changed this draft meanwhile. Nothing of yours was saved; this is how it stands."
            )
        return kept

    async def _replace(self, who: Who, kept: KeptDraft, old: str, new: MediaItem) -> MediaItem:
        media = tuple(
            replace(one, public_id=new.public_id) if one.public_id == old else one for one in kept.draft.media
        )
        await self._keep(who, kept, media, [new], sensitive=kept.draft.sensitive)
        return new

    async def _keep(
        self, who: Who, kept: KeptDraft, media: tuple[DraftMedia, ...], added: list[MediaItem], *, sensitive: bool
    ) -> KeptDraft:
        draft = replace(kept.draft, media=media, sensitive=sensitive)
        try:
            return await self._drafting.keep(who, draft, name=kept.public_id, version=kept.version)
        except AppError:
            await self._drop(added)
            raise

    async def _drop(self, items: Sequence[MediaItem]) -> None:
        for item in items:
            await self._media.drop(item)
