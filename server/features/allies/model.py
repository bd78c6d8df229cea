"""Allies, in our words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AllyKind = Literal["host", "actor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ally:
    """A group, or a whole server, that we trust. `shown` on our public page of allies."""

    id: int
    kind: AllyKind
    target: str
    label: str
    url: str
    shown: bool
    created_at: str
    handle: str = ""
