"""What others said to us: replies, messages, boosts and likes, reports."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import Invalid
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import signed_in

REPLIES: Final = ("reply", "mention")
MESSAGES: Final = ("direct", "direct")
STATES: Final = ("held", "approved", "hidden")
#: A message is new or read: it is never shown.
MESSAGE_STATES: Final = ("held", "hidden")


async def replies(request: Request) -> Response:
    """Replies and mentions, those that wait first."""
    return await _queue(request, REPLIES, "replies")


async def messages(request: Request) -> Response:
    """Direct messages: for organisers only, never shown in public."""
    return await _queue(request, MESSAGES, "messages")


async def _queue(request: Request, kinds: tuple[str, str], show: str) -> Response:
    who = await signed_in(request)
    states = MESSAGE_STATES if show == "messages" else STATES
    state = request.query_params.get("state", "held")
    state = state if state in states else "held"
    before = request.query_params.get("before", "")
    number = int(before) if before.isdigit() and len(before) < 19 else None
    found = await house_of(request).conversation.queue(kinds, state, number)
    older = found[-1].post.id if len(found) >= 50 else None
    return await screen(
        request,
        who,
        "conversation.html",
        here="conversation",
        show=show,
        state=state,
        heard=found,
        states=states,
        older=older,
    )


async def decide(request: Request) -> Response:
    """Approve, hide or hold what was marked."""
    async with desk_form(request) as (form, who):
        ids = [int(one) for one in form.getlist("id") if isinstance(one, str) and one.isdigit() and len(one) < 19]
        state = text_field(form, "decide")
        if state not in STATES or not ids:
            raise Invalid("Mark at least one and choose what to do.")
        await house_of(request).conversation.decide(who.who, ids, state)
        show = "messages" if text_field(form, "show") == "messages" else "replies"
    return back(f"/desk/conversation/{show}", "decided")


async def interactions(request: Request) -> Response:
    """Boosts and likes."""
    who = await signed_in(request)
    found = await house_of(request).conversation.interactions()
    return await screen(request, who, "interactions.html", here="conversation", show="interactions", found=found)


async def reports(request: Request) -> Response:
    """Reports that other servers sent."""
    who = await signed_in(request)
    found = await house_of(request).conversation.reports()
    return await screen(request, who, "reports.html", here="conversation", show="reports", found=found)


async def settle(request: Request) -> Response:
    """A report was dealt with."""
    async with desk_form(request) as (_, who):
        await house_of(request).conversation.settle(who.who, request.path_params["report_id"])
    return back("/desk/conversation/reports", "settled")


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/desk/conversation", replies, methods=["GET"]),
        Route("/desk/conversation/replies", replies, methods=["GET"]),
        Route("/desk/conversation/messages", messages, methods=["GET"]),
        Route("/desk/conversation/decide", decide, methods=["POST"]),
        Route("/desk/conversation/interactions", interactions, methods=["GET"]),
        Route("/desk/conversation/reports", reports, methods=["GET"]),
        Route("/desk/conversation/reports/{report_id:int}", settle, methods=["POST"]),
    ]
