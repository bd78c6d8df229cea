"""What every round has: a folder, processes that help, campaigns with as many followers as it wants, and their servers."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench import filling_words, work
from tests.bench.filling import Filling, filling, followed
from tests.bench.size import Size
from tests.bench.watching import busy_cores
from tests.loopback import nginx
from tests.loopback.campaign import Campaign
from tests.loopback.crowd import Crowd
from tests.loopback.quick import QuickSink, Readers
from tests.loopback.sink import Sink
from tests.processes import free_port, until

HELPERS = 2


@dataclass(frozen=True)
class House:
    """A campaign, who follows it, and the addresses of its newest posts."""

    campaign: Campaign
    crowd: Crowd
    posts: list[str]


class World:
    """`say` shows how it goes; `limits` are what the machine can do at most, by name."""

    def __init__(self, folder: Path, size: Size, say: Callable[[str], None]) -> None:
        self.folder, self.size, self.say = folder, size, say
        self.limits: dict[str, float] = {}
        self.helpers = ProcessPoolExecutor(HELPERS, mp_context=multiprocessing.get_context("spawn"))
        #: Cores that other programs used before each round.
        self.others: list[float] = []
        self._big: House | None = None
        folder.chmod(0o755)

    def rested(self, name: str) -> None:
        """Before a round, when nothing of ours runs: what does the machine do besides?"""
        self.others.append(busy_cores(self.size.rest_seconds))
        self.say(f"-- {name}; other programs use {self.others[-1]:.1f} cores")

    def close(self) -> None:
        self.helpers.shutdown(cancel_futures=True)

    def made(self, name: str, fill: Callable[[Filling], None], **settings: str) -> Campaign:
        """A campaign that does not run yet, its database filled."""
        campaign = Campaign(self.folder / name, **settings)
        with self.filled(campaign) as filled:
            fill(filled)
        return campaign

    def filled(self, campaign: Campaign) -> AbstractContextManager[Filling]:
        """Its database, to be filled while it does not run."""
        return filling(campaign.terminal.data / "callout.db")

    @contextmanager
    def campaign(self, name: str, fill: Callable[[Filling], None], **settings: str) -> Iterator[Campaign]:
        """A campaign that runs."""
        with running(self.made(name, fill, **settings)) as campaign:
            yield campaign

    def house(self, name: str, *, stored: int, followers: int, posts: int) -> House:
        """A stopped campaign with so much in it, and the crowd that follows it."""
        campaign, crowd = Campaign(self.folder / name), Crowd(followers, free_port())
        with running(campaign):
            addresses = [campaign.published(f"Part {n} of what we have to say.")["uri"] for n in range(20)]
        with self.filled(campaign) as filled:
            followed(filled, followers, [crowd.port], crowd.pair.public_pem())
            filling_words.posts(filled, posts)
            filling_words.replies(filled, stored, addresses)
        return House(campaign, crowd, addresses)

    def behind(self, house: House) -> AbstractContextManager[object]:
        """The servers of its crowd take what is sent to them; without nginx they refuse it."""
        name = f"behind-{house.campaign.port}"
        return QuickSink(self.folder / name, 1, port=house.crowd.port) if nginx.program() else nullcontext()

    def big(self) -> House:
        """The one with very much in it, filled once for all rounds."""
        if self._big is None:
            size = self.size
            self._big = self.house("big", stored=size.stored, followers=size.many, posts=size.own_posts)
        return self._big

    @contextmanager
    def readers(self, name: str, hosts: int) -> Iterator[Readers]:
        """A crowd behind nginx, or in Python where there is no nginx."""
        readers = QuickSink(self.folder / name, hosts) if nginx.program() else Sink(hosts)
        with readers:
            yield readers

    def signed(self, crowd: Crowd, said: Sequence[tuple[int, dict[str, Any]]], inbox: str) -> list[bytes]:
        """Signed POSTs, made by all helpers: (who, activity)."""
        sayings = [(f"{crowd.uri(n)}#main-key", json.dumps(activity).encode()) for n, activity in said]
        half = len(sayings) // HELPERS + 1
        parts = [sayings[start : start + half] for start in range(0, len(sayings), half)]
        sign = partial(work.signed, crowd.pair.private_pem(), inbox=inbox)
        return [one for part in self.helpers.map(sign, parts) for one in part]


@contextmanager
def running(campaign: Campaign) -> Iterator[Campaign]:
    campaign.server.start()
    try:
        yield campaign
    finally:
        campaign.server.kill()


def idle(campaign: Campaign, seconds: float = 60) -> None:
    """Wait until nothing is to be sent."""
    until(lambda: campaign.waiting() == 0, "the queue is empty", seconds)


def reached(readers: Readers, campaign: Campaign, count: int) -> float:
    """Publish, wait until so many have it; the seconds to the last arrival."""
    readers.forget()
    begun = time.time()
    campaign.published()
    until(lambda: readers.posts() >= count, "everybody has it", 60)
    return max(readers.when().values()) - begun
