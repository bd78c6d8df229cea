"""Servers that take and never answer, a system that gives few open files, a line that carries little: nobody is blamed for others."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.loopback.campaign import Campaign
from tests.loopback.sink import Sink
from tests.processes import until

#: More than are ever in hand at once, so that whoever holds others up is seen.
HOSTS = 600
FEW_FILES = 256
#: More than are answered within the ten seconds that each may take.
BEHIND_A_NARROW_LINE, ANSWERS_A_SECOND = 360, 30


@contextmanager
def files(soft: int) -> Iterator[None]:
    """Let whatever is started here begin with so few open files."""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, before), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))


def test_servers_that_never_answer_hold_up_nobody_else(campaign: Campaign, figure: Callable[[str], None]) -> None:
    with Sink(HOSTS) as sink:
        campaign.followed_by(sink)
        sink.silent = {sink.crowd.host(number) for number in range(0, HOSTS, 50)}
        campaign.published()
        begun = time.monotonic()
        living = HOSTS - len(sink.silent)
        until(lambda: len(sink.creates.keys() - sink.silent) == living, "all others have it", 15)
        took = time.monotonic() - begun
        until(
            lambda: campaign.count("SELECT max(delivered) FROM delivery_counts") >= living, "and it is written down", 5
        )
        figure(f"{len(sink.silent)} of {HOSTS} servers never answer: all others had it after {took:.1f} s")


def test_a_sender_reaches_more_servers_than_it_is_given_files_for(tmp_path: Path) -> None:
    campaign = Campaign(tmp_path / "ours", CALLOUT_SENDERS="1")
    with files(FEW_FILES):
        campaign.server.start()
    try:
        with Sink(HOSTS) as sink:
            campaign.followed_by(sink)
        assert campaign.count("SELECT count(*) FROM hosts WHERE failures > 0") == 0, "no server is blamed for it"
    finally:
        campaign.server.kill()
    campaign.check()


def test_behind_a_narrow_line_all_have_it_and_none_is_taken_for_dead(
    campaign: Campaign, figure: Callable[[str], None]
) -> None:
    with Sink(BEHIND_A_NARROW_LINE) as sink:
        campaign.followed_by(sink)
        sink.rate = ANSWERS_A_SECOND
        campaign.published()
        begun = time.monotonic()
        until(lambda: campaign.waiting() == 0, "all have it", 2 * BEHIND_A_NARROW_LINE / ANSWERS_A_SECOND)
        took = time.monotonic() - begun
        assert set(sink.creates.values()) == {1}
    assert campaign.count("SELECT count(*) FROM hosts WHERE failures > 0") == 0
    figure(
        f"a line that carries {ANSWERS_A_SECOND} answers a second: {BEHIND_A_NARROW_LINE} had it after {took:.1f} s, once"
    )
