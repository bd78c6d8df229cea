"""One sender process: what it was given and has not answered yet, whether it lives, and whether it is stuck."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final

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
from federation.fetching import Got, Wanted
from federation.keys import KeyPair
from server.base.log import event
from server.features.delivery.model import Key, Letter, News, Outcome
from server.sender import FRAME, MAX_FRAME_BYTES, read_frame

STOP_SECONDS: Final = 1.0
#: Below a lease, above the wire's own deadline for two knocks.
BATCH_SECONDS: Final = 50.0
#: A sender keeps the time itself; who says nothing for so much longer may be stuck.
FETCH_SLACK_SECONDS: Final = 2.0
#: Who said nothing at all in a time in which it ends everything by itself has so much longer: a whole machine may have stood still.
STUCK_SECONDS: Final = 10.0
#: Whoever asks is named by the key alone.
UNNUMBERED: Final = 0
FAILURES: Final[dict[str, type[FederationError]]] = {
    failure.__name__: failure
    for failure in (Gone, Malformed, NotFound, Refused, TooLarge, Unreachable, UnsafeUrl, WrongDocument)
}


class SenderProcess:
    """One sender, and the batches and fetches it has in hand."""

    def __init__(
        self, process: asyncio.subprocess.Process, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    ) -> None:
        self.process = process
        self._reader, self._writer = streams
        self._waiting: dict[int, asyncio.Queue[News | None]] = {}
        self._asking: dict[int, asyncio.Future[list[Any] | None]] = {}
        self._numbers = 0
        self._listener = asyncio.create_task(self._listen())
        self._heard = 0
        self._doubt: asyncio.TimerHandle | None = None
        self.alive = True

    @classmethod
    async def start(cls, config: dict[str, Any]) -> SenderProcess:
        """Start one that may dial what the configuration says. Raises OSError."""
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "server.sender", str(theirs.fileno()), pass_fds=[theirs.fileno()]
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        streams = await asyncio.open_connection(sock=ours, limit=MAX_FRAME_BYTES)
        data = msgspec.msgpack.encode(config)
        streams[1].write(FRAME.pack(len(data)) + data)
        return cls(process, streams)

    @property
    def busy(self) -> bool:
        """Whether it has anything in hand."""
        return bool(self._waiting or self._asking)

    @property
    def doubtful(self) -> bool:
        """Whether it may be stuck."""
        return self._doubt is not None

    async def send(
        self, letters: Sequence[Letter], bodies: dict[int, str], keys: Sequence[Key]
    ) -> AsyncGenerator[News, None]:
        """Send some letters; if it dies or is stuck some get no outcome."""
        self._numbers += 1
        number, missing, heard = self._numbers, len(letters), self._heard
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
        except ConnectionError:
            return
        except TimeoutError:
            self._unanswered(heard)
            return
        finally:
            self._waiting.pop(number, None)

    async def fetch(self, wanted: Wanted, key: KeyPair | None) -> Got | None:
        """Fetch something; None if it died over it. Raises FetchFailed, UnsafeUrl or Malformed."""
        self._numbers += 1
        number, heard = self._numbers, self._heard
        answer = self._asking[number] = asyncio.get_running_loop().create_future()
        told = None if key is None else Key(UNNUMBERED, key.key_id, key.private_pem())
        data = msgspec.msgpack.encode([number, wanted, told])
        try:
            self._writer.write(FRAME.pack(len(data)) + data)
            async with asyncio.timeout(wanted.seconds + FETCH_SLACK_SECONDS):
                said = await answer
        except TimeoutError:
            self._unanswered(heard)
            raise Unreachable("no answer in time") from None
        finally:
            del self._asking[number]
        if said is None:
            return None
        got, failure, message = said
        if got is None:
            raise FAILURES.get(failure, Unreachable)(message)
        return msgspec.convert(got, Got)

    def _unanswered(self, heard: int) -> None:
        """Its time is over. It may be stuck if nothing came since it was asked, about whatever."""
        if heard == self._heard and self._doubt is None and self.alive:
            self._doubt = asyncio.get_running_loop().call_later(STUCK_SECONDS, self._give_up)

    def _give_up(self) -> None:
        event("sender_stuck")
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()

    def _well(self) -> None:
        if self._doubt is not None:
            self._doubt.cancel()
            self._doubt = None

    async def _listen(self) -> None:
        try:
            while (frame := await read_frame(self._reader)) is not None:
                self._heard += 1
                self._well()
                number, *said = msgspec.msgpack.decode(frame)
                asking, waiting = self._asking.get(number), self._waiting.get(number)
                if asking is not None and not asking.done():
                    asking.set_result(said)
                elif waiting is not None:
                    outcomes, slow = said
                    waiting.put_nowait(News([msgspec.convert(one, Outcome) for one in outcomes], slow))
        finally:
            self.alive = False
            self._well()
            for waiting in self._waiting.values():
                waiting.put_nowait(None)
            for asking in self._asking.values():
                if not asking.done():
                    asking.set_result(None)

    async def stop(self) -> None:
        """End it; what it has in hand gets no answer."""
        self._writer.close()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
        await self._listener
