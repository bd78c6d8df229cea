"""What went wrong, as whoever asked can read it: a plain page, or JSON with `error`. Never a trace."""

from __future__ import annotations

import html
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from federation import errors as federation_errors
from federation.negotiation import wants_activitypub
from server.base.errors import AppError
from server.base.log import event
from server.base.words import marked
from server.web.shared.pages import page
from server.web.shared.proof import ask_proof
from server.web.shared.sessions import NotSignedInError, ProofWantedError

_TITLES = {
    400: "That was not understood",
    401: "Who are you?",
    403: "That is not allowed",
    404: "There is nothing here",
    405: "That does not work here",
    409: "That is so already",
    410: "This was deleted",
    413: "That is too large",
    415: "That kind is not taken here",
    422: "Something is missing",
    429: "Too often",
    503: "Not now",
}
_PROTOCOL: tuple[tuple[type[Exception], int], ...] = (
    (federation_errors.TooLarge, 413),
    (federation_errors.Malformed, 400),
    (federation_errors.BadSignature, 401),
    (federation_errors.KeyUnavailable, 503),
    (federation_errors.NotAuthorised, 403),
    (federation_errors.UnsafeUrl, 401),
)
_ROUTER = {404: "There is nothing at this address.", 405: "This address does not take that method."}
_FAILED = "That did not work."
_BROKEN = "Something went wrong here"
_UNEXPECTED: Final = marked("It is not your fault. Try again in a minute.")
#: When whoever finds us locked may ask again.
PAUSED_SECONDS: Final = 3600
#: Words for what a look-up on another server came to.
_FOUND_OUT = "That could not be found on its server, or the server did not answer."


def _wants_json(request: Request) -> bool:
    path = request.url.path
    if request.method == "POST" and path.endswith("/inbox"):
        return True
    if path.startswith(
        ("/api/", "/.well-known/", "/nodeinfo", "/users/", "/oauth/")
    ) and "text/html" not in request.headers.get("accept", ""):
        return True
    return wants_activitypub(request.headers.get("accept"))


def answer(request: Request, status: int, words: str, retry_after: int | None = None) -> Response:
    """An error as JSON or as a page."""
    headers = {"Cache-Control": "no-store"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    if _wants_json(request):
        return JSONResponse({"error": words}, status, headers)
    title = _TITLES.get(status, _BROKEN)
    response = page(request, "pages/error.html", status=status, keep=None, title=title, words=words)
    response.headers.update(headers)
    return response


def paused(request: Request) -> Response:
    """The answer to what waits while only the pinned statement is shown."""
    headers = {"Cache-Control": "no-store", "Retry-After": str(PAUSED_SECONDS)}
    if _wants_json(request):
        return JSONResponse({"error": "Paused. Try again later."}, 503, headers)
    response = page(request, "pages/paused.html", status=503, keep=None)
    response.headers.update(headers)
    return response


async def on_app_error(request: Request, error: Exception) -> Response:
    """An error of ours."""
    if isinstance(error, NotSignedInError) and request.method == "GET":
        return RedirectResponse("/desk/sign-in", 303)
    if isinstance(error, ProofWantedError):
        return await ask_proof(request, error)
    status = error.status if isinstance(error, AppError) else 500
    return answer(request, status, str(error), getattr(error, "retry_after", None))


async def on_protocol_error(request: Request, error: Exception) -> Response:
    """An error of the protocol: a status for servers, words for organisers."""
    status = next((status for kind, status in _PROTOCOL if isinstance(error, kind)), 502)
    if request.url.path.startswith(("/desk", "/authorize_interaction")):
        return answer(request, 422, _FOUND_OUT)
    return answer(request, status, str(error), 30 if status == 503 else None)


async def on_http_error(request: Request, error: Exception) -> Response:
    """An error of the router: no such path, or another method."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    response = answer(request, status, _ROUTER.get(status, _FAILED))
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response


class LastResort:
    """ASGI middleware: whatever nobody expected becomes a plain 500, logged by its kind alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 - ASGI
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            if scope["type"] != "http":
                raise
            event("request_failed", error=type(error).__name__, where=_where(error))
            if started:
                raise
            await _unexpected(Request(scope))(scope, receive, send)


def _unexpected(request: Request) -> Response:
    """The usual page, unless that is what fails."""
    try:
        return answer(request, 500, _UNEXPECTED)
    except Exception as error:  # noqa: BLE001 - the last words before a connection that breaks off
        event("request_failed", error=type(error).__name__, where=_where(error))
        words = html.escape(f"{_BROKEN}. {_UNEXPECTED}")
        body = f'<!doctype html><html lang="en"><title>{_BROKEN}</title><p>{words}<p><a href="/">Home</a>'
        return Response(body, 500, media_type="text/html")


def _where(error: Exception) -> str:
    """File and line in which it happened: no values."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else ""


HANDLERS = {
    AppError: on_app_error,
    federation_errors.FederationError: on_protocol_error,
    HTTPException: on_http_error,
}
