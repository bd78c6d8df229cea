"""Servers have names: thousands are looked up for one post, and those whose own name servers are gone hold up nobody."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from server.base.database import engine
from tests.conftest import require
from tests.faults.conftest import LONG
from tests.loopback import names, nginx
from tests.loopback.campaign import Campaign
from tests.loopback.quick import QuickSink
from tests.processes import until

LIVING, DEAD = (2_000, 400) if LONG else (400, 60)
POSTS = 3
SEEN = "2026-01-31T18:00:00.000000Z"


def followed_by_names(campaign: Campaign, port: int) -> None:
    """Followers on servers with names, the dead ones among them evenly."""
    total = LIVING + DEAD
    hosts = [f"{'dead' if n * DEAD // total != (n + 1) * DEAD // total else 'h'}{n}.example.org" for n in range(total)]
    rows = [{"id": n + 1, "host": f"{host}:{port}"} for n, host in enumerate(hosts)]
    with closing(engine.sqlite3.connect(campaign.terminal.data / "callout.db")) as database:
        database.executemany(
            "INSERT INTO inboxes (id, url, host) VALUES (:id, 'http://' || :host || '/inbox', :host)", rows
        )
        database.executemany(
            "INSERT INTO followed_inboxes (id, actor_id, inbox_id, followers)"
            " SELECT :id, id, :id, 1 FROM actors WHERE kind = 'campaign'",
            rows,
        )
        database.commit()


def test_names_that_nobody_answers_for_hold_up_no_other_server(tmp_path: Path, figure: Callable[[str], None]) -> None:
    require("a name server of our own", present=names.possible(), hint="it takes root and unshare")
    require("nginx", present=nginx.program() is not None, hint="install the package nginx-light")
    with names.Names(tmp_path) as known, QuickSink(tmp_path / "readers", 1) as readers:
        campaign = Campaign(tmp_path / "ours")
        followed_by_names(campaign, readers.port)
        campaign.server.command = known.within(campaign.server.command)
        campaign.server.start()
        try:
            took = [spread(campaign, readers) for _ in range(POSTS)]
            assert campaign.count("SELECT count(*) FROM hosts WHERE host LIKE 'h%'") == 0, "no living server is blamed"
            until(lambda: campaign.count("SELECT count(*) FROM hosts") >= DEAD, "the dead ones are known", 60)
            took.append(spread(campaign, readers))
        finally:
            campaign.server.kill()
        campaign.check()
    shown = ", ".join(f"{seconds:.1f}" for seconds in took)
    figure(
        f"{LIVING} names that are answered after 30 ms among {DEAD} that never are: all living had it after {shown} s"
    )


def spread(campaign: Campaign, readers: QuickSink) -> float:
    """Publish; the seconds until all the living have it."""
    readers.forget()
    begun = time.monotonic()
    campaign.published()
    until(lambda: len(readers.when()) == LIVING, "all the living have it", 30)
    return time.monotonic() - begun
