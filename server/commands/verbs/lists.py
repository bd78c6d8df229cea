"""Block lists, the allow-list, allies and the home timeline from the command line."""

from __future__ import annotations

from typing import Any

import msgspec

from server.commands.verbs.people import Named, Nothing
from server.features.access.model import Who
from server.features.publishing.model import Preview
from server.house import House


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a list, what to call it, and whether only to look."""

    text: str
    name: str = ""
    limits: bool = False
    preview: bool = False
    all: bool = False


class Subscribe(msgspec.Struct, frozen=True, kw_only=True):
    """The address of a list."""

    url: str
    name: str = ""
    preview: bool = False
    all: bool = False


class Number(msgspec.Struct, frozen=True):
    """A list or an ally by number."""

    number: int


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """An ally: a handle, an address or a server."""

    name: str
    label: str = ""
    shown: bool = False


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the timeline: all, or the call-outs of allies that wait."""

    proposed: bool = False
    before: int | None = None


def _told(preview: Preview) -> dict[str, Any]:
    return {
        "new": len(preview.fresh),
        "known": preview.known,
        "left_out": preview.hidden
        + preview.milder
        + preview.allowed
        + preview.spared
        + preview.unreadable
        + preview.ours,
        "followers": preview.cut.followers,
        "servers": [{"host": host, "followers": count} for host, count in preview.cut.servers],
        "following": list(preview.cut.following),
        "allies": list(preview.cut.allies),
    }


async def take_in(house: House, args: Import) -> dict[str, Any]:
    """Import a list, or say what it would do."""
    preview = await house.blocking.preview(Who.console(), args.text, limits=args.limits)
    told = _told(preview)
    if args.preview:
        return told
    number, blocked = await house.blocking.apply(Who.console(), args.name, preview.named, spare=not args.all)
    return {**told, "number": number, "blocked": blocked}


async def subscribe(house: House, args: Subscribe) -> dict[str, Any]:
    """Subscribe to a list, or say what that would do."""
    preview = await house.blocking.look_at(Who.console(), args.url)
    told = _told(preview)
    if args.preview:
        return told
    number, blocked = await house.blocking.apply(
        Who.console(), args.name, preview.named, url=args.url, spare=not args.all
    )
    return {**told, "number": number, "blocked": blocked}


async def export(house: House, _: Nothing) -> dict[str, Any]:
    """Our blocks as Mastodon's CSV."""
    return {"csv": await house.blocking.export(Who.console())}


async def lists(house: House, _: Nothing) -> list[dict[str, Any]]:
    """All lists."""
    return [
        {"number": one.id, "name": one.name, "url": one.url, "blocks": one.blocks, "problem": one.problem}
        for one in await house.blocking.lists(Who.console())
    ]


async def undo(house: House, args: Number) -> dict[str, Any]:
    """Undo a list as a whole."""
    undone = await house.blocking.undo(Who.console(), args.number)
    return {"name": undone.name, "unblocked": undone.blocks}


async def allow(house: House, args: Named) -> dict[str, Any]:
    """Put a server onto the allow-list."""
    return {"allowed": await house.allowing.allow(Who.console(), args.name)}


async def disallow(house: House, args: Named) -> dict[str, Any]:
    """Take a server off the allow-list."""
    await house.allowing.disallow(Who.console(), args.name)
    return {"disallowed": args.name}


async def allowed(house: House, _: Nothing) -> dict[str, Any]:
    """The allow-list, and whom it shuts out."""
    cut = await house.allowing.preview(Who.console())
    return {
        "on": house.safety.allowing,
        "hosts": await house.allowing.hosts(Who.console()),
        "shut_out": {"followers": cut.followers, "following": list(cut.following), "allies": list(cut.allies)},
    }


async def allow_on(house: House, _: Nothing) -> dict[str, Any]:
    """Let in only those on the list."""
    await house.allowing.switch(Who.console(), on=True)
    return {"on": True}


async def allow_off(house: House, _: Nothing) -> dict[str, Any]:
    """Let everybody in again."""
    await house.allowing.switch(Who.console(), on=False)
    return {"on": False}


async def ally(house: House, args: Mark) -> dict[str, Any]:
    """Make somebody an ally."""
    who = Who.console()
    if "@" not in args.name and "://" not in args.name:
        return {"ally": await house.allies.mark_host(who, args.name, label=args.label, shown=args.shown)}
    remote = house.remote
    actor = await remote.actor(args.name) if "://" in args.name else await remote.actor_by_handle(args.name)
    await house.allies.mark_actor(who, actor, label=args.label, shown=args.shown)
    return {"ally": actor.uri}


async def unally(house: House, args: Number) -> dict[str, Any]:
    """No longer an ally."""
    await house.allies.forget(Who.console(), args.number)
    return {}


async def allies(house: House, _: Nothing) -> list[dict[str, Any]]:
    """All allies."""
    return [
        {"number": one.id, "kind": one.kind, "target": one.target, "label": one.label, "shown": one.shown}
        for one in await house.allies.allies(Who.console())
    ]


async def home(house: House, args: Home) -> list[dict[str, Any]]:
    """What those we follow say."""
    found, _ = await house.timelines.home(Who.console(), args.before, proposed=args.proposed)
    return [
        {
            "number": one.id,
            "from": one.author.handle,
            "uri": one.post.uri,
            "boosted_by": one.boosted_by,
            "proposed": one.proposed,
            "html": one.post.html,
        }
        for one in found
    ]


async def take_up(house: House, args: Number) -> dict[str, Any]:
    """Boost something on the timeline."""
    await house.timelines.take_up(Who.console(), args.number)
    return {}


async def dismiss(house: House, args: Number) -> dict[str, Any]:
    """Let a proposed call-out be."""
    await house.timelines.dismiss(Who.console(), args.number)
    return {}
