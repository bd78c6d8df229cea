"""Replies, mutes and word rules from the command line."""

from __future__ import annotations

from typing import Any

import msgspec

from server.base.errors import Invalid
from server.commands.verbs.people import Named, Nothing
from server.features.access.model import Who
from server.features.conversation.model import STATES, WORDS, Filter, Line, Selection
from server.house import House


class Queue(msgspec.Struct, frozen=True):
    """Which of what was said: a state, direct messages or not, and what narrows it."""

    state: str = "held"
    direct: bool = False
    before: int | None = None
    kind: str = ""
    server: str = ""
    language: str = ""
    first: bool = False
    same: str = ""


class Decide(msgspec.Struct, frozen=True):
    """Replies by number, or all that a filter finds, and what becomes of them."""

    state: str
    numbers: tuple[int, ...] = ()
    of: Queue | None = None


class Words(msgspec.Struct, frozen=True):
    """A word rule: `hide` or `hold`; or with `look`, only how many of what waits it would find."""

    words: str
    act: str = "hide"
    look: bool = False


class Rule(msgspec.Struct, frozen=True):
    """A word rule by number."""

    number: int


def _filter(args: Queue) -> Filter:
    if args.state not in STATES or (args.kind and args.kind not in WORDS):
        raise Invalid(f"A state is one of {', '.join(STATES)}, a kind one of {', '.join(WORDS)}.")
    kinds = ("direct",) if args.direct else (args.kind,) if args.kind else WORDS
    return Filter(
        state=args.state,
        kinds=kinds,
        language=args.language,
        server=args.server,
        first=args.first,
        same=args.same,
    )


def _line(line: Line) -> dict[str, Any]:
    one = line.heard
    return {
        "number": one.post.id,
        "kind": one.kind,
        "state": one.state,
        "from": one.author.handle,
        "uri": one.post.uri,
        "html": one.post.html,
        "to": one.our_post_public_id,
        "at": one.post.published_at,
        "language": one.language,
        "first_contact": one.first_contact,
        "same": one.same_text,
        "copies": line.copies,
        "servers": line.servers,
    }


async def replies(house: House, args: Queue) -> list[dict[str, Any]]:
    """What others said to us, the newest first, equal texts as one line."""
    return [_line(one) for one in (await house.moderation.listing(_filter(args), args.before)).lines]


async def decide(house: House, args: Decide) -> dict[str, Any]:
    """Approve, hide or hold replies, by number or all that a filter finds."""
    if args.state not in STATES:
        raise Invalid("Replies are approved, hidden or held.")
    within = _filter(args.of) if args.of is not None else Filter()
    selection = Selection(ids=args.numbers, within=within, everything=args.of is not None)
    acted = await house.moderation.decide(Who.console(), selection, args.state)
    return {"decided": acted.done, "more": acted.more}


async def mute(house: House, args: Named) -> dict[str, Any]:
    """Leave a server (by host) or an account (by handle or id) talking."""
    if "@" in args.name or "://" in args.name:
        by_id = args.name.startswith(("https://", "http://"))
        actor = await (house.remote.actor(args.name) if by_id else house.remote.actor_by_handle(args.name))
        await house.moderation.mute_actor(Who.console(), actor)
        return {"muted": actor.uri}
    return {"muted": await house.moderation.mute_server(Who.console(), args.name)}


async def unmute(house: House, args: Named) -> dict[str, Any]:
    """Listen again."""
    target = args.name
    if "@" in target and "://" not in target:
        target = (await house.remote.actor_by_handle(target)).uri
    await house.rules.unmute(Who.console(), target)
    return {"unmuted": target}


async def mutes(house: House, _: Nothing) -> list[dict[str, Any]]:
    """The newest mutes."""
    return [{"kind": one.kind, "target": one.target, "label": one.label} for one in await house.rules.mutes()]


async def words(house: House, _: Nothing) -> list[dict[str, Any]]:
    """All word rules."""
    return [{"number": one.id, "words": one.words, "act": one.act} for one in await house.rules.words()]


async def words_add(house: House, args: Words) -> dict[str, Any]:
    """Add a word rule; or only look what it would find."""
    if args.look:
        found = await house.rules.preview(args.words)
        return {"found": found.done, "more": found.more}
    hidden = await house.rules.add_words(Who.console(), args.words, args.act)
    return {"hidden": hidden.done, "more": hidden.more}


async def words_remove(house: House, args: Rule) -> dict[str, Any]:
    """Remove a word rule."""
    await house.rules.remove_words(Who.console(), args.number)
    return {}
