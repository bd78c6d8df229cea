"""Blocks and lock levels, in our words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

BlockKind = Literal["host", "actor"]


class LockLevel(IntEnum):
    """How far the house is locked; each level includes the ones before it."""

    OPEN = 0
    PUBLISHING_FROZEN = 1
    CONVERSATION_CLOSED = 2
    STATEMENT_ONLY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A server (and every server below its name) or an actor that we want nothing from."""

    id: int
    kind: BlockKind
    target: str
    label: str
    announced_as: str | None
    created_at: str
    list_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockCode:
    """A code that waits to lock the house, without the code: its hash names it."""

    hash: str
    level: LockLevel
    label: str
    created_day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockList:
    """A list of servers that was imported, or is fetched each day from `url`; `blocks` is how many it brought."""

    id: int
    name: str
    url: str | None
    fetched_at: str | None
    problem: str
    created_at: str
    blocks: int = 0

    @property
    def waiting(self) -> int:
        """How many servers wait for an organiser's yes, as blocking them would cut somebody off."""
        kind, _, count = self.problem.partition(" ")
        return int(count) if kind == WAITS and count.isdigit() else 0


#: What `problem` says when nothing failed but an organiser has to decide.
WAITS = "waits"
