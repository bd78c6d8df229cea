"""What publishing hands back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OurBoost:
    """A boost or like of the campaign: which activity, of what."""

    id: int
    public_id: str
    object_uri: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """Whom we have to do with, by server: how many follow us, whom we follow, who are our allies."""

    followers: Mapping[str, int]
    following: Mapping[str, tuple[str, ...]]
    allies: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What a list would cut off: followers in all, the servers that lose most of them, people we follow, allies.

    `risky` are its entries that cut anybody, `dear` those that cut people we follow or allies.
    """

    followers: int = 0
    servers: tuple[tuple[str, int], ...] = ()
    following: tuple[str, ...] = ()
    allies: tuple[str, ...] = ()
    risky: frozenset[str] = frozenset()
    dear: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a list would do before it is applied.

    `fresh` are the servers that are not blocked yet, `named` are these and those that are: what the list will stand for.
    """

    fresh: tuple[str, ...]
    named: tuple[str, ...]
    known: int
    allowed: int
    spared: int
    ours: int
    hidden: int
    milder: int
    unreadable: int
    cut: Cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A post that is pinned or, as an open call-out, should be. `ends_at` is empty but for call-outs."""

    id: int
    public_id: str
    pinned_at: str | None
    call: bool
    standing: bool
    ends_at: str
