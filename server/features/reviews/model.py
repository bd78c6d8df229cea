"""Reviews in our words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from server.base.errors import Conflict
from server.features.access.model import Role
from server.features.posts.model import Draft, Post


class Kind(StrEnum):
    """What the campaign chooses a number of eyes for."""

    UPDATE = "update"
    PICTURE = "picture"
    CORRECTION = "correction"
    CALL_OUT = "call-out"
    EDIT = "edit"
    DELETE = "delete"


class ReviewAct(StrEnum):
    """What is looked at: what is to happen, or (`after`) what happened without a second look."""

    PUBLISH = "publish"
    EDIT = "edit"
    DELETE = "delete"
    AFTER = "after"


class ReviewState(StrEnum):
    """Where a review is in its life."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Verdict(StrEnum):
    """What becomes of a change: it goes out, it goes out and is looked at afterwards, it waits."""

    GO = "go"
    AFTER = "after"
    WAIT = "wait"


class ReviewWanted(Conflict):
    """Nothing was published: it waits for a second pair of eyes. `draft` is the name of the draft, empty for a deletion."""

    def __init__(self, draft: str = "") -> None:
        words = "It waits for a second pair of eyes."
        super().__init__(f"{words} The draft is {draft}." if draft else words)
        self.draft = draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What somebody wants: `draft` is what will stand (None: nothing), `post` what stands now (None: nothing yet)."""

    draft: Draft | None = None
    post: Post | None = None

    @property
    def act(self) -> ReviewAct:
        """Publish, edit or delete."""
        if self.draft is None:
            return ReviewAct.DELETE
        return ReviewAct.EDIT if self.post is not None else ReviewAct.PUBLISH


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who there is: organisers who can sign in and may write or review, and how many of them could look at this change."""

    active: int
    other_reviewers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One request. `version` is that of the draft, or the number of the revision where there is no draft."""

    id: int
    act: ReviewAct
    draft_id: int | None
    version: int | None
    post_id: int | None
    asked_by: int | None
    note: str
    state: ReviewState
    decided_by: int | None
    answer: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A review in a list. Names are None for the console of the machine; `mine` if I may decide it."""

    review: Review
    draft: str | None
    post: str | None
    words: str
    asker: str | None
    mine: bool
    publish_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What holds for one kind: what was chosen (None: nothing, the default holds) and what that comes to now."""

    kind: Kind
    chosen: int | None
    eyes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """An organiser, as far as reviews need to know."""

    id: int
    name: str
    role: Role
