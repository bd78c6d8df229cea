"""Drafts, hours and corrections from the command line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from server.base.errors import AppError, Invalid
from server.base.local_time import Clocks
from server.base.timestamps import to_text, to_wire
from server.commands.verbs import posts
from server.features.access.model import Who
from server.features.posts.model import Draft, KeptDraft
from server.features.publishing.correcting import as_correction
from server.house import House


class Named(msgspec.Struct, frozen=True):
    """A draft, by its name."""

    name: str


class Plan(msgspec.Struct, frozen=True):
    """A draft and its hour, by the campaign's clocks unless it says its distance from UTC; without one it waits for none."""

    name: str
    at: str = ""


class Correct(posts.Write, frozen=True, kw_only=True):
    """New words for a post, and what was wrong."""

    note: str


def _line(kept: KeptDraft) -> dict[str, Any]:
    return {
        "name": kept.public_id,
        "state": str(kept.state),
        "edits": kept.edits,
        "text": kept.draft.text,
        "publish_at": to_wire(kept.publish_at) if kept.publish_at else None,
        "problem": kept.problem,
        "version": kept.version,
    }


def moment(house: House, text: str) -> str:
    """A time as people type it, as UTC text. Raises Invalid."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("Write the time as 2026-01-31T18:00.") from None
    if given.tzinfo is not None:
        return to_text(given)
    return Clocks(zone=house.actors.campaign().time_zone).exact(text)


async def keep(house: House, args: posts.Write) -> dict[str, Any]:
    """Keep a draft, and let it wait for its hour if one is given."""
    at = moment(house, args.at) if args.at else ""
    return await kept_draft(house, await posts.draft_of(house, args), at)


async def kept_draft(house: House, draft: Draft, at: str) -> dict[str, Any]:
    """A draft that is kept and, with a time, waits for it. What cannot be scheduled leaves no draft behind."""
    made = await house.drafting.keep(Who.console(), draft)
    if not at:
        return _line(made)
    try:
        return _line(await house.drafting.schedule(Who.console(), made.public_id, at))
    except AppError:
        await house.drafting.discard(Who.console(), made.public_id)
        raise


async def listed(house: House, _: object) -> list[dict[str, Any]]:
    """Everything that is being written."""
    return [_line(kept) for kept in await house.drafting.drafts(Who.console())]


async def publish(house: House, args: Named) -> dict[str, Any]:
    """Publish a draft; without an address if it now waits for a second pair of eyes."""
    kept = await house.drafting.draft(Who.console(), args.name)
    draft = kept.draft if kept.edits else await house.previewing.complete(Who.console(), kept.draft)
    if draft != kept.draft:
        kept = await house.drafting.keep(Who.console(), draft, name=kept.public_id, version=kept.version)
    post = await house.drafting.publish(Who.console(), args.name, version=kept.version)
    return posts.said(house, post) if post is not None else {"id": None, "url": None, "uri": None}


async def discard(house: House, args: Named) -> dict[str, Any]:
    """Throw a draft away."""
    await house.drafting.discard(Who.console(), args.name)
    return {"name": args.name}


async def schedule(house: House, args: Plan) -> dict[str, Any]:
    """Let a draft wait for an hour, or for none any more."""
    if not args.at:
        return _line(await house.drafting.unschedule(Who.console(), args.name))
    return _line(await house.drafting.schedule(Who.console(), args.name, moment(house, args.at)))


async def correct(house: House, args: Correct) -> dict[str, Any]:
    """Correct a post; the new post that says so. What cannot be published leaves no draft behind."""
    name, draft = await posts.edited(house, args)
    kept = await house.drafting.keep(Who.console(), as_correction(draft, args.note), edits=name)
    try:
        return await publish(house, Named(name=kept.public_id))
    except AppError:
        await house.drafting.discard(Who.console(), kept.public_id)
        raise
