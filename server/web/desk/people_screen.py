"""Those we follow, and blocks."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.web.desk.screen import screen
from server.web.shared.request import house_of
from server.web.shared.sessions import signed_in


async def people(request: Request) -> Response:
    """Everybody we have to do with."""
    who, house = await signed_in(request), house_of(request)
    return await screen(
        request,
        who,
        "people.html",
        here="more",
        following=await house.followers.following(),
        counts=await house.followers.counts(house.actors.campaign().id),
        boosts=await house.acting.our("our_boosts"),
        likes=await house.acting.our("our_likes"),
    )


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/desk/people", people, methods=["GET"]),
    ]
