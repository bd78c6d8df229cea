"""Fetching documents from others, over the transport of fetching.py or one that a test brings.

httpx bounds neither decompression nor the total time, so: streamed raw bytes, no content encoding, a byte cap while reading, one
deadline round everything, every hop of a redirect checked and signed anew, no cookies, nothing from the environment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urljoin

import httpx

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

TOTAL_SECONDS: Final = 10.0
MAX_REDIRECTS: Final = 3
#: Who asks for what needs no name: the software, not the campaign.
NAMELESS: Final = "Callout"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_JSON_TYPES: Final = frozenset({"application/jrd+json", "application/json"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document and the URL it really came from."""

    url: str
    document: Document


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

    async def get_text(self, url: str, accept: str, types: Collection[str]) -> tuple[str, bytes]:
        """The bytes of a text of one of these types and the URL they came from. The GET says nothing of who asks.

        Raises FetchFailed, UnsafeUrl or Malformed.
        """
        final, content_type, body = await self._get(
            without_fragment(url), accept, signed=False, seconds=TOTAL_SECONDS, agent=NAMELESS
        )
        if (content_type or "").partition(";")[0].strip().lower() not in types:
            raise WrongDocument("another kind of text than was asked for")
        return final, body

    async def _get(
        self, url: str, accept: str, *, signed: bool, seconds: float, agent: str | None = None
    ) -> tuple[str, str | None, bytes]:
        try:
            async with asyncio.timeout(seconds):
                for _ in range(MAX_REDIRECTS + 1):
                    status, headers, body = await self._once(url, accept, signed=signed, agent=agent)
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

    async def _once(
        self, url: str, accept: str, *, signed: bool, agent: str | None
    ) -> tuple[int, httpx.Headers, bytes]:
        check_url(url, self._policy)
        headers = {"User-Agent": agent or self._user_agent, "Accept": accept, "Accept-Encoding": "identity"}
        if signed and self._signer is not None:
            headers |= sign_cavage(self._signer(), "GET", url, None, self._clock())
        else:
            headers["Host"] = origin_of(url).authority
        request = httpx.Request("GET", url, headers=headers)
        try:
            response = await self._transport.handle_async_request(request)
            try:
                return response.status_code, response.headers, await _bounded(response)
            finally:
                await response.aclose()
        except (httpx.HTTPError, OSError, ValueError):
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
