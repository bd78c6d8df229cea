"""What things cost in a house with a million replies and a hundred thousand followers, beside one with a thousand of each."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import httpx

from tests.bench.figures import Figure, most
from tests.bench.hearing import COUNTS, kept
from tests.bench.reading import HTML, colds, fetch
from tests.bench.watching import memory, processor_seconds
from tests.bench.world import House, World, running
from tests.loopback.campaign import Campaign

START_SECONDS, IDLE_MIB, WITH_SENDERS_MIB, WITHIN = 1.5, 90, 130, 1.5
PASSWORD = "a long one with words in it"
DESK = "/desk/conversation/replies"
FEED = {"Accept": "application/atom+xml"}


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
    """Each cost in both houses; the ratio must stay small."""
    size = world.size
    small_house = world.house("small", stored=size.few, followers=size.few, posts=20)
    with world.behind(small_house), running(small_house.campaign):
        small = costs(world, small_house)
        held = memory(small_house.campaign.pid)
    yield most("memory with senders, after a fan-out", held, "MiB", WITH_SENDERS_MIB, f"PSS, {size.few:,} followers")
    big_house = world.big()
    with world.behind(big_house), running(big_house.campaign):
        big = costs(world, big_house)
    for name, before in small.items():
        note = f"{before * 1000:.2f} ms at {size.few:,}, {big[name] * 1000:.2f} ms at {size.stored:,}"
        yield most(f"growth: {name}", big[name] / before, "x", WITHIN, note)


def costs(world: World, house: House) -> dict[str, float]:
    """Seconds for each thing that people wait for; publishing comes last, as it makes work."""
    campaign = house.campaign
    pages = colds(campaign, {"/": HTML, "/feed.atom": FEED}, world.size.cold)
    return {
        "home page, cold": statistics.median(pages["/"]),
        "Atom feed, cold": statistics.median(pages["/feed.atom"]),
        "list of replies on the Desk": _desk(campaign, world.size.cold),
        "the server's core for one reply": _reply(world, house),
        "publishing": _publishing(campaign, world.size.published),
    }


def _desk(campaign: Campaign, count: int) -> float:
    """Come in by an invitation and read what waits."""
    link = campaign.terminal.json("organiser", "invite", "second", "--role", "moderator")["link"]
    with httpx.Client(base_url=f"http://127.0.0.1:{campaign.port}", verify=False, timeout=30) as client:
        path = link.removeprefix(campaign.base)
        client.post(path, data={"password": PASSWORD, "again": PASSWORD})
        seconds = []
        for _ in range(count):
            begun = time.perf_counter()
            answer = client.get(DESK)
            seconds.append(time.perf_counter() - begun)
            assert answer.status_code == 200, answer.status_code
    return statistics.median(seconds)


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


def _publishing(campaign: Campaign, count: int) -> float:
    seconds = []
    for _ in range(count):
        begun = time.perf_counter()
        campaign.published()
        seconds.append(time.perf_counter() - begun)
        time.sleep(0.2)
    return statistics.median(seconds)
