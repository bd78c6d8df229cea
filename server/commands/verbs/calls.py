"""Call-outs from the command line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from server.base.errors import Invalid, NotFound
from server.base.local_time import Clocks
from server.base.timestamps import from_text, to_text, to_wire
from server.commands.verbs import drafts, posts
from server.features.access.model import Who
from server.features.callouts.views_codes import public_id_of
from server.features.posts.limits_call import degrees
from server.features.posts.model import Draft, Kind, Post
from server.features.posts.model_call import CallState, DraftCall, Point
from server.features.posts.views import call_outs
from server.house import House


class New(posts.Write, frozen=True, kw_only=True):
    """A call-out; times by the clocks of `zone`, or the campaign's, unless they say their distance from UTC."""

    title: str
    place: str
    until: str
    starts: str = ""
    zone: str = ""
    needs: str = ""
    instead: str = ""
    urgent: bool = False
    point: str = ""
    point_until: str = ""
    draft: bool = False


class Stand(msgspec.Struct, frozen=True, kw_only=True):
    """How a call-out (address, id or code) shall stand, where and when it is now, and whether a post of its own says so.

    Without `tell` it does when it has moved or is cancelled; `note` are its words.
    """

    target: str
    state: str
    note: str = ""
    tell: bool | None = None
    place: str = ""
    starts: str = ""
    until: str = ""
    without_review: str | None = None


class Page(msgspec.Struct, frozen=True):
    """Call-outs, all or those that are open."""

    all: bool = False


def _moment(house: House, text: str, zone: str) -> str:
    """A time as people type it, as UTC text. Raises Invalid."""
    if not text:
        return ""
    clocks = Clocks(zone=zone or house.actors.campaign().time_zone)
    try:
        given = from_text(text)
    except ValueError:
        raise Invalid("Write the time as 2026-01-31T18:00.") from None
    return to_text(given) if given.tzinfo is not None else clocks.exact(text)


def _point(house: House, args: New, ends_at: str) -> Point | None:
    if not args.point:
        return None
    try:
        latitude, longitude = (degrees(part) for part in args.point.split(","))
    except ValueError:
        raise Invalid("Write the exact place as two numbers, such as 50.9668, 1.8622.") from None
    until = _moment(house, args.point_until, args.zone) or ends_at
    return Point(latitude=latitude, longitude=longitude, until=until)


async def _draft(house: House, args: New) -> Draft:
    ends_at = _moment(house, args.until, args.zone)
    call = DraftCall(
        starts_at=_moment(house, args.starts, args.zone) or None,
        ends_at=ends_at,
        time_zone=args.zone or house.actors.campaign().time_zone,
        place=args.place,
        needs=args.needs,
        instead=args.instead,
        urgent=args.urgent,
        point=_point(house, args, ends_at),
    )
    return replace(await posts.draft_of(house, args), kind=Kind.CALL_OUT, title=args.title, call=call)


def said(house: House, post: Post) -> dict[str, Any]:
    """A call-out as scripts get it."""
    call = post.call
    if call is None:
        raise NotFound("That is no call-out.")
    return {
        **posts.said(house, post),
        "code": call.code,
        "short": house.addresses.short(call.code),
        "state": str(call.state),
        "title": post.main.title,
        "place": post.main.place,
        "starts_at": to_wire(call.starts_at) if call.starts_at else None,
        "ends_at": to_wire(call.ends_at),
        "time_zone": call.time_zone,
        "sequence": call.sequence,
    }


async def new(house: House, args: New) -> dict[str, Any]:
    """Publish a call-out, or keep it as a draft."""
    house.publishing.must_publish(Who.console())
    draft = await _draft(house, args)
    if args.draft or args.at:
        at = drafts.moment(house, args.at) if args.at else ""
        return await drafts.kept_draft(house, draft, at)
    return said(house, await house.publishing.submit(Who.console(), draft, args.key, reason=args.without_review))


async def _named(house: House, target: str) -> Post:
    async with house.database.snapshot() as snapshot:
        name = await public_id_of(snapshot, target.rpartition("/c/")[2])
    return await house.calling.found(name or posts.public_id_of(house, target))


async def state(house: House, args: Stand) -> dict[str, Any]:
    """Let a call-out stand otherwise."""
    house.publishing.must_publish(Who.console())
    if args.state not in set(CallState):
        raise Invalid("A state is one of %(states)s.", states=", ".join(CallState))
    post, to = await _named(house, args.target), CallState(args.state)
    before = post.as_draft().call
    if before is None:
        raise NotFound("That is no call-out.")
    call = replace(
        before,
        place=args.place or before.place,
        point=None if args.place else before.point,
        starts_at=_moment(house, args.starts, before.time_zone) or before.starts_at,
        ends_at=_moment(house, args.until, before.time_zone) or before.ends_at,
    )
    tell = bool(args.note) or to in {CallState.MOVED, CallState.CANCELLED} if args.tell is None else args.tell
    done = await house.calling.set_state(
        Who.console(), post.public_id, to, said=args.note if tell else None, call=call, reason=args.without_review
    )
    after = said(house, await house.calling.found(post.public_id))
    return {**after, "news": posts.said(house, done)["url"] if done.public_id != post.public_id else None}


async def listed(house: House, args: Page) -> list[dict[str, Any]]:
    """Call-outs, newest first."""
    async with house.database.snapshot() as snapshot:
        found = await call_outs(snapshot, house.actors.campaign().id)
    return [said(house, post) for post in found if args.all or (post.call is not None and post.call.standing)]
