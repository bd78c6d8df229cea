"""kill -9, of everything or of one process alone: what was promised is kept, and nothing is said too often."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from random import Random
from statistics import median

import httpx

from server.features.delivery.pump import IN_HAND
from tests.faults.conftest import LONG
from tests.faults.promises import LEASED
from tests.loopback.campaign import Campaign, children
from tests.loopback.load import BROKEN
from tests.loopback.sink import Sink
from tests.processes import until

FANOUTS, KILLS = (4, 25) if LONG else (1, 3)
POSTS, ROUNDS = (1000, 40) if LONG else (32, 4)
LIKES = "SELECT count(*) FROM interactions WHERE kind = 'like'"
#: A machine that does other things, too, is given more than the two seconds of an idle one.
READY_SECONDS = 10.0
AT_ONCE = 100
#: Seeded: a failure can be told apart from another.
CHANCE = Random(20)


def killed(campaign: Campaign, *, alone: bool) -> int:
    """Kill the server, with its senders or without; how many deliveries it had in hand."""
    if alone:
        campaign.kill_alone()
    else:
        campaign.server.kill()
    campaign.check()
    return campaign.count(LEASED)


def repeated(sink: Sink) -> int:
    return sum(sink.creates.values()) - len(sink.creates)


def test_a_server_killed_in_the_middle_of_a_fan_out_loses_nothing(
    campaign: Campaign, many: Sink, figure: Callable[[str], None]
) -> None:
    hosts, starts, hand, twice = many.crowd.count, [], [], []
    for fanout in range(FANOUTS):
        many.forget()
        campaign.published(f"Fan-out {fanout}")
        seen = [0]
        for kill in range(KILLS):
            mark = hosts * (kill + 1) // (KILLS + 2)
            until(lambda mark=mark: len(many.creates) >= mark, "deliveries are on their way")  # type: ignore[misc]
            time.sleep(CHANCE.uniform(0, 0.02))
            hand.append(killed(campaign, alone=kill % 2 == 1))
            seen.append(repeated(many))
            begun = time.monotonic()
            campaign.server.start()
            starts.append(time.monotonic() - begun)
        until(lambda: campaign.waiting() == 0, "the fan-out is over", 120)
        seen.append(repeated(many))
        # What a kill repeats arrives before the next one, nearly always.
        twice += [after - before for before, after in pairwise(seen[1:])]
        assert len(many.creates) == hosts, "every server has it"
        assert len({said for _, said in many.arrived}) == 1, "under one id, so that a second copy is dropped there"
    assert campaign.count("SELECT sum(expected - delivered - given_up) FROM delivery_counts") == 0
    assert sum(twice) <= sum(hand), "nothing is sent twice but what was in hand"
    assert max(starts) <= READY_SECONDS
    figure(
        f"{len(starts)} kills in {FANOUTS} fan-outs to {hosts}: lost 0, sent twice {median(twice):.0f} a kill, {max(twice)} at"
        f" most (in hand {median(hand):.0f} and {max(hand)}), answering again after {median(starts):.2f} s, {max(starts):.2f} at most"
    )


class Writer(threading.Thread):
    """Publishes one thing after the other until nobody answers; knows what was acknowledged."""

    def __init__(self, campaign: Campaign, name: str) -> None:
        super().__init__()
        self._campaign, self._name = campaign, name
        self.asked: list[str] = []
        self.acknowledged: dict[str, str] = {}

    def run(self) -> None:
        for number in range(10_000):
            key = f"{self._name}-{number}"
            self.asked.append(key)
            try:
                answer = self._campaign.post(f"Said {key}", key)
            except httpx.HTTPError:
                return
            assert answer.status_code == 200, answer.text
            self.acknowledged[key] = answer.json()["id"]


def test_an_acknowledged_post_survives_and_one_key_makes_one_post(
    campaign: Campaign, figure: Callable[[str], None]
) -> None:
    asked: set[str] = set()
    acknowledged: dict[str, str] = {}
    for kill in range(ROUNDS):
        writers = [Writer(campaign, f"{kill}-{number}") for number in range(4)]
        for writer in writers:
            writer.start()
        until(lambda now=writers: sum(len(one.acknowledged) for one in now) >= POSTS // ROUNDS, "posts")  # type: ignore[misc]
        time.sleep(CHANCE.uniform(0, 0.03))
        campaign.server.kill()
        for writer in writers:
            writer.join()
            asked |= set(writer.asked)
            acknowledged |= writer.acknowledged
        campaign.server.start()
    unsure = asked - acknowledged.keys()
    made_before = campaign.count("SELECT count(*) FROM posts") - len(acknowledged)
    for key in sorted(asked):
        again = campaign.post(f"Said {key}", key)
        assert again.status_code == 200
        assert again.json()["id"] == acknowledged.setdefault(key, again.json()["id"]), "the same key, the same post"
    assert campaign.count("SELECT count(*) FROM posts WHERE state = 'live'") == len(asked)
    assert campaign.count("SELECT count(*) FROM outbox WHERE type = 'Create'") == len(asked), "each said once"
    assert campaign.count("SELECT count(DISTINCT source) FROM texts") == len(asked)
    assert len(asked) >= POSTS
    figure(
        f"{len(asked)} posts, the server killed {ROUNDS} times in between: acknowledged and lost 0, made twice 0"
        f" ({len(unsure)} without an answer, of which {made_before} were made)"
    )


def test_what_the_inbox_took_survives_and_counts_once(
    campaign: Campaign, sink: Sink, figure: Callable[[str], None]
) -> None:
    campaign.followed_by(sink)
    post = campaign.published()["uri"]
    crowd = sink.crowd
    likes = [crowd.signed(n, crowd.activity(n, "Like", post), campaign.inbox) for n in range(crowd.count)]
    taken: set[int] = set()

    def kill_in_the_middle() -> None:
        until(lambda: campaign.count(LIKES) >= crowd.count // 10, "some were taken")
        campaign.server.kill()

    killer = threading.Thread(target=kill_in_the_middle)
    killer.start()
    poured = campaign.hears(likes)
    killer.join()
    taken.update(poured.good)
    campaign.server.start()
    kept = campaign.count(LIKES)
    assert BROKEN in poured.statuses, "the kill came in the middle"
    assert len(taken) <= kept <= len(taken) + poured.statuses[BROKEN]
    for _ in range(2):
        assert campaign.hears(likes).statuses == {202: crowd.count}, "whoever is in doubt sends it again"
    assert campaign.count(LIKES) == crowd.count
    assert campaign.count("SELECT sum(likes) FROM post_counts") == crowd.count
    figure(f"{len(taken)} Likes answered 202 before the kill, {kept} kept; all sent three times, counted once")


def test_the_same_activity_a_hundred_times_at_once_is_one_row(
    campaign: Campaign, figure: Callable[[str], None]
) -> None:
    activities = 300 if LONG else 10
    with Sink(activities) as sink:
        campaign.followed_by(sink)
        post, crowd = campaign.published()["uri"], sink.crowd
        for number in range(activities):
            like = crowd.signed(number, crowd.activity(number, "Like", post), campaign.inbox)
            assert campaign.hears([like] * AT_ONCE, at_once=AT_ONCE).statuses == {202: AT_ONCE}
        assert campaign.count(LIKES) == activities
        assert campaign.count("SELECT sum(likes) FROM post_counts") == activities
        assert campaign.count("SELECT count(*) FROM seen_activities") == activities * 2, "a Follow and a Like each"
    figure(f"{activities} activities, each {AT_ONCE} times at once: one row each")


def test_a_sender_that_is_killed_is_replaced(campaign: Campaign, many: Sink, figure: Callable[[str], None]) -> None:
    twice, hosts, kills = [], many.crowd.count, 10 if LONG else 1
    for round_ in range(2):
        many.forget()
        campaign.published(f"Round {round_}")
        for kill in range(kills):
            mark = hosts * (kill + 1) // (kills + 3)
            until(lambda mark=mark: len(many.creates) >= mark, "deliveries are on their way")  # type: ignore[misc]
            victim = CHANCE.choice(until(lambda: children(campaign.pid), "senders run"))
            os.kill(victim, signal.SIGKILL)
            until(lambda victim=victim: victim not in children(campaign.pid), "the dead one was waited for")  # type: ignore[misc]
        until(lambda: campaign.waiting() == 0, "the fan-out is over", 60)
        assert len(many.creates) == hosts, "every server has it"
        twice.append(repeated(many))
        assert twice[-1] <= kills * IN_HAND, "nothing is sent twice but what that sender had in hand"
    figure(f"{2 * kills} senders killed: lost 0, sent twice {sum(twice) / kills / 2:.0f} a kill")
    assert '"event": "sender_died"' in campaign.server.log.read_text()
