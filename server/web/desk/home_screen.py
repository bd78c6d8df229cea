"""What those we follow say: for boosting, not for scrolling."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import Invalid
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, number_of, text_field
from server.web.shared.sessions import signed_in


async def home(request: Request) -> Response:
    """A page of the timeline, or of the allies' call-outs that wait for a yes or no."""
    who, house = await signed_in(request), house_of(request)
    number = number_of(request.query_params.get("before", ""))
    show = "proposed" if request.query_params.get("show") == "proposed" else "all"
    found, older = await house.timelines.home(who.who, number, proposed=show == "proposed")
    return await screen(
        request,
        who,
        "home.html",
        here="more",
        show=show,
        found=found,
        older=older,
        proposed=await house.timelines.waiting(),
    )


async def decide(request: Request) -> Response:
    """Boost one, or let a proposal be."""
    house, home_id = house_of(request), request.path_params["home_id"]
    async with desk_form(request) as (form, who):
        match text_field(form, "act"):
            case "boost":
                await house.timelines.take_up(who.who, home_id)
                done = "boosted"
            case "dismiss":
                await house.timelines.dismiss(who.who, home_id)
                done = "dismissed"
            case _:
                raise Invalid("Choose what to do.")
        show = "?show=proposed" if text_field(form, "show") == "proposed" else ""
    return back(f"/desk/home{show}", done)


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/desk/home", home, methods=["GET"]),
        Route("/desk/home/{home_id:int}", decide, methods=["POST"]),
    ]
