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


@dataclass(frozen=True, slots=True, kw_only=True)
class LockCode:
    """A code that waits to lock the house, without the code: its hash names it."""

    hash: str
    level: LockLevel
    label: str
    created_day: str
