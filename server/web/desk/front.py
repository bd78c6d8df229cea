"""The first screen: what waits, is anything wrong, did it arrive? And the other small places."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from server.features.access.model import Act, Role
from server.web.desk.posts_screen import with_delivery
from server.web.desk.screen import desk_form, screen
from server.web.shared.pages import many
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import signed_in

RECENT: Final = 5


async def front(request: Request) -> Response:
    """The Desk."""
    who = await signed_in(request)
    posts = await with_delivery(request, None, RECENT)
    queue = await house_of(request).delivery.queue()
    return await screen(
        request, who, "front.html", here="desk", posts=posts, stuck=[one for one in queue if one.attempts > 2]
    )


async def waiting(request: Request) -> Response:
    """How much waits, for the title of a Desk that stays open."""
    await signed_in(request)
    found = await house_of(request).conversation.waiting()
    return JSONResponse({"waits": many(found.total) if found.total else ""})


async def more(request: Request) -> Response:
    """Everything else."""
    who = await signed_in(request)
    return await screen(request, who, "more.html", here="more", may_organise=who.who.may(Act.ORGANISE))


async def team(request: Request) -> Response:
    """Organisers, for keyholders."""
    who = await signed_in(request)
    found = await house_of(request).access.organisers(who.who)
    return await screen(request, who, "team.html", here="more", organisers=found, roles=list(Role), link=None)


async def change_team(request: Request) -> Response:
    """Invite, make a new link, suspend or let in again."""
    house = house_of(request)
    async with desk_form(request) as (form, who):
        name, act = text_field(form, "name").strip(), text_field(form, "act")
        link = None
        if act == "invite":
            role = Role(text_field(form, "role")) if text_field(form, "role") in set(Role) else Role.WRITER
            link = await house.access.invite(who.who, name, role)
        elif act == "link":
            link = await house.access.new_link(who.who, name)
        elif act == "suspend":
            await house.access.suspend(who.who, name)
        elif act == "unsuspend":
            await house.access.unsuspend(who.who, name)
        found = await house.access.organisers(who.who)
        shown = f"{house.addresses.base}{link}" if link else None
        return await screen(request, who, "team.html", here="more", organisers=found, roles=list(Role), link=shown)


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
        Route("/desk/team", team, methods=["GET"]),
        Route("/desk/team", change_team, methods=["POST"]),
    ]
