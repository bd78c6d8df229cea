"""Fetching documents from others. The only file, beside wire.py, that talks HTTP to the world.

httpx bounds neither decompression nor the total time, so: streamed raw bytes, no content encoding, a byte cap while reading, one
deadline round everything, every hop of a redirect checked and signed anew, no cookies, nothing from the environment.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import urljoin

import httpcore
import httpx

from federation.dial import Dialler, Resolver, system_resolver, tls_context
from federation.errors import (
    Gone,
    NotFound,
    Refused,
    Unreachable,
    UnsafeUrl,
    WrongDocument,
)
from federation.gate import MAX_BODY_BYTES, Document, read_json
from federation.identifiers import origin_of, without_fragment
from federation.keys import KeyPair
from federation.negotiation import ACCEPT, is_activitypub
from federation.safe_url import EgressPolicy, check_url
from federation.signatures import sign_cavage

CONNECT_SECONDS, TOTAL_SECONDS = 4.0, 10.0
MAX_REDIRECTS: Final = 3
MAX_CONNECTIONS: Final = 32
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_FAILURES: Final = (httpcore.ProtocolError, httpcore.NetworkError, httpcore.TimeoutException)
_JSON_TYPES: Final = frozenset({"application/jrd+json", "application/json"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document and the URL it really came from."""

    url: str
    document: Document


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Dials only addresses that the policy allows; the name stays in SNI and Host, since httpcore keeps them."""

    def __init__(self, dialler: Dialler) -> None:
        self._dialler = dialler
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        error: Exception = httpcore.ConnectError("no address")
        for address in await self._dialler.addresses(host, port):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                error = failed
        raise error

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class CheckedTransport(httpx.AsyncBaseTransport):
    """Dials nothing but what the policy allows, a fresh connection for each request.

    httpcore's connections without its pool: thousands of hosts are each asked once, and the pool looks through all it knows each time.
    """

    def __init__(self, policy: EgressPolicy, ca_file: str | None = None, resolver: Resolver = system_resolver) -> None:
        self._context = tls_context(ca_file)
        self._backend = _CheckedBackend(Dialler(policy, resolver))
        self._slots = asyncio.Semaphore(MAX_CONNECTIONS)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. Raises what httpcore raises."""
        await self._slots.acquire()
        connection: httpcore.AsyncHTTPConnection | None = None
        try:
            url = httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            )
            connection = httpcore.AsyncHTTPConnection(url.origin, self._context, network_backend=self._backend)
            asked = httpcore.Request(
                request.method, url, headers=request.headers.raw, content=b"", extensions=request.extensions
            )
            answer = await connection.handle_async_request(asked)
        except BaseException:
            await self._end(connection)
            raise
        stream = _Stream(answer.stream, partial(self._end, connection))  # type: ignore[arg-type] # it is an async one
        return httpx.Response(answer.status, headers=answer.headers, stream=stream)

    async def _end(self, connection: httpcore.AsyncHTTPConnection | None) -> None:
        self._slots.release()
        if connection is not None:
            await connection.aclose()


class _Stream(httpx.AsyncByteStream):
    """The body of an answer; its connection ends with it."""

    def __init__(self, inner: AsyncIterable[bytes], end: Callable[[], Awaitable[None]]) -> None:
        self._inner = inner
        self._end = end

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            yield chunk

    async def aclose(self) -> None:
        await self._end()


class FetchClient:
    """Signed and unsigned GETs. `signer` gives the key of the instance actor; requests are unsigned without one."""

    def __init__(
        self,
        policy: EgressPolicy,
        transport: httpx.AsyncBaseTransport,
        *,
        user_agent: str,
        clock: Callable[[], datetime],
        signer: Callable[[], KeyPair] | None = None,
    ) -> None:
        self._policy = policy
        self._transport = transport
        self._user_agent = user_agent
        self._clock = clock
        self._signer = signer

    async def get_document(self, url: str, seconds: float = TOTAL_SECONDS) -> Fetched:
        """An ActivityPub document, signed for. Raises FetchFailed, UnsafeUrl or Malformed."""
        final, content_type, body = await self._get(without_fragment(url), ACCEPT, signed=True, seconds=seconds)
        if not is_activitypub(content_type):
            raise WrongDocument("not ActivityPub")
        return Fetched(url=final, document=read_json(body))

    async def get_json(self, url: str, accept: str) -> Document:
        """A JSON document such as WebFinger's, unsigned. Raises FetchFailed, UnsafeUrl or Malformed."""
        _, content_type, body = await self._get(url, accept, signed=False, seconds=TOTAL_SECONDS)
        if (content_type or "").partition(";")[0].strip().lower() not in _JSON_TYPES:
            raise WrongDocument("not JSON")
        return read_json(body)

    async def _get(self, url: str, accept: str, *, signed: bool, seconds: float) -> tuple[str, str | None, bytes]:
        try:
            async with asyncio.timeout(seconds):
                for _ in range(MAX_REDIRECTS + 1):
                    status, headers, body = await self._once(url, accept, signed=signed)
                    if status not in _REDIRECTS:
                        _judge(status)
                        return url, headers.get("content-type"), body
                    url = self._redirected(url, headers.get("location"))
        except TimeoutError:
            raise Unreachable("no answer in time") from None
        raise WrongDocument("too many redirects")

    def _redirected(self, url: str, location: str | None) -> str:
        try:
            target = without_fragment(urljoin(url, location or ""))
        except ValueError:
            raise WrongDocument("redirected to nowhere") from None
        origin = check_url(target, self._policy)
        if origin.scheme == "http" and origin_of(url).scheme == "https":
            raise UnsafeUrl("redirected to http")
        return target

    async def _once(self, url: str, accept: str, *, signed: bool) -> tuple[int, httpx.Headers, bytes]:
        check_url(url, self._policy)
        headers = {"User-Agent": self._user_agent, "Accept": accept, "Accept-Encoding": "identity"}
        if signed and self._signer is not None:
            headers |= sign_cavage(self._signer(), "GET", url, None, self._clock())
        else:
            headers["Host"] = origin_of(url).authority
        request = httpx.Request("GET", url, headers=headers)
        request.extensions = {"timeout": {"connect": CONNECT_SECONDS, "read": None, "write": None, "pool": None}}
        try:
            response = await self._transport.handle_async_request(request)
            try:
                return response.status_code, response.headers, await _bounded(response)
            finally:
                await response.aclose()
        except (httpx.HTTPError, *_FAILURES, OSError, ValueError):
            raise Unreachable("no usable answer") from None

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()


async def _bounded(response: httpx.Response) -> bytes:
    if response.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
        raise WrongDocument("encoded, though that was not asked for")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise WrongDocument("too many bytes")
    return bytes(body)


def _judge(status: int) -> None:
    """Raise for every status but 200."""
    if status == 200:
        return
    raise {404: NotFound, 410: Gone, 401: Refused, 403: Refused}.get(
        status, Unreachable if status == 429 or status >= 500 else WrongDocument
    )(f"answered {status}")
