"""Looking names up: many at once; somebody waited for never behind them, and only few of those that may not answer."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from enum import IntEnum
from typing import Final

from federation.errors import Unreachable

Resolver = Callable[[str, int], Awaitable[list[str]]]

RESOLVE_SECONDS: Final = 4.0


class Turn(IntEnum):
    """Whose places a name is looked up in."""

    FIRST = 0
    USUAL = 1
    DOUBTFUL = 2
    ASKING = 3


#: Of each process at most, and of all together where there is one for each core: systems count threads, and a process that may not
#: have them ends (`init_threads` in libuv's src/threadpool.c).
MOST_THREADS, THREADS_IN_ALL, FEWEST_THREADS = 256, 768, 24
#: Of a machine with many cores, where each of many processes has few.
FEWEST_FIRST, FEWEST_ASKING = 2, 4


def threads_for(cores: int) -> int:
    """How many threads each process may have on a machine with so many cores."""
    return max(FEWEST_THREADS, min(MOST_THREADS, THREADS_IN_ALL // (cores + 1)))


def places_for(threads: int) -> Mapping[Turn, int]:
    """How many names are looked up at once: each holds a thread for as long as the system tries, also when nobody waits any more.

    FIRST is for what one person waits for; DOUBTFUL for hosts that failed last time, ASKING for strangers' documents: they hold up nobody else.
    """
    lookups = threads // 2
    first, asking = max(FEWEST_FIRST, lookups // 8), max(FEWEST_ASKING, lookups // 8)
    doubtful = lookups // 6
    usual = lookups - first - asking - doubtful
    return {Turn.FIRST: first, Turn.USUAL: usual, Turn.DOUBTFUL: doubtful, Turn.ASKING: asking}


THREADS: Final = threads_for(os.cpu_count() or 1)
PLACES: Final = places_for(THREADS)
#: libuv looks names up in half of its threads (`slow_work_thread_threshold` in its src/threadpool.c): in two, unless it is told.
#: glibc gives a server five seconds, twice; we give it four in all.
SETTINGS: Final = {
    "UV_THREADPOOL_SIZE": str(THREADS),
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
    """A resolver with so many places for each kind of names."""

    def __init__(self, resolver: Resolver = system_resolver, places: Mapping[Turn, int] = PLACES) -> None:
        self._resolver = resolver
        self._places = {turn: asyncio.Semaphore(count) for turn, count in places.items()}

    async def look_up(self, host: str, port: int, turn: Turn = Turn.USUAL) -> list[str]:
        """The addresses of a name. Waiting for a place is not the name's fault and is not counted here. Raises Unreachable."""
        place = self._places[turn]
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
