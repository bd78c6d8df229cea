"""The wire against servers on loopback: connections are kept between a GET and a POST, and what nobody asked for is no answer."""

from __future__ import annotations

import asyncio
import gc
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest

from federation.dial import Dialler, tls_context
from federation.errors import Unreachable
from federation.exchange import Answer, Connection
from federation.safe_url import EgressPolicy
from federation.wire import Wire
from tests.loopback.certificates import Authority
from tests.loopback.served import heads, served

pytestmark = pytest.mark.anyio

POLICY = EgressPolicy(allow_networks=(ip_network("127.0.0.0/8"),), allow_http=True)
NOW = datetime(2026, 11, 28, tzinfo=UTC)
DOCUMENT = b"HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nContent-Length: 2\r\n\r\n{}"
TAKEN = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"

Answering = Callable[[int, bytes], bytes]


@dataclass
class Host:
    """A server that answers what `answering` says to a connection's number and the first line of a request."""

    answering: Answering
    url: str = ""
    connections: int = 0
    heads: list[bytes] = field(default_factory=list)

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        async for head in heads(reader):
            self.heads.append(head)
            answer = self.answering(number, head.split(b"\r\n", 1)[0])
            if not answer:
                return
            writer.write(answer)
            await writer.drain()


@asynccontextmanager
async def host(answering: Answering, secure: ssl.SSLContext | None = None) -> AsyncIterator[Host]:
    there = Host(answering)
    async with served(there.meet, secure) as origin:
        there.url = f"{origin}/u"
        yield there


@asynccontextmanager
async def wire(max_idle: int = 10, ca_file: str | None = None) -> AsyncIterator[Wire]:
    made = Wire(POLICY, Dialler(POLICY), tls_context(ca_file), max_idle)
    yield made
    await made.aclose()


def nothing() -> str:
    return ""


def post(made: Wire, url: str) -> Awaitable[int]:
    async def status() -> int:
        return (await made.post(url, nothing, b"{}", NOW)).status

    return status()


def honest(_: int, line: bytes) -> bytes:
    return DOCUMENT if line.startswith(b"GET") else TAKEN


async def test_who_was_asked_for_a_document_is_written_to_over_the_same_connection() -> None:
    async with host(honest) as there, wire() as made:
        answer = await made.get(there.url, nothing)
        assert (answer.status, answer.body) == (200, b"{}")
        assert await post(made, there.url) == 202
        assert (await made.get(there.url, nothing)).body == b"{}"
    assert there.connections == 1


async def test_a_name_that_is_gone_hinders_nobody_who_is_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = False

    async def names(_: str, __: int) -> list[str]:
        if gone:
            raise OSError
        return ["127.0.0.1"]

    dialler = Dialler(POLICY, names)
    made = Wire(POLICY, dialler, tls_context(None), 10)
    async with host(honest) as there:
        url = there.url.replace("127.0.0.1", "named.test")
        await made.look_up(url)
        assert await post(made, url) == 202
        gone = True
        monkeypatch.setattr(dialler, "_known", OrderedDict())
        await made.look_up(url)
        assert await post(made, url) == 202
        await made.aclose()
        with pytest.raises(Unreachable):
            await made.look_up(url)
    assert there.connections == 1


async def test_so_a_handshake_is_made_once(tmp_path: Path) -> None:
    Authority().write(tmp_path, tmp_path / "authority.pem", ["127.0.0.1"])
    secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    secure.load_cert_chain(tmp_path / "127.0.0.1.pem", tmp_path / "key.pem")
    async with host(honest, secure) as there, wire(ca_file=str(tmp_path / "authority.pem")) as made:
        assert (await made.get(there.url, nothing)).body == b"{}"
        assert await post(made, there.url) == 202
    assert there.connections == 1


async def test_without_room_for_idle_ones_each_has_a_connection_and_says_so() -> None:
    async with host(honest) as there, wire(max_idle=0) as made:
        await made.get(there.url, nothing)
        await made.get(there.url, nothing)
    assert there.connections == 2
    assert all(b"\r\nConnection: close\r\n" in head for head in there.heads)


@pytest.mark.parametrize("together", [True, False], ids=["behind the document", "a moment later"])
async def test_what_a_host_says_before_it_is_asked_is_no_answer(together: bool) -> None:
    """A 202 laid ready behind the document must not pass for the answer to what is posted next."""
    late: list[asyncio.StreamWriter] = []

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        late.append(writer)
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"GET"):
            writer.write(DOCUMENT + (TAKEN if together else b""))
        else:
            writer.write(REFUSED)
        await writer.drain()

    async with served(meet) as origin, wire() as made:
        url = f"{origin}/u"
        assert (await made.get(url, nothing)).status == 200
        if not together:
            late[0].write(TAKEN)
            await asyncio.sleep(0.05)
        assert await post(made, url) == 403
        assert len(late) == 2, "whoever talks out of turn is not spoken to on that connection again"


@pytest.mark.parametrize("when", ["while idle", "behind the answer", "at the next request"])
async def test_a_kept_connection_that_was_closed_meanwhile_costs_nothing_but_another(when: str) -> None:
    met: list[asyncio.StreamWriter] = []

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(writer)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(DOCUMENT if len(met) == 1 else TAKEN)
        await writer.drain()
        if when == "at the next request":
            await reader.readuntil(b"\r\n\r\n")
        elif when == "while idle":
            await asyncio.sleep(0.05)
        writer.close()

    async with served(meet) as origin, wire() as made:
        url = f"{origin}/u"
        for turn in range(3):
            if turn == 0:
                assert (await made.get(url, nothing)).status == 200
            else:
                assert await post(made, url) == 202
            await asyncio.sleep(0.1)
    assert len(met) == 3


@pytest.mark.parametrize("asking", ["get", "post"])
async def test_what_has_no_end_behind_a_body_is_read_no_further(asking: str) -> None:
    """httptools copies an unfinished header with each piece of it: megabytes would hold up everybody's letters."""
    sent = 0

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: ")
        try:
            for _ in range(1_000):
                writer.write(b"a" * 65_536)
                await writer.drain()
                sent += 65_536
        except ConnectionError:
            pass
        writer.close()

    async with served(meet) as origin, wire() as made:
        url = f"{origin}/u"
        if asking == "post":
            assert await post(made, url) == 200
        else:
            with pytest.raises(Unreachable):
                await made.get(url, nothing)
        await asyncio.sleep(0.05)
    assert sent < 32 * 1024 * 1024, "what was under way in sockets, and no more"


async def settled(kind: type, most: int) -> bool:
    """Whether no more of these objects are alive, once what is under way has ended; the garbage collector sleeps."""
    for _ in range(100):
        if sum(isinstance(one, kind) for one in gc.get_objects()) <= most:
            return True
        await asyncio.sleep(0.02)
    return False


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
async def test_an_idle_connection_keeps_no_document() -> None:
    async with host(honest) as there, wire(max_idle=50) as made:
        await asyncio.gather(*(made.get(there.url, nothing) for _ in range(20)))
        assert await settled(Answer, 0)
        assert await settled(Connection, 20)
    assert there.connections == 20


@pytest.mark.usefixtures("uncollected")
async def test_a_failed_exchange_leaves_nothing_to_the_garbage_collector() -> None:
    async with host(lambda _, __: b"SSH-2.0-server\r\n\r\n") as there, wire() as made:
        for _ in range(20):
            try:
                await made.post(there.url, nothing, b"{}", NOW)
            except Unreachable:
                continue
            pytest.fail("that was no answer")
        assert await settled(Connection, 0)


async def test_a_document_is_asked_for_at_each_address_until_one_answers() -> None:
    async def many(_: str, __: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.1"]

    async with host(honest) as there:
        made = Wire(POLICY, Dialler(POLICY, many), tls_context(None), 10)
        url = there.url.replace("127.0.0.1", "many.test")
        assert (await made.get(url, nothing)).status == 200
        await made.aclose()


@pytest.mark.parametrize(
    ("answer", "headers"),
    [
        (DOCUMENT, {"content-type": "application/activity+json", "content-length": "2"}),
        (b"HTTP/1.1 302 Found\r\nLOCATION: /a\r\nlocation: /b\r\nSet-Cookie: x=y\r\nContent-Length: 0\r\n\r\n",
         {"location": "/a, /b", "content-length": "0"}),
        (b"HTTP/1.1 103 Early Hints\r\nLocation: /early\r\n\r\n" + DOCUMENT,
         {"content-type": "application/activity+json", "content-length": "2"}),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nLocation: /late\r\n\r\n",
         {"transfer-encoding": "chunked"}),
    ],
    ids=["plain", "twice", "an early one is not the answer's", "nor is one behind the body"],
)  # fmt: skip
async def test_only_headers_that_somebody_reads_are_kept(answer: bytes, headers: dict[str, str]) -> None:
    async with host(lambda _, __: answer) as there, wire() as made:
        assert dict((await made.get(there.url, nothing)).headers) == headers


@pytest.mark.parametrize(
    ("answer", "posted"),
    [
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 50\r\n\r\nshort", 202),
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 900000\r\n\r\n" + b"x" * 70_000, 202),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204),
    ],
    ids=["cut", "long", "empty"],
)
async def test_of_the_answer_to_a_post_the_head_is_enough(answer: bytes, posted: int) -> None:
    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with served(meet) as origin, wire() as made:
        url = f"{origin}/inbox"
        assert await post(made, url) == posted
