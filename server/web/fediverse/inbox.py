"""The inboxes: read within bounds, hand over, 202 once it is durable."""

from __future__ import annotations

import asyncio
import os
import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from federation.errors import FederationError
from federation.gate import MAX_BODY_BYTES
from federation.negotiation import is_inbox_type
from federation.signatures import SignedRequest
from server.base.errors import AppError, NotFound, Unavailable, WrongType
from server.house import House
from server.web.shared.errors import on_app_error, on_protocol_error
from server.web.shared.request import house_of, read_body

#: Beyond this many at work, others are asked to come again: memory stays bounded under a flood.
MAX_AT_WORK: Final = 512
SPACE_EVERY_SECONDS: Final = 5.0
TAKEN: Final = Response(status_code=202)
SHARED: Final = "/inbox"
PERSONAL: Final = re.compile(r"/users/(?P<handle>[^/]+)/inbox")


class InboxDoor:
    """The door of all inboxes."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._at_work = 0
        self._space_checked = -SPACE_EVERY_SECONDS
        self._space = True

    def _has_space(self) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self._space_checked > SPACE_EVERY_SECONDS:
            found = os.statvfs(self._house.settings.data)
            self._space = found.f_bavail * found.f_frsize >= self._house.settings.min_free_bytes
            self._space_checked = now
        return self._space

    async def take(self, request: Request) -> Response:
        """Take an activity: 202 when it is durable or not wanted; every refusal by its own status."""
        if not is_inbox_type(request.headers.get("content-type")):
            raise WrongType("An inbox takes application/activity+json.")
        if self._at_work >= MAX_AT_WORK or not self._has_space():
            raise Unavailable
        self._at_work += 1
        try:
            body = await read_body(request, MAX_BODY_BYTES)
            await self._house.inbox.receive(signed_request(request, body))
        finally:
            self._at_work -= 1
        return TAKEN

    async def personal(self, request: Request) -> Response:
        """The inbox of one actor; what comes is for whoever it names, as in the shared one."""
        actor = house_of(request).actors.by_handle(request.path_params["handle"])
        if actor is None:
            raise NotFound("There is nobody of that name here.")
        return await self.take(request)


def signed_request(request: Request, body: bytes) -> SignedRequest:
    """A request as it came over the wire."""
    raw_path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    target = raw_path.partition(b"?")[0] + (b"?" + query if query else b"")
    return SignedRequest(
        method=request.method,
        target=target.decode("latin-1"),
        host=request.headers.get("host", ""),
        headers=tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in request.headers.raw),
        body=body,
    )


class Express:
    """ASGI middleware: what is posted to inboxes goes past the router, which costs as much as checking the signature.

    Anything else goes the usual way. Errors are answered as the router's are.
    """

    def __init__(self, app: ASGIApp, *, door: InboxDoor) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 - ASGI
        posted = scope["type"] == "http" and scope["method"] == "POST"
        personal = PERSONAL.fullmatch(scope["path"]) if posted else None
        if personal is None and not (posted and scope["path"] == SHARED):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            if personal is None:
                response = await self._door.take(request)
            else:
                scope["path_params"] = personal.groupdict()
                response = await self._door.personal(request)
        except AppError as error:
            response = await on_app_error(request, error)
        except FederationError as error:
            response = await on_protocol_error(request, error)
        await response(scope, receive, send)


def routes(door: InboxDoor) -> list[Route]:
    """The paths of this file; only POST, so that GET answers 405 and lists nothing."""
    return [
        Route(SHARED, door.take, methods=["POST"]),
        Route("/actor/inbox", door.take, methods=["POST"]),
        Route("/users/{handle}/inbox", door.personal, methods=["POST"]),
    ]
