"""What goes out: one post to thousands of hosts, over http and over TLS, and what else gets through meanwhile."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial

from tests.bench import work
from tests.bench.figures import Figure, least, most
from tests.bench.filling import followed
from tests.bench.limits import signs_on_both
from tests.bench.watching import Spent, Watch, memory
from tests.bench.world import World, idle, reached
from tests.loopback import nginx
from tests.loopback.campaign import Campaign
from tests.loopback.load import percentile, pour
from tests.loopback.quick import QuickSink, Readers
from tests.processes import until

OUT, PART, SECURE, PAGES_A_SECOND = 3_300, 0.40, 900, 50
ACCEPT_SECONDS, PAGE_MILLISECONDS, ALL_MIB = 1.0, 50, 220
PAGE = {"Accept": "text/html"}


def sending(world: World) -> Iterator[Figure]:
    """Over http, twice; then two posts at once and those who come meanwhile."""
    count = world.size.followers
    with world.readers("readers", count + world.size.late) as readers:
        fill = partial(followed, count=count, ports=[readers.crowd.port], pem=readers.crowd.pair.public_pem())
        with world.campaign("sending", fill) as campaign:
            rates = [count / reached(readers, campaign, count)]
            spent = Spent(campaign.pid)
            rates.append(count / reached(readers, campaign, count))
            rate = statistics.median(rates)
            note = f"to {count:,} hosts; {', '.join(f'{one:,.0f}' for one in rates)}; {spent.each(count)}"
            yield least("fan-out over http, deliveries", rate, OUT, note=note)
            limit = signs_on_both(world, readers.crowd.pair.private_pem(), world.size.limit_seconds / 2)
            note = f"measured again: {limit:,.0f}/s"
            yield least("fan-out over http, of the signing limit of two cores", rate / limit, PART, "x", note)
            idle(campaign)
            yield from _meanwhile(world, readers, campaign)


def _meanwhile(world: World, readers: Readers, campaign: Campaign) -> Iterator[Figure]:
    """Two fan-outs; some follow, somebody reads, and the memory is looked at."""
    size, crowd = world.size, readers.crowd
    new = [(n, crowd.activity(n, "Follow", campaign.uri)) for n in range(size.followers, size.followers + size.late)]
    requests = world.signed(crowd, new, campaign.inbox)
    readers.forget()
    asked = world.helpers.submit(work.steadily, campaign.port, "/", PAGE, PAGES_A_SECOND, size.page_seconds)
    begun = time.time()
    with Watch(lambda: memory(campaign.pid)) as watch:
        for _ in range(2):
            campaign.published()
        answered = [_followed(campaign, one) for one in requests]
        wanted = 2 * size.followers + size.late
        until(lambda: readers.posts() >= wanted, "everybody has all", 60)
    ended = max(readers.when().values()) if size.followers else begun
    when = readers.when()
    waits = [max(0.0, when[crowd.host(n)] - at) for (n, _), at in zip(new, answered, strict=True)]
    note = f"slowest of {size.late} Follows during {2 * size.followers:,} deliveries"
    yield most("Accept on its way during a fan-out", max(waits), "s", ACCEPT_SECONDS, note)
    yield _pages(asked, begun, ended)
    yield most("memory of all processes during a fan-out", watch.most, "MiB", ALL_MIB, "PSS, the most seen")


def _followed(campaign: Campaign, request: bytes) -> float:
    """Follow; when it was answered."""
    time.sleep(0.2)
    poured = pour(campaign.port, [request], at_once=1)
    assert poured.statuses == {202: 1}, poured.statuses
    return time.time()


def _pages(asked: Future[list[tuple[float, float, int]]], begun: float, ended: float) -> Figure:
    found = [(took, status) for due, took, status in asked.result(60) if begun <= due <= max(ended, begun + 0.5)]
    assert all(status == 200 for _, status in found)
    p99 = percentile([took for took, _ in found], 99) * 1000
    note = f"{PAGES_A_SECOND} a second, {len(found)} asked"
    return most("home page during a fan-out, p99", p99, "ms", PAGE_MILLISECONDS, note)


def sending_securely(world: World) -> Iterator[Figure]:
    """Over TLS: one connection for each host, none of which was there before."""
    count = world.size.followers
    if nginx.program() is None:
        yield Figure(name="fan-out over TLS", value=0, note="no nginx here")
        return
    with QuickSink(world.folder / "secure", count, secure=True) as readers:
        fill = partial(
            followed, count=count, ports=[readers.tls_port], pem=readers.crowd.pair.public_pem(), scheme="https"
        )
        with world.campaign("securely", fill, CALLOUT_CA_FILE=str(readers.authority)) as campaign:
            spent = Spent(campaign.pid)
            rate = count / reached(readers, campaign, count)
            note = f"to {count:,} hosts, a new connection each; {spent.each(count)}"
            yield least("fan-out over TLS, deliveries", rate, SECURE, note=note)
