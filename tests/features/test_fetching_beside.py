"""Documents are fetched by the senders while they run: from the process that will answer, with the same care, and never lost with it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from federation.errors import FederationError, Gone, NotFound, Refused, Unreachable, UnsafeUrl, WrongDocument
from federation.fetching import Got, Wanted
from federation.gate import MAX_BODY_BYTES
from federation.signatures import SignedRequest, verify
from server.features.delivery import pool as pool_module
from server.features.delivery import process
from server.features.delivery.model import Key, Letter
from server.features.delivery.pool import RUSH, SenderPool
from server.features.delivery.process import SenderProcess
from tests.loopback.campaign import children
from tests.loopback.served import heads, served
from tests.world import some_key

pytestmark = pytest.mark.anyio

TYPE = b"Content-Type: application/activity+json\r\n"
WHOLE = b"HTTP/1.1 200 OK\r\n" + TYPE + b"Content-Length: 2\r\n\r\n{}"
TAKEN = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


def config() -> dict[str, Any]:
    return {
        "allow_networks": ["127.0.0.0/8"],
        "allow_http": True,
        "own_hosts": ["127.0.0.9"],
        "ca_file": None,
        "user_agent": "Callout/test (+https://here.test/)",
    }


class Peer:
    """A server with a document, an inbox and whatever else its paths say."""

    def __init__(self) -> None:
        self.origin = ""
        self.connections = 0
        self.heads: list[bytes] = []
        self.silent = asyncio.Event()
        self.answers: dict[str, bytes] = {"/u": WHOLE, "/inbox": TAKEN}

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        async for head in heads(reader):
            self.heads.append(head)
            path = head.split(b" ", 2)[1].decode()
            if path == "/silent":
                self.silent.set()
                await reader.read()
                return
            writer.write(self.answers[path])
            await writer.drain()


@asynccontextmanager
async def peer() -> AsyncIterator[Peer]:
    made = Peer()
    async with served(made.meet) as made.origin:
        yield made


async def taken(pool: SenderPool, there: Peer) -> bool:
    """Send a letter, which is what starts the processes. Whoever dies over it says nothing, and the pump sends it again."""
    letter = Letter(delivery_id=1, url=f"{there.origin}/inbox", actor_id=1, outbox_id=1)
    key = Key(1, "https://here.test/users/us#main-key", some_key(1).private_pem())
    async with aclosing(pool.send([letter], {1: "{}"}, [key])) as answers:
        outcomes = [one async for news in answers for one in news.outcomes]
    assert [one.status for one in outcomes] in ([202], [])
    return bool(outcomes)


async def write_to(pool: SenderPool, there: Peer) -> None:
    assert await taken(pool, there)


@asynccontextmanager
async def running(there: Peer, size: int = 1) -> AsyncIterator[SenderPool]:
    pool = SenderPool(size, config())
    try:
        await write_to(pool, there)
        yield pool
    finally:
        await pool.stop()


async def here(wanted: Wanted, _: object) -> Got:
    """What the server itself would do."""
    return Got(url=wanted.url, content_type="here", body=b"")


def wanted(url: str, **more: Any) -> Wanted:
    return Wanted(url=url, accept="application/activity+json", **more)


async def test_while_none_runs_nothing_is_fetched_beside_and_none_is_started() -> None:
    pool, before = SenderPool(2, config()), children(os.getpid())
    async with peer() as there:
        got = await pool.fetch(wanted(f"{there.origin}/u"), None, here)
        assert got.content_type == "here"
        assert (there.connections, children(os.getpid())) == (0, before)


async def test_a_rush_of_strangers_starts_them_and_they_stop_with_the_house() -> None:
    pool, before, enough = SenderPool(2, config()), children(os.getpid()), asyncio.Event()

    async def slowly(wanted: Wanted, key: object) -> Got:
        await enough.wait()
        return await here(wanted, key)

    async with peer() as there:
        rush = [asyncio.create_task(pool.fetch(wanted(f"{there.origin}/u"), None, slowly)) for _ in range(RUSH)]
        async with asyncio.timeout(10):
            while (await pool.fetch(wanted(f"{there.origin}/u"), None, here)).content_type == "here":
                await asyncio.sleep(0.02)
        assert len(children(os.getpid())) == len(before) + 2
        enough.set()
        assert {(await one).content_type for one in rush} == {"here"}
        await pool.stop()
    assert children(os.getpid()) == before


async def test_whom_a_rush_started_after_the_end_is_ended_too() -> None:
    pool, before = SenderPool(2, config()), children(os.getpid())
    await pool.stop()

    async def slowly(wanted: Wanted, key: object) -> Got:
        await asyncio.sleep(0.05)
        return await here(wanted, key)

    await asyncio.gather(*(pool.fetch(wanted("http://127.0.0.1/u"), None, slowly) for _ in range(RUSH)))
    await pool.stop()
    assert children(os.getpid()) == before


async def test_if_one_cannot_be_started_the_others_are_ended_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    pool, before, starts = SenderPool(2, config()), children(os.getpid()), 0
    begin = SenderProcess.start

    async def only_one(given: dict[str, Any]) -> SenderProcess:
        nonlocal starts
        starts += 1
        if starts > 1:
            raise BlockingIOError
        return await begin(given)

    monkeypatch.setattr(SenderProcess, "start", only_one)
    async with peer() as there:
        for _ in range(3):
            with pytest.raises(BlockingIOError):
                await write_to(pool, there)
    await pool.stop()
    assert children(os.getpid()) == before


def silent(url: str) -> Wanted:
    return wanted(url, seconds=0.1)


async def failed(pool: SenderPool, url: str, count: int) -> bool:
    """Ask at once for so much that nobody answers in time."""
    asked = await asyncio.gather(*(pool.fetch(silent(url), None, here) for _ in range(count)), return_exceptions=True)
    return all(isinstance(one, Unreachable) for one in asked)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "FETCH_SLACK_SECONDS", 0.1)


@pytest.mark.usefixtures("hasty")
async def test_who_is_stuck_is_passed_by_until_something_is_heard() -> None:
    before = children(os.getpid())
    async with peer() as there, running(there) as pool:
        (sender,) = set(children(os.getpid())) - set(before)
        os.kill(sender, signal.SIGSTOP)
        url = f"{there.origin}/u"
        assert await failed(pool, url, 4)
        assert (await pool.fetch(wanted(url), None, here)).content_type == "here"
        os.kill(sender, signal.SIGCONT)
        async with asyncio.timeout(process.STUCK_SECONDS / 2):  # what it says late shows that it is well
            while (await pool.fetch(wanted(url), None, here)).content_type == "here":
                await asyncio.sleep(0.01)
        assert sender in children(os.getpid())


@pytest.mark.usefixtures("hasty")
async def test_who_stays_stuck_is_ended_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "STUCK_SECONDS", 0.3)
    before = children(os.getpid())
    async with peer() as there, running(there) as pool:
        (sender,) = set(children(os.getpid())) - set(before)
        os.kill(sender, signal.SIGSTOP)
        assert await failed(pool, f"{there.origin}/u", 1)
        async with asyncio.timeout(5):
            while sender in children(os.getpid()) or not await taken(pool, there):
                await asyncio.sleep(0.01)


@pytest.mark.usefixtures("hasty")
async def test_a_server_that_stood_still_itself_ends_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "STUCK_SECONDS", 1.0)
    before = children(os.getpid())
    async with peer() as there, running(there) as pool:
        asking = asyncio.create_task(failed(pool, f"{there.origin}/u", 6))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        time.sleep(0.5)
        await asking
        await asyncio.sleep(1.5)
        assert len(children(os.getpid())) == len(before) + 1
        assert (await pool.fetch(wanted(f"{there.origin}/u"), None, here)).body == b"{}"


async def test_letters_that_had_no_turn_in_time_do_not_make_a_sender_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    """After 45 seconds a sender lets go of what had no turn without a word: it is well all the same."""
    monkeypatch.setattr(process, "BATCH_SECONDS", 0.6)
    monkeypatch.setattr(process, "STUCK_SECONDS", 0.1)
    before = children(os.getpid())
    async with peer() as there, running(there) as pool:
        (sender,) = set(children(os.getpid())) - set(before)
        key = Key(1, "https://here.test/users/us#main-key", some_key(1).private_pem())

        async def unanswered() -> None:
            letter = Letter(delivery_id=2, url=f"{there.origin}/silent", actor_id=1, outbox_id=1)
            async with aclosing(pool.send([letter], {1: "{}"}, [key])) as answers:
                assert [news.outcomes async for news in answers if news.outcomes] == []

        await asyncio.gather(*(unanswered() for _ in range(6)))
        await asyncio.sleep(0.3)
        assert sender in children(os.getpid())
        assert (await pool.fetch(wanted(f"{there.origin}/u"), None, here)).body == b"{}"


async def test_what_fails_keeps_them_running_as_what_goes_well_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "IDLE_SECONDS", 0.4)
    before = children(os.getpid())
    async with peer() as there, running(there) as pool:
        there.answers["/gone"] = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"
        for _ in range(12):
            with pytest.raises(Gone):
                await pool.fetch(wanted(f"{there.origin}/gone"), None, here)
            await asyncio.sleep(0.1)
        async with asyncio.timeout(5):
            while children(os.getpid()) != before:
                await asyncio.sleep(0.02)


async def test_a_document_and_the_letter_to_its_host_share_a_connection() -> None:
    async with peer() as there, running(there, size=2) as pool:
        got = await pool.fetch(wanted(f"{there.origin}/u"), None, here)
        await write_to(pool, there)
    assert (got.url, got.content_type, got.body) == (f"{there.origin}/u", "application/activity+json", b"{}")
    assert there.connections == 1


async def test_it_is_signed_by_whoever_asks_and_says_the_campaigns_name_only_if_it_should() -> None:
    async with peer() as there, running(there) as pool:
        await pool.fetch(wanted(f"{there.origin}/u"), some_key(2), here)
        await pool.fetch(wanted(f"{there.origin}/u", named=False), None, here)
    signed, nameless = (head.decode() for head in there.heads[1:])
    headers = tuple(tuple(line.split(": ", 1)) for line in signed.split("\r\n")[1:-2])
    fields = [(name.lower(), value) for name, value in headers]
    request = SignedRequest(method="GET", target="/u", host=dict(fields)["host"], headers=tuple(fields))
    verify(request, some_key(2).public, datetime.now(UTC), there.origin)
    assert "here.test" in signed
    assert "here.test" not in nameless
    assert "Signature" not in nameless
    assert "Accept-Encoding: identity" in nameless


@pytest.mark.parametrize(
    ("path", "answer", "failure"),
    [
        ("/a", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", NotFound),
        ("/a", b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", Gone),
        ("/a", b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", Refused),
        ("/a", b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", Unreachable),
        ("/a", b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.9/u\r\nContent-Length: 0\r\n\r\n", UnsafeUrl),
        ("/a", b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/u\r\nContent-Length: 0\r\n\r\n", UnsafeUrl),
        ("/a", b"HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n", WrongDocument),
        ("/a", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n" + TYPE + b"Content-Length: 2\r\n\r\n{}", WrongDocument),
        ("/a", b"HTTP/1.1 200 OK\r\n" + TYPE + b"\r\n" + b" " * (MAX_BODY_BYTES + 1), WrongDocument),
        ("/a", b"SSH-2.0-server\r\n", Unreachable),
    ],
    ids=["404", "410", "401", "503", "to ourselves", "to a private network", "in a circle", "encoded", "too long", "no http"],
)  # fmt: skip
async def test_failures_are_what_they_are_in_this_process(
    path: str, answer: bytes, failure: type[FederationError]
) -> None:
    async with peer() as there, running(there) as pool:
        there.answers[path] = answer
        with pytest.raises(failure):
            await pool.fetch(wanted(f"{there.origin}{path}"), None, here)
        await write_to(pool, there)


async def test_an_honest_redirect_is_followed() -> None:
    async with peer() as there, running(there) as pool:
        there.answers["/moved"] = b"HTTP/1.1 301 Moved\r\nLocation: /u\r\nContent-Length: 0\r\n\r\n"
        got = await pool.fetch(wanted(f"{there.origin}/moved"), None, here)
    assert got.url == f"{there.origin}/u"


async def test_who_does_not_answer_is_left_at_the_deadline() -> None:
    async with peer() as there, running(there) as pool:
        begun = asyncio.get_running_loop().time()
        with pytest.raises(Unreachable):
            await pool.fetch(wanted(f"{there.origin}/silent", seconds=0.3), None, here)
        assert asyncio.get_running_loop().time() - begun < 2


async def test_when_the_process_dies_over_it_the_caller_is_told_and_the_next_is_fetched() -> None:
    before = children(os.getpid())
    async with peer() as there, running(there) as pool:
        asking = asyncio.create_task(pool.fetch(wanted(f"{there.origin}/silent"), None, here))
        await there.silent.wait()
        (sender,) = set(children(os.getpid())) - set(before)
        os.kill(sender, signal.SIGKILL)
        assert (await asking).content_type == "here"
        assert (await pool.fetch(wanted(f"{there.origin}/u"), None, here)).content_type == "here"
        await write_to(pool, there)
        assert (await pool.fetch(wanted(f"{there.origin}/u"), None, here)).body == b"{}"
