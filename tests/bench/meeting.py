"""What comes in from people nobody here knows yet: each is fetched, once, and the others do not wait for it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

from tests.bench.figures import Figure, least, most
from tests.bench.watching import Spent
from tests.bench.world import World
from tests.loopback.campaign import Campaign
from tests.loopback.load import pour
from tests.loopback.quick import Readers
from tests.processes import until

STRANGERS_AT_ONCE, KNOWN_AT_ONCE = 128, 4
ROUNDS, WAIT_SECONDS = 60, 0.25
FOLLOWS, KNOWN_MILLISECONDS = 500, 250


def persistently(port: int, requests: list[bytes], at_once: int) -> Counter[int]:
    """Send all; whoever heard 503 sends again a little later. Every status that was answered."""
    statuses: Counter[int] = Counter()
    left = requests
    for _ in range(ROUNDS):
        poured = pour(port, left, at_once=at_once, seconds=60)
        statuses += poured.statuses
        good = set(poured.good)
        left = [one for number, one in enumerate(left) if number not in good]
        if not left:
            break
        time.sleep(WAIT_SECONDS)
    return statuses


def fetches(readers: Readers) -> Counter[int]:
    """How many hosts were asked how often."""
    time.sleep(0.2)
    return Counter(readers.gets().values())


def strangers(world: World) -> Iterator[Figure]:
    """Very many activities of unknown actors at once, while known ones say something, too."""
    size = world.size
    known = max(1, size.strangers // 10)
    with world.readers("strangers", size.strangers) as readers:
        crowd = readers.crowd
        pem = crowd.pair.public_pem()
        with world.campaign("strangers-here", lambda f: f.people(size.strangers, known, [crowd.port], pem)) as campaign:
            post = campaign.published("Who are you?")["uri"]
            said = [
                (n, crowd.reply(n, post, campaign.uri)) for _ in range(size.said_by_each) for n in range(size.strangers)
            ]
            unknown = world.signed(crowd, said, campaign.inbox)
            familiar = [(size.strangers + n, crowd.reply(size.strangers + n, post, campaign.uri)) for n in range(known)]
            others = world.signed(crowd, familiar, campaign.inbox)
            readers.forget()
            yield from _met(campaign, readers, unknown, others, world)


def _met(
    campaign: Campaign, readers: Readers, unknown: list[bytes], others: list[bytes], world: World
) -> Iterator[Figure]:
    spent = Spent(campaign.pid)
    begun = time.monotonic()
    meanwhile = world.helpers.submit(pour, campaign.port, others, at_once=KNOWN_AT_ONCE, seconds=60.0)
    statuses = persistently(campaign.port, unknown, STRANGERS_AT_ONCE)
    wanted = len(unknown) + len(others)
    until(lambda: campaign.count("SELECT count(*) FROM replies") >= wanted, f"all is kept; {statuses}", 30)
    seconds = time.monotonic() - begun
    asked = fetches(readers)
    poured = meanwhile.result(60)
    note = (
        f"{len(asked) and sum(asked.values()):,} actors; {statuses[503]:,} times 503, sent again; {spent.each(wanted)}"
    )
    yield Figure(name="activities from unknown actors, until stored", value=len(unknown) / seconds, note=note)
    missing = readers.crowd.count - sum(asked.values())
    yield most("fetches for one key, the most", max(asked, default=0), "", 1, f"{missing} never asked")
    bad = sum(count for status, count in statuses.items() if status not in {202, 503})
    yield most("answers to them other than 202 and 503", bad, "", 0, str(dict(statuses)))
    note = f"{len(others)} activities, {KNOWN_AT_ONCE} at once; {dict(poured.statuses)}"
    yield most("known actors' answers meanwhile, p99", poured.p99 * 1000, "ms", KNOWN_MILLISECONDS, note)


def follows(world: World) -> Iterator[Figure]:
    """Thousands of new servers follow at once; each is fetched, kept, and hears that it was accepted."""
    count = world.size.follows
    with world.readers("rush", count) as readers, world.campaign("rush-here", lambda _: None) as campaign:
        crowd = readers.crowd
        said = [(n, crowd.activity(n, "Follow", campaign.uri)) for n in range(count)]
        requests = world.signed(crowd, said, campaign.inbox)
        readers.forget()
        spent = Spent(campaign.pid)
        begun = time.time()
        statuses = persistently(campaign.port, requests, STRANGERS_AT_ONCE)
        answered = time.time() - begun
        until(lambda: readers.posts() >= count, f"everybody was accepted; {statuses}", 60)
        assert campaign.count("SELECT count(*) FROM followers") == count
        seconds = max(readers.when().values()) - begun
        note = f"answered at {count / answered:,.0f}/s; {statuses[503]:,} times 503, sent again; {spent.each(count)}"
        yield least("Follows of new servers, until accepted", count / seconds, FOLLOWS, note=note)
        asked = fetches(readers)
        yield most("GETs for one follower, the most", max(asked), "", 1, f"{sum(asked.values()):,} were asked")
