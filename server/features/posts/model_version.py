"""What a post said once."""

from __future__ import annotations

from dataclasses import dataclass

from server.features.posts.model import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a post said once, in its main language, and the languages in which it said something new then."""

    number: int
    published_at: str
    text: Text
    translated: tuple[str, ...] = ()
