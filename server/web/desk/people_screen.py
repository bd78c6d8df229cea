"""Followers, those who ask, those we follow, and blocks."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import Invalid
from server.features.followers.model import FOLLOWERS_PAGE
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import signed_in


async def people(request: Request) -> Response:
    """Everybody we have to do with."""
    who, house = await signed_in(request), house_of(request)
    before = request.query_params.get("before", "")
    found = await house.followers.followers("accepted", int(before) if before.isdigit() and len(before) < 19 else None)
    return await screen(
        request,
        who,
        "people.html",
        here="more",
        pending=await house.followers.followers("pending"),
        followers=found,
        older=found[-1].id if len(found) >= FOLLOWERS_PAGE else None,
        following=await house.followers.following(),
        counts=await house.followers.counts(house.actors.campaign().id),
        boosts=await house.acting.our("our_boosts"),
        likes=await house.acting.our("our_likes"),
    )


async def decide(request: Request) -> Response:
    """Let somebody follow, or remove them."""
    tie_id = request.path_params["tie_id"]
    async with desk_form(request) as (form, who):
        match text_field(form, "act"):
            case "approve":
                await house_of(request).followers.approve(who.who, tie_id)
                done = "approved"
            case "remove":
                await house_of(request).followers.remove(who.who, tie_id)
                done = "removed"
            case _:
                raise Invalid("Choose what to do.")
    return back("/desk/people", done)


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/desk/people", people, methods=["GET"]),
        Route("/desk/people/{tie_id:int}", decide, methods=["POST"]),
    ]
