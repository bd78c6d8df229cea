"""The measurements: each takes a running campaign and gives a rate a second. Nothing here is a test's assertion."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.loopback.campaign import Campaign
from tests.loopback.crowd import AP, Crowd, request
from tests.loopback.load import again, pour
from tests.loopback.sink import Sink
from tests.processes import until

AT_ONCE = 32


@dataclass(frozen=True)
class Size:
    """How much is done: whole, or little for the test that everything runs."""

    seconds: float = 3.0
    activities: int = 3_000
    hosts: int = 3_000
    posts: int = 20


SMALL = Size(seconds=0.2, activities=20, hosts=10, posts=2)


def gets(campaign: Campaign, path: str, accept: str, size: Size) -> float:
    """GETs of one address a second, hot, over kept connections; every answer must be 200."""
    host = f"localhost:{campaign.port}"
    data = request("GET", path, {"Host": host, "Accept": accept})
    pour(campaign.port, [data] * 3, at_once=1)
    poured = pour(campaign.port, again(data), at_once=AT_ONCE, seconds=size.seconds)
    assert set(poured.statuses) == {200}, (path, poured.statuses)
    return poured.rate


def reading(campaign: Campaign, size: Size) -> dict[str, float]:
    """The actor, a post, the home page with its posts, WebFinger."""
    for number in range(size.posts):
        post = campaign.published(f"Update {number}: the gate is open. #harbour")
    handle = f"acct:harbour@localhost:{campaign.port}"
    return {
        "actor, GET/s": gets(campaign, "/users/harbour", AP, size),
        "post as JSON, GET/s": gets(campaign, post["uri"].removeprefix(campaign.base), AP, size),
        "home page, GET/s": gets(campaign, "/", "text/html", size),
        "WebFinger, GET/s": gets(campaign, f"/.well-known/webfinger?resource={handle}", "*/*", size),
    }


def hearing(campaign: Campaign, crowd: Crowd, size: Size) -> dict[str, float]:
    """Signed activities a second, each durable before its 202."""
    found = {}
    to = campaign.published("What do you say?")["uri"]
    likes = {campaign.published(f"Liked {number}")["uri"]: number for number in range(3)}
    said = {
        "replies": [
            crowd.signed(number % crowd.count, crowd.reply(number % crowd.count, to, campaign.uri), campaign.inbox)
            for number in range(size.activities)
        ],
        "Likes": [
            crowd.signed(
                number % crowd.count,
                crowd.activity(number % crowd.count, "Like", list(likes)[number // crowd.count % 3]),
                campaign.inbox,
            )
            for number in range(size.activities)
        ],
    }
    for name, requests in said.items():
        before = campaign.count("SELECT count(*) FROM seen_activities")
        poured = campaign.hears(requests, AT_ONCE)
        stored = campaign.count("SELECT count(*) FROM seen_activities") - before
        assert poured.statuses == {202: len(requests)}, poured.statuses
        assert stored == len(requests), "what got 202 is stored"
        found[f"{name} stored, signed, /s"] = poured.rate
    return found


def delivering(campaign: Campaign, sink: Sink) -> dict[str, float]:
    """Deliveries a second of one post to as many hosts, from the button on."""
    campaign.followed_by(sink)
    sink.forget()
    hosts = sink.crowd.count
    begun = time.monotonic()
    campaign.published("To everybody")
    until(lambda: len(sink.creates) == hosts, "everybody has it", 300)
    taken = time.monotonic() - begun
    assert sum(sink.creates.values()) == hosts, "and once"
    return {"deliveries to distinct hosts, /s": hosts / taken}
