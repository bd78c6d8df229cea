"""Fetching: signed or unsigned GETs within bounds. Every hop of a redirect is checked and signed anew, one deadline is round everything.

No content encoding, no cookies, nothing from the environment, a cap on what is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urljoin

from federation.errors import Gone, NotFound, Refused, Unreachable, UnsafeUrl, WrongDocument
from federation.exchange import Answer
from federation.gate import MAX_BODY_BYTES
from federation.identifiers import origin_of, without_fragment
from federation.keys import KeyPair
from federation.safe_url import EgressPolicy, check_url
from federation.signatures import sign_cavage

TOTAL_SECONDS: Final = 10.0
MAX_REDIRECTS: Final = 3
MAX_AT_ONCE: Final = 32
#: Who asks for what needs no name: the software, not the campaign.
NAMELESS: Final = "Callout"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

#: One GET of one address with complete header lines (without Host), which are made once there is a connection.
Hop = Callable[[str, Callable[[], str]], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to ask for, as which types, within how many seconds, and whether with the campaign's name."""

    url: str
    accept: str
    seconds: float = TOTAL_SECONDS
    named: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """What came, from which address in the end, and as which type."""

    url: str
    content_type: str | None
    body: bytes


#: Fetches something, signed if there is a key. Raises FetchFailed, UnsafeUrl or Malformed.
Fetch = Callable[[Wanted, KeyPair | None], Awaitable[Got]]


class Fetcher:
    """Fetches over `hop`, so many at once."""

    def __init__(self, policy: EgressPolicy, hop: Hop, *, user_agent: str, clock: Callable[[], datetime]) -> None:
        self._policy = policy
        self._hop = hop
        self._user_agent = user_agent
        self._clock = clock
        self._slots = asyncio.Semaphore(MAX_AT_ONCE)

    async def fetch(self, wanted: Wanted, key: KeyPair | None) -> Got:
        """Follow redirects to a 200. Raises FetchFailed, UnsafeUrl or Malformed."""
        url = wanted.url
        try:
            async with asyncio.timeout(wanted.seconds):
                for _ in range(MAX_REDIRECTS + 1):
                    answer = await self._once(url, wanted, key)
                    if answer.status not in _REDIRECTS:
                        _judge(answer)
                        return Got(url=url, content_type=answer.headers.get("content-type"), body=answer.body)
                    url = self._redirected(url, answer.headers.get("location"))
        except TimeoutError:
            raise Unreachable("no answer in time") from None
        raise WrongDocument("too many redirects")

    async def _once(self, url: str, wanted: Wanted, key: KeyPair | None) -> Answer:
        check_url(url, self._policy)

        def headers() -> str:
            agent = self._user_agent if wanted.named else NAMELESS
            lines = f"User-Agent: {agent}\r\nAccept: {wanted.accept}\r\nAccept-Encoding: identity\r\n"
            if key is None:
                return lines
            signed = sign_cavage(key, "GET", url, None, self._clock())
            return lines + "".join(f"{name}: {value}\r\n" for name, value in signed.items() if name != "Host")

        async with self._slots:
            return await self._hop(url, headers)

    def _redirected(self, url: str, location: str | None) -> str:
        try:
            target = without_fragment(urljoin(url, location or ""))
        except ValueError:
            raise WrongDocument("redirected to nowhere") from None
        origin = check_url(target, self._policy)
        if origin.scheme == "http" and origin_of(url).scheme == "https":
            raise UnsafeUrl("redirected to http")
        return target


def _judge(answer: Answer) -> None:
    """Raise for every status but 200, and for a body that cannot be read as it is."""
    status = answer.status
    if status != 200:
        raise {404: NotFound, 410: Gone, 401: Refused, 403: Refused}.get(
            status, Unreachable if status == 429 or status >= 500 else WrongDocument
        )(f"answered {status}")
    if answer.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
        raise WrongDocument("encoded, though that was not asked for")
    if len(answer.body) > MAX_BODY_BYTES:
        raise WrongDocument("too many bytes")
