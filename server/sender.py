"""A sender process: batches in, sign, POST, outcomes out, over one socket; documents are fetched the same way. It knows only the protocol.

It is started with the number of its socket as argument and dies with it. Keys come over the socket, never by
command line or environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
import signal
import socket
import struct
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any, Final

import msgspec
import uvloop

from federation.dial import Dialler, tls_context
from federation.errors import FederationError
from federation.fetching import Fetcher, Wanted
from federation.identifiers import KeyId, origin_of, split_url
from federation.keys import KeyPair
from federation.resolving import Turn
from federation.safe_url import EgressPolicy
from federation.signatures import CavageSigner, body_digest, http_date, sign_rfc9421
from federation.window import Places
from federation.wire import ANSWER_SECONDS, CONNECT_SECONDS, MAX_IDLE, Wire, WireAnswer

FRAME: Final = struct.Struct("!I")
MAX_FRAME_BYTES: Final = 64 * 1024 * 1024
#: Outcomes of so long are told together.
TOGETHER_SECONDS: Final = 0.025
#: A host that is not connected or has not answered after so long holds up nobody else.
SLOW_CONNECT_SECONDS, SLOW_SECONDS = 0.05, 0.15
LOOK_SECONDS: Final = 0.1
CONTENT_TYPE: Final = "application/activity+json"
SECOND_KNOCK: Final = frozenset({400, 401})
FETCH_PARTS: Final = 3
REMEMBERED_HOSTS: Final = 20_000
#: Connections at work and idle ones; systems start programs with 1024. The idle ones get what those at work leave.
OPEN_FILES, WORKING_FILES = 8_448, 6_000
#: Files that are no connections to others, those of lookups that nobody waits for any more among them.
OTHER_FILES, FEWEST_WORKING = 256, 128
#: Of one batch, below the time after which nobody listens any more: whoever has no turn until then is sent again from the beginning.
BATCH_SECONDS: Final = 45.0
#: Of that, what a letter under way needs, with one address and one knock: who has no place by then gets none, lest it arrives and is sent again.
LAST_SECONDS: Final = CONNECT_SECONDS + ANSWER_SECONDS
#: Objects before the garbage collector looks (the interpreter's 700 cost a tenth of all work).
COLLECT_AFTER: Final = (5_000, 20, 20)


async def read_frame(reader: asyncio.StreamReader) -> bytes | None:
    """The next frame, or None at the end."""
    try:
        (size,) = FRAME.unpack(await reader.readexactly(FRAME.size))
        if size > MAX_FRAME_BYTES:
            return None
        return await reader.readexactly(size)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def openable_files() -> int:
    """How many files a sender can have open here: as many as it wants, or as many as the system lets it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)


def working_files(files: int) -> int:
    """How many of so many files are for letters under way."""
    return max(FEWEST_WORKING, min(WORKING_FILES, files * 3 // 4 - OTHER_FILES))


class Sending:
    """One process's work."""

    def __init__(self, writer: asyncio.StreamWriter, config: dict[str, Any]) -> None:
        policy = EgressPolicy(
            allow_networks=tuple(ip_network(text) for text in config["allow_networks"]),
            allow_http=config["allow_http"],
            own_hosts=frozenset(config["own_hosts"]),
        )
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        idle = max(0, min(MAX_IDLE, files - working_files(files) - OTHER_FILES))
        self._wire = Wire(policy, Dialler(policy), tls_context(config["ca_file"]), idle)
        self._user_agent = config["user_agent"]
        self._fetcher = Fetcher(
            policy,
            lambda url, headers: self._wire.get(url, headers, Turn.ASKING),
            user_agent=self._user_agent,
            clock=lambda: datetime.now(UTC),
        )
        self._writer = writer
        self._pairs: dict[tuple[int, str], KeyPair] = {}
        self._signers: dict[tuple[int, str], CavageSigner] = {}
        self._prefer_rfc9421: OrderedDict[str, None] = OrderedDict()
        self._slow_at: dict[int, float] = {}
        # Those that failed last time are mostly dead: they say nothing of how long an answer takes.
        self._places, self._doubtful = Places(), Places()
        self._looking_up = 0
        self._without_place: set[int] = set()

    def _load(self, keys: list[list[Any]]) -> dict[int, tuple[KeyPair, CavageSigner]]:
        found = {}
        for actor_id, key_id, pem in keys:
            name = (actor_id, pem)
            if name not in self._pairs:
                self._pairs[name] = KeyPair.from_pem(KeyId(key_id), pem)
                self._signers[name] = CavageSigner(self._pairs[name])
            found[actor_id] = (self._pairs[name], self._signers[name])
        return found

    async def work(self, frame: bytes) -> None:
        """Do what a frame says: a batch has four parts, something to fetch has three."""
        parts = msgspec.msgpack.decode(frame)
        await (self._fetch(*parts) if len(parts) == FETCH_PARTS else self._batch(*parts))

    async def _fetch(self, number: int, wanted: dict[str, Any], key: list[Any] | None) -> None:
        """Fetch one thing and answer with it, or with why not."""
        try:
            pair = None if key is None else self._load([key])[key[0]][0]
            got = await self._fetcher.fetch(msgspec.convert(wanted, Wanted), pair)
        except FederationError as error:
            await self._say([number, None, type(error).__name__, str(error)])
        except Exception:
            await self._say([number, None, "", "no usable answer"])  # nobody is to wait for what will not come
            raise
        else:
            await self._say([number, got, "", ""])

    async def _batch(self, number: int, letters: list[Any], bodies: dict[int, str], keys: list[Any]) -> None:
        """Send one batch and answer with its outcomes, as they come."""
        loaded = self._load(keys)
        made = {outbox_id: (body.encode(), body_digest(body.encode())) for outbox_id, body in bodies.items()}
        pending = {
            asyncio.create_task(self._one(letter, *made[letter[3]], *loaded[letter[2]])): letter[0]
            for letter in letters
        }
        told, until = 0, time.monotonic() + BATCH_SECONDS
        try:
            while pending and (left := until - time.monotonic()) > 0:
                # When all are known to be slow there is nothing to look for but answers, and names after which they wait for a place.
                look = LOOK_SECONDS if told < len(pending) or self._looking_up else left
                await asyncio.wait(pending, timeout=look, return_when=asyncio.FIRST_COMPLETED)
                await asyncio.sleep(TOGETHER_SECONDS)
                done = [task for task in pending if task.done()]
                for task in done:
                    del pending[task]
                if left < LAST_SECONDS:
                    self._let_go(pending)
                slow = self._slow(pending.values())
                if done or slow != told:
                    told = slow
                    await self._say([number, [task.result() for task in done if not task.cancelled()], slow])
        finally:
            for task in pending:
                task.cancel()

    def _let_go(self, pending: dict[asyncio.Task[list[Any]], int]) -> None:
        for task, letter in pending.items():
            if letter in self._without_place:
                task.cancel()

    def _slow(self, letters: Iterable[int]) -> int:
        """How many of these wait for an answer for longer than most hosts take."""
        now = time.monotonic()
        return sum(self._slow_at.get(letter, now) < now for letter in letters)

    async def _say(self, what: list[Any]) -> None:
        data = msgspec.msgpack.encode(what)
        self._writer.write(FRAME.pack(len(data)) + data)
        with contextlib.suppress(ConnectionError):  # killed meanwhile: whoever starts next sends these again
            await self._writer.drain()

    async def _one(self, letter: list[Any], body: bytes, digest: Any, pair: KeyPair, signer: CavageSigner) -> list[Any]:
        delivery_id, url, turn = letter[0], letter[1], Turn(letter[4])
        places = self._doubtful if turn is Turn.DOUBTFUL else self._places
        try:
            self._without_place.add(delivery_id)
            await self._look_up(delivery_id, url, turn)
            place = await places.take(first=turn is Turn.FIRST)
            self._without_place.discard(delivery_id)
            try:
                begun = time.monotonic()
                self._slow_at[delivery_id] = begun + SLOW_CONNECT_SECONDS
                answer = await self._knock(letter, body, digest, pair, signer)
            except BaseException:
                places.failed(place)
                raise
            places.answered(place, time.monotonic() - begun)
        except FederationError as error:
            return [delivery_id, None, None, type(error).__name__]
        finally:
            self._slow_at.pop(delivery_id, None)
            self._without_place.discard(delivery_id)
        return [delivery_id, answer.status, answer.retry_after, ""]

    async def _look_up(self, delivery_id: int, url: str, turn: Turn) -> None:
        self._slow_at[delivery_id] = time.monotonic() + SLOW_CONNECT_SECONDS
        self._looking_up += 1
        try:
            await self._wire.look_up(url, turn)
        finally:
            self._looking_up -= 1
            self._slow_at.pop(delivery_id, None)  # nobody is to go out instead of what only waits for a place

    async def _knock(
        self, letter: list[Any], body: bytes, digest: Any, pair: KeyPair, signer: CavageSigner
    ) -> WireAnswer:
        url = letter[1]
        host = origin_of(url).authority
        if host not in self._prefer_rfc9421:
            answer = await self._post(letter, lambda: self._cavage(url, host, digest, signer), body)
            if answer.status not in SECOND_KNOCK:
                return answer
        answer = await self._post(letter, lambda: _rfc9421(pair, url, body, digest), body)
        if answer.status < 300:
            self._prefer_rfc9421[host] = None
            while len(self._prefer_rfc9421) > REMEMBERED_HOSTS:
                self._prefer_rfc9421.popitem(last=False)
        else:
            self._prefer_rfc9421.pop(host, None)
        return answer

    def _cavage(self, url: str, host: str, digest: Any, signer: CavageSigner) -> dict[str, str]:
        _, target = split_url(url)
        date = http_date(datetime.now(UTC))
        return signer.headers(host=host, target=target, date=date, digest=digest, content_type=CONTENT_TYPE)

    async def _post(self, letter: list[Any], sign: Callable[[], dict[str, str]], body: bytes) -> WireAnswer:
        delivery_id, url, turn = letter[0], letter[1], Turn(letter[4])

        def headers() -> str:
            self._slow_at[delivery_id] = time.monotonic() + SLOW_SECONDS  # it is connected
            lines = "".join(f"{name}: {value}\r\n" for name, value in sign().items() if name != "Host")
            return f"{lines}User-Agent: {self._user_agent}\r\n"

        return await self._wire.post(url, headers, body, datetime.now(UTC), turn)


def _rfc9421(pair: KeyPair, url: str, body: bytes, digest: Any) -> dict[str, str]:
    return sign_rfc9421(pair, "POST", url, body, datetime.now(UTC), content_type=CONTENT_TYPE, digest=digest)


async def serve(connection: socket.socket) -> None:
    """Work until the socket ends."""
    reader, writer = await asyncio.open_connection(sock=connection, limit=MAX_FRAME_BYTES)
    first = await read_frame(reader)
    if first is None:
        return
    sending = Sending(writer, msgspec.msgpack.decode(first))
    tasks: set[asyncio.Task[None]] = set()
    while (frame := await read_frame(reader)) is not None:
        task = asyncio.create_task(sending.work(frame))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    # Nobody is there to hear how it went: what is still under way will be sent again, under the same id.
    for task in tasks:
        task.cancel()
    writer.close()


def settle() -> None:
    """What was made until now stays: the garbage collector need not look through it a hundred times a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def main() -> None:
    """Run on the inherited socket; Ctrl-C in the terminal is for the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, openable_files()), most))
    connection = socket.socket(fileno=int(sys.argv[1]))
    settle()
    uvloop.run(serve(connection))


if __name__ == "__main__":
    main()
