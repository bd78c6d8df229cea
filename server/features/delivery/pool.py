"""A few sender processes: started at the first letter, replaced when they die, stopped when idle."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Final

import msgspec

from server.base.log import event
from server.features.delivery.model import Key, Letter, Outcome
from server.sender import FRAME, MAX_FRAME_BYTES, read_frame

IDLE_SECONDS: Final = 60.0
STOP_SECONDS: Final = 1.0
#: Below a lease, above the wire's own deadline for two knocks.
BATCH_SECONDS: Final = 50.0


class _Process:
    """One sender and the batches it has in hand."""

    def __init__(
        self, process: asyncio.subprocess.Process, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    ) -> None:
        self.process = process
        self._reader, self._writer = streams
        self._waiting: dict[int, asyncio.Queue[list[Outcome]]] = {}
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
    def load(self) -> int:
        return len(self._waiting)

    async def send(
        self, letters: Sequence[Letter], bodies: dict[int, str], keys: Sequence[Key]
    ) -> AsyncGenerator[list[Outcome], None]:
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
                    outcomes = await answers.get()
                if not outcomes:
                    return
                missing -= len(outcomes)
                yield outcomes
        except (ConnectionError, TimeoutError):
            return
        finally:
            self._waiting.pop(number, None)

    async def _listen(self) -> None:
        while (frame := await read_frame(self._reader)) is not None:
            number, outcomes = msgspec.msgpack.decode(frame)
            waiting = self._waiting.get(number)
            if waiting is not None:
                waiting.put_nowait([msgspec.convert(one, Outcome) for one in outcomes])
        self.alive = False
        for waiting in self._waiting.values():
            waiting.put_nowait([])

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
    """`size` processes with one egress configuration; letters go to the least busy one."""

    def __init__(self, size: int, config: dict[str, Any]) -> None:
        self._size = size
        self._config = config
        self._processes: list[_Process] = []
        self._starting = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def send(
        self, letters: Sequence[Letter], bodies: dict[int, str], keys: Sequence[Key]
    ) -> AsyncGenerator[list[Outcome], None]:
        """Send some letters; those that a dying process had in hand get no outcome and will be claimed again."""
        process = await self._least_busy()
        try:
            async with aclosing(process.send(letters, bodies, keys)) as answers:
                async for outcomes in answers:
                    yield outcomes
        finally:
            self._rest()

    async def _least_busy(self) -> _Process:
        async with self._starting:
            dead = [process for process in self._processes if not process.alive]
            if dead:
                event("sender_died", count=len(dead))
            self._processes = [process for process in self._processes if process.alive]
            while len(self._processes) < self._size:
                self._processes.append(await _Process.start(self._config))
            for process in dead:
                await process.stop()
        return min(self._processes, key=lambda process: process.load)

    def _rest(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._stop_if_idle)

    def _stop_if_idle(self) -> None:
        if all(process.load == 0 for process in self._processes):
            task = asyncio.create_task(self._stop_all())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _stop_all(self) -> None:
        async with self._starting:
            processes, self._processes = self._processes, []
        await asyncio.gather(*(process.stop() for process in processes))

    async def stop(self) -> None:
        """End the processes; what they have in hand gets no outcome."""
        if self._idle is not None:
            self._idle.cancel()
        await self._stop_all()
