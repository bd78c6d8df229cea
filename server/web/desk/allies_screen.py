"""Allies: who they are, and whether everybody may see it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from federation.errors import FederationError
from server.base.errors import Conflict, Invalid
from server.features.access.model import Act, SignedIn
from server.web.desk.acting_screen import words_for
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import signed_in


async def allies(request: Request) -> Response:
    """All allies."""
    return await _allies(request, await signed_in(request))


async def _allies(request: Request, who: SignedIn, error: str = "", name: str = "") -> Response:
    house = house_of(request)
    return await screen(
        request,
        who,
        "allies.html",
        here="more",
        status=422 if error else 200,
        error=error,
        name=name,
        allies=await house.allies.allies(who.who),
        followed={tie.actor.uri: tie.state for tie in await house.followers.following()},
    )


async def mark(request: Request) -> Response:
    """Make somebody an ally, by handle or address, or a whole server by its name; follow them too if that is wished."""
    house = house_of(request)
    async with desk_form(request) as (form, who):
        name = text_field(form, "name").strip()
        shown, follow = bool(text_field(form, "shown")), bool(text_field(form, "follow"))
        try:
            who.who.must(Act.ALLY)
            if "@" not in name and "://" not in name:
                await house.allies.mark_host(who.who, name, label=text_field(form, "label"), shown=shown)
                return back("/desk/allies", "allied")
            actor = await house.remote.actor(name) if "://" in name else await house.remote.actor_by_handle(name)
            await house.allies.mark_actor(who.who, actor, label=text_field(form, "label"), shown=shown)
        except FederationError as problem:
            return await _allies(request, who, words_for(problem), name)
        except (Invalid, Conflict) as problem:
            return await _allies(request, who, str(problem), name)
        if follow and actor.uri not in {tie.actor.uri for tie in await house.followers.following()}:
            await house.followers.follow(who.who, actor)
    return back("/desk/allies", "allied")


async def change(request: Request) -> Response:
    """Name an ally otherwise, show it or not, or have it no more."""
    house, ally_id = house_of(request), request.path_params["ally_id"]
    async with desk_form(request) as (form, who):
        if text_field(form, "act") == "forget":
            await house.allies.forget(who.who, ally_id)
            return back("/desk/allies", "unallied")
        shown = bool(text_field(form, "shown"))
        await house.allies.change(who.who, ally_id, label=text_field(form, "label"), shown=shown)
    return back("/desk/allies", "saved")


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/desk/allies", allies, methods=["GET"]),
        Route("/desk/allies", mark, methods=["POST"]),
        Route("/desk/allies/{ally_id:int}", change, methods=["POST"]),
    ]
