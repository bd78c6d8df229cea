"""What publishing hands back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OurBoost:
    """A boost or like of the campaign: which activity, of what."""

    id: int
    public_id: str
    object_uri: str
    created_at: str
