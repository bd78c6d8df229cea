"""Jobs and deliveries that no program could do: each is put aside with a reason, and everybody else goes on."""

from __future__ import annotations

import asyncio
import builtins
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from server.base.clock import Clock
from server.base.database import Database, engine
from server.base.jobs import worker
from server.base.jobs.retry import WAITS
from server.base.jobs.worker import Worker
from server.features.inbox.applying import FETCH_JOB, MOVE_JOB
from server.features.publishing.service import ANNOUNCE_JOB
from tests.conftest import FakeClock
from tests.databases import fresh_database
from tests.faults.conftest import LONG
from tests.loopback.campaign import Campaign
from tests.loopback.sink import Sink
from tests.processes import until

pytestmark = pytest.mark.anyio

#: Whatever Python can raise by its own names, the ends of the process and of the task among them.
EXCEPTIONS: list[type[BaseException]] = [
    asyncio.CancelledError,
    *(
        kind
        for _, kind in sorted(vars(builtins).items())
        if isinstance(kind, type) and issubclass(kind, BaseException) and not issubclass(kind, Warning)
    ),
]
SECRET = "a body that nobody may read"
GARBAGE = [
    "",
    "{",
    "null",
    "[]",
    "7",
    '"text"',
    '{"uri": 5}',
    "{}",
    "[" * 100_000,
    "\\u0000",
    json.dumps({"uri": "x" * 3_000_000}),
]
PROMPT = 1.5


def _raised(kind: type[BaseException]) -> BaseException:
    with suppress(TypeError):
        return kind(SECRET)
    with suppress(TypeError):
        return kind("utf-8", b"", 0, 1, SECRET)
    with suppress(TypeError):
        return kind("utf-8", 0, 1, SECRET) if kind is UnicodeTranslateError else kind("utf-8", "", 0, 1, SECRET)
    return kind(SECRET, [ValueError(SECRET)])


@pytest.fixture
async def database(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Database]:
    async with fresh_database("sqlite", tmp_path, clock) as opened:
        yield opened


class Works:
    """A worker that runs, with handlers of which most are bad; the good one says how late it was."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.late: list[float] = []
        self.began: Counter[str] = Counter()
        bad = {f"raises {kind.__name__}": self._raising(kind) for kind in EXCEPTIONS}
        handlers = {**bad, "endless": self._endless, "stubborn": self._stubborn, "good": self._good}
        self.worker = Worker(database, handlers, clock, Random(1))
        self.bad = list(bad)

    def _raising(self, kind: type[BaseException]) -> worker.Handler:
        async def handler(_: dict[str, Any]) -> None:
            self.began[kind.__name__] += 1
            raise _raised(kind)

        return handler

    async def _endless(self, _: dict[str, Any]) -> None:
        self.began["endless"] += 1
        await asyncio.Event().wait()

    async def _stubborn(self, _: dict[str, Any]) -> None:
        """It does not end even when it is told to, for a while."""
        self.began["stubborn"] += 1
        end = time.monotonic() + 2 * worker.HANDLER_SECONDS
        while time.monotonic() < end:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.5)

    async def _good(self, payload: dict[str, Any]) -> None:
        self.late.append(time.monotonic() - payload["asked"])

    async def add(self, kind: str, payload: str = "{}") -> None:
        async with self.database.transaction() as tx:
            tx.has_jobs = True
            await tx.execute(
                "INSERT INTO jobs (id, kind, payload, due_at) VALUES (:id, :kind, :payload, :now)",
                id=tx.new_id(),
                kind=kind,
                payload=payload,
                now=tx.now,
            )

    async def good(self, count: int, pause: float) -> None:
        for _ in range(count):
            await self.add("good", json.dumps({"asked": time.monotonic()}))
            await asyncio.sleep(pause)

    async def states(self) -> Counter[str]:
        async with self.database.snapshot() as snapshot:
            return Counter(row["state"] for row in await snapshot.fetch("SELECT state FROM jobs"))

    async def reasons(self) -> set[str]:
        async with self.database.snapshot() as snapshot:
            return {row["reason"] for row in await snapshot.fetch("SELECT reason FROM jobs")}


async def _eventually(holds: Callable[[], Any], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.02)


async def test_jobs_that_raise_anything_are_parked_and_the_worker_lives(
    database: Database, clock: FakeClock, figure: Callable[[str], None]
) -> None:
    works = Works(database, clock)
    running = asyncio.create_task(works.worker.run(release=True))
    for kind in works.bad:
        await works.add(kind)
    for payload in GARBAGE:
        await works.add("good", payload)
    poison = len(works.bad) + len(GARBAGE)
    await works.add("nobody knows this kind")
    for attempt in range(len(WAITS) + 1):
        await _eventually(lambda: _none_due(works))
        if attempt < len(WAITS):
            clock.forward(WAITS[attempt] * 1.3)
            await works.good(1, 0)
    await _eventually(lambda: _all_parked(works, poison + 1))
    await works.good(20, 0.01)
    await _eventually(lambda: _heard(works, 20 + len(WAITS)))
    assert not running.done(), "the worker lives"
    assert set(works.began.values()) == {len(WAITS) + 1}, "each was tried five times"
    said = await works.reasons()
    assert {"SystemExit", "KeyboardInterrupt", "CancelledError", "no handler", "payload too long"} <= said
    assert not any(SECRET in reason or len(reason) > 80 for reason in said)
    assert max(works.late) < PROMPT
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    figure(
        f"{poison + 1} poison jobs, {len(EXCEPTIONS)} kinds of exception: parked after 5 tries; a good job waits {max(works.late):.2f} s"
    )


async def _none_due(works: Works) -> bool:
    async with works.database.snapshot() as snapshot:
        left = await snapshot.value(
            "SELECT count(*) FROM jobs WHERE state = 'leased' OR (state = 'ready' AND due_at <= :now)", now=snapshot.now
        )
    return bool(left == 0)


async def _all_parked(works: Works, count: int) -> bool:
    return await works.states() == Counter(parked=count)


async def _heard(works: Works, count: int) -> bool:
    return len(works.late) >= count


async def test_jobs_that_never_end_hold_up_nobody_else(
    database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]
) -> None:
    monkeypatch.setattr(worker, "HANDLER_SECONDS", 8.0 if LONG else 1.5)
    works = Works(database, clock)
    running = asyncio.create_task(works.worker.run(release=True))
    for _ in range(20):
        await works.add("endless")
    await works.add("stubborn")
    await works.good(60, 0.05)
    await _eventually(lambda: _heard(works, 60))
    await _eventually(lambda: _none_due(works))
    assert works.began["endless"] == 20, "all were begun"
    assert await works.states() == Counter(ready=21), "and put back for later"
    assert await works.reasons() == {"TimeoutError"}
    late = sorted(works.late)
    figure(f"21 jobs that never end: the others wait {late[len(late) // 2]:.3f} s, at most {late[-1]:.2f} s")
    assert late[len(late) // 2] < 0.5
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def inserted(campaign: Campaign, sql: str, rows: list[dict[str, Any]], *, loose: bool = False) -> None:
    """Write rows into the database of a running server, as a broken version of it might have."""
    with closing(engine.sqlite3.connect(campaign.terminal.data / "callout.db", timeout=10)) as connection:
        connection.execute(f"PRAGMA foreign_keys = {'OFF' if loose else 'ON'}")
        with connection:
            connection.executemany(sql, rows)


def test_a_server_parks_garbage_and_still_does_what_is_due(campaign: Campaign, figure: Callable[[str], None]) -> None:
    kinds = [ANNOUNCE_JOB, FETCH_JOB, MOVE_JOB, "no such kind"]
    given = [{"id": n, "kind": kinds[n % 4], "payload": GARBAGE[n // 4]} for n in range(len(GARBAGE) * 4)]
    due = "2020-01-01T00:00:00.000000Z"
    inserted(
        campaign,
        f"INSERT INTO jobs (id, kind, payload, due_at, attempts) VALUES (:id, :kind, :payload, '{due}', {len(WAITS)})",
        given,
    )
    begun = time.monotonic()
    answer = campaign.post("Hello @somebody@127.60.0.1:9, are you there?")
    assert answer.status_code == 200
    until(lambda: campaign.count("SELECT count(*) FROM jobs WHERE state <> 'parked'") == 0, "all is parked or done", 20)
    parked = campaign.count("SELECT count(*) FROM jobs WHERE state = 'parked' AND reason <> ''")
    assert parked == campaign.count("SELECT count(*) FROM jobs")
    assert parked >= len(given) - 4, "a payload that says nothing may be done at once"
    assert "background_failed" not in campaign.server.log.read_text()
    figure(f"{len(given)} garbage jobs in a running server: parked within {time.monotonic() - begun:.1f} s")


#: Addresses of inboxes that no URL parser, no policy or no network lets through.
BAD_URLS = [
    "",
    "inbox",
    "http://",
    "http://[",
    "http://[::1",
    "ftp://127.60.0.1/inbox",
    "http://127.60.0.1:99999/inbox",
    "http://127.60.0.1:0/inbox",
    "http://user:word@127.60.0.1/inbox",
    "http://127.60.0.1/a b\r\nX-More: 1",
    "http://127.60.0.1/\u2028",
    "http://" + "a" * 300 + ".example/inbox",
    "http://127.60.0.1/" + "x" * 100_000,
    "http://\udcff.example/".encode("utf-8", "replace").decode(),
]


def test_deliveries_that_nobody_can_make_stop_no_other(campaign: Campaign, figure: Callable[[str], None]) -> None:
    with Sink(60) as sink:
        campaign.followed_by(sink)
        campaign.published("The first")
        until(lambda: campaign.waiting() == 0, "the first is delivered")
        outbox = campaign.count("SELECT max(id) FROM outbox WHERE type = 'Create'")
        rows = [{"id": n, "url": url, "host": f"poison{n % 5}", "outbox": outbox} for n, url in enumerate(BAD_URLS, 1)]
        inserted(campaign, "INSERT INTO inboxes (id, url, host) VALUES (:id, :url, :host)", rows)
        inserted(
            campaign,
            "INSERT INTO deliveries (id, outbox_id, inbox_id, host, object_uri, class, due_at)"
            " VALUES (:id, :outbox, :id, :host, 'about ' || :id, 0, '2020-01-01T00:00:00.000000Z')",
            rows,
        )
        orphan = {"id": 999, "host": sink.crowd.host(0), "inbox": campaign.count("SELECT max(id) FROM inboxes")}
        inserted(
            campaign,
            "INSERT INTO deliveries (id, outbox_id, inbox_id, host, object_uri, class, due_at)"
            " VALUES (:id, 7, :inbox, :host, 'nothing', 0, '2020-01-01T00:00:00.000000Z')",
            [orphan],
            loose=True,
        )
        sink.forget()
        begun = time.monotonic()
        campaign.published("The second")
        until(lambda: len(sink.creates) == sink.crowd.count, "everybody else has it", 20)
        took = time.monotonic() - begun
        inserted(campaign, "DELETE FROM deliveries WHERE id = :id", [orphan])
        tried = "SELECT count(*) FROM deliveries WHERE id < 999 AND state = 'ready' AND attempts = 1 AND reason <> ''"
        waiting = "SELECT count(*) FROM deliveries WHERE id < 999"
        until(lambda: campaign.count(tried) == campaign.count(waiting), "each was tried once and put back", 20)
        assert took < 10
        figure(
            f"{len(rows)} deliveries to no address and one of nothing: tried once each; {sink.crowd.count} others have theirs after {took:.1f} s"
        )
