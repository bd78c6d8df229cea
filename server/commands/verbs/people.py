"""Organisers, followers, blocks and replies from the command line."""

from __future__ import annotations

from typing import Any

import msgspec

from server.base.errors import Invalid
from server.features.access.model import Role, Who
from server.features.access.until import end_of, last_day
from server.features.followers.model import Tie
from server.house import House

DEFAULT_SCOPES = ("read", "write")


class Nothing(msgspec.Struct, frozen=True):
    """No arguments."""


class Named(msgspec.Struct, frozen=True):
    """An organiser, a handle or a server, by name."""

    name: str


class Invite(msgspec.Struct, frozen=True):
    """Somebody, what they are there for, and the last day of it (2026-09-30; empty: for good)."""

    name: str
    role: str = "writer"
    until: str = ""


class Mint(msgspec.Struct, frozen=True):
    """A token for whom and for what."""

    name: str
    scopes: tuple[str, ...] = DEFAULT_SCOPES


class LanguageArgs(msgspec.Struct, frozen=True):
    """Whose Desk speaks which language."""

    name: str
    language: str = ""


class BlockArgs(msgspec.Struct, frozen=True):
    """Whom to block, and whether their server is told."""

    name: str
    announce: bool = False


class Ties(msgspec.Struct, frozen=True):
    """Which followers: `accepted` or `pending`, before an id, of one server, or those whose handle begins so."""

    state: str = "accepted"
    before: int | None = None
    server: str = ""
    find: str = ""


class TieArgs(msgspec.Struct, frozen=True):
    """A follower by number."""

    number: int


async def language(house: House, args: LanguageArgs) -> None:
    """The language of an organiser's Desk."""
    await house.preferences.language_for(Who.console(), args.name, args.language)


async def invite(house: House, args: Invite) -> dict[str, Any]:
    """Add an organiser; the one-time link."""
    path = await house.access.invite(Who.console(), args.name, *_role(house, args))
    return {"link": f"{house.addresses.base}{path}"}


def _role(house: House, args: Invite) -> tuple[Role, str | None]:
    if args.role not in set(Role):
        raise Invalid(f"A role is one of {', '.join(Role)}.")
    return Role(args.role), end_of(args.until, house.actors.campaign().time_zone)


async def role(house: House, args: Invite) -> dict[str, Any]:
    """Give somebody another role, or another end of it."""
    await house.access.set_role(Who.console(), args.name, *_role(house, args))
    return {}


async def remove_organiser(house: House, args: Named) -> dict[str, Any]:
    """Erase somebody."""
    await house.access.remove(Who.console(), args.name)
    return {}


async def link(house: House, args: Named) -> dict[str, Any]:
    """A fresh one-time link for somebody."""
    return {"link": f"{house.addresses.base}{await house.access.new_link(Who.console(), args.name)}"}


async def suspend(house: House, args: Named) -> dict[str, Any]:
    """Shut an organiser out."""
    await house.access.suspend(Who.console(), args.name)
    return {}


async def unsuspend(house: House, args: Named) -> dict[str, Any]:
    """Let an organiser in again."""
    await house.access.unsuspend(Who.console(), args.name)
    return {}


async def reset_factor(house: House, args: Named) -> dict[str, Any]:
    """Take all second factors from an organiser; sessions and tokens end."""
    await house.factors.reset(Who.console(), args.name)
    return {}


async def sign_out(house: House, args: Named) -> dict[str, Any]:
    """End all sessions and tokens of an organiser."""
    await house.sessions.end_all(Who.console(), args.name)
    return {}


async def organisers(house: House, _: Nothing) -> list[dict[str, Any]]:
    """Everybody."""
    return [
        {
            "name": one.name,
            "role": one.role,
            "suspended": one.suspended,
            "has_password": one.has_password,
            "second_factor": one.second_factor,
            "last_day": last_day(one.until, house.actors.campaign().time_zone) if one.until else None,
            "ended": one.ended,
            "last_seen": one.last_seen_day,
        }
        for one in await house.access.organisers(Who.console())
    ]


async def token(house: House, args: Mint) -> dict[str, Any]:
    """A bearer token for scripts."""
    return {"token": await house.tokens.mint(Who.console(), args.name, args.scopes)}


def _tie(tie: Tie) -> dict[str, Any]:
    return {
        "number": tie.id,
        "handle": tie.actor.handle,
        "uri": tie.actor.uri,
        "state": tie.state,
        "since": tie.created_at,
    }


async def followers(house: House, args: Ties) -> dict[str, Any]:
    """A page of followers and how many there are in all."""
    if args.state not in {"accepted", "pending"}:
        raise Invalid("Followers are accepted or pending.")
    count, following = await house.followers.counts(house.actors.campaign().id)
    agenda = house.actors.agenda()
    of_agenda = (await house.followers.counts(agenda.id))[0] if agenda else 0
    if args.find:
        found = await house.followers.named(args.find)
    else:
        found, _ = await house.followers.page(args.state, args.server, args.before)
    page = [_tie(one) for one in found]
    return {"followers": count, "agenda_followers": of_agenda, "following": following, "page": page}


async def follower_servers(house: House, _: Nothing) -> list[dict[str, Any]]:
    """How many follow from which server."""
    return [{"host": one.host, "followers": one.followers} for one in await house.followers.servers()]


async def following(house: House, _: Nothing) -> list[dict[str, Any]]:
    """Whom the campaign follows."""
    return [_tie(one) for one in await house.followers.following()]


async def approve(house: House, args: TieArgs) -> dict[str, Any]:
    """Let somebody follow."""
    await house.followers.approve(Who.console(), args.number)
    return {}


async def remove(house: House, args: TieArgs) -> dict[str, Any]:
    """Remove a follower."""
    await house.followers.remove(Who.console(), args.number)
    return {}


async def follow(house: House, args: Named) -> dict[str, Any]:
    """Follow an account."""
    actor = await _named(house, args.name)
    await house.followers.follow(Who.console(), actor)
    return {"uri": actor.uri}


async def unfollow(house: House, args: Named) -> dict[str, Any]:
    """Follow an account no more."""
    actor = await _named(house, args.name)
    await house.followers.unfollow(Who.console(), actor)
    return {"uri": actor.uri}


async def _named(house: House, text: str) -> Any:
    if text.startswith(("https://", "http://")):
        return await house.remote.actor(text)
    return await house.remote.actor_by_handle(text)


async def block(house: House, args: BlockArgs) -> dict[str, Any]:
    """Block a server (by host) or an account (by handle or id)."""
    if "@" in args.name or "://" in args.name:
        actor = await _named(house, args.name)
        await house.moderation.block_actor(Who.console(), actor, announce=args.announce)
        return {"blocked": actor.uri}
    return {"blocked": await house.moderation.block_server(Who.console(), args.name)}


async def unblock(house: House, args: Named) -> dict[str, Any]:
    """Take a block back."""
    target = args.name
    if "@" in target and "://" not in target:
        target = (await house.remote.actor_by_handle(target)).uri
    await house.acting.unblock(Who.console(), target)
    return {"unblocked": target}


async def blocks(house: House, _: Nothing) -> list[dict[str, Any]]:
    """All blocks."""
    return [{"kind": one.kind, "target": one.target, "since": one.created_at} for one in await house.safety.blocks()]
