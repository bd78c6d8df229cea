"""Translations and the campaign's languages from the command line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from server.base.errors import NotFound
from server.commands.verbs import posts
from server.features.access.model import Who
from server.features.posts.limits import checked_language
from server.features.posts.model import DraftText
from server.features.publishing.model_translations import Panel, Side
from server.house import House


class Translate(msgspec.Struct, frozen=True, kw_only=True):
    """A translation of a post; fields that are None stay as they are. `approve` lets readers have it."""

    target: str
    language: str
    text: str
    title: str | None = None
    warning: str | None = None
    place: str | None = None
    needs: str | None = None
    instead: str | None = None
    approve: bool = False
    without_review: str | None = None


class Listed(msgspec.Struct, frozen=True):
    """One post, or none: then what matters now."""

    target: str = ""


class Languages(msgspec.Struct, frozen=True):
    """What the campaign speaks, in its order."""

    languages: tuple[str, ...] = ()


def _side(side: Side) -> dict[str, Any]:
    return {
        "language": side.language,
        "state": side.state,
        "in_work": side.in_work,
        "changed": side.changed,
        "text": side.text.text if side.text else None,
        "title": side.text.title if side.text else None,
    }


def _panel(house: House, panel: Panel) -> dict[str, Any]:
    return {
        "url": house.addresses.post_page(panel.name),
        "language": panel.main.language,
        "translations": [_side(side) for side in panel.sides],
        "suggestions": [
            {"number": one.id, "language": one.language, "state": one.state, "from": one.handle, "text": one.words}
            for one in panel.suggestions
        ],
    }


async def translate(house: House, args: Translate) -> dict[str, Any]:
    """Keep a translation of a post, and approve it if that is asked for."""
    name, language = posts.public_id_of(house, args.target), checked_language(args.language)
    side = (await house.translating.panel(Who.console(), name)).side(language)
    before = side.text if side and side.text else DraftText(language=language, text="")
    fields = ("title", "warning", "place", "needs", "instead")
    given = {field: value for field in fields if (value := getattr(args, field)) is not None}
    await house.translating.save(Who.console(), name, replace(before, text=args.text.strip(), **given))
    if args.approve:
        now = (await house.translating.panel(Who.console(), name)).side(language)
        if now is None:
            raise NotFound("There is no such translation (any more).")
        await house.translating.approve(Who.console(), name, language, now.seen, reason=args.without_review)
    after = (await house.translating.panel(Who.console(), name)).side(language)
    return {"url": house.addresses.post_page(name), **(_side(after) if after else {})}


async def listed(house: House, args: Listed) -> list[dict[str, Any]]:
    """The languages of one post, or of those that matter now."""
    names = [posts.public_id_of(house, args.target)] if args.target else []
    if not names:
        names = [one.post.public_id for one in await house.translating.todo(Who.console())]
    return [_panel(house, await house.translating.panel(Who.console(), name)) for name in names]


async def languages(house: House, _: object) -> list[str]:
    """What the campaign speaks, in its order."""
    return list(house.actors.campaign().languages)


async def choose(house: House, args: Languages) -> list[str]:
    """Choose it."""
    await house.translating.choose_languages(Who.console(), args.languages)
    return list(house.actors.campaign().languages)
