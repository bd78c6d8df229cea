"""What a post said once."""

from __future__ import annotations

from dataclasses import dataclass

from server.features.posts.model import Text
from server.features.posts.model_call import CallOut


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a post said once, in its main language (of a call-out also its hours then), and the languages in which it said something new."""

    number: int
    published_at: str
    text: Text
    translated: tuple[str, ...] = ()
    call: CallOut | None = None
