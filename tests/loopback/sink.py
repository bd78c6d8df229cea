"""The servers of a crowd in one thread: each takes what comes to its inbox, answers 202 and remembers it."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
import time
from collections import Counter
from typing import cast

import httptools
import msgspec
import uvloop

from tests.conftest import require
from tests.loopback.crowd import AP, Crowd, address
from tests.processes import free_port

BACKLOG = 32
#: Looks in a row, a hundredth of a second apart, that find no connection left before the loop ends.
CALM = 5
TAKEN = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
LATER = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
NOTHING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
FOUND = f"HTTP/1.1 200 OK\r\nContent-Type: {AP}\r\nContent-Length: ".encode()


class _Said(msgspec.Struct):
    id: str
    type: str


class _Connection(asyncio.Protocol):
    """One sender. httptools calls the on_* methods."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._parser = httptools.HttpRequestParser(self)
        self._body: list[bytes] = []
        self._host = self._path = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._sink.connections.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it
        self._sink.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._path = url.decode()

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"host":
            self._host = value.decode()

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        body, self._body = b"".join(self._body), []
        if self._parser.get_method() == b"POST":
            self._sink.take(self._host, body)
            self._answer(LATER if self._host in self._sink.failing else TAKEN)
        elif self._path == "/users/u":
            self._sink.fetched[self._host] += 1
            document = self._sink.crowd.document(self._host)
            self._answer(FOUND + str(len(document)).encode() + b"\r\n\r\n" + document)
        else:
            self._answer(NOTHING)

    def _answer(self, data: bytes) -> None:
        if self._host in self._sink.silent:
            return
        wait = self._sink.delay + self._sink.turn()
        if wait:
            asyncio.get_running_loop().call_later(wait, self._write, data)
        else:
            self._write(data)

    def _write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)


class Sink:
    """Listens on the addresses of a crowd, one port. `delay` is how long each answer takes; `silent` hosts never answer,
    `failing` ones are asked in vain. With a `rate` all together give so many answers a second, as behind a narrow line."""

    def __init__(self, hosts: int, delay: float = 0.0) -> None:
        require("127.0.0.0/8", present=sys.platform == "linux", hint="other systems give one loopback address only")
        self.crowd = Crowd(hosts, free_port())
        self.delay = delay
        self.rate: float | None = None
        self._next_turn = 0.0
        self.silent: set[str] = set()
        self.failing: set[str] = set()
        self.arrived: Counter[tuple[str, str]] = Counter()
        self.types: Counter[str] = Counter()
        self.creates: Counter[str] = Counter()
        self.fetched: Counter[str] = Counter()
        self.first: dict[str, float] = {}
        self.connections: set[asyncio.Transport] = set()
        self._decoder = msgspec.json.Decoder(_Said)
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def turn(self) -> float:
        """Seconds until the next answer may go, which is the caller's."""
        if self.rate is None:
            return 0.0
        now = self._loop.time()
        self._next_turn = max(now, self._next_turn) + 1 / self.rate
        return self._next_turn - now

    def take(self, host: str, body: bytes) -> None:
        said = self._decoder.decode(body)
        self.first.setdefault(host, time.time())
        self.arrived[host, said.id] += 1
        self.types[said.type] += 1
        if said.type == "Create":
            self.creates[host] += 1

    def forget(self) -> None:
        for kept in (self.arrived, self.types, self.creates, self.fetched, self.first):
            kept.clear()

    def posts(self) -> int:
        return sum(list(self.types.values()))

    def when(self) -> dict[str, float]:
        return dict(self.first)

    def gets(self) -> Counter[str]:
        return Counter(self.fetched)

    def __enter__(self) -> Sink:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    async def _listen(self) -> None:
        self._servers = []
        for number in range(self.crowd.count):
            listener = socket.create_server((address(number), self.crowd.port), backlog=BACKLOG)
            self._servers.append(await self._loop.create_server(lambda: _Connection(self), sock=listener))

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        # What was accepted before the listeners closed may become a connection a moment after.
        calm = 0
        while calm < CALM:
            calm = 0 if self.connections else calm + 1
            for transport in list(self.connections):
                transport.abort()
            await asyncio.sleep(0.01)
