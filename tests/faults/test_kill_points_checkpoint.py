"""kill -9 in the middle of a checkpoint, between two pages that it writes: the log is there still, and is folded in again."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.faults.conftest import LONG
from tests.faults.doomed import started
from tests.faults.promises import Promises
from tests.faults.tampering import need_strace, tampered
from tests.loopback.campaign import Campaign
from tests.loopback.sink import Sink

KILLS = 20 if LONG else 2
#: The killing write to the database itself is one of the first so many; only a checkpoint writes there.
SPREAD = 30
CHANCE = Random(23)


def test_a_server_killed_in_the_middle_of_a_checkpoint_loses_nothing(
    campaign: Campaign, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    need_strace()
    database = campaign.terminal.data / "callout.db"
    with Sink(4) as sink:
        campaign.followed_by(sink)
        promises = Promises(campaign, sink)
        pages = []
        for kill in range(KILLS):
            for _ in range(4):
                promises.say()
                promises.hear()
            nth = CHANCE.randint(1, SPREAD)
            assert campaign.server.process is not None
            inject = f"signal=SIGKILL:when={nth}"
            with tampered(campaign.pid, tmp_path / "trace", "pwrite64", inject, database):
                # Whoever closes the database folds the log in; every other time the log is filled until it is full.
                if kill % 2 == 0:
                    assert campaign.server.stop() == -signal.SIGKILL
                else:
                    _until_killed(campaign, promises)
            pages.append(nth)
            assert database.with_name("callout.db-wal").stat().st_size, "the log is there still"
            started(campaign)
            promises.kept()
        promises.settle()
    figure(
        f"killed in {KILLS} checkpoints after {min(pages)} to {max(pages)} pages: {len(promises.posts)} posts and"
        f" {len(promises.replies)} replies acknowledged, lost 0"
    )


def _until_killed(campaign: Campaign, promises: Promises) -> None:
    """A log of a thousand pages is soon written."""
    assert campaign.server.process is not None
    for _ in range(600):
        promises.say(f"{'Far more words than that. ' * 150}")
        if campaign.server.process.poll() == -signal.SIGKILL:
            return
    raise AssertionError("no checkpoint came")
