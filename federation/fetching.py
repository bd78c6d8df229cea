"""Fetching: one GET on one fresh connection, asyncio and httptools beneath httpx's types.

Dials only checked addresses, decompresses nothing, and stops reading at a cap: a hostile answer costs its cap and no more. The
deadline is the caller's.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any, Final, cast

import httptools
import httpx

from federation.dial import Dialler, tls_context
from federation.errors import Unreachable
from federation.gate import MAX_BODY_BYTES
from federation.identifiers import DEFAULT_PORTS, Origin
from federation.resolving import Resolver, system_resolver
from federation.safe_url import EgressPolicy

CONNECT_SECONDS: Final = 4.0
MAX_CONNECTIONS: Final = 32
MAX_HEAD_BYTES, MAX_HEADERS = 32 * 1024, 128
MAX_INFORMATIONAL: Final = 5
#: One more than is read as a document, so that whoever reads it sees that it is too long.
MAX_ANSWER_BYTES: Final = MAX_BODY_BYTES + 1


class _Exchange(asyncio.Protocol):
    """One socket, one answer. httptools calls the on_* methods."""

    def __init__(self) -> None:
        self._parser: Any = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._head = self._informational = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()
        self._in_body = False
        self.answer: asyncio.Future[httpx.Response] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def ask(self, request: bytes) -> None:
        """Send the request."""
        if self._transport is not None:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail("not HTTP")
        if not self._in_body:
            self._head += len(data)
            if self._head > MAX_HEAD_BYTES:
                self._fail("too long a head")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))
        if len(self._headers) > MAX_HEADERS:
            self._fail("too long a head")

    def on_headers_complete(self) -> None:
        if self._parser.get_status_code() >= 200:
            self._in_body = True
            return
        self._headers.clear()
        self._informational += 1
        if self._informational > MAX_INFORMATIONAL or self._parser.get_status_code() == 101:
            self._fail("too many informational answers")

    def on_body(self, body: bytes) -> None:
        self._body += body[: MAX_ANSWER_BYTES - len(self._body)]
        if len(self._body) >= MAX_ANSWER_BYTES:
            self._finish()

    def on_message_complete(self) -> None:
        if self._in_body:
            self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        # Without a length the body ends with the connection (RFC 9112, section 6.3).
        names = {name.lower() for name, _ in self._headers}
        if self._in_body and exc is None and not names & {b"content-length", b"transfer-encoding"}:
            self._finish()
        self._fail("the connection was closed")
        # Both point back to this: thousands of them would wait for the garbage collector.
        self._transport = self._parser = None

    def _finish(self) -> None:
        if not self.answer.done():
            status, body = self._parser.get_status_code(), bytes(self._body)
            self.answer.set_result(httpx.Response(status, headers=self._headers, stream=_Whole(body)))
        self.close()

    def _fail(self, reason: str) -> None:
        if not self.answer.done():
            self.answer.set_exception(Unreachable(reason))
        self.close()

    def close(self) -> None:
        """Close at once."""
        self.answer.cancel()
        if self._transport is not None:
            self._transport.abort()


class _Whole(httpx.AsyncByteStream):
    """A body that was read already, as it came: given as content, httpx would decompress it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


class CheckedTransport(httpx.AsyncBaseTransport):
    """Dials nothing but what the policy allows, a fresh connection for each request: thousands of hosts are each asked once."""

    def __init__(self, policy: EgressPolicy, ca_file: str | None = None, resolver: Resolver = system_resolver) -> None:
        self._context: ssl.SSLContext = tls_context(ca_file)
        self._dialler = Dialler(policy, resolver)
        self._slots = asyncio.Semaphore(MAX_CONNECTIONS)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request without a body; its headers must hold Host. Raises Unreachable, UnsafeUrl or Malformed."""
        url = request.url
        scheme, host = url.raw_scheme.decode(), url.raw_host.decode()
        origin = Origin(scheme, f"[{host}]" if ":" in host else host, url.port or DEFAULT_PORTS[scheme])
        lines = [b"%s %s HTTP/1.1" % (request.method.encode(), url.raw_path)]
        lines += [name + b": " + value for name, value in request.headers.raw]
        async with self._slots:
            exchange = await self._dialler.connect(origin, _Exchange, self._context, CONNECT_SECONDS)
            try:
                exchange.ask(b"\r\n".join([*lines, b"Connection: close", b"", b""]))
                return await exchange.answer
            finally:
                exchange.close()
