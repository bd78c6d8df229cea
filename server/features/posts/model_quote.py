"""What a post of ours quotes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class QuoteState(StrEnum):
    """What the author of the quoted post says to it."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a post quotes: `stamp` is the author's consent, `html` their clean words while it stands. No handle for our own posts."""

    uri: str
    url: str
    state: QuoteState
    stamp: str | None = None
    handle: str = ""
    name: str = ""
    html: str = ""
    language: str = ""
