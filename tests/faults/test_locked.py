"""Somebody else holds the database: writing is refused in time, reading goes on, and all is well when they let go."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx

from server.base.database.sqlite import CHECKPOINT_PAGES
from tests.faults.conftest import LONG
from tests.loopback.campaign import Campaign
from tests.loopback.crowd import request
from tests.loopback.load import pour
from tests.loopback.sink import Sink
from tests.processes import until

LOCKED_SECONDS = 30 if LONG else 7
READING_SECONDS = 60 if LONG else 4
WRITERS, READERS = 8, 200
#: What SQLite waits for a lock, and the time that a busy machine needs for the rest.
MOST_SECONDS = 5.0 + 2.5
#: Pages that one small post changes, each written whole; the log keeps all of them while somebody reads what was before.
#: The index of words follows, some posts at a time.
MOST_LOG_BYTES_A_POST = 36 * 4120
HOLDER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
for statement in sys.argv[3:]:
    connection.execute(statement).fetchall()
print("held", flush=True)
time.sleep(float(sys.argv[2]))
connection.rollback()
"""


@contextmanager
def held(campaign: Campaign, seconds: float, *statements: str) -> Iterator[subprocess.Popen[bytes]]:
    """Another program has begun a transaction on our file, and keeps it for so long."""
    path = campaign.terminal.data / "callout.db"
    command = [sys.executable, "-c", HOLDER, str(path), str(seconds), *statements]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        try:
            yield holder
        finally:
            holder.kill()


class Asking(threading.Thread):
    """Asks one kind of thing again and again until told to stop; knows each answer and how long it took."""

    def __init__(self, ask: Callable[[int], int], pause: float = 0.02) -> None:
        super().__init__()
        self._ask, self._pause = ask, pause
        self.over = threading.Event()
        self.statuses: Counter[int] = Counter()
        self.longest: dict[int, float] = {}

    def run(self) -> None:
        number = 0
        while not self.over.is_set():
            begun = time.monotonic()
            status = self._ask(number)
            took = time.monotonic() - begun
            self.statuses[status] += 1
            self.longest[status] = max(took, self.longest.get(status, 0))
            number += 1
            time.sleep(self._pause)

    def stop(self) -> None:
        self.over.set()
        self.join()


def log_bytes(campaign: Campaign) -> int:
    return (campaign.terminal.data / "callout.db-wal").stat().st_size


def log_began(campaign: Campaign) -> bytes:
    """Changes whenever the log is written from its beginning again (salt-1 of its header)."""
    with (campaign.terminal.data / "callout.db-wal").open("rb") as log:
        return log.read(24)[16:20]


def test_a_database_locked_by_another_is_answered_in_time_and_well_again_after(
    campaign: Campaign, figure: Callable[[str], None]
) -> None:
    with Sink(50) as sink:
        campaign.followed_by(sink)
        first = campaign.published()["uri"]
        crowd = sink.crowd
        until(lambda: campaign.waiting() == 0, "all is quiet")

        def replies(who: int) -> Callable[[int], int]:
            def ask(number: int) -> int:
                # Many of one host at once would be told to wait for another reason.
                body = crowd.reply(who, first, campaign.uri)
                return next(iter(campaign.hears([crowd.signed(who, body, campaign.inbox)], at_once=1).statuses))

            return ask

        posts = Asking(lambda number: campaign.post(f"Under lock {number}").status_code)
        pages = Asking(lambda _: httpx.get(f"http://127.0.0.1:{campaign.port}/", timeout=10).status_code)
        inbox = [Asking(replies(who)) for who in range(WRITERS)]
        everybody = [posts, pages, *inbox]
        before = campaign.count("SELECT count(*) FROM remote_posts")
        for one in everybody:
            one.start()
        time.sleep(0.5)
        with held(campaign, LOCKED_SECONDS, "BEGIN IMMEDIATE") as holder:
            holder.wait(LOCKED_SECONDS + 5)
        let_go = time.monotonic()
        until(lambda: campaign.post("Well again?").status_code == 200, "publishing goes again by itself", 10)
        recovered = time.monotonic() - let_go
        time.sleep(1)
        for one in everybody:
            one.stop()
        said = sum((one.statuses for one in [posts, *inbox]), Counter())
        slowest = max(max(one.longest.values()) for one in [posts, *inbox])
        figure(
            f"locked {LOCKED_SECONDS} s by another: {said[200] + said[202]} taken, {said[503]} told 503 within {slowest:.1f} s,"
            f" pages {max(pages.longest.values()):.2f} s at most; well after {recovered:.1f} s"
        )
        assert set(said) <= {200, 202, 503}
        assert set(pages.statuses) == {200}
        kept = campaign.count("SELECT count(*) FROM remote_posts") - before
        assert kept == said[202], "taken is kept, refused is not"
        assert campaign.count("SELECT count(*) FROM posts WHERE state = 'live'") == posts.statuses[200] + 2
        until(lambda: campaign.waiting() == 0, "everything is delivered", 30)
        assert len({said for _, said in sink.arrived}) >= posts.statuses[200], "everything that was published arrived"
        assert "database is locked" not in campaign.server.log.read_text()
        assert slowest <= MOST_SECONDS, "nobody waits for the lock once for each who came before"


def test_a_long_read_by_another_stops_no_writing_and_the_log_stays_small(
    campaign: Campaign, figure: Callable[[str], None]
) -> None:
    def ask(number: int) -> int:
        return campaign.post(f"While somebody reads {number}").status_code

    before = log_bytes(campaign)
    posts, many = Asking(ask, pause=0.1), [Asking(ask, pause=0) for _ in range(4)]
    with held(campaign, READING_SECONDS, "BEGIN", "SELECT count(*) FROM posts") as holder:
        posts.start()
        holder.wait(READING_SECONDS + 5)
    grown = log_bytes(campaign)
    begun = log_began(campaign)
    for one in many:
        one.start()
    until(lambda: log_began(campaign) != begun, "the log begins anew once nobody reads what was before it", 15)
    for one in [posts, *many]:
        one.stop()
    figure(
        f"read for {READING_SECONDS} s by another: {posts.statuses[200]} posts within {posts.longest[200]:.2f} s,"
        f" the log grew to {grown / 1_000_000:.1f} MB"
    )
    assert set(posts.statuses) == {200}
    assert grown - before <= MOST_LOG_BYTES_A_POST * posts.statuses[200]
    assert posts.longest[200] < 2
    assert log_bytes(campaign) <= max(grown, CHECKPOINT_PAGES * 4096) + 2**20, "and grows no more"


def test_two_hundred_readers_at_once_are_all_answered(campaign: Campaign, figure: Callable[[str], None]) -> None:
    posted = [campaign.published(f"Post {number}")["url"] for number in range(20)]
    host = {"Host": f"localhost:{campaign.port}"}
    paths = ["/", "/nodeinfo/2.1", *(urlsplit(url).path for url in posted)]
    asked = [request("GET", paths[n % len(paths)], host) for n in range(40_000 if LONG else 4_000)]
    posts = Asking(lambda number: campaign.post(f"While they read {number}").status_code)
    posts.start()
    poured = pour(campaign.port, asked, at_once=READERS)
    posts.stop()
    figure(
        f"{READERS} readers at once: {len(poured.good)} pages, {poured.rate:.0f} a second;"
        f" {posts.statuses[200]} posts meanwhile within {posts.longest[200]:.2f} s"
    )
    assert sum(poured.statuses.values()) == len(asked)
    assert set(poured.statuses) == {200}, poured.statuses
    assert set(posts.statuses) == {200}
