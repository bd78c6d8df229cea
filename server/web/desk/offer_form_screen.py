"""What readers may offer: the form on or off, and the kinds that are asked for."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.features.offers.model import Kind
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import signed_in

HERE: Final = "/desk/offers/form"


async def show(request: Request) -> Response:
    """What holds."""
    who, house = await signed_in(request), house_of(request)
    asking = await house.offers.choices(who.who)
    return await screen(request, who, "offer_form.html", here="more", asking=asking, kinds=list(Kind))


async def choose(request: Request) -> Response:
    """Save it."""
    async with desk_form(request, max_files=0) as (form, who):
        kinds = [kind for kind in Kind if kind.value in form.getlist("kind")]
        await house_of(request).offers.choose(who.who, on=text_field(form, "on") == "1", kinds=kinds)
    return back(HERE, "saved")


def routes() -> list[Route]:
    """The paths of this file; to be routed before those of one offer."""
    return [Route(HERE, show, methods=["GET"]), Route(HERE, choose, methods=["POST"])]
