"""Delivering: POSTs to thousands of hosts on asyncio and httptools, a tenth of the cost of a general client.

Dials only checked addresses, follows no redirect, decompresses nothing, reads little of an answer and has one deadline.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, cast

import httptools

from federation.dial import Dialler
from federation.errors import FederationError, Unreachable
from federation.identifiers import Origin, split_url
from federation.resolving import Turn
from federation.safe_url import EgressPolicy, check_url

#: For each of at most so many addresses, and for the answer: twenty seconds in all.
CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 10.0
DIALLED: Final = 2
MAX_ANSWER_BYTES: Final = 64 * 1024
MAX_INFORMATIONAL: Final = 5
MAX_IDLE, IDLE_SECONDS = 2_000, 30.0
MAX_RETRY_AFTER: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """What a host answered: its status, and seconds from Retry-After if it gave any."""

    status: int
    retry_after: int | None = None


def retry_seconds(value: str, now: datetime) -> int | None:
    """Seconds of a Retry-After header, given as seconds or as a date, capped at a day."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), MAX_RETRY_AFTER)
    try:
        seconds = (parsedate_to_datetime(text) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return int(max(0, min(seconds, MAX_RETRY_AFTER)))


class _Connection(asyncio.Protocol):
    """One socket, one exchange at a time. httptools calls the on_* methods."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport | None = None
        self.reusable = False
        self.got_bytes = False
        self.idle_since = 0.0
        self._answer: asyncio.Future[tuple[int, str]] | None = None
        self._start()

    def _start(self) -> None:
        self._parser: Any = httptools.HttpResponseParser(self)
        self._received = 0
        self._informational = 0
        self._status = 0
        self._retry_after = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it
        self.reusable = False
        self._end("the connection was closed")
        # Both point back to this: thousands of them a second would wait for the garbage collector.
        self.transport = self._parser = self._answer = None

    def data_received(self, data: bytes) -> None:
        self.got_bytes = True
        room = MAX_ANSWER_BYTES - self._received
        self._received += len(data)
        try:
            self._parser.feed_data(data[:room])
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail("not HTTP")
            self.close()
        if len(data) > room:
            self._end("too long an answer")
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"retry-after":
            self._retry_after = value[:64].decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        self._status = status if status >= 200 else 0

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            self._informational += 1
            if self._informational > MAX_INFORMATIONAL or status == 101:
                self._fail("too many informational answers")
                self.close()
            return
        self.reusable = bool(self._parser.should_keep_alive())
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((status, self._retry_after))

    def _end(self, reason: str) -> None:
        """Nothing more is read. A whole head is an answer: its body may lack a length, or be longer than we read."""
        if self._status and self._answer is not None and not self._answer.done():
            self._answer.set_result((self._status, self._retry_after))
        self._fail(reason)

    def _fail(self, reason: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Unreachable(reason))

    def _late(self) -> None:
        self.got_bytes = True  # not a connection that was closed meanwhile: nobody is asked once more
        self._fail("no answer in time")

    async def exchange(self, request: bytes, seconds: float) -> tuple[int, str]:
        """Send a request, wait so long for its answer: (status, Retry-After). Raises Unreachable."""
        if self.transport is None or self.transport.is_closing():
            raise Unreachable("the connection was closed")
        self._start()
        self.reusable = self.got_bytes = False
        self._answer = self._loop.create_future()
        # Far cheaper than a timeout's scope, and thousands of exchanges a second have one each.
        late = self._loop.call_later(seconds, self._late)
        try:
            self.transport.write(request)
            return await self._answer
        finally:
            late.cancel()

    def close(self) -> None:
        """Close at once."""
        self.reusable = False
        if self.transport is not None:
            self.transport.abort()


class Wire:
    """Posts to any number of hosts. Idle connections are kept for half a minute, last used first."""

    def __init__(
        self, policy: EgressPolicy, dialler: Dialler, context: ssl.SSLContext, max_idle: int = MAX_IDLE
    ) -> None:
        self._policy = policy
        self._max_idle = max_idle
        self._dialler = dialler
        self._context = context
        self._idle: OrderedDict[Origin, deque[_Connection]] = OrderedDict()
        self._idle_count = 0

    async def post(
        self, url: str, headers: Callable[[], str], body: bytes, now: datetime, turn: Turn = Turn.USUAL
    ) -> WireAnswer:
        """POST a body; `headers` gives complete lines without Host, Content-Length and Connection.

        They are made when there is a connection: for a host that is down nothing is signed. Its name is looked up in its `turn`.

        Raises UnsafeUrl, or Unreachable for whatever keeps an answer from coming in time.
        """
        check_url(url, self._policy)
        origin, target = split_url(url)
        start, end = f"POST {target} HTTP/1.1\r\nHost: {origin.authority}\r\n", f"Content-Length: {len(body)}\r\n\r\n"

        def request() -> bytes:
            return f"{start}{headers()}{end}".encode("ascii") + body

        try:
            status, retry_after = await self._send(origin, request, turn)
        except FederationError:
            raise
        except (OSError, ssl.SSLError, UnicodeError):
            raise Unreachable("no connection") from None
        return WireAnswer(status, retry_seconds(retry_after, now) if retry_after else None)

    async def _send(self, origin: Origin, request: Callable[[], bytes], turn: Turn) -> tuple[int, str]:
        kept = self._take(origin)
        if kept is not None:
            try:
                return await self._exchange(origin, kept, request)
            except Unreachable:
                # The other side closed an idle connection before it saw anything: once more on a fresh one.
                if kept.got_bytes:
                    raise
        return await self._exchange(origin, await self._dialed(origin, turn), request)

    async def _dialed(self, origin: Origin, turn: Turn) -> _Connection:
        return await self._dialler.connect(origin, _Connection, self._context, CONNECT_SECONDS, most=DIALLED, turn=turn)

    async def _exchange(self, origin: Origin, connection: _Connection, request: Callable[[], bytes]) -> tuple[int, str]:
        try:
            answer = await connection.exchange(request(), ANSWER_SECONDS)
        except BaseException:
            connection.close()
            raise
        if connection.reusable:
            self._keep(origin, connection)
        else:
            connection.close()
        return answer

    def _take(self, origin: Origin) -> _Connection | None:
        waiting = self._idle.get(origin)
        while waiting:
            connection = waiting.pop()
            self._idle_count -= 1
            if not waiting:
                del self._idle[origin]
            if connection.reusable and time.monotonic() - connection.idle_since < IDLE_SECONDS:
                return connection
            connection.close()
        return None

    def _keep(self, origin: Origin, connection: _Connection) -> None:
        """Keep it, if there is room: a fan-out that passes by thousands of hosts leaves those that were kept before."""
        connection.idle_since = time.monotonic()
        self._drop_old(connection.idle_since - IDLE_SECONDS)
        if self._idle_count >= self._max_idle:
            connection.close()
            return
        self._idle.setdefault(origin, deque()).append(connection)
        self._idle.move_to_end(origin)
        self._idle_count += 1

    def _drop_old(self, before: float) -> None:
        while self._idle:
            origin, kept = next(iter(self._idle.items()))
            if kept[-1].idle_since > before:
                return
            for connection in self._idle.pop(origin):
                connection.close()
                self._idle_count -= 1

    async def aclose(self) -> None:
        """Close every idle connection."""
        for waiting in self._idle.values():
            for connection in waiting:
                connection.close()
        self._idle.clear()
        self._idle_count = 0
