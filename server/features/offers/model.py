"""What readers offer, in our words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What somebody who cannot come has to give."""

    BED = "bed"
    CAR = "car"
    FOOD = "food"
    TRANSLATION = "translation"
    SKILL = "skill"
    IDEA = "idea"
    REPORT = "report"
    OTHER = "other"


class OfferState(StrEnum):
    """How an offer stands on the Desk. Spam is put aside; its sender is told nothing of that."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    ANSWERED = "answered"
    SPAM = "spam"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftOffer:
    """What a reader sends, checked: fields of its kind by name, free words on how to reach them, two languages.

    `page_language` is what the reader reads, `language` what the offer is written in. `about` is the short code of a call-out, or empty.
    """

    kind: Kind
    fields: Mapping[str, str]
    contact: str
    language: str
    page_language: str
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An offer that came in. The code is told once, to whoever sent it."""

    code: str
    due_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an organiser answered; no name, no hour."""

    text: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What whoever has the code sees: how it stands and what was answered. Not what was offered: a code that is found tells little."""

    kind: Kind
    state: OfferState
    arrived_at: str
    due_at: str
    answers: tuple[Answer, ...]
    replied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An offer in the queue, without its words: what the list filters by."""

    name: str
    kind: Kind
    state: OfferState
    language: str
    page_language: str
    arrived_at: str
    due_at: str
    claimed_by: int | None
    claimer: str | None
    replied: bool
    answered: bool
    pictures: int
    copies: int
    about_code: str | None
    about_post: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPicture:
    """A picture of an offer: its file's random name and its type."""

    name: str
    mime: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An offer with its words. `readable` is False when it was sealed with another key."""

    line: Line
    readable: bool
    fields: Mapping[str, str]
    contact: str
    answers: tuple[Answer, ...]
    reply: str
    pictures: tuple[OfferPicture, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which offers a list is about; empty asks for everything but spam."""

    kind: str = ""
    language: str = ""
    about: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What the campaign asks for, and whether the form is shut by the lock."""

    on: bool
    kinds: tuple[Kind, ...]
    locked: bool
    pictures: bool
    kept_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The call-out that an offer is about."""

    post_id: int
    public_id: str
    code: str
    title: str
    language: str
