"""How much of everything: the run of every day, the long one, and one that ends in seconds and measures nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much of everything."""

    #: Seconds to look what else the machine does, for each of its limits, and for each page that is read.
    rest_seconds: float = 0.3
    limit_seconds: float = 1.0
    read_seconds: float = 2.0
    at_once: int = 32
    #: Readers' servers of a fan-out, and those who begin to follow while two of them run.
    followers: int = 5_000
    late: int = 5
    page_seconds: float = 6.0
    #: Living and dead hosts, and how long the dead ones have to show that they are.
    live: int = 500
    dead: int = 2_000
    dying_seconds: float = 22.0
    #: Activities from known actors, of each kind.
    heard: int = 3_000
    #: Actors that nobody knows, and what each says; servers that follow all at once.
    strangers: int = 2_000
    said_by_each: int = 5
    follows: int = 5_000
    #: Replies on one page; how often a cold page is asked for.
    approved: int = 10_000
    cold: int = 18
    #: The small house and the big one.
    few: int = 1_000
    stored: int = 1_000_000
    own_posts: int = 10_000
    many: int = 100_000
    costly: int = 300
    published: int = 2
    settled_seconds: float = 2.0
    #: Posts to all followers of the big one that wait: as deliveries, and as fan-outs.
    expanded: int = 5
    unexpanded: int = 5
    hold_seconds: float = 3.0
    drain_seconds: float = 10.0
    #: Turns of each tight loop, fewer and more; which loops (all where none is named).
    turns: tuple[int, int] = (100, 600)
    loops: tuple[str, ...] = ()


LONG = Size(live=1_000, dead=10_000, dying_seconds=90.0, read_seconds=5.0, hold_seconds=10.0, drain_seconds=60.0)
TINY = Size(
    rest_seconds=0.1,
    limit_seconds=0.05,
    read_seconds=0.1,
    at_once=2,
    followers=6,
    late=1,
    page_seconds=0.5,
    live=2,
    dead=6,
    dying_seconds=0.2,
    heard=4,
    strangers=3,
    said_by_each=2,
    follows=4,
    approved=60,
    cold=3,
    few=60,
    stored=80,
    own_posts=3,
    many=10,
    costly=4,
    published=1,
    settled_seconds=0.1,
    expanded=1,
    unexpanded=1,
    hold_seconds=0.1,
    drain_seconds=0.3,
    turns=(1, 3),
    loops=("a Like read",),
)
