"""One connection, one HTTP exchange at a time: httptools over asyncio, a tenth of the cost of a general client.

Decompresses nothing and reads no more of an answer than it was told to, and a little for what is round it: a hostile one costs that much.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import httptools

from federation.errors import Unreachable

MAX_HEAD_BYTES, MAX_HEADERS = 32 * 1024, 128
MAX_INFORMATIONAL: Final = 5
#: For heads, the lengths of chunks, and what stands behind a body: httptools copies an endless header with each piece of it.
FRAMING_BYTES: Final = 64 * 1024
#: All of an answer's headers that anybody here asks for.
READ: Final = {
    name.encode(): name for name in ("content-encoding", "content-length", "content-type", "location", "retry-after", "transfer-encoding")
}  # fmt: skip
_SIZED: Final = frozenset({"content-length", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, those headers that are read (names in lower case, repeated ones joined by commas), and the body if it was wanted."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reading:
    """How much of a body is read, and whether it is kept: then it has to be whole, else its head is an answer."""

    most: int
    keep: bool


NOTHING: Final = Reading(most=0, keep=False)


class Connection(asyncio.Protocol):
    """One socket."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport | None = None
        self.reusable = False
        self.got_bytes = False
        self.idle_since = 0.0
        self._answer: asyncio.Future[Answer] | None = None
        self._parser: Any = None
        self._reading = NOTHING
        self._status = 0

    def _start(self, reading: Reading) -> None:
        self._reading = reading
        self._status = self._received = self._head = self._read = self._count = self._informational = 0
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self.reusable = self.got_bytes = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: there is a socket."""
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the socket is closed."""
        # Without a length the body ends with the connection (RFC 9112, section 6.3).
        if self._status and (not self._reading.keep or (exc is None and _SIZED.isdisjoint(self._headers))):
            self._finish()
        self._fail("the connection was closed")
        self.reusable = False
        # Both point back to this: thousands of them a second would wait for the garbage collector.
        self.transport = self._parser = self._answer = None

    @property
    def _asked(self) -> bool:
        return self._answer is not None and not self._answer.done()

    def data_received(self, data: bytes) -> None:
        """asyncio: some bytes came."""
        self.got_bytes = True
        if not self._asked:
            self.close()  # what it says would pass for the next answer
            return
        room = self._reading.most + FRAMING_BYTES - self._received
        self._received += len(data)
        try:
            self._parser.feed_data(data[:room])
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.reusable = False
            self._fail("not HTTP")
        if not self._status:
            self._head += len(data)
            if self._head > MAX_HEAD_BYTES:
                self._fail("too long a head")
        if len(data) > room:
            if self._status and not self._reading.keep:
                self._finish()
            self._fail("too long an answer")
            self.close()

    def on_message_begin(self) -> None:
        """httptools: an answer begins."""
        self.reusable = False  # also of a second answer behind the first

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: one header."""
        if self._answer is None or self._answer.done():
            return
        self._count += 1
        if self._count > MAX_HEADERS:
            self._fail("too long a head")
        known = READ.get(name.lower())
        if known is not None and not self._status:  # what comes behind the body (RFC 9112, section 7.1.2) says nothing
            text = value.decode("latin-1")
            before = self._headers.get(known)
            self._headers[known] = text if before is None else f"{before}, {text}"

    def on_headers_complete(self) -> None:
        """httptools: the head is whole."""
        status = self._parser.get_status_code()
        if status >= 200 or not self._asked:
            self._status = self._status or status
            return
        self._headers.clear()
        self._informational += 1
        if self._informational > MAX_INFORMATIONAL or status == 101:
            self._fail("too many informational answers")

    def on_body(self, body: bytes) -> None:
        """httptools: a piece of the body."""
        if not self._asked:
            return
        room = self._reading.most - self._read
        self._read += len(body)
        if self._reading.keep:
            self._body += body[:room]
        if len(body) >= room:
            self._finish()
            self.close()

    def on_message_complete(self) -> None:
        """httptools: the answer is whole."""
        if self._status and self._asked:
            self.reusable = bool(self._parser.should_keep_alive())
            self._finish()

    def _finish(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Answer(self._status, self._headers, bytes(self._body)))
            self._body.clear()

    def _fail(self, reason: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Unreachable(reason))
            self.close()

    def _late(self) -> None:
        self.got_bytes = True  # not a connection that was closed meanwhile: nobody is asked once more
        self._fail("no answer in time")

    async def exchange(self, request: bytes, seconds: float, reading: Reading) -> Answer:
        """Send a request, wait so long for its answer. Raises Unreachable."""
        self._start(reading)
        if self.transport is None or self.transport.is_closing():
            raise Unreachable("the connection was closed")
        self._parser = httptools.HttpResponseParser(self)
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._answer = answer
        # Far cheaper than a timeout's scope, and thousands of exchanges a second have one each.
        late = self._loop.call_later(seconds, self._late)
        try:
            self.transport.write(request)
            return await answer
        finally:
            late.cancel()
            # An idle connection keeps no document; and an exception's frames would keep this future, which keeps the exception.
            self._answer, self._headers, self._body = None, {}, bytearray()
            del answer

    def close(self) -> None:
        """Close at once."""
        self.reusable = False
        if self.transport is not None:
            self.transport.abort()
