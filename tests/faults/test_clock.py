"""The clock is set while deliveries are under way: all of them arrive, and nothing waits for a year or comes all at once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.base.clock import STEP, SteadyClock
from server.base.database import engine
from server.base.timestamps import from_text, to_text
from server.features.inbox.applying import FETCH_JOB
from tests.conftest import FakeClock, require
from tests.faults.conftest import LONG
from tests.faults.test_locked import Asking
from tests.loopback.campaign import Campaign, query
from tests.loopback.sink import Sink
from tests.processes import until

HOUR, YEAR = timedelta(hours=1), timedelta(days=365)
#: Each is where the clock stands after it, beside the real time.
STEPS = (
    [HOUR, timedelta(), -HOUR, timedelta(), YEAR, timedelta(), -YEAR, timedelta()]
    if LONG
    else [HOUR, -HOUR, YEAR, -YEAR]
)
FAILING = 5
FAR = timedelta(hours=12)
JOB_WAITS = timedelta(minutes=30)


class TimeMachine:
    """What a program under libfaketime believes the time to be."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.offset = timedelta()
        self.set(self.offset)

    def set(self, offset: timedelta) -> None:
        self.offset = offset
        draft = self.file.with_suffix(".new")
        draft.write_text(f"{offset.total_seconds():+.0f}\n")
        draft.replace(self.file)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def environ(self, library: Path) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


@pytest.fixture
def machine(tmp_path: Path) -> TimeMachine:
    return TimeMachine(tmp_path / "offset")


@pytest.fixture
def campaign(tmp_path: Path, machine: TimeMachine) -> Iterator[Campaign]:
    """A server whose time is ours to set."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    require("libfaketime", present=bool(found), hint="install the package faketime")
    ours = Campaign(tmp_path / "ours", **machine.environ(found[0]))
    ours.server.start()
    yield ours
    ours.server.kill()
    ours.check()
    assert "Traceback" not in ours.server.log.read_text()


def _waiting_job(campaign: Campaign, number: int, due: datetime) -> None:
    sql = "INSERT INTO jobs (id, kind, payload, due_at) VALUES (?, ?, ?, ?)"
    path = campaign.terminal.data / "callout.db"
    with closing(engine.sqlite3.connect(path, timeout=10)) as connection, connection:
        connection.execute(sql, (number, FETCH_JOB, json.dumps({"uri": f"http://127.60.0.1/{number}"}), to_text(due)))


def _dues(campaign: Campaign, table: str) -> list[datetime]:
    return [from_text(row[0]) for row in query(campaign.terminal.data / "callout.db", f"SELECT due_at FROM {table}")]


def _as_long_as_before(campaign: Campaign, now: datetime) -> bool:
    return all(now < due <= now + JOB_WAITS for due in _dues(campaign, "jobs"))


def test_a_step_is_held_back_until_it_is_taken_over() -> None:
    wall, gone = FakeClock(datetime(2026, 9, 28, tzinfo=UTC)), 0.0
    clock = SteadyClock(wall, lambda: gone)
    begun = clock()
    wall.forward(YEAR)
    gone = 5.0
    wall.forward(timedelta(seconds=5))
    assert clock() - begun < timedelta(seconds=6), "time goes on as before"
    assert abs(clock.step - YEAR) < STEP
    wall.forward(STEP / 2)
    assert timedelta(seconds=9) < clock() - begun < timedelta(seconds=11), "what is small is followed at once"
    clock.take_over()
    assert clock() - begun > YEAR
    wall.forward(-2 * YEAR)
    assert abs(clock.step + 2 * YEAR) < STEP
    wall.forward(2 * YEAR)
    assert clock.step == timedelta(), "there and back is nothing"


def test_a_clock_that_was_set_back_while_nobody_looked_puts_nothing_off(
    campaign: Campaign, machine: TimeMachine
) -> None:
    with Sink(10) as sink:
        campaign.followed_by(sink)
        sink.failing = {sink.crowd.host(0)}
        campaign.published("Before")
        until(lambda: campaign.waiting() == 1, "all but one have it")
        _waiting_job(campaign, 1, machine.now() + JOB_WAITS)
        assert campaign.server.stop() == 0
        machine.set(-YEAR)
        campaign.server.start()
        until(lambda: _as_long_as_before(campaign, machine.now() + STEP), "a job waits as long as before", 5)
        assert all(due <= machine.now() + FAR for due in _dues(campaign, "deliveries"))
        sink.forget()
        campaign.published("After")
        until(lambda: len(sink.creates) >= sink.crowd.count - 1, "all but one have this, too")


def test_a_clock_that_is_set_in_a_fan_out_delays_and_repeats_nothing(
    campaign: Campaign, machine: TimeMachine, figure: Callable[[str], None]
) -> None:
    with Sink(1000 if LONG else 200, delay=0.03) as sink:
        campaign.followed_by(sink)
        sink.failing = {sink.crowd.host(number) for number in range(FAILING)}
        well, repeated, slowest, newest = sink.crowd.count - FAILING, 0, 0.0, 0
        for number, offset in enumerate(STEPS, 1):
            sink.forget()
            _waiting_job(campaign, number, machine.now() + JOB_WAITS)
            posts = Asking(lambda n, number=number: campaign.post(f"Step {number}, {n}").status_code, pause=0.2)  # type: ignore[misc]
            posts.start()
            until(lambda: sum(sink.creates.values()) >= well // 4, "deliveries are on their way")
            step = offset - machine.offset
            machine.set(offset)
            begun = time.monotonic()
            time.sleep(0.5)
            posts.stop()
            assert set(posts.statuses) == {200}
            said = posts.statuses[200]
            until(lambda said=said: _arrived(sink) >= well * said, f"all have it after a step of {step}", 40)  # type: ignore[misc]
            until(
                lambda: campaign.count("SELECT count(*) FROM deliveries WHERE state = 'leased'") == 0,
                "no lease is left",
                60,
            )
            slowest = max(slowest, time.monotonic() - begun)
            until(lambda: _as_long_as_before(campaign, machine.now()), "a job waits as long as before", 5)
            now = machine.now()
            assert all(due <= now + FAR for due in _dues(campaign, "deliveries")), (
                f"none is put off by a step of {step}"
            )
            assert max(sink.arrived.values()) <= 2, "at most one extra attempt"
            repeated += sum(count - 1 for (host, _), count in sink.arrived.items() if host not in sink.failing)
            ids = campaign.count("SELECT max(id) FROM outbox")
            assert ids > newest, "ids grow"
            newest = ids
        assert campaign.count("SELECT count(*) FROM jobs WHERE attempts > 0") == 0, "no job came all at once"
        # In one question: meanwhile more of what is left is written down for those that fail.
        assert campaign.count(
            "SELECT (SELECT sum(expected - delivered - given_up) FROM delivery_counts) = (SELECT count(*) FROM deliveries)"
        ), "each is counted once"
        assert campaign.count("SELECT count(DISTINCT public_id) FROM posts") == campaign.count(
            "SELECT count(*) FROM posts"
        )
    figure(
        f"{len(STEPS)} steps of the clock, up to {max(abs(step) for step in STEPS).days} days, in fan-outs to {sink.crowd.count}:"
        f" lost 0, sent twice {repeated}, all there after {slowest:.1f} s at most"
    )


def _arrived(sink: Sink) -> int:
    """How many different things have arrived at hosts that take them."""
    return sum(1 for host, _ in list(sink.arrived) if host not in sink.failing)
