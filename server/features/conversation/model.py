"""The conversation in our words."""

from __future__ import annotations

from dataclasses import dataclass

from server.features.remote.model import RemoteActor, RemotePost


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Something that was said to us, and what we do with it: kind is reply, mention, direct or quote."""

    post: RemotePost
    author: RemoteActor
    kind: str
    state: str
    our_post_public_id: str | None
    parent_uri: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """A boost or a like of one of our posts."""

    id: int
    kind: str
    author: RemoteActor
    our_post_public_id: str
    emoji: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report from another server."""

    id: int
    host: str
    objects: tuple[str, ...]
    content: str
    state: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What the Desk counts."""

    held: int
    direct: int
    reports: int
    pending_followers: int
    quotes: int = 0
