"""What a server acknowledged, and whether it is kept, once and whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set as AbstractSet
from pathlib import Path

import httpx

from tests.loopback.campaign import Campaign, query, whole
from tests.loopback.sink import Sink
from tests.processes import until

LEASED = "SELECT count(*) FROM deliveries WHERE state = 'leased'"
#: What one transaction wrote together is there together, or not at all.
HALVES = (
    "SELECT count(*) FROM posts p WHERE state = 'live' AND NOT EXISTS (SELECT 1 FROM texts t WHERE t.revision_id = p.live_revision_id)",
    "SELECT count(*) FROM posts p WHERE state = 'live' AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.object_uri LIKE '%' || p.public_id)",
    "SELECT count(*) FROM outbox o WHERE NOT EXISTS (SELECT 1 FROM delivery_counts c WHERE c.outbox_id = o.id)",
    "SELECT count(*) FROM outbox o WHERE o.type = 'Create' AND NOT EXISTS (SELECT 1 FROM fanouts f WHERE f.outbox_id = o.id)",
    "SELECT count(*) FROM posts p WHERE (SELECT count(*) FROM idempotency_keys k WHERE k.post_id = p.id) <> 1",
)
LIVE = "SELECT id FROM posts WHERE state = 'live'"
REPLIES = "SELECT uri FROM remote_posts"


class Promises:
    """Publishes and replies to a campaign; knows what was asked, what was answered and what must therefore be there."""

    def __init__(self, campaign: Campaign, sink: Sink) -> None:
        self._campaign, self._sink = campaign, sink
        self._count = 0
        #: Keys of posts, and under each the id that was answered.
        self.asked: list[str] = []
        self.posts: dict[str, str] = {}
        self.replies: set[str] = set()
        self.statuses: Counter[int] = Counter()
        self.say()
        self._first = query(
            campaign.terminal.data / "callout.db", "SELECT object_uri FROM outbox WHERE type = 'Create'"
        )[0][0]

    def say(self, more: str = "") -> int:
        """Publish something; the status, or 0 if nobody answered."""
        key = f"key-{len(self.asked)}"
        self.asked.append(key)
        return self._publish(key, more)

    def _publish(self, key: str, more: str = "") -> int:
        try:
            answer = self._campaign.post(f"Said {key} {more}", key)
        except httpx.HTTPError:
            return 0
        self.statuses[answer.status_code] += 1
        if answer.status_code == 200:
            found = answer.json()["id"]
            assert self.posts.setdefault(key, found) == found, "the same key, the same post"
        return answer.status_code

    def hear(self, replies: int = 4) -> Counter[int]:
        """Replies from so many servers at once; how often which status."""
        crowd = self._sink.crowd
        numbers = [(self._count + n) % crowd.count for n in range(replies)]
        self._count += replies
        said = [(number, crowd.reply(number, self._first, self._campaign.uri)) for number in numbers]
        poured = self._campaign.hears([crowd.signed(n, reply, self._campaign.inbox) for n, reply in said], replies)
        self.replies |= {said[number][1]["object"]["id"] for number in poured.good}
        self.statuses += poured.statuses
        return poured.statuses

    def kept(self) -> None:
        """Everything acknowledged is in the database, nothing of the rest by halves, and the file is whole."""
        kept_in(self._campaign.terminal.data / "callout.db", set(self.posts.values()), self.replies)

    def settle(self) -> None:
        """Whoever got no answer asks again; then each thing is there once, and every server has it."""
        for key in self.asked:
            if key not in self.posts:
                until(lambda key=key: self._publish(key) == 200, "a post is taken")  # type: ignore[misc]
        for key in self.asked[:: max(1, len(self.asked) // 50)]:
            assert self._publish(key) == 200, "and asked again it is the same"
        assert self._campaign.count("SELECT count(*) FROM posts") == len(self.asked)
        assert self._campaign.count("SELECT count(*) FROM outbox WHERE type = 'Create'") == len(self.asked), "said once"
        until(lambda: self._campaign.waiting() == 0, "everything is delivered", 60)
        assert len(self._sink.arrived) == len(self.asked) * self._sink.crowd.count, "every server has every post"
        self.kept()

    @property
    def repeated(self) -> int:
        """How many arrived that had arrived before."""
        return sum(self._sink.arrived.values()) - len(self._sink.arrived)


def kept_in(path: Path, posts: AbstractSet[str], replies: AbstractSet[str]) -> None:
    """Raise unless this database file is whole and holds these posts (by id) and replies (by address)."""
    whole(path)
    assert posts <= {str(row[0]) for row in query(path, LIVE)}, "an acknowledged post is lost"
    assert replies <= {row[0] for row in query(path, REPLIES)}, "an acknowledged activity is lost"
    assert [query(path, sql)[0][0] for sql in HALVES] == [0] * len(HALVES), "a post is there by halves"
