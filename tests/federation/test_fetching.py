"""The real transport against servers that answer oddly, on loopback."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from federation.client import FetchClient
from federation.dial import Dialler, tls_context
from federation.errors import FetchFailed, Unreachable, UnsafeUrl, WrongDocument
from federation.fetching import Fetcher
from federation.gate import MAX_BODY_BYTES
from federation.safe_url import EgressPolicy
from federation.wire import Wire

POLICY = EgressPolicy(allow_networks=(ip_network("127.0.0.0/8"),), allow_http=True)
TYPE = b"Content-Type: application/activity+json\r\n"
DOCUMENT = b'{"id":"http://127.0.0.1/u","type":"Person"}'

Say = Callable[[asyncio.StreamWriter], None]


def client(policy: EgressPolicy = POLICY) -> FetchClient:
    wire = Wire(policy, Dialler(policy), tls_context(None), max_idle=0)
    return FetchClient(Fetcher(policy, wire.get, user_agent="test", clock=lambda: datetime.now(UTC)).fetch)


@asynccontextmanager
async def server(*pieces: bytes, pause: float = 0.0, asked: list[bytes] | None = None) -> AsyncIterator[str]:
    """A server that answers everything with these pieces, then hangs up; its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if asked is not None:
                asked.append(head)
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/u"
    finally:
        listening.close()


def whole(body: bytes = DOCUMENT, more: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + TYPE + more + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.mark.anyio
async def test_a_document_is_asked_for_plainly_and_read() -> None:
    asked: list[bytes] = []
    async with server(whole(), asked=asked) as url:
        found = await client().get_document(url)
    assert found.document["type"] == "Person"
    head = asked[0].lower()
    assert head.startswith(b"get /u http/1.1\r\n")
    assert b"accept-encoding: identity\r\n" in head
    assert b"connection: close\r\n" in head
    assert head.count(b"\r\nhost: ") == 1
    assert b"cookie" not in head


@pytest.mark.anyio
@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\n" + TYPE + b"\r\n", DOCUMENT),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + TYPE + b"\r\n%x\r\n" % len(DOCUMENT), DOCUMENT, b"\r\n0\r\n\r\n"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", whole()),
        (whole()[:30], whole()[30:]),
    ],
    ids=["no length", "chunked", "early hints first", "in two pieces"],
)  # fmt: skip
async def test_honest_ways_to_answer_are_read(pieces: tuple[bytes, ...]) -> None:
    async with server(*pieces, pause=0.01) as url:
        assert (await client().get_document(url)).document["type"] == "Person"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "pieces",
    [
        (b"",),
        (b"HTTP/1.1 200 OK\r\n" + TYPE + b"Content-Length: 500\r\n\r\n" + DOCUMENT,),
        (b"HTTP/1.1 200 OK\r\n" + TYPE + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"id"',),
        (b"SSH-2.0-server\r\n",),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50,),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\n", *[b"X-%d: y\r\n" % n for n in range(400)]),
        (b"HTTP/1.1 200 OK\r\nX: ", *[b"y" * 65_536] * 80),
    ],
    ids=["nothing", "cut", "cut in a chunk", "no http", "endless hints", "upgrade", "many headers", "a header of 5 MB"],
)  # fmt: skip
async def test_an_answer_that_is_none_is_no_answer(pieces: tuple[bytes, ...]) -> None:
    async with server(*pieces) as url:
        with pytest.raises(Unreachable):
            await client().get_document(url)


@pytest.mark.anyio
async def test_no_more_than_a_cap_is_read() -> None:
    sent = 0
    piece = b" " * 262_144

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n" + TYPE + b"\r\n")
        try:
            for _ in range(400):
                writer.write(piece)
                await writer.drain()
                sent += len(piece)
        except ConnectionError:
            pass
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/u"
    with pytest.raises(WrongDocument):
        await client().get_document(url)
    listening.close()
    await asyncio.sleep(0.1)
    assert sent < MAX_BODY_BYTES + 16 * 1024 * 1024, "what was under way in sockets, and no more"


@pytest.mark.anyio
@pytest.mark.parametrize("encoding", [b"gzip", b"gzip, gzip", b"br"])
async def test_nothing_is_decompressed(encoding: bytes) -> None:
    body = gzip.compress(b"0" * 10_000_000)
    async with server(whole(body, b"Content-Encoding: " + encoding + b"\r\n")) as url:
        with pytest.raises(WrongDocument):
            await client().get_document(url)


@pytest.mark.anyio
@pytest.mark.parametrize("pieces", [[b"H"] * 100, [whole()[:80], *[b"x"] * 100]], ids=["in the head", "in the body"])
async def test_who_drips_is_left_at_the_deadline(pieces: list[bytes]) -> None:
    async with server(*pieces, pause=0.05) as url:
        begun = asyncio.get_running_loop().time()
        with pytest.raises(FetchFailed):
            await client().get_document(url, 0.3)
        assert asyncio.get_running_loop().time() - begun < 2


@pytest.mark.anyio
async def test_what_may_not_be_dialled_is_not_dialled() -> None:
    asked: list[bytes] = []
    async with server(whole(), asked=asked) as url:
        with pytest.raises(UnsafeUrl):
            await client(EgressPolicy(allow_http=True)).get_document(url)
    assert asked == []
