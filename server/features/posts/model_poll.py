"""A poll of ours as it stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PollAnswer:
    """One answer and how often it was chosen."""

    name: str
    votes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PollState:
    """A poll as it stands."""

    multiple: bool
    ends_at: str
    closed_at: str | None
    voters: int
    answers: tuple[PollAnswer, ...]
