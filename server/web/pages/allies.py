"""The page of allies: those that the campaign chose to show."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import NotFound
from server.web.pages.showing import profile_of
from server.web.shared.caching import Rendered, kept
from server.web.shared.pages import render
from server.web.shared.request import house_of


async def allies(request: Request) -> Response:
    """Allies, by their names."""
    house = house_of(request)

    async def make() -> Rendered:
        found = await house.allies.shown()
        if not found:
            raise NotFound("There is nothing at this address.")
        profile = await profile_of(request, house.actors.campaign())
        return Rendered.of(
            render(request, "pages/allies.html", profile=profile, allies=found), "text/html; charset=utf-8"
        )

    return await kept(request, ("allies",), make)


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route("/allies", allies)]
