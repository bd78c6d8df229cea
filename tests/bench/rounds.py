"""The rounds of the measurement: each does one thing to a server that runs, and gives its figure."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from tests.bench import limits
from tests.loopback.campaign import Campaign
from tests.loopback.crowd import AP, request
from tests.loopback.load import Poured, again, pour
from tests.loopback.sink import Sink
from tests.processes import until


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much of everything. A run repeats each round and gives the median."""

    hosts: int = 2_000
    replies: int = 2_000
    seconds: float = 4.0
    repeats: int = 3
    at_once: int = 32


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table: so many a second, and what of the limit named."""

    name: str
    rates: list[float]
    note: str = ""
    of: str = ""

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)


class Bench:
    """One server, its readers, and the figures so far. `say` shows how it goes."""

    def __init__(self, campaign: Campaign, sink: Sink, size: Size, folder: Path, say: Callable[[str], None]) -> None:
        self._campaign, self._sink, self._size, self._folder, self._say = campaign, sink, size, folder, say
        self._page = b""

    def run(self) -> Iterator[Figure]:
        """Everything, in this order: the readers follow first, so that later rounds meet known keys."""
        yield from self._limits()
        yield self._follows()
        post = self._campaign.published("How far does this go?")
        self._drained()
        yield from self._gets(post)
        yield self._static()
        yield from self._inbound(post["uri"])
        yield self._deliveries()

    def _repeated(self, name: str, once: Callable[[], float], note: str = "", of: str = "") -> Figure:
        rates = []
        for number in range(self._size.repeats):
            self._say(f"{name}, {number + 1} of {self._size.repeats}")
            rates.append(once())
        return Figure(name=name, rates=rates, note=note, of=of)

    def _limits(self) -> Iterator[Figure]:
        self._say("signatures on one core")
        signs, verifies = limits.signs_and_verifies(self._size.seconds / 4)
        yield Figure(name="RSA-2048 signatures", rates=[signs], note="limit, one core")
        yield Figure(name="RSA-2048 verifications", rates=[verifies], note="limit, one core")

    def _drained(self) -> None:
        until(lambda: self._campaign.waiting() == 0, "the queue is empty", 120)

    # -- reading ------------------------------------------------------------------------------------------------------

    def _gets(self, post: dict[str, str]) -> Iterator[Figure]:
        found = f"/.well-known/webfinger?resource=acct:harbour@localhost:{self._campaign.port}"
        base = self._campaign.base
        for name, target, accept in (
            ("GET actor", "/users/harbour", AP),
            ("GET post as JSON", post["uri"].removeprefix(base), AP),
            ("GET home page", "/", "text/html"),
            ("GET WebFinger", found, "application/jrd+json"),
        ):
            headers = {"Host": f"localhost:{self._campaign.port}", "Accept": accept}
            body = httpx.get(f"http://127.0.0.1:{self._campaign.port}{target}", headers=headers, timeout=10).content
            if target == "/":
                self._page = body
            asked = request("GET", target, headers)
            yield self._repeated(
                name, partial(self._asked, self._campaign.port, asked), f"{len(body)} bytes", "static file"
            )

    def _asked(self, port: int, asked: bytes) -> float:
        return good(pour(port, again(asked), at_once=self._size.at_once, seconds=self._size.seconds)).rate

    def _static(self) -> Figure:
        with limits.nginx(self._folder, self._page) as port:
            if port is None:
                return Figure(name="static file", rates=[0.0], note="no nginx here")
            asked = request("GET", "/page.html", {"Host": "localhost"})
            return self._repeated("static file", lambda: self._asked(port, asked), "limit, nginx, the home page")

    # -- what comes in ------------------------------------------------------------------------------------------------

    def _heard(self, requests: list[bytes], sql: str) -> float:
        """Activities a second until durable: each 202 is one, and all of them are in the database."""
        before = self._campaign.count(sql)
        begun = time.monotonic()
        poured = good(pour(self._campaign.port, requests, at_once=self._size.at_once))
        until(lambda: self._campaign.count(sql) - before >= len(requests), "everything is kept", 60)
        assert len(poured.good) == len(requests)
        return len(requests) / (time.monotonic() - begun)

    def _follows(self) -> Figure:
        self._say(f"{self._size.hosts} unknown servers follow")
        crowd = self._sink.crowd
        asked = [
            crowd.signed(n, crowd.activity(n, "Follow", self._campaign.uri), self._campaign.inbox)
            for n in range(crowd.count)
        ]
        rate = self._heard(asked, "SELECT count(*) FROM followers")
        until(lambda: self._sink.types["Accept"] >= crowd.count, "everybody was accepted", 120)
        self._drained()
        return Figure(name="Follows in, actors unknown", rates=[rate], note="one fetch each, over http")

    def _inbound(self, post: str) -> Iterator[Figure]:
        crowd, inbox = self._sink.crowd, self._campaign.inbox

        def replies() -> float:
            made = [crowd.reply(n % crowd.count, post, self._campaign.uri) for n in range(self._size.replies)]
            signed = [crowd.signed(n % crowd.count, one, inbox) for n, one in enumerate(made)]
            return self._heard(signed, "SELECT count(*) FROM remote_posts")

        def likes() -> float:
            liked = self._campaign.published("Do you like this?")["uri"]
            self._drained()
            signed = [crowd.signed(n, crowd.activity(n, "Like", liked), inbox) for n in range(crowd.count)]
            return self._heard(signed, "SELECT count(*) FROM interactions WHERE kind = 'like'")

        yield self._repeated("replies in, until durable", replies, "signed Create", "RSA-2048 verifications")
        yield self._repeated("Likes in, until durable", likes, "signed", "RSA-2048 verifications")

    # -- what goes out ------------------------------------------------------------------------------------------------

    def _deliveries(self) -> Figure:
        def once() -> float:
            self._sink.forget()
            begun = time.monotonic()
            self._campaign.published("To all of you")
            until(lambda: len(self._sink.creates) == self._sink.crowd.count, "everybody has it", 120)
            took = time.monotonic() - begun
            self._drained()
            return self._sink.crowd.count / took

        note = f"to {self._sink.crowd.count} servers, over http, from the post on"
        return self._repeated("deliveries out", once, note, "RSA-2048 signatures")


def good(poured: Poured) -> Poured:
    """The same, if every answer was a good one."""
    assert poured.good, poured.statuses
    assert all(200 <= status < 300 for status in poured.statuses), poured.statuses
    return poured


def table(figures: list[Figure]) -> str:
    """The figures as lines: name, rate, spread, part of the limit."""
    by_name = {one.name: one for one in figures}
    lines = [f"{'':28}{'a second':>10}  {'lowest-highest':>16}  of the limit"]
    for one in figures:
        limit = by_name.get(one.of)
        part = f"{one.rate / limit.rate:6.1%} of {one.of}" if limit is not None and limit.rate else ""
        spread = f"{min(one.rates):,.0f}-{max(one.rates):,.0f}" if len(one.rates) > 1 else ""
        lines.append(f"{one.name:28}{one.rate:10,.0f}  {spread:>16}  {part:36}{one.note}".rstrip())
    return "\n".join(lines)
