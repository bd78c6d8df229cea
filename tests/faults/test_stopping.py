"""SIGTERM under load: out within ten seconds, and whoever starts next goes on where it was left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from statistics import median

from tests.faults.conftest import LONG
from tests.faults.promises import LEASED
from tests.loopback.campaign import Campaign
from tests.loopback.crowd import request
from tests.loopback.load import pour
from tests.loopback.sink import Sink
from tests.processes import until

MOST_SECONDS = 10.0
FANOUTS, STOPS = (4, 25) if LONG else (1, 2)
#: People who answer meanwhile, each time.
LIKES = 100
INTERACTIONS = "SELECT count(*) FROM interactions"


def stopped(campaign: Campaign) -> float:
    begun = time.monotonic()
    assert campaign.server.stop() == 0
    return time.monotonic() - begun


def test_sigterm_under_load_ends_in_time_and_loses_nothing(
    campaign: Campaign, many: Sink, figure: Callable[[str], None]
) -> None:
    page = request("GET", "/", {"Host": f"localhost:{campaign.port}"})
    crowd, took = many.crowd, []
    for fanout in range(FANOUTS):
        many.forget()
        post = campaign.published(f"Fan-out {fanout}")["uri"]
        for stop in range(STOPS):
            likers = [(stop * LIKES + n) % crowd.count for n in range(LIKES)]
            likes = [crowd.signed(n, crowd.activity(n, "Like", post), campaign.inbox) for n in likers]
            before = campaign.count(INTERACTIONS)
            readers = threading.Thread(target=pour, args=(campaign.port, [page] * 5000), kwargs={"at_once": 16})
            taken: list[int] = []
            hearing = threading.Thread(target=lambda likes=likes, taken=taken: taken.extend(campaign.hears(likes).good))
            readers.start()
            hearing.start()
            mark = crowd.count * (stop + 1) // (STOPS + 2)
            until(lambda mark=mark: len(many.creates) >= mark, "deliveries are on their way")  # type: ignore[misc]
            took.append(stopped(campaign))
            readers.join()
            hearing.join()
            assert campaign.count(INTERACTIONS) - before >= len(taken), "what was taken is kept"
            assert campaign.count(LEASED) == 0, "nothing is left in hand"
            campaign.server.start()
        until(lambda: campaign.waiting() == 0, "the fan-out is over", 120)
        assert len(many.creates) == crowd.count, "every server has it"
        assert sum(many.creates.values()) == crowd.count, "an orderly end sends nothing twice"
    assert max(took) <= MOST_SECONDS
    figure(
        f"{len(took)} times SIGTERM under load, in {FANOUTS} fan-outs to {crowd.count}: {median(took):.1f} s, {max(took):.1f} s at"
        " most, lost 0, sent twice 0"
    )


def test_sigterm_waits_for_nobody_who_does_not_answer(
    campaign: Campaign, sink: Sink, figure: Callable[[str], None]
) -> None:
    campaign.followed_by(sink)
    silent = {sink.crowd.host(number) for number in range(0, 300, 100)}
    sink.silent |= silent
    campaign.published()
    living = sink.crowd.count - len(silent)
    until(lambda: len(sink.creates) >= sink.crowd.count, "everybody was asked")
    took = stopped(campaign)
    sink.silent.clear()
    sink.forget()
    campaign.server.start()
    until(lambda: campaign.waiting() == 0, "the fan-out is over", 60)
    figure(f"SIGTERM while {len(silent)} servers do not answer: {took:.1f} s, {len(sink.creates)} asked again")
    assert took <= MOST_SECONDS
    assert silent <= set(sink.creates), "they are asked again"
    assert campaign.count("SELECT sum(delivered) FROM delivery_counts WHERE object_uri LIKE '%/posts/%'") >= living
