"""A few sender processes: started at the first letter or a rush of strangers, replaced when they die, stopped when idle."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections import defaultdict
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import aclosing
from functools import lru_cache
from typing import Any, Final
from zlib import crc32

import msgspec

from federation.errors import (
    FederationError,
    Gone,
    Malformed,
    NotFound,
    Refused,
    TooLarge,
    Unreachable,
    UnsafeUrl,
    WrongDocument,
)
from federation.fetching import Fetch, Got, Wanted
from federation.keys import KeyPair
from server.base.log import event
from server.features.delivery.model import Key, Letter, News, Outcome
from server.sender import FRAME, MAX_FRAME_BYTES, openable_files, read_frame, working_files

IDLE_SECONDS: Final = 60.0
STOP_SECONDS: Final = 1.0
#: Below a lease, above the wire's own deadline for two knocks.
BATCH_SECONDS: Final = 50.0
#: A sender keeps the time itself; who says nothing for so much longer is stuck.
FETCH_SLACK_SECONDS: Final = 2.0
OUTCOME_PARTS: Final = 2
#: So many fetches at once by the server itself are a rush of strangers.
RUSH: Final = 8
#: Writing a private key out costs as much as a signature with it.
KEYS_KEPT: Final = 4
FAILURES: Final[dict[str, type[FederationError]]] = {
    failure.__name__: failure
    for failure in (Gone, Malformed, NotFound, Refused, TooLarge, Unreachable, UnsafeUrl, WrongDocument)
}


class _Process:
    """One sender and the batches it has in hand."""

    def __init__(
        self, process: asyncio.subprocess.Process, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    ) -> None:
        self.process = process
        self._reader, self._writer = streams
        self._waiting: dict[int, asyncio.Queue[News | None]] = {}
        self._asking: dict[int, asyncio.Future[list[Any] | None]] = {}
        self._numbers = 0
        self._listener = asyncio.create_task(self._listen())
        self.alive = True

    @classmethod
    async def start(cls, config: dict[str, Any]) -> _Process:
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "server.sender", str(theirs.fileno()), pass_fds=[theirs.fileno()]
            )
        finally:
            theirs.close()
        streams = await asyncio.open_connection(sock=ours, limit=MAX_FRAME_BYTES)
        data = msgspec.msgpack.encode(config)
        streams[1].write(FRAME.pack(len(data)) + data)
        return cls(process, streams)

    @property
    def busy(self) -> bool:
        return bool(self._waiting or self._asking)

    async def send(
        self, letters: Sequence[Letter], bodies: dict[int, str], keys: Sequence[Key]
    ) -> AsyncGenerator[News, None]:
        self._numbers += 1
        number, missing = self._numbers, len(letters)
        answers = self._waiting[number] = asyncio.Queue()
        data = msgspec.msgpack.encode([number, letters, bodies, keys])
        deadline = asyncio.get_running_loop().time() + BATCH_SECONDS
        try:
            async with asyncio.timeout_at(deadline):
                self._writer.write(FRAME.pack(len(data)) + data)
                await self._writer.drain()
            while missing:
                async with asyncio.timeout_at(deadline):
                    news = await answers.get()
                if news is None:
                    return
                missing -= len(news.outcomes)
                yield news
        except (ConnectionError, TimeoutError):
            return
        finally:
            self._waiting.pop(number, None)

    async def fetch(self, wanted: Wanted, key: Key | None) -> Got | None:
        self._numbers += 1
        number = self._numbers
        answer = self._asking[number] = asyncio.get_running_loop().create_future()
        data = msgspec.msgpack.encode([number, wanted, key])
        try:
            self._writer.write(FRAME.pack(len(data)) + data)
            async with asyncio.timeout(wanted.seconds + FETCH_SLACK_SECONDS):
                said = await answer
        except TimeoutError:
            raise Unreachable("no answer in time") from None
        finally:
            del self._asking[number]
        if said is None:
            return None
        got, failure, message = said
        if got is None:
            raise FAILURES.get(failure, Unreachable)(message)
        return msgspec.convert(got, Got)

    async def _listen(self) -> None:
        while (frame := await read_frame(self._reader)) is not None:
            number, *said = msgspec.msgpack.decode(frame)
            asking = self._asking.get(number)
            if asking is not None and not asking.done():
                asking.set_result(said)
            if len(said) != OUTCOME_PARTS:
                continue
            outcomes, slow = said
            waiting = self._waiting.get(number)
            if waiting is not None:
                waiting.put_nowait(News([msgspec.convert(one, Outcome) for one in outcomes], slow))
        self.alive = False
        for waiting in self._waiting.values():
            waiting.put_nowait(None)
        for asking in self._asking.values():
            if not asking.done():
                asking.set_result(None)

    async def stop(self) -> None:
        self._writer.close()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
        await self._listener


class SenderPool:
    """`size` processes with one egress configuration. A host is always written to by the same one, which keeps its connections."""

    def __init__(self, size: int, config: dict[str, Any]) -> None:
        self._size = size
        self._config = config
        self._room = working_files(openable_files())
        self._processes: list[_Process] = []
        self._starting = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._fetched_here = 0
        self._stopping = False

    @property
    def room(self) -> int:
        """How many letters may be under way at once, even if all are one process's."""
        return self._room

    async def send(
        self, letters: Sequence[Letter], bodies: dict[int, str], keys: Sequence[Key]
    ) -> AsyncGenerator[News, None]:
        """Send some letters; those that a dying process had in hand get no outcome and will be claimed again."""
        processes = await self._ready()
        parts: dict[int, list[Letter]] = defaultdict(list)
        for letter in letters:
            parts[crc32(host_in(letter.url)) % self._size].append(letter)
        try:
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
        processes = self._processes
        process = processes[crc32(host_in(wanted.url)) % self._size] if processes else None
        if process is not None and process.alive:
            try:
                got = await process.fetch(wanted, _told(key) if key else None)
            finally:
                self._rest()
            if got is not None:
                return got
        self._fetched_here += 1
        try:
            if self._fetched_here == RUSH and not self._stopping:
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

    async def _ready(self) -> list[_Process]:
        """All processes, each in its place; dead ones are replaced."""
        async with self._starting:
            dead = [process for process in self._processes if not process.alive]
            if dead:
                event("sender_died", count=len(dead))
            found: list[_Process] = []
            for place in range(self._size):
                kept = self._processes[place] if place < len(self._processes) else None
                found.append(kept if kept is not None and kept.alive else await _Process.start(self._config))
            self._processes = found
            for process in dead:
                await process.stop()
            return list(found)

    def _rest(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._stop_if_idle)

    def _stop_if_idle(self) -> None:
        if not any(process.busy for process in self._processes):
            self._later(self._stop_all())

    async def _stop_all(self) -> None:
        async with self._starting:
            processes, self._processes = self._processes, []
        await asyncio.gather(*(process.stop() for process in processes))

    async def stop(self) -> None:
        """End the processes; what they have in hand gets no outcome."""
        self._stopping = True
        await asyncio.gather(*self._tasks)
        if self._idle is not None:
            self._idle.cancel()
        await self._stop_all()


@lru_cache(maxsize=KEYS_KEPT)
def _told(pair: KeyPair) -> Key:
    return Key(0, pair.key_id, pair.private_pem())


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
