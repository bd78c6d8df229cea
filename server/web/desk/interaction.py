"""`/authorize_interaction`: where other servers send an organiser who wants to act as the campaign."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from server.web.desk.acting_screen import show_found
from server.web.shared.sessions import NotSignedInError, signed_in


async def authorize(request: Request) -> Response:
    """Show what the address names, with buttons; whoever is not signed in does that first and comes back."""
    text = request.query_params.get("uri", request.query_params.get("acct", "")).strip()[:2000].removeprefix("acct:")
    try:
        who = await signed_in(request)
    except NotSignedInError:
        onward = quote(f"/authorize_interaction?uri={quote(text, safe='')}", safe="")
        return RedirectResponse(f"/desk/sign-in?next={onward}", 303)
    return await show_found(request, who, text)


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route("/authorize_interaction", authorize)]
