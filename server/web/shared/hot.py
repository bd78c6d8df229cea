"""Answers asked for again and again leave before anything is routed: whole, with every header they left with the first time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.base.catalogue import MAX_HEADER
from server.web.shared.caching import GIVEN, Rendered, Rendering, matches
from server.web.shared.language import asked
from server.web.shared.packing import takes_gzip

MAX_ENTRIES: Final = 2_000
MAX_BYTES: Final = 32 * 1024 * 1024
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
    valid_until: datetime | None


def _messages(status: int, headers: _Headers, body: bytes) -> tuple[Message, Message]:
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    )


#: Answers by the language that was asked for, of a page that is there in several; the languages are ours, so they are few.
_Spoken = dict[str, _Answer]


class Hot:
    """ASGI middleware, the outermost: it remembers what was answered from `Rendering` for a path, query, Accept and encoding.

    Answers that vary by language are remembered for each of them; other answers know nothing of it.

    A request with a signature goes the long way: what it may read depends on who asks.
    """

    def __init__(self, app: ASGIApp, *, rendering: Rendering) -> None:
        self._app = app
        self._rendering = rendering
        self._known: dict[_Key, _Answer | _Spoken] = {}
        self._entries = self._bytes = 0
        self._generation = rendering.generation

    def __len__(self) -> int:
        """How many answers are remembered."""
        return self._entries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 - ASGI
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        accept: bytes | None = None
        wanted: bytes | None = None
        packs: bytes | None = None
        given, dated = None, False
        # Of two alike the first counts, as for those who make the answers, though it be empty.
        for name, value in scope["headers"]:
            if name == b"accept":
                accept = value if accept is None else accept
            elif name == b"accept-encoding":
                packs = value if packs is None else packs
            elif name == b"accept-language":
                wanted = value if wanted is None else wanted
            elif name == b"if-none-match":
                given = value.decode("latin-1")
            elif name == b"if-modified-since":
                dated = True
            elif name == b"signature":
                await self._app(scope, receive, send)
                return
        key = (scope["path"], scope["query_string"], accept or b"", takes_gzip(packs or b""))
        language = (wanted or b"")[:MAX_HEADER]
        there = None if dated and given is None else self._current().get(key)
        answer = there.get(asked(language)) if isinstance(there, dict) else there
        if answer is None or self._rendering.is_over(answer.valid_until):
            await self._learned(key, asked(language), scope, receive, send)
            return
        start, body = answer.whole if given is None or not matches(given, answer.etag) else answer.unchanged
        await send(start)
        await send(body)

    def _current(self) -> dict[_Key, _Answer | _Spoken]:
        self._rendering.refresh()
        if self._generation != self._rendering.generation:
            self._forget()
        return self._known

    def _forget(self) -> None:
        self._generation = self._rendering.generation
        self._known.clear()
        self._entries = self._bytes = 0

    async def _learned(self, key: _Key, language: str, scope: Scope, receive: Receive, send: Send) -> None:
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
        answer = _Answer(_messages(200, headers, body), _messages(304, left, b""), etag, rendered.valid_until)
        self._remember(key, language, answer, varies=_by_language(headers))

    def _remember(self, key: _Key, language: str, answer: _Answer, *, varies: bool) -> None:
        known = self._current()
        if self._entries >= MAX_ENTRIES or self._bytes >= MAX_BYTES:
            self._forget()
        there = known.get(key)
        if not varies:
            known[key] = answer
        elif isinstance(there, dict):
            there[language] = answer
        else:
            known[key] = {language: answer}
        self._entries += 1
        self._bytes += len(answer.whole[1]["body"])


def _by_language(headers: _Headers) -> bool:
    return any(name.lower() == b"vary" and b"accept-language" in value.lower() for name, value in headers)
