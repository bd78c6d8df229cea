"""Posts, boosts and likes from the command line."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import msgspec

from federation.errors import FederationError
from server.base.errors import Invalid, NotFound
from server.features.access.model import Act, Who
from server.features.media.boxes import box_of
from server.features.posts.model import Audience, Draft, DraftMedia, Post
from server.features.posts.views import by_public_id
from server.house import House


class PictureFile(msgspec.Struct, frozen=True):
    """A picture: base64 of the file, its description, and boxes to cover (left, top, width, height in percent)."""

    data: str
    alt: str = ""
    cover: tuple[tuple[str, str, str, str], ...] = ()


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """What to publish; `target` is the post to edit, if one is edited; `at` the hour of a draft; `expires` days until it is deleted.

    `own_notes`: each translation is a note of its own; `minor`: translations stay good after this edit; `forget`: nothing is kept of
    what the post said before it.
    """

    text: str
    target: str = ""
    language: str = ""
    audience: str = "public"
    warning: str = ""
    sensitive: bool = False
    pictures: tuple[PictureFile, ...] = ()
    reply_to: str = ""
    key: str | None = None
    without_review: str | None = None
    at: str = ""
    expires: int | None = None
    own_notes: bool = False
    minor: bool = False
    forget: bool = False


class Target(msgspec.Struct, frozen=True):
    """One thing, by its address or public id."""

    target: str


class Delete(msgspec.Struct, frozen=True):
    """A post, and why it cannot wait for a second pair of eyes, if it cannot."""

    target: str
    without_review: str | None = None


class React(msgspec.Struct, frozen=True):
    """A post of others, by its address."""

    target: str
    undo: bool = False


def public_id_of(house: House, text: str) -> str:
    """The public id that a page address, an ActivityPub id or the public id itself names. Raises NotFound."""
    if "/" not in text:
        return text
    local = house.addresses.local(text)
    if local is None or local.kind != "post":
        raise NotFound("That is no post of this campaign.")
    return local.public_id


def said(house: House, post: Post) -> dict[str, Any]:
    """A post as scripts get it."""
    handle = house.actors.by_id(post.actor_id).handle
    return {
        "id": post.public_id,
        "url": house.addresses.post_page(post.public_id),
        "uri": house.addresses.post(handle, post.public_id),
    }


async def draft_of(house: House, args: Write) -> Draft:
    """What is to be published. Raises Invalid, NotFound."""
    if args.audience not in set(Audience):
        raise Invalid(f"Visibility is one of {', '.join(Audience)}.")
    house.publishing.must_publish(Who.console())
    media = []
    covered = [[box_of(*box) for box in picture.cover] for picture in args.pictures]
    for picture, boxes in zip(args.pictures, covered, strict=True):
        item = await house.media.add(base64.b64decode(picture.data), boxes=boxes)
        media.append(DraftMedia(public_id=item.public_id, alt=picture.alt))
    return Draft(
        text=args.text,
        language=args.language or house.actors.campaign().language,
        warning=args.warning,
        sensitive=args.sensitive,
        audience=Audience(args.audience),
        media=tuple(media),
        in_reply_to=await _parent(house, args.reply_to),
        expires_days=args.expires,
        own_notes=args.own_notes,
    )


async def _parent(house: House, target: str) -> str | None:
    """The id of what is answered, known here from now on."""
    if not target:
        return None
    if house.addresses.is_local(target):
        local = house.addresses.local(target)
        if local is None or local.kind != "post":
            raise NotFound("There is no such post to answer.")
        return house.addresses.post(house.actors.campaign().handle, local.public_id)
    try:
        return (await house.remote.post(target))[0].uri
    except FederationError as error:
        raise NotFound(f"The post to answer could not be fetched: {error}") from None


async def post(house: House, args: Write) -> dict[str, Any]:
    """Publish."""
    draft = await draft_of(house, args)
    return said(house, await house.publishing.submit(Who.console(), draft, args.key, reason=args.without_review))


async def edit(house: House, args: Write) -> dict[str, Any]:
    """Replace the words of a post; its pictures stay unless new ones are given."""
    name, draft = await edited(house, args)
    return said(house, await house.publishing.edit(Who.console(), name, draft, reason=args.without_review))


async def edited(house: House, args: Write) -> tuple[str, Draft]:
    """The public id of the post to edit, and its next words. Raises NotFound."""
    name = public_id_of(house, args.target)
    async with house.database.snapshot() as snapshot:
        before = await by_public_id(snapshot, name)
    if before is None or before.deleted_at is not None:
        raise NotFound("There is no such post.")
    draft, standing = await draft_of(house, args), before.as_draft()
    return name, replace(
        standing,
        text=draft.text,
        language=args.language or before.language,
        warning=draft.warning,
        sensitive=draft.sensitive,
        media=draft.media or standing.media,
        expires_days=args.expires,
        minor=args.minor,
        forget=args.forget,
    )


async def delete(house: House, args: Delete) -> dict[str, Any]:
    """Delete a post everywhere."""
    name = public_id_of(house, args.target)
    await house.publishing.delete(Who.console(), name, reason=args.without_review)
    return {"id": name}


async def forget(house: House, args: Target) -> dict[str, Any]:
    """Erase what a post said before; the languages that stand beside the main one, as these words were not looked at."""
    past = await house.forgetting.forget(Who.console(), public_id_of(house, args.target))
    languages = [text.language for text in past.post.shown_texts[1:]]
    return {"id": past.post.public_id, "removed": past.earlier, "translations": languages}


async def status(house: House, args: Target) -> dict[str, Any]:
    """How many servers have a post."""
    name = public_id_of(house, args.target)
    handle = house.actors.campaign().handle
    found = await house.delivery.status(house.addresses.post(handle, name))
    return {
        "id": name,
        "expected": found.expected,
        "delivered": found.delivered,
        "retrying": found.retrying,
        "given_up": found.given_up,
    }


async def boost(house: House, args: React) -> dict[str, Any]:
    """Boost a post of others, or take that back."""
    if args.undo:
        await house.acting.take_back(Who.console(), "our_boosts", args.target)
    else:
        await house.acting.boost(Who.console(), *await house.remote.post(args.target))
    return {"uri": args.target}


async def like(house: House, args: React) -> dict[str, Any]:
    """Like a post of others, or take that back."""
    if args.undo:
        await house.acting.take_back(Who.console(), "our_likes", args.target)
    else:
        await house.acting.like(Who.console(), *await house.remote.post(args.target))
    return {"uri": args.target}


async def pin(house: House, args: React) -> dict[str, Any]:
    """Pin a post to the profile, or take it off."""
    name = public_id_of(house, args.target)
    Who.console().must(Act.PROFILE)
    await house.acting.pin(Who.console(), name, pinned=not args.undo)
    return {"id": name}
