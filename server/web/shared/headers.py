"""Headers that stand on every answer, whoever made it."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_COMMON: Final = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; img-src 'self' data:; style-src 'self'"
PUBLIC_POLICY: Final = f"{_COMMON}; script-src 'none'"
DESK_POLICY: Final = f"{_COMMON}; script-src 'self'; connect-src 'self'; manifest-src 'self'"
HSTS: Final = "max-age=31536000"


class SecurityHeaders:
    """ASGI middleware: policy by path, nothing sniffed, nothing referred, and no cache for the Desk."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 - ASGI
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        desk = scope["path"].startswith(("/desk", "/authorize_interaction"))

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = DESK_POLICY if desk else PUBLIC_POLICY
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer" if not desk else "same-origin"
                headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), interest-cohort=()"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                if desk:
                    headers["Cache-Control"] = "no-store"
                if self._secure:
                    headers["Strict-Transport-Security"] = HSTS
            await send(message)

        await self._app(scope, receive, answered)
