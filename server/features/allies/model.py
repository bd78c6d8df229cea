"""Allies, in our words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from server.features.remote.model import RemoteActor

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A group that boosts a call-out or answers it with #signed (`by_reply`), since `said_at`.

    `decided` is what an organiser said about it: it counts, it does not, or (None) nothing: then it counts if they are an ally.
    """

    actor: RemoteActor
    said_at: str
    by_reply: bool
    decided: bool | None
