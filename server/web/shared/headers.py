"""Headers that stand on every answer, whoever made it."""

from __future__ import annotations

import re
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_COMMON: Final = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; img-src 'self' data:; style-src 'self'"
#: Without a script nothing connects; that it might lets tools which run in the page read robots.txt.
PUBLIC_POLICY: Final = f"{_COMMON}; script-src 'none'; connect-src 'self'"
DESK_POLICY: Final = f"{_COMMON}; script-src 'self'; connect-src 'self'; manifest-src 'self'"
#: The card of a post is made to stand in the pages of others: it alone may be framed, and it sends nothing anywhere.
CARD_POLICY: Final = (
    "default-src 'none'; base-uri 'none'; frame-ancestors *; form-action 'none'; style-src 'self'; script-src 'none'"
)
_CARD: Final = re.compile(r"(/[a-z-]{2,12})?/p/\w+/card")
#: The same for everybody, so they may be cached.
SCRIPTS: Final = "/desk/scripts/"
HSTS: Final = "max-age=31536000"


def _headers(policy: str, referrer: str, *, secure: bool) -> list[tuple[bytes, bytes]]:
    """Made once: they stand on thousands of answers a second."""
    found = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": referrer,
        "permissions-policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
        "cross-origin-opener-policy": "same-origin",
    }
    if secure:
        found["strict-transport-security"] = HSTS
    return [(name.encode(), value.encode()) for name, value in found.items()]


_NO_INDEX: Final = [(b"x-robots-tag", b"noindex")]


def _findable(scope: Scope) -> bool:
    """True if the campaign wants to be found: what crawlers read in the head of a page, for all that is none."""
    return bool(scope["app"].state.house.actors.campaign().indexable)


class SecurityHeaders:
    """ASGI middleware: policy by path, nothing sniffed, nothing referred, and no cache for the Desk."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._public = _headers(PUBLIC_POLICY, "no-referrer", secure=secure)
        self._desk = [*_headers(DESK_POLICY, "same-origin", secure=secure), (b"cache-control", b"no-store")]
        self._card = _headers(CARD_POLICY, "no-referrer", secure=secure)
        self._names = {name for name, _ in self._public}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 - ASGI
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        desk = path.startswith(("/desk", "/authorize_interaction")) or path == "/lock"
        of_desk = desk and not path.startswith(SCRIPTS)
        ours = self._desk if of_desk else self._card if _CARD.fullmatch(path) else self._public

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                dropped = self._names | {b"cache-control"} if ours is self._desk else self._names
                left = [(name, value) for name, value in message["headers"] if name not in dropped]
                message = {**message, "headers": left + ours + ([] if _findable(scope) and not desk else _NO_INDEX)}
            await send(message)

        await self._app(scope, receive, answered)
