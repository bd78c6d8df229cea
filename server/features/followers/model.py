"""Followers and followed, in our words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from server.features.remote.model import RemoteActor

#: Followers on one page of the Desk.
FOLLOWERS_PAGE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """A follow, either way: `state` is pending, accepted or (for ours) rejected; `follow_uri` names the Follow."""

    id: int
    actor: RemoteActor
    state: str
    follow_uri: str
    created_at: str
