"""Who quotes us: those that wait for an answer, those that stand by our consent."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import Invalid
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import signed_in


async def show(request: Request) -> Response:
    """Quotes, those that wait first."""
    who = await signed_in(request)
    stamping = house_of(request).stamping
    return await screen(
        request,
        who,
        "quotes.html",
        here="conversation",
        show="quotes",
        asked=await stamping.quotes("asked"),
        given=await stamping.quotes("given"),
    )


async def answer(request: Request) -> Response:
    """Yes, no, or no longer."""
    number: int = request.path_params["number"]
    async with desk_form(request) as (form, who):
        stamping, said = house_of(request).stamping, text_field(form, "answer")
        if said == "take-back":
            await stamping.take_back(who.who, number)
        elif said in {"yes", "no"}:
            await stamping.answer(who.who, number, yes=said == "yes")
        else:
            raise Invalid("Say yes or no.")
    return back("/desk/conversation/quotes", "answered")


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/desk/conversation/quotes", show, methods=["GET"]),
        Route("/desk/conversation/quotes/{number:int}", answer, methods=["POST"]),
    ]
