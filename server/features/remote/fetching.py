"""What may be fetched at once: so many in all, so many a host, each thing once for all who want it at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final, TypeVar, cast

from federation.client import FetchClient
from federation.errors import KeyUnavailable, UnsafeUrl
from federation.gate import Document
from federation.identifiers import origin_of
from server.base.addresses import Addresses
from server.features.safety.service import Safety

#: Fetches under way, of one host, and those that wait for their turn.
FETCHES_AT_ONCE, FETCHES_A_HOST, WAITING = 32, 2, 384
#: Who waits for what is fetched: fewer than the inbox takes at once, so that those we know always find room.
ASKING: Final = 384
TEXT_SECONDS: Final = 10.0

T = TypeVar("T")


class Fetches:
    """Fetching within bounds. Nothing of ours and nothing of blocked servers is fetched, nor where they redirect to."""

    def __init__(self, client: FetchClient, safety: Safety, addresses: Addresses) -> None:
        self._client = client
        self._safety = safety
        self._addresses = addresses
        self._slots = asyncio.Semaphore(FETCHES_AT_ONCE)
        self._waiting = self._asking = 0
        self._hosts: dict[str, int] = {}
        self._flights: dict[str, asyncio.Future[Any]] = {}

    async def document(self, url: str, seconds: float = 10.0) -> tuple[str, Document]:
        """One document and the URL it came from. Raises FederationError, KeyUnavailable when too many wait."""

        async def get() -> tuple[str, Document]:
            fetched = await self._client.get_document(url, seconds)
            return fetched.url, fetched.document

        return await self._bounded(url, seconds, get)

    async def text(self, url: str, accept: str, types: Collection[str]) -> tuple[str, bytes]:
        """One text and the URL it came from, asked for without a name. Raises FederationError."""
        return await self._bounded(url, TEXT_SECONDS, lambda: self._client.get_text(url, accept, types))

    async def _bounded(self, url: str, seconds: float, get: Callable[[], Awaitable[tuple[str, T]]]) -> tuple[str, T]:
        if self._addresses.is_local(url) or self._safety.refuses(url):
            raise UnsafeUrl("not fetched")
        host = origin_of(url).authority
        if self._waiting >= WAITING or self._hosts.get(host, 0) >= FETCHES_A_HOST + WAITING // 10:
            raise KeyUnavailable("too many fetches wait")
        self._waiting += 1
        self._hosts[host] = self._hosts.get(host, 0) + 1
        try:
            if self._slots.locked():
                async with asyncio.timeout(seconds), self._slots:
                    final, found = await get()
            else:
                async with self._slots:
                    final, found = await get()
        except TimeoutError:
            raise KeyUnavailable("no turn in time") from None
        finally:
            self._waiting -= 1
            self._hosts[host] -= 1
            if not self._hosts[host]:
                del self._hosts[host]
        if self._addresses.is_local(final) or self._safety.refuses(final):
            raise UnsafeUrl("redirected to where nothing is fetched")
        return final, found

    async def single(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do the same thing once for all who want it at the same time. Raises KeyUnavailable when too many want something."""
        if self._asking >= ASKING:
            raise KeyUnavailable("too many wait for what is fetched")
        flight = self._flights.get(name)
        if flight is None:
            flight = asyncio.ensure_future(work())
            self._flights[name] = flight
            flight.add_done_callback(lambda _: self._flights.pop(name, None))
        self._asking += 1
        try:
            return cast("T", await asyncio.shield(flight))
        finally:
            self._asking -= 1
