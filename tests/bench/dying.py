"""Dead hosts among living ones: some refuse, some never answer, some answer 500. The living must not wait for them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from functools import partial

from tests.bench.figures import Figure, most
from tests.bench.filling import followed
from tests.bench.watching import Watch, sockets
from tests.bench.world import World, idle
from tests.loopback import nginx
from tests.loopback.campaign import Campaign
from tests.loopback.load import percentile
from tests.loopback.quick import QuickSink
from tests.processes import until

WITHIN, SOCKETS_A_HOST = 1.2, 2
POSTS = 3


def dying(world: World) -> Iterator[Figure]:
    if nginx.program() is None:
        yield Figure(name="dead hosts", value=0, note="no nginx here")
        return
    live, dead = world.size.live, world.size.dead
    with QuickSink(world.folder / "dying", live + dead) as readers:
        alone = _alone(world, readers)
        ports = turns(readers, live, dead)
        fill = partial(followed, count=live + dead, ports=ports, pem=readers.crowd.pair.public_pem())
        with world.campaign("with-dead", fill) as campaign:
            begun = time.monotonic()
            crowded = Crowded(readers)
            with Watch(crowded.look, 1.0):
                first = spread(campaign, readers)
                time.sleep(max(0.0, world.size.dying_seconds - (time.monotonic() - begun)))
                later = statistics.median(spread(campaign, readers) for _ in range(POSTS))
            yield from _told(world, campaign, (alone, first, later), crowded)


class Crowded:
    """The most sockets that led to one host, and what kind of host it was."""

    def __init__(self, readers: QuickSink) -> None:
        self._kinds = {
            readers.port: "living",
            readers.refusing: "refusing",
            readers.silent: "silent",
            readers.failing: "failing",
        }
        self.most = 0
        self.note = "none seen"

    def look(self) -> float:
        for remote, count in sockets(self._kinds).items():
            if count > self.most:
                self.most, self.note = count, f"a {self._kinds[int(remote[9:], 16)]} one; looked at once a second"
        return self.most


def turns(readers: QuickSink, live: int, dead: int) -> list[int]:
    """Ports in turn, so that the dead stand evenly among the living and are of three kinds."""
    kinds = (readers.refusing, readers.silent, readers.failing)
    each = max(1, dead // live)
    return [port for turn in range(3) for port in (readers.port, *(kinds[(turn + n) % 3] for n in range(each)))]


def spread(campaign: Campaign, readers: QuickSink) -> float:
    """Publish; the seconds until 99 in 100 of the living have it."""
    readers.forget()
    living = campaign.count(f"SELECT count(*) FROM inboxes WHERE host LIKE '%:{readers.port}'")
    begun = time.time()
    campaign.published()
    until(lambda: readers.posts() >= living, "the living have it", 120)
    return percentile([at - begun for at in readers.when().values()], 99)


def _alone(world: World, readers: QuickSink) -> float:
    """The same among the living only."""
    fill = partial(followed, count=world.size.live, ports=[readers.port], pem=readers.crowd.pair.public_pem())
    with world.campaign("living", fill) as campaign:
        spread(campaign, readers)
        idle(campaign)
        return statistics.median(spread(campaign, readers) for _ in range(POSTS))


def _told(world: World, campaign: Campaign, spreads: tuple[float, float, float], crowded: Crowded) -> Iterator[Figure]:
    alone, first, later = spreads
    note = f"{world.size.live:,} living alone {alone * 1000:.0f} ms, with {world.size.dead:,} dead"
    failing = campaign.count("SELECT count(*) FROM hosts")
    # No target: whoever is dead must be tried once to be known.
    name, words = "living hosts' p99, dead ones not known yet", f"{note} {first * 1000:.0f} ms"
    yield Figure(name=name, value=first / alone, unit="x", note=words)
    note = f"{note} {later * 1000:.0f} ms; {failing:,} known as failing after {world.size.dying_seconds:.0f} s"
    yield most("living hosts' p99, dead ones known", later / alone, "x", WITHIN, note)
    yield most("sockets to one host, the most", crowded.most, "", SOCKETS_A_HOST, crowded.note)
