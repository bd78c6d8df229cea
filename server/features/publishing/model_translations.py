"""The translation panel in our words."""

from __future__ import annotations

from dataclasses import dataclass

from server.features.posts.languages import Gap
from server.features.posts.model import DraftText, KeptDraft, Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A translation that somebody elsewhere suggests in a reply; `words` is plain text. `held`: from a stranger, not let in yet."""

    id: int
    post: str
    language: str
    state: str
    words: str
    author_uri: str
    handle: str
    name: str
    uri: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One language of a post beside its original.

    `state` is missing, draft, approved or stale: as readers have it, or draft where they have nothing. `text` is what the form shows: what
    is being written (`in_work`), else what stands. `seen` names exactly these words beside exactly that original. `changed`: the
    original has changed since these were written. `own`: somebody else must approve them.
    """

    language: str
    state: str
    text: DraftText | None
    in_work: bool
    version: int
    seen: str
    changed: bool
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A post or a draft with all its languages, in the campaign's order. `main` is the original."""

    name: str
    post: Post | None
    kept: KeptDraft | None
    main: DraftText
    sides: tuple[Side, ...]
    suggestions: tuple[Suggestion, ...] = ()

    def side(self, language: str) -> Side | None:
        """One of its languages."""
        return next((one for one in self.sides if one.language == language), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """A post and what is to be done about its languages; `suggested` translations wait to be looked at."""

    post: Post
    gaps: tuple[Gap, ...]
    suggested: int
