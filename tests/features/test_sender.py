"""A sender process's own time: what it cannot send before nobody listens any more, it lets go of."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import msgspec
import pytest

from federation.identifiers import KeyId
from federation.keys import KeyPair
from federation.window import FIRST_SIZE
from federation.wire import WireAnswer
from server import sender
from server.sender import FRAME, Sending

pytestmark = pytest.mark.anyio

CONFIG: dict[str, Any] = {
    "allow_networks": ["127.0.0.0/8"],
    "allow_http": True,
    "own_hosts": [],
    "ca_file": None,
    "user_agent": "Callout/test",
}


class Parent:
    """Whoever started the sender: what it was told."""

    def __init__(self) -> None:
        self.told: list[list[Any]] = []

    def write(self, data: bytes) -> None:
        self.told.append(msgspec.msgpack.decode(data[FRAME.size :]))

    async def drain(self) -> None:
        """Nothing waits."""


def frame(letters: list[list[Any]], pair: KeyPair) -> bytes:
    return msgspec.msgpack.encode([1, letters, {7: "{}"}, [[3, str(pair.key_id), pair.private_pem()]]])


async def outcomes(letters: list[list[Any]], pair: KeyPair) -> list[list[Any]]:
    parent = Parent()
    await Sending(cast("asyncio.StreamWriter", parent), CONFIG).work(frame(letters, pair))
    return [outcome for _, told, _ in parent.told for outcome in told]


async def _accepts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"{}")
    writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    await writer.drain()


async def _keeps(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


@asynccontextmanager
async def served(answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    """The address of an inbox that answers so; at the end all of its connections are closed."""
    met: list[asyncio.Event] = []

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(asyncio.Event())
        ended = met[-1]
        await answer(reader, writer)
        writer.close()
        await writer.wait_closed()
        ended.set()

    async with await asyncio.start_server(meet, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/inbox"
        for ended in met:
            await ended.wait()


async def test_whoever_does_not_answer_while_somebody_listens_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "BATCH_SECONDS", 0.5)
    pair = KeyPair.generate_rsa(KeyId("http://127.0.0.1/actor#main-key"))
    async with served(_keeps) as silent, served(_accepts) as prompt:
        begun = time.monotonic()
        told = await outcomes([[0, silent, 3, 7, 1], [1, prompt, 3, 7, 1]], pair)
        assert time.monotonic() - begun < 2
    assert told == [[1, 202, None, ""]]


async def test_a_letter_that_was_given_twice_spoils_no_other() -> None:
    pair = KeyPair.generate_rsa(KeyId("http://127.0.0.1/actor#main-key"))
    async with served(_accepts) as url:
        told = await outcomes([[1, url, 3, 7, 1], [1, url, 3, 7, 1], [2, url, 3, 7, 1]], pair)
    assert sorted(one[0] for one in told) == [1, 1, 2]
    assert {one[1] for one in told} == {202}


class _SlowNames:
    """A wire that finds every name after a while, and never gets an answer."""

    def __init__(self) -> None:
        self.posts = 0

    async def look_up(self, *_: object) -> None:
        await asyncio.sleep(0.3)

    async def post(self, *_: object) -> WireAnswer:
        self.posts += 1
        await asyncio.Event().wait()
        raise AssertionError


async def test_who_waits_for_a_place_after_a_slow_name_lets_out_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = KeyPair.generate_rsa(KeyId("http://127.0.0.1/actor#main-key"))
    parent = Parent()
    sending = Sending(cast("asyncio.StreamWriter", parent), CONFIG)
    monkeypatch.setattr(sending, "_wire", _SlowNames())
    letters = [[number, f"http://h{number}.test/inbox", 3, 7, 1] for number in range(40)]
    working = asyncio.create_task(sending.work(frame(letters, pair)))
    async with asyncio.timeout(10):
        while not any(slow == len(letters) for _, _, slow in parent.told):
            await asyncio.sleep(0.01)
        while parent.told[-1][2] == len(letters):
            await asyncio.sleep(0.01)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


async def test_who_has_no_place_in_time_is_not_begun_and_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "BATCH_SECONDS", 3.0)
    monkeypatch.setattr(sender, "LAST_SECONDS", 2.6)
    pair = KeyPair.generate_rsa(KeyId("http://127.0.0.1/actor#main-key"))
    parent, wire = Parent(), _SlowNames()
    sending = Sending(cast("asyncio.StreamWriter", parent), CONFIG)
    monkeypatch.setattr(sending, "_wire", wire)
    letters = [[number, f"http://h{number}.test/inbox", 3, 7, 1] for number in range(40)]
    await sending.work(frame(letters, pair))
    assert wire.posts == FIRST_SIZE
    assert all(outcomes == [] for _, outcomes, _ in parent.told)
