"""The first screen: what waits, is anything wrong, did it arrive? And the other small places."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from server.features.access.model import Act
from server.features.publishing.model_translations import Todo
from server.web.desk.posts_screen import with_delivery
from server.web.desk.screen import screen
from server.web.shared.request import house_of
from server.web.shared.sessions import signed_in

RECENT: Final = 5


async def front(request: Request) -> Response:
    """The Desk."""
    who = await signed_in(request)
    posts = await with_delivery(request, None, RECENT)
    queue = await house_of(request).delivery.queue()
    drafts = await house_of(request).drafting.drafts(who.who) if who.who.may(Act.WRITE) else []
    todo = await house_of(request).translating.todo(who.who) if who.who.may(Act.WRITE) else []
    return await screen(
        request,
        who,
        "front.html",
        here="desk",
        posts=posts,
        drafts=drafts,
        translations=_counted(todo),
        suggested=sum(one.suggested for one in todo),
        offered=await house_of(request).offers.waiting(who.who) if who.who.may(Act.OFFERS) else None,
        proposed=await house_of(request).timelines.waiting(),
        stuck=[one for one in queue if one.attempts > 2],
    )


def _counted(todo: list[Todo]) -> list[tuple[str, str, int]]:
    """Language, state, how many posts; in the order in which they are met."""
    found: dict[tuple[str, str], int] = {}
    for gap in (gap for one in todo for gap in one.gaps):
        found[gap.language, gap.state] = found.get((gap.language, gap.state), 0) + 1
    return [(language, state, many) for (language, state), many in found.items()]


async def waiting(request: Request) -> Response:
    """How much waits, for the title of a Desk that stays open."""
    who, house = await signed_in(request), house_of(request)
    waits = (await house.conversation.waiting()).total + await house.reviews.count(who.who)
    return JSONResponse({"waits": waits})


async def more(request: Request) -> Response:
    """Everything else."""
    who = await signed_in(request)
    return await screen(request, who, "more.html", here="more")


async def to_front(_: Request) -> Response:
    """The Desk has a slash at its end."""
    return RedirectResponse("/desk/", 308)


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/desk", to_front),
        Route("/desk/", front),
        Route("/desk/more", more),
        Route("/desk/waiting", waiting),
    ]
