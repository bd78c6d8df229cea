"""The language of an answer by its address: `/fa/` before the path of any public page; and what its headers say of its language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.base.catalogue import languages
from server.web.shared.caching import GIVEN
from server.web.shared.language import PREFIX, SPOKEN, language_of, of_desk

_HTML: Final = b"text/html"


class ByAddress:
    """ASGI middleware: takes a language off the path of a public page, and tells caches and readers which one they get.

    Only before paths of `public`: the Desk, the protocol, pictures and styles have one address each.
    """

    def __init__(self, app: ASGIApp, *, public: Sequence[BaseRoute]) -> None:
        self._app = app
        self._public = public
        self._languages = frozenset(languages())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 - ASGI
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head, slash, rest = scope["path"][1:].partition("/")
        if head in self._languages:
            if not slash:
                await RedirectResponse(f"/{head}/", 301)(scope, receive, send)
                return
            self._spoken(scope, head, f"/{rest}")

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(scope, message):
                message = {**message, "headers": _headers(scope, message["headers"])}
            await send(message)

        await self._app(scope, receive, told)

    def _spoken(self, scope: Scope, language: str, path: str) -> None:
        """Change the scope itself, as those outside of here look into it again."""
        scope[SPOKEN], scope[PREFIX] = language, f"/{language}"
        there = {**scope, "path": path}
        if any(route.matches(there)[0] is not Match.NONE for route in self._public):
            scope["path"] = path


def _is_page(scope: Scope, message: Message) -> bool:
    """True for public HTML, also for the answer that it has not changed."""
    if of_desk(scope):
        return False
    if message["status"] == 304:
        return GIVEN in scope and scope[GIVEN].content_type.startswith("text/html")
    return any(name.lower() == b"content-type" and value.startswith(_HTML) for name, value in message["headers"])


def _headers(scope: Scope, given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    language = (b"content-language", language_of(Request(scope)).encode())
    if PREFIX in scope:
        return [*given, language]
    vary = [value for name, value in given if name.lower() == b"vary"]
    left = [(name, value) for name, value in given if name.lower() != b"vary"]
    return [*left, (b"vary", b", ".join([*vary, b"Accept-Language"])), language]
