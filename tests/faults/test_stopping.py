"""SIGTERM under load: out within ten seconds, and whoever starts next goes on where it was left."""

from __future__ import annotations

import threading
import time

from tests.faults.conftest import LONG
from tests.loopback.campaign import Campaign
from tests.loopback.crowd import request
from tests.loopback.load import pour
from tests.loopback.sink import Sink
from tests.processes import until

MOST_SECONDS = 10.0


def stopped(campaign: Campaign) -> float:
    begun = time.monotonic()
    assert campaign.server.stop() == 0
    return time.monotonic() - begun


def test_sigterm_under_load_ends_in_time_and_loses_nothing(campaign: Campaign, sink: Sink) -> None:
    campaign.followed_by(sink)
    page = request("GET", "/", {"Host": f"localhost:{campaign.port}"})
    took, repeated, hosts = [], 0, sink.crowd.count
    for round_ in range(20 if LONG else 2):
        sink.forget()
        post = campaign.published(f"Round {round_}")["uri"]
        crowd = sink.crowd
        likes = [crowd.signed(n, crowd.activity(n, "Like", post), campaign.inbox) for n in range(hosts)]
        before = campaign.count("SELECT count(*) FROM interactions")
        readers = threading.Thread(target=pour, args=(campaign.port, [page] * 5000), kwargs={"at_once": 16})
        taken: list[int] = []
        likers = threading.Thread(target=lambda likes=likes, taken=taken: taken.extend(campaign.hears(likes).good))
        readers.start()
        likers.start()
        until(lambda: len(sink.creates) >= hosts // 5, "deliveries are on their way")
        took.append(stopped(campaign))
        readers.join()
        likers.join()
        assert campaign.count("SELECT count(*) FROM interactions") - before >= len(taken), "what was taken is kept"
        assert campaign.count("SELECT count(*) FROM deliveries WHERE state = 'leased'") == 0, "nothing is left in hand"
        campaign.server.start()
        until(lambda: campaign.waiting() == 0, "the fan-out is over", 60)
        assert len(sink.creates) == hosts, "every server has it"
        repeated += sum(sink.creates.values()) - hosts
    assert max(took) <= MOST_SECONDS
    assert repeated == 0, "an orderly end sends nothing twice"
    print(f"\n{len(took)} times SIGTERM under load: {max(took):.1f} s at most, lost 0, sent twice 0")


def test_sigterm_waits_for_nobody_who_does_not_answer(campaign: Campaign, sink: Sink) -> None:
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
    print(f"\nSIGTERM while {len(silent)} servers do not answer: {took:.1f} s, {len(sink.creates)} asked again")
    assert took <= MOST_SECONDS
    assert silent <= set(sink.creates), "they are asked again"
    assert campaign.count("SELECT sum(delivered) FROM delivery_counts WHERE object_uri LIKE '%/posts/%'") >= living
