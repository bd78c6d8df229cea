"""A picture of ours."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaItem:
    """A redrawn picture; `focus` is (x, y), each -1..1; `avif_bytes` is 0 where the small version has no lighter sibling."""

    id: int
    public_id: str
    kind: str
    mime: str
    extension: str
    width: int
    height: int
    small_mime: str
    small_extension: str
    small_width: int
    small_height: int
    small_bytes: int
    avif_bytes: int
    blurhash: str
    focus: tuple[float, float] | None
    alt: str
