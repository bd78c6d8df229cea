"""What things cost in a house with a million replies and a hundred thousand followers, beside one with a thousand of each."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import httpx

from server.base.database import engine
from tests.bench.figures import Figure, most
from tests.bench.hearing import COUNTS, kept
from tests.bench.reading import HTML, colds, fetch
from tests.bench.watching import memory, processor_seconds
from tests.bench.world import House, World, idle, running
from tests.loopback.campaign import Campaign

START_SECONDS, IDLE_MIB, WITH_SENDERS_MIB, WITHIN = 1.5, 90, 130, 1.5
#: Each cost is measured so many times in each house.
TURNS, BETWEEN_SECONDS, FEW_POSTS = 3, 0.3, 20
PASSWORD = "a long one with words in it"
DESK = "/desk/conversation/replies"
FEED = {"Accept": "application/atom+xml"}
Measure = Callable[[House], list[float]]


def starting(world: World) -> Iterator[Figure]:
    """From the start of the process to the first page, and what it holds when nothing happens."""
    world.say("filling the big house")
    campaign = world.big().campaign
    note = f"{world.size.stored:,} replies, {world.size.own_posts:,} posts, {world.size.many:,} followers"
    yield Figure(
        name="size of the big house",
        value=campaign.terminal.data.joinpath("callout.db").stat().st_size / 2**20,
        unit="MiB",
        note=note,
    )
    seconds = _start(campaign)
    try:
        yield most("start, until the first page", seconds, "s", START_SECONDS, note)
        time.sleep(world.size.settled_seconds)
        yield most("memory when idle, no sender running", memory(campaign.pid), "MiB", IDLE_MIB, "PSS")
    finally:
        campaign.server.stop()


def _start(campaign: Campaign) -> float:
    """Seconds to the first 200 of the home page, to a hundredth."""
    found: list[float] = []

    def ready() -> bool:
        end = time.monotonic() + 0.5
        while time.monotonic() < end and not found:
            try:
                answer, _, _ = fetch(campaign.port, "/", HTML)
            except OSError:
                time.sleep(0.01)
            else:
                found.extend([time.monotonic()] * (answer.status == 200))
        return bool(found)

    usual, campaign.server.ready = campaign.server.ready, ready
    begun = time.monotonic()
    try:
        campaign.server.start()
    finally:
        campaign.server.ready = usual
    return found[0] - begun


def growing(world: World) -> Iterator[Figure]:
    """Each cost in both houses, in turn, so that what else the machine does falls on both; the ratio must stay small."""
    size = world.size
    small = world.house("small", stored=size.few, followers=size.few, posts=FEW_POSTS)
    big = world.big()
    with world.behind(small), running(small.campaign), world.behind(big), running(big.campaign):
        for name, measure in _costs(world, small, big).items():
            before, after = _in_turn(measure, small, big)
            note = f"{before * 1000:.2f} ms at {size.few:,}, {after * 1000:.2f} ms at {size.stored:,}"
            yield most(f"growth: {name}", after / before, "x", WITHIN, note)
        small.campaign.published()
        time.sleep(BETWEEN_SECONDS)
        idle(small.campaign)
        held = memory(small.campaign.pid)
    yield most("memory with senders, after a fan-out", held, "MiB", WITH_SENDERS_MIB, f"PSS, {size.few:,} followers")


def _costs(world: World, small: House, big: House) -> dict[str, Measure]:
    """How to measure each thing that people wait for; publishing comes last, as it makes work."""
    count = max(1, world.size.cold // TURNS)
    desks = {house.campaign.pid: _signed_in(house.campaign) for house in (small, big)}
    return {
        "home page, cold": lambda house: colds(house.campaign, {"/": HTML}, count)["/"],
        "Atom feed, cold": lambda house: colds(house.campaign, {"/feed.atom": FEED}, count)["/feed.atom"],
        "list of replies on the Desk": lambda house: _listed(house.campaign, desks[house.campaign.pid], count),
        "the server's core for one reply": lambda house: [_reply(world, house)],
        "publishing": lambda house: _publishing(house.campaign, world.size.published),
    }


def _in_turn(measure: Measure, small: House, big: House) -> tuple[float, float]:
    """The medians."""
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(TURNS):
        for seconds, house in zip(found, (small, big), strict=True):
            seconds.extend(measure(house))
    return statistics.median(found[0]), statistics.median(found[1])


def _signed_in(campaign: Campaign) -> dict[str, str]:
    """Come in by an invitation; the headers that say so."""
    link = campaign.terminal.json("organiser", "invite", "second", "--role", "moderator")["link"]
    url = f"http://127.0.0.1:{campaign.port}{link.removeprefix(campaign.base)}"
    answer = httpx.post(url, data={"password": PASSWORD, "again": PASSWORD}, verify=False, timeout=30)
    assert answer.status_code == 303, answer.text
    return {**HTML, "Cookie": answer.headers["Set-Cookie"].partition(";")[0]}


def _listed(campaign: Campaign, headers: dict[str, str], count: int) -> list[float]:
    seconds = []
    for _ in range(count + 1):
        answer, _, took = fetch(campaign.port, DESK, headers)
        assert answer.status == 200, answer.status
        seconds.append(took)
    return seconds[1:]


def _reply(world: World, house: House) -> float:
    campaign, crowd, count = house.campaign, house.crowd, world.size.costly
    step = max(1, crowd.count // count)
    said = [
        (n * step % crowd.count, crowd.reply(n * step % crowd.count, house.posts[n % 20], campaign.uri))
        for n in range(count)
    ]
    requests = world.signed(crowd, said, campaign.inbox)
    before = processor_seconds(campaign.pid)
    kept(campaign, requests, COUNTS["replies"], 8)
    return max(0.001, processor_seconds(campaign.pid) - before) / count


def _forgotten(campaign: Campaign) -> None:
    """Nothing is to be sent any more: the next post meets a server at rest, whoever follows."""
    with closing(engine.sqlite3.connect(campaign.terminal.data / "callout.db", timeout=10)) as connection:
        connection.execute("UPDATE fanouts SET done = 1 WHERE done = 0")
        connection.execute("DELETE FROM deliveries")
        connection.commit()
    time.sleep(BETWEEN_SECONDS)


def _publishing(campaign: Campaign, count: int) -> list[float]:
    headers = {"Authorization": f"Bearer {campaign.token}", "Content-Type": "application/json"}
    seconds = []
    for _ in range(count):
        body = json.dumps({"status": "To all of you"})
        answer, _, took = fetch(campaign.port, "/api/v1/statuses", headers, body)
        assert answer.status == 200, answer.status
        seconds.append(took)
        _forgotten(campaign)
    return seconds
