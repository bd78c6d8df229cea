"""A server on loopback for as long as a test needs it: none of its connections outlives it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Meet = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(meet: Meet, secure: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Meets each connection so, until it is closed or the test is over; its origin, over TLS with a context."""
    meeting: set[asyncio.Future[None]] = set()

    async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(meet(reader, writer))
        meeting.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await task
        finally:
            meeting.discard(task)
            writer.transport.abort()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    async with await asyncio.start_server(each, "127.0.0.1", 0, ssl=secure) as server:
        try:
            yield f"{'https' if secure else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            while meeting:
                for task in meeting:
                    task.cancel()
                await asyncio.sleep(0.01)


async def heads(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The head of each request of a connection until it ends; the body of a POST, two bytes in these tests, is read past."""
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"POST"):
            await reader.readexactly(2)
        yield head
