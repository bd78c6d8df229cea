"""A few sender processes: started at the first letter or a rush of strangers, replaced when they die, stopped when idle."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import aclosing
from typing import Any, Final
from zlib import crc32

from federation.fetching import Fetch, Got, Wanted
from federation.keys import KeyPair
from server.base.log import event
from server.features.delivery.model import Key, Letter, News
from server.features.delivery.process import SenderProcess
from server.sender import openable_files, working_files

IDLE_SECONDS: Final = 60.0
#: So many fetches at once by the server itself are a rush of strangers.
RUSH: Final = 8


class SenderPool:
    """`size` processes with one egress configuration. A host is always written to by the same one, which keeps its connections."""

    def __init__(self, size: int, config: dict[str, Any]) -> None:
        self._size = size
        self._config = config
        self._room = working_files(openable_files())
        self._processes: list[SenderProcess] = []
        self._starting = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._fetched_here = 0

    @property
    def room(self) -> int:
        """How many letters may be under way at once, even if all are one process's."""
        return self._room

    async def send(
        self, letters: Sequence[Letter], bodies: dict[int, str], keys: Sequence[Key]
    ) -> AsyncGenerator[News, None]:
        """Send some letters; those that a dying process had in hand get no outcome and will be claimed again."""
        parts: dict[int, list[Letter]] = defaultdict(list)
        for letter in letters:
            parts[crc32(host_in(letter.url)) % self._size].append(letter)
        try:
            processes = await self._ready()
            async with aclosing(
                merged([processes[n].send(part, bodies, keys) for n, part in parts.items()])
            ) as answers:
                async for news in answers:
                    yield news
        finally:
            self._rest()

    async def fetch(self, wanted: Wanted, key: KeyPair | None, here: Fetch) -> Got:
        """Fetch something in the process that writes to that host; `here` if none runs, or if it dies over it.

        Many at once start the processes: readers come with a rush of strangers. Raises FetchFailed, UnsafeUrl or Malformed.
        """
        place = crc32(host_in(wanted.url)) % self._size
        process = self._processes[place] if place < len(self._processes) else None
        if process is not None and process.alive and not process.doubtful:
            try:
                got = await process.fetch(wanted, key)
            finally:
                self._rest()
            if got is not None:
                return got
        self._fetched_here += 1
        try:
            if self._fetched_here == RUSH:
                self._later(self._called())
            return await here(wanted, key)
        finally:
            self._fetched_here -= 1

    async def _called(self) -> None:
        try:
            await self._ready()
        except OSError as error:
            event("senders_not_started", error=type(error).__name__)
        self._rest()

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ready(self) -> list[SenderProcess]:
        """All processes, each in its place; dead ones are replaced."""
        async with self._starting:
            dead = sum(not process.alive for process in self._processes)
            if dead:
                event("sender_died", count=dead)
            # One by one: if the next cannot be started, those that were are here to be stopped.
            for place in range(self._size):
                if place == len(self._processes):
                    self._processes.append(await SenderProcess.start(self._config))
                elif not self._processes[place].alive:
                    gone, self._processes[place] = self._processes[place], await SenderProcess.start(self._config)
                    await gone.stop()
            return list(self._processes)

    def _rest(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._stop_if_idle)

    def _stop_if_idle(self) -> None:
        self._later(self._stop_all(idle=True))

    async def _stop_all(self, *, idle: bool) -> None:
        async with self._starting:
            if idle and any(process.busy for process in self._processes):
                self._rest()
                return
            processes, self._processes = self._processes, []
        await asyncio.gather(*(process.stop() for process in processes))

    async def stop(self) -> None:
        """End the processes; what they have in hand gets no outcome."""
        await asyncio.gather(*self._tasks)
        if self._idle is not None:
            self._idle.cancel()
        await self._stop_all(idle=False)


def host_in(url: str) -> bytes:
    """What stands where the host does, whatever it is: the sender judges it."""
    return "".join(url.split("/", 3)[2:3]).encode()


async def merged(parts: Sequence[AsyncGenerator[News, None]]) -> AsyncGenerator[News, None]:
    """What several tell, as it comes; the slow ones are those of all together."""
    queue: asyncio.Queue[tuple[int, News] | None] = asyncio.Queue()
    slow = [0] * len(parts)

    async def listen(number: int, part: AsyncGenerator[News, None]) -> None:
        try:
            async with aclosing(part):
                async for news in part:
                    queue.put_nowait((number, news))
        finally:
            queue.put_nowait(None)

    tasks = [asyncio.create_task(listen(number, part)) for number, part in enumerate(parts)]
    try:
        left = len(parts)
        while left:
            heard = await queue.get()
            if heard is None:
                left -= 1
                continue
            number, news = heard
            slow[number] = news.slow
            yield News(news.outcomes, sum(slow))
        for task in tasks:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
