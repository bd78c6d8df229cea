"""Looking names up: many at once, and only few at once of those that may not answer."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Final

from federation.errors import Unreachable

Resolver = Callable[[str, int], Awaitable[list[str]]]

RESOLVE_SECONDS: Final = 4.0
#: Under way at once. Each holds a thread for as long as the system's resolver tries, also when nobody waits any more.
LOOKUPS: Final = 112
#: Beside them, for names of hosts that failed last time: those whose own servers are gone hold up nobody else.
DOUBTFUL_LOOKUPS: Final = 16
#: libuv looks names up in half of its threads (`slow_work_thread_threshold` in its src/threadpool.c): in two, unless it is told.
#: glibc gives a server five seconds, twice; we give it four in all.
SETTINGS: Final = {
    "UV_THREADPOOL_SIZE": str(2 * (LOOKUPS + DOUBTFUL_LOOKUPS)),
    "RES_OPTIONS": "timeout:2 attempts:2",
}


def prepare(environ: MutableMapping[str, str]) -> None:
    """Let this process, and those it starts, look up many names at once. To be called before anything was looked up.

    What whoever runs it has set stays.
    """
    for name, value in SETTINGS.items():
        environ.setdefault(name, value)


async def system_resolver(host: str, port: int) -> list[str]:
    """Every address that the system knows for a name. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Lookups:
    """A resolver with so many places, and others for names that are doubtful."""

    def __init__(
        self, resolver: Resolver = system_resolver, most: int = LOOKUPS, doubtful: int = DOUBTFUL_LOOKUPS
    ) -> None:
        self._resolver = resolver
        self._places = {False: asyncio.Semaphore(most), True: asyncio.Semaphore(doubtful)}

    async def look_up(self, host: str, port: int, *, doubtful: bool = False) -> list[str]:
        """The addresses of a name. Waiting for a place is not the name's fault and is not counted. Raises Unreachable."""
        place = self._places[doubtful]
        await place.acquire()
        looking = asyncio.ensure_future(self._resolver(host, port))
        looking.add_done_callback(lambda ended: _leave(ended, place))
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                return await asyncio.shield(looking)
        except (OSError, UnicodeError, TimeoutError):
            raise Unreachable("the name has no address now") from None


def _leave(ended: asyncio.Future[list[str]], place: asyncio.Semaphore) -> None:
    """The place is free when its thread is, which may be after everybody went away."""
    place.release()
    if not ended.cancelled():
        ended.exception()
