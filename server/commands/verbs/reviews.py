"""Reviews and their policy from the command line. The console is one person: it does not approve what it asked for."""

from __future__ import annotations

from typing import Any

import msgspec

from server.base.errors import Invalid
from server.commands.verbs.people import Nothing
from server.features.access.model import Who
from server.features.reviews.difference import Mark
from server.features.reviews.model import Kind, Line
from server.house import House


class Number(msgspec.Struct, frozen=True):
    """A review by number."""

    number: int


class Approve(msgspec.Struct, frozen=True):
    """A review by number, and the version that was looked at, as `reviews show` prints it."""

    number: int
    seen: str


class Refuse(msgspec.Struct, frozen=True):
    """A review by number, and what should be changed."""

    number: int
    note: str


class Choose(msgspec.Struct, frozen=True):
    """A kind of post, and 1 or 2; 0 for the default."""

    kind: str
    eyes: int


def _line(one: Line) -> dict[str, Any]:
    return {
        "number": one.review.id,
        "act": one.review.act.value,
        "words": one.words,
        "asked_by": one.asker,
        "asked_on": one.review.created_at[:10],
        "publish_at": one.publish_at,
        "yours": one.mine,
    }


async def waiting(house: House, _: Nothing) -> list[dict[str, Any]]:
    """What waits for a second pair of eyes."""
    return [_line(one) for one in await house.reviews.waiting(Who.console())]


async def show(house: House, args: Number) -> dict[str, Any]:
    """One of them: words, what changes, what to look at twice."""
    look = await house.reviewing.look(Who.console(), args.number)
    marks = {Mark.SAME: "{}", Mark.GONE: "[-{}-]", Mark.NEW: "{{+{}+}}"}
    return {
        "number": look.review.id,
        "act": look.review.act.value,
        "state": look.review.state.value,
        "asked_by": look.asker,
        "reason": look.review.note,
        "seen": look.seen,
        "texts": [
            {"language": one.language, "title": one.title, "warning": one.warning, "text": one.source}
            for one in look.texts
        ],
        "changed": [
            {
                "field": one.field,
                "language": one.language,
                "text": "".join(marks[piece.mark].format(piece.text) for piece in one.pieces),
            }
            for one in look.changed
        ],
        "pictures": [
            {"file": str(house.media.path(f"{one.item.public_id}.{one.item.extension}")), "alt": one.alt}
            for one in look.pictures
        ],
        "look_twice": [{"sign": one.sign.value, "found": one.found} for one in look.warned],
    }


async def approve(house: House, args: Approve) -> dict[str, Any]:
    """Let it happen."""
    post = await house.reviewing.approve(Who.console(), args.number, args.seen)
    return {"url": house.addresses.post_page(post.public_id) if post else None}


async def refuse(house: House, args: Refuse) -> dict[str, Any]:
    """Send it back with a note."""
    await house.reviews.refuse(Who.console(), args.number, args.note)
    return {"number": args.number}


async def policy(house: House, _: Nothing) -> list[dict[str, Any]]:
    """What holds for each kind."""
    found = await house.reviews.choices(Who.console())
    return [{"kind": one.kind.value, "eyes": one.eyes, "chosen": one.chosen is not None} for one in found]


async def choose(house: House, args: Choose) -> list[dict[str, Any]]:
    """Choose for one kind; what holds then."""
    if args.kind not in set(Kind):
        raise Invalid(f"A kind is one of {', '.join(Kind)}.")
    await house.reviews.choose(Who.console(), {Kind(args.kind): args.eyes or None})
    return await policy(house, Nothing())
