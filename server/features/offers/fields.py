"""The fields of each kind of offer, and what readers may write into them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from server.base.errors import Invalid
from server.base.words import Words, marked
from server.features.offers.model import Kind

MAX_LINE_CHARS: Final = 200
MAX_TEXT_CHARS: Final = 3_000
MAX_COUNT: Final = 999
MAX_LANGUAGE_CHARS: Final = 12
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

Shape = Literal["number", "date", "line", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: its name in the form, what it is called, and what fits into it."""

    name: str
    label: str
    shape: Shape
    required: bool = False
    hint: str = ""

    @property
    def most(self) -> int:
        """How many characters fit."""
        return MAX_TEXT_CHARS if self.shape == "text" else MAX_LINE_CHARS


ROUGHLY: Final = marked("a town, or a part of one: no address")
_WHERE: Final = Field(name="where", label=marked("Where, roughly"), shape="line", hint=ROUGHLY)
_WHEN: Final = Field(name="when", label=marked("When"), shape="line", hint=marked("such as: Friday evening"))
_MORE: Final = Field(name="more", label=marked("Anything else"), shape="text")

FIELDS: Final[Mapping[Kind, tuple[Field, ...]]] = {
    Kind.BED: (
        Field(name="count", label=marked("How many people can sleep there"), shape="number", required=True),
        Field(name="from", label=marked("From"), shape="date"),
        Field(name="until", label=marked("Until"), shape="date"),
        _WHERE,
        _MORE,
    ),
    Kind.CAR: (
        Field(name="count", label=marked("How many seats are free"), shape="number", required=True),
        Field(name="start", label=marked("From where, roughly"), shape="line", required=True, hint=ROUGHLY),
        Field(name="to", label=marked("To where"), shape="line"),
        _WHEN,
        _MORE,
    ),
    Kind.FOOD: (
        Field(name="what", label=marked("What"), shape="line", required=True),
        Field(name="count", label=marked("For how many people"), shape="number"),
        _WHERE,
        _WHEN,
        _MORE,
    ),
    Kind.TRANSLATION: (
        Field(name="source", label=marked("From which languages"), shape="line", required=True),
        Field(name="into", label=marked("Into which languages"), shape="line", required=True),
        Field(name="when", label=marked("When"), shape="line", hint=marked("such as: any evening, within an hour")),
        _MORE,
    ),
    Kind.SKILL: (
        Field(name="what", label=marked("What you can do"), shape="line", required=True),
        _WHERE,
        _WHEN,
        _MORE,
    ),
    Kind.IDEA: (Field(name="text", label=marked("Your idea"), shape="text", required=True),),
    Kind.REPORT: (
        Field(name="text", label=marked("What you saw"), shape="text", required=True),
        Field(name="when", label=marked("When it was"), shape="line", hint=marked("such as: this morning at nine")),
        _WHERE,
    ),
    Kind.OTHER: (Field(name="text", label=marked("What you offer"), shape="text", required=True),),
}

#: Free words, for those who want to be reached otherwise than by the code.
CONTACT: Final = Field(name="contact", label=marked("How to reach you"), shape="line")


class Unfilled(Invalid):
    """Fields that cannot be taken as they are; `problems` says for each why."""

    def __init__(self, problems: Mapping[str, Words]) -> None:
        super().__init__(marked("Not sent yet: look at what is marked below."))
        self.problems = problems


def tidy(text: str) -> str:
    """The text without what nobody can see: control characters, blank ends, and marks that turn a line around."""
    kept = (letter for letter in text if letter == "\n" or unicodedata.category(letter) not in {"Cc", "Cs", "Co"})
    return "".join(letter for letter in kept if letter not in "\u202a\u202b\u202d\u202e\u202c").strip()


def _taken(field: Field, given: str) -> tuple[str, Words | None]:
    """A value as it is kept, and what is wrong with it."""
    text = tidy(given)
    if not text:
        return "", Words(marked("This is needed.")) if field.required else None
    if len(text) > field.most:
        return text, Words(marked("At most %(max)s characters; these are %(num)s."), max=field.most, num=len(text))
    if field.shape == "number":
        return _number(text)
    return text if field.shape == "text" else " ".join(text.split()), None


def is_day(text: str) -> bool:
    """True for a day as browsers write it, 2026-10-01; where a browser has no calendar, people write what they like."""
    try:
        return bool(_DAY.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


def _number(text: str) -> tuple[str, Words | None]:
    """A number in the digits of any script."""
    if not text.isdecimal() or len(text) > len(str(MAX_COUNT)) or not 0 < int(text) <= MAX_COUNT:
        return text, Words(marked("A whole number, from 1 to %(max)s."), max=MAX_COUNT)
    return str(int(text)), None


def checked(kind: Kind, given: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """The fields of a kind that say something, and the contact. Raises Unfilled, which names every field at once."""
    values: dict[str, str] = {}
    problems: dict[str, Words] = {}
    for field in (*FIELDS[kind], CONTACT):
        value, problem = _taken(field, given.get(field.name, ""))
        if problem is not None:
            problems[field.name] = problem
        elif value:
            values[field.name] = value
    if problems:
        raise Unfilled(problems)
    contact = values.pop(CONTACT.name, "")
    return values, contact


def message(given: str) -> str:
    """Words of an answer or of a reply. Raises Invalid."""
    text = tidy(given)
    if not text:
        raise Invalid("Write a few words first.")
    if len(text) > MAX_TEXT_CHARS:
        raise Invalid("At most %(max)s characters; these are %(num)s.", max=MAX_TEXT_CHARS, num=len(text))
    return text
