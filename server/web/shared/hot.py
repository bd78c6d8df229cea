"""Answers asked for again and again leave before anything is routed: whole, with every header they left with the first time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.web.shared.caching import GIVEN, Rendered, Rendering, matches
from server.web.shared.packing import takes_gzip

MAX_ENTRIES: Final = 2_000
MAX_KEY_BYTES: Final = 1_024
#: Not of a 304 (RFC 9110, section 15.4.5).
_OF_BODIES: Final = frozenset({b"content-length", b"content-type", b"content-encoding"})

_Headers = list[tuple[bytes, bytes]]
_Key = tuple[str, bytes, bytes, bool]


@dataclass(frozen=True, slots=True)
class _Answer:
    whole: tuple[Message, Message]
    unchanged: tuple[Message, Message]
    etag: str


def _messages(status: int, headers: _Headers, body: bytes) -> tuple[Message, Message]:
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    )


class Hot:
    """ASGI middleware, the outermost: it remembers what was answered from `Rendering` for a path, query, Accept and encoding.

    A request with a signature goes the long way: what it may read depends on who asks.
    """

    def __init__(self, app: ASGIApp, *, rendering: Rendering) -> None:
        self._app = app
        self._rendering = rendering
        self._known: dict[_Key, _Answer] = {}
        self._generation = rendering.generation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 - ASGI
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        accept, gzip, given = b"", False, None
        for name, value in scope["headers"]:
            if name == b"accept":
                accept = accept or value
            elif name == b"accept-encoding":
                gzip = gzip or takes_gzip(value)
            elif name == b"if-none-match":
                given = value.decode("latin-1")
            elif name == b"signature":
                await self._app(scope, receive, send)
                return
        key = (scope["path"], scope["query_string"], accept, gzip)
        answer = self._current().get(key)
        if answer is None:
            await self._learned(key, scope, receive, send)
            return
        start, body = answer.whole if given is None or not matches(given, answer.etag) else answer.unchanged
        await send(start)
        await send(body)

    def _current(self) -> dict[_Key, _Answer]:
        self._rendering.refresh()
        if self._generation != self._rendering.generation or len(self._known) >= MAX_ENTRIES:
            self._generation = self._rendering.generation
            self._known.clear()
        return self._known

    async def _learned(self, key: _Key, scope: Scope, receive: Receive, send: Send) -> None:
        generation = self._rendering.generation
        headers: _Headers = []

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                headers.extend(message["headers"])
            await send(message)

        await self._app(scope, receive, noted)
        rendered: Rendered | None = scope.get(GIVEN)
        size = len(key[0]) + len(key[1]) + len(key[2])
        if rendered is None or not headers or size > MAX_KEY_BYTES or generation != self._rendering.generation:
            return
        left = [(name, value) for name, value in headers if name.lower() not in _OF_BODIES]
        body, etag, _ = rendered.chosen(gzip=key[3])
        self._current()[key] = _Answer(_messages(200, headers, body), _messages(304, left, b""), etag)
