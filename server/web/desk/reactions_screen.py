"""Boosts and likes of our posts, and the reports that other servers sent."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.web.desk.conversation_form import filter_of, query
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, number_of, text_field
from server.web.shared.sessions import signed_in

KINDS = ("boost", "like")


async def interactions(request: Request) -> Response:
    """Boosts and likes, the newest first."""
    who, given = await signed_in(request), request.query_params
    kind = given.get("kind", "") if given.get("kind") in KINDS else ""
    server = filter_of(given, messages=False).server
    found, older = await house_of(request).moderation.interactions(number_of(given.get("before", "")), kind, server)
    wanted = filter_of({"server": server}, messages=False)
    return await screen(
        request,
        who,
        "interactions.html",
        here="conversation",
        show="interactions",
        found=found,
        kind=kind,
        server=server,
        older=query(wanted, state=None, kind=kind, before=older) if older else None,
    )


async def reports(request: Request) -> Response:
    """Reports that other servers sent, with what can be done about them."""
    who = await signed_in(request)
    found = await house_of(request).moderation.reports()
    return await screen(request, who, "reports.html", here="conversation", show="reports", found=found)


async def settle(request: Request) -> Response:
    """A report was dealt with: put away, or with hiding or blocking what it is about."""
    async with desk_form(request) as (form, who):
        act, _, number = (text_field(form, "act") or "settle").partition(":")
        report_id = request.path_params["report_id"]
        await house_of(request).moderation.on_report(who.who, report_id, act, number_of(number) or 0)
    return back("/desk/conversation/reports", "settled")


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/desk/conversation/interactions", interactions, methods=["GET"]),
        Route("/desk/conversation/reports", reports, methods=["GET"]),
        Route("/desk/conversation/reports/{report_id:int}", settle, methods=["POST"]),
    ]
