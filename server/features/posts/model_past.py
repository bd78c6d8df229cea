"""What came after a post."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """That a later post of ours puts a post right."""

    public_id: str
    published_at: str
