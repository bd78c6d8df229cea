"""kill -9 at each stage of hearing, publishing and delivering: what was promised is kept, and nothing is there by halves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from random import Random

import pytest

from tests.faults.conftest import LONG
from tests.faults.doomed import doomed, started
from tests.faults.killpoint import POINTS, SERVING, found
from tests.faults.promises import LEASED, Promises
from tests.loopback.campaign import Campaign
from tests.loopback.sink import Sink

KILLS = 20 if LONG else 1
#: The N-th time is drawn from so many.
SPREAD = 12
#: A machine that does other things, too, is given more than the two seconds of an idle one.
READY_SECONDS = 10.0
CHANCE = Random(21)


@pytest.mark.parametrize("point", POINTS)
def test_each_point_is_still_in_the_program(point: str) -> None:
    for where in filter(None, (POINTS[point].where, POINTS[point].within)):
        holder, name = found(where)
        assert callable(getattr(holder, name)), where


@pytest.fixture
def few() -> Iterator[Sink]:
    with Sink(24) as opened:
        yield opened


def test_a_server_killed_at_any_stage_keeps_what_it_promised(
    campaign: Campaign, few: Sink, figure: Callable[[str], None]
) -> None:
    campaign.followed_by(few)
    promises = Promises(campaign, few)
    campaign.server.kill()
    in_hand, starts = campaign.count(LEASED), []
    for point in SERVING:
        for _ in range(KILLS):
            server = doomed(campaign, point, CHANCE.randint(1, SPREAD))
            campaign.server = server
            server.start()
            end = time.monotonic() + 30
            while not server.over:
                assert time.monotonic() < end, f"never came {point}"
                promises.say()
                promises.hear()
            server.died()
            in_hand += campaign.count(LEASED)
            promises.kept()
        starts.append(started(campaign))
        promises.settle()
        assert promises.repeated <= in_hand, f"{point}: nothing is sent twice but what was in hand"
        campaign.server.kill()
    assert max(starts) <= READY_SECONDS
    assert set(promises.statuses) <= {0, 200, 202, 503}
    figure(
        f"killed at {len(SERVING)} stages, {KILLS} times each: {len(promises.posts)} posts and {len(promises.replies)} replies"
        f" acknowledged, lost 0, by halves 0, sent twice {promises.repeated} of {in_hand} in hand;"
        f" answering again after {max(starts):.2f} s at most"
    )
