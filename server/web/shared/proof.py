"""The screen that asks "is it you?" before a dangerous act."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.web.shared.pages import page
from server.web.shared.request import house_of
from server.web.shared.sessions import ProofWantedError

SCREEN = "/desk/prove"


async def ask_proof(request: Request, wanted: ProofWantedError, *, error: str = "", status: int = 401) -> Response:
    """Ask in place of the act. A form that waits is carried along; a screen that waits is come back to."""
    if wanted.fields is None and not request.url.path.startswith(SCREEN):
        onward = wanted.onward if request.method in {"GET", "HEAD"} else "/desk/"
        return RedirectResponse(f"{SCREEN}?next={quote(onward, safe='/')}", 303)
    return page(
        request,
        "desk/prove.html",
        status=status,
        csrf=wanted.who.csrf,
        factors=await house_of(request).factors.state(wanted.who.organiser.id),
        name=wanted.who.organiser.name,
        onward=wanted.onward,
        fields=wanted.fields,
        error=error,
    )
