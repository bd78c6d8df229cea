"""POSTs and GETs to thousands of hosts, on connections that are kept a while: who was just asked for a key is written to next.

Dials only checked addresses, follows no redirect, decompresses nothing, and has one deadline for each exchange.
"""

from __future__ import annotations

import ssl
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

from federation.dial import MAX_ANSWERS, Dialler
from federation.errors import FederationError, Unreachable
from federation.exchange import Answer, Connection, Reading
from federation.gate import MAX_BODY_BYTES
from federation.identifiers import Origin, split_url
from federation.resolving import Turn
from federation.safe_url import EgressPolicy, check_url

#: For each of at most so many addresses, and for the answer: twenty seconds in all.
CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 10.0
DIALLED: Final = 2
#: A key has four seconds in all: who has many addresses, the first of them silent, gets to the next one.
GET_CONNECT_SECONDS: Final = 3.0
#: Of the answer to a POST, where only the status counts; of a document one byte more than is read as one, so that its reader sees it.
LITTLE: Final = Reading(most=64 * 1024, keep=False)
DOCUMENT: Final = Reading(most=MAX_BODY_BYTES + 1, keep=True)
MAX_IDLE, IDLE_SECONDS = 2_000, 30.0
MAX_RETRY_AFTER, MAX_DATE_CHARS = 24 * 3600, 64


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """What a host answered: its status, and seconds from Retry-After if it gave any."""

    status: int
    retry_after: int | None = None


def retry_seconds(value: str, now: datetime) -> int | None:
    """Seconds of a Retry-After header, given as seconds or as a date, capped at a day."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), MAX_RETRY_AFTER)
    try:
        seconds = (parsedate_to_datetime(text) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return int(max(0, min(seconds, MAX_RETRY_AFTER)))


class Wire:
    """POSTs to and GETs from any number of hosts. Idle connections are kept for half a minute, last used first."""

    def __init__(
        self, policy: EgressPolicy, dialler: Dialler, context: ssl.SSLContext, max_idle: int = MAX_IDLE
    ) -> None:
        self._policy = policy
        self._max_idle = max_idle
        self._dialler = dialler
        self._context = context
        self._idle: OrderedDict[Origin, deque[Connection]] = OrderedDict()
        self._idle_count = 0

    async def post(
        self, url: str, headers: Callable[[], str], body: bytes, now: datetime, turn: Turn = Turn.USUAL
    ) -> WireAnswer:
        """POST a body; `headers` gives complete lines without Host, Content-Length and Connection.

        They are made when there is a connection: for a host that is down nothing is signed. Its name is looked up in its `turn`.

        Raises UnsafeUrl, or Unreachable for whatever keeps an answer from coming in time.
        """
        check_url(url, self._policy)
        origin, target = split_url(url)
        start, end = f"POST {target} HTTP/1.1\r\nHost: {origin.authority}\r\n", f"Content-Length: {len(body)}\r\n\r\n"

        def request() -> bytes:
            return f"{start}{headers()}{end}".encode("ascii") + body

        answer = await self._asked(origin, request, LITTLE, turn)
        later = answer.headers.get("retry-after")
        return WireAnswer(answer.status, retry_seconds(later[:MAX_DATE_CHARS], now) if later else None)

    async def look_up(self, url: str, turn: Turn = Turn.USUAL) -> None:
        """Find the addresses of a host, which are then known for a while, unless a connection to it waits. Raises UnsafeUrl or Unreachable."""
        check_url(url, self._policy)
        origin, _ = split_url(url)
        if origin not in self._idle:
            await self._dialler.addresses(origin.host, origin.port, turn)

    async def get(self, url: str, headers: Callable[[], str], turn: Turn = Turn.USUAL) -> Answer:
        """GET a document; headers and turn as for `post`. What is longer than a document may be comes cut off one byte later.

        Raises UnsafeUrl, or Unreachable for whatever keeps an answer from coming whole and in time.
        """
        check_url(url, self._policy)
        origin, target = split_url(url)
        end = "\r\n" if self._max_idle else "Connection: close\r\n\r\n"

        def request() -> bytes:
            return f"GET {target} HTTP/1.1\r\nHost: {origin.authority}\r\n{headers()}{end}".encode("ascii")

        return await self._asked(origin, request, DOCUMENT, turn)

    async def _asked(self, origin: Origin, request: Callable[[], bytes], reading: Reading, turn: Turn) -> Answer:
        try:
            return await self._send(origin, request, reading, turn)
        except FederationError:
            raise
        except (OSError, ssl.SSLError, UnicodeError):
            raise Unreachable("no connection") from None

    async def _send(self, origin: Origin, request: Callable[[], bytes], reading: Reading, turn: Turn) -> Answer:
        kept = self._take(origin)
        if kept is not None:
            try:
                return await self._exchange(origin, kept, request, reading)
            except Unreachable:
                # The other side closed an idle connection before it saw anything: once more on a fresh one.
                if kept.got_bytes:
                    raise
        return await self._exchange(origin, await self._dialed(origin, reading, turn), request, reading)

    async def _dialed(self, origin: Origin, reading: Reading, turn: Turn) -> Connection:
        seconds, most = (GET_CONNECT_SECONDS, MAX_ANSWERS) if reading.keep else (CONNECT_SECONDS, DIALLED)
        return await self._dialler.connect(origin, Connection, self._context, seconds, most=most, turn=turn)

    async def _exchange(
        self, origin: Origin, connection: Connection, request: Callable[[], bytes], reading: Reading
    ) -> Answer:
        try:
            answer = await connection.exchange(request(), ANSWER_SECONDS, reading)
        except BaseException:
            connection.close()
            raise
        if connection.reusable:
            self._keep(origin, connection)
        else:
            connection.close()
        return answer

    def _take(self, origin: Origin) -> Connection | None:
        waiting = self._idle.get(origin)
        while waiting:
            connection = waiting.pop()
            self._idle_count -= 1
            if not waiting:
                del self._idle[origin]
            if connection.reusable and time.monotonic() - connection.idle_since < IDLE_SECONDS:
                return connection
            connection.close()
        return None

    def _keep(self, origin: Origin, connection: Connection) -> None:
        """Keep it, if there is room: a fan-out that passes by thousands of hosts leaves those that were kept before."""
        connection.idle_since = time.monotonic()
        self._drop_old(connection.idle_since - IDLE_SECONDS)
        if self._idle_count >= self._max_idle:
            connection.close()
            return
        self._idle.setdefault(origin, deque()).append(connection)
        self._idle.move_to_end(origin)
        self._idle_count += 1

    def _drop_old(self, before: float) -> None:
        while self._idle:
            origin, kept = next(iter(self._idle.items()))
            if kept[-1].idle_since > before:
                return
            for connection in self._idle.pop(origin):
                connection.close()
                self._idle_count -= 1

    async def aclose(self) -> None:
        """Close every idle connection."""
        for waiting in self._idle.values():
            for connection in waiting:
                connection.close()
        self._idle.clear()
        self._idle_count = 0
