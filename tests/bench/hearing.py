"""What comes in from people we know: each activity signed, and kept before it counts."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.bench.figures import Figure, least, most
from tests.bench.limits import VERIFIES
from tests.bench.watching import Spent
from tests.bench.world import World, idle
from tests.loopback.campaign import Campaign
from tests.loopback.crowd import Crowd
from tests.loopback.load import Poured, pour
from tests.processes import free_port, until

TARGETS = {"replies": 1_500, "Likes": 2_000, "Announces": 2_000}
COUNTS = {
    "replies": "SELECT count(*) FROM replies",
    "Likes": "SELECT count(*) FROM interactions WHERE kind = 'like'",
    "Announces": "SELECT count(*) FROM interactions WHERE kind = 'boost'",
}
ANSWER_MILLISECONDS = 100


def kept(campaign: Campaign, requests: list[bytes], sql: str, at_once: int) -> tuple[float, Poured]:
    """Seconds until all were answered well and are in the database."""
    before = campaign.count(sql)
    begun = time.monotonic()
    poured = pour(campaign.port, requests, at_once=at_once)
    until(lambda: campaign.count(sql) - before >= len(requests), f"everything is kept; {poured.statuses}", 30)
    seconds = time.monotonic() - begun
    assert poured.statuses == {202: len(requests)}, poured.statuses
    return seconds, poured


def hearing(world: World) -> Iterator[Figure]:
    """Replies, Likes and Announces, each by somebody else."""
    count, crowd = world.size.heard, Crowd(world.size.heard, free_port())
    with world.campaign("hearing", lambda f: f.people(0, count, [crowd.port], crowd.pair.public_pem())) as campaign:
        post = campaign.published("How far does this go?")["uri"]
        idle(campaign)
        answers = []
        for name, target in TARGETS.items():
            requests = world.signed(crowd, _said(crowd, name, post, campaign.uri), campaign.inbox)
            spent = Spent(campaign.pid)
            seconds, poured = kept(campaign, requests, COUNTS[name], world.size.at_once)
            note = spent.each(count)
            answers.append(poured.p99 * 1000)
            if VERIFIES in world.limits:
                note += f", a check of a signature is {1e6 / world.limits[VERIFIES]:,.0f}"
            yield least(f"{name} from known actors, until stored", count / seconds, target, note=note)
        note = f"{world.size.at_once} at once; " + ", ".join(f"{one:.0f}" for one in answers)
        yield most("answer to an activity, p99", max(answers), "ms", ANSWER_MILLISECONDS, note)


def _said(crowd: Crowd, name: str, post: str, whom: str) -> list[tuple[int, dict[str, object]]]:
    kind = name.removesuffix("s")
    return [
        (n, crowd.reply(n, post, whom) if name == "replies" else crowd.activity(n, kind, post))
        for n in range(crowd.count)
    ]
