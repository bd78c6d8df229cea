"""Somebody who asks a lot: requests over a few kept connections, asyncio and httptools, nothing else."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import cast

import httptools
import uvloop

#: What stands for an answer that never came, because the connection broke.
BROKEN = 0


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many in a hundred do not exceed; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


@dataclass
class Poured:
    """What came of it: how often which status (BROKEN for none), and in how many seconds."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    #: Numbers of the requests that were answered 2xx, in the order of the answers.
    good: list[int] = field(default_factory=list)
    #: Seconds that each answer took.
    latencies: list[float] = field(default_factory=list)

    @property
    def p99(self) -> float:
        return percentile(self.latencies, 99)

    @property
    def rate(self) -> float:
        return len(self.good) / self.seconds if self.seconds else 0.0


class _Client(asyncio.Protocol):
    """One connection that asks the next thing as soon as the last is answered. httptools calls the on_* methods."""

    def __init__(self, requests: Iterator[tuple[int, bytes]], poured: Poured, until: float) -> None:
        self._requests, self._poured, self._until = requests, poured, until
        self._number = -1
        self.done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def _next(self) -> None:
        self._number, data = next(self._requests, (-1, b""))
        if not data or time.monotonic() > self._until:
            self._number = -1
            self._finish(more=False)
            return
        self._parser = httptools.HttpResponseParser(self)
        self._asked = time.perf_counter()
        self._transport.write(data)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        self._poured.statuses[status] += 1
        self._poured.latencies.append(time.perf_counter() - self._asked)
        if 200 <= status < 300:
            self._poured.good.append(self._number)
        self._number = -1
        if self._parser.should_keep_alive():
            self._next()
        else:
            self._finish(more=True)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it
        if self._number >= 0:
            self._poured.statuses[BROKEN] += 1
        self._finish(more=False)

    def _finish(self, *, more: bool) -> None:
        self._transport.close()
        if not self.done.done():
            self.done.set_result(more)


async def _one(port: int, requests: Iterator[tuple[int, bytes]], poured: Poured, until: float) -> None:
    loop = asyncio.get_running_loop()
    more = True
    while more:
        try:
            _, client = await loop.create_connection(lambda: _Client(requests, poured, until), "127.0.0.1", port)
        except OSError:
            return
        more = await client.done


async def pour_async(port: int, requests: Iterable[bytes], *, at_once: int, seconds: float = 600.0) -> Poured:
    """Send requests to this port of loopback, so many at a time, until they or the seconds are used up."""
    poured = Poured()
    each = enumerate(requests)
    start = time.monotonic()
    await asyncio.gather(*(_one(port, each, poured, start + seconds) for _ in range(at_once)))
    poured.seconds = time.monotonic() - start
    return poured


def pour(port: int, requests: Iterable[bytes], *, at_once: int, seconds: float = 600.0) -> Poured:
    """As pour_async, in a loop of its own."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(pour_async(port, requests, at_once=at_once, seconds=seconds))


def again(data: bytes) -> Iterator[bytes]:
    """The same request without end."""
    return repeat(data)
