"""The power fails: whatever was acknowledged before is there, and nothing is by halves."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.faults.conftest import LONG
from tests.faults.pictures import give, of_rows, sizes
from tests.faults.power import RECORD, Disk, read
from tests.faults.promises import Promises, kept_in
from tests.faults.tampering import need_strace
from tests.loopback.campaign import Campaign
from tests.loopback.sink import Sink
from tests.processes import Served, callout, free_port

CUTS, ROUNDS = (100, 60) if LONG else (12, 16)
CHANCE = Random(24)


class Acknowledged:
    """What was acknowledged until when."""

    def __init__(self) -> None:
        self.moments: list[tuple[float, set[str], set[str], int]] = [(0.0, set(), set(), 0)]

    def note(self, promises: Promises, pictures: int) -> None:
        self.moments.append((time.time(), set(promises.posts.values()), set(promises.replies), pictures))

    def before(self, at: float) -> tuple[set[str], set[str], int]:
        return next(
            (posts, replies, pictures) for when, posts, replies, pictures in reversed(self.moments) if when < at
        )


def test_what_was_acknowledged_survives_a_power_cut_at_any_moment(
    campaign: Campaign, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    need_strace()
    data, said = campaign.terminal.data, Acknowledged()
    with Sink(4) as sink:
        campaign.followed_by(sink)
        promises = Promises(campaign, sink)
        assert campaign.server.stop() == 0
        disk, careless = Disk(data), Disk(data)
        plain = callout(data, campaign.port, campaign.terminal.environ)
        campaign.server = Served(
            [*RECORD, "-o", str(tmp_path / "record"), *plain.command], plain.environ, plain.ready, plain.log
        )
        campaign.server.start()
        said.note(promises, 0)
        for number in range(ROUNDS):
            promises.say("Far more words than that. " * 100)
            said.note(promises, number)
            promises.hear()
            said.note(promises, number)
            assert give(campaign).status_code == 200
            said.note(promises, number + 1)
        campaign.server.kill()
    calls = list(read(tmp_path / "record", data))
    moments = sorted(CHANCE.sample(range(len(calls)), CUTS))
    lost = []
    for number, call in enumerate(calls):
        disk(call)
        if call.name != "fsync":  # a disk that only says so would be found out
            careless(call)
        if number in moments:
            posts, replies, pictures = said.before(call.at)
            for torn in (None, CHANCE):
                left = tmp_path / "left"
                disk.cut(left, torn)
                kept_in(left / "callout.db", posts, replies)
                lost.append(len(of_rows(left).items() - sizes(left).items()))
                assert len(of_rows(left)) >= 2 * pictures
                if number == moments[-1]:
                    _serves(left, campaign.terminal.environ)
                shutil.rmtree(left)
    folded = sum(call.name == "pwrite64" and call.path.endswith("callout.db") for call in calls)
    figure(
        f"{2 * CUTS} power cuts among {len(calls)} calls, {folded} of them of checkpoints: of {len(promises.posts)} posts,"
        f" {len(promises.replies)} replies and {ROUNDS} pictures acknowledged lost {sum(lost)}"
    )
    with pytest.raises(AssertionError, match="is lost"):
        careless.cut(tmp_path / "careless")
        kept_in(tmp_path / "careless" / "callout.db", set(promises.posts.values()), promises.replies)
    assert not sum(lost), "a picture is lost"


def _serves(data: Path, environ: dict[str, str]) -> None:
    """A server starts on what is left."""
    server = callout(data, free_port(), environ)
    server.start()
    assert server.stop() == 0
