"""What a change changes, word by word: pure, and bounded for whatever text it is given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from server.base.local_time import Clocks
from server.base.timestamps import to_wire
from server.features.posts.languages import main_words
from server.features.posts.model import Draft, DraftText, Post, TextState
from server.features.posts.model_call import CallOut, DraftCall, Point

_TOKEN: Final = re.compile(r"\n|[^\S\n]+|\d+(?:[:.,/]\d+)+|\w+|[^\w\s]")
#: Above it (tokens of one side times tokens of the other) the words are not compared: the old ones go, the new ones come.
MAX_WORK: Final = 1_500_000


class Mark(StrEnum):
    """What became of some words."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words and what became of them."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One field that is not as it was: one of FIELDS, `language`, or of a call-out `when`, `point` or `state`."""

    field: str
    language: str
    pieces: tuple[Piece, ...]


def _around(old: list[str], new: list[str]) -> tuple[int, int]:
    """How many tokens are the same at the start and, of what is left, at the end."""
    most = min(len(old), len(new))
    head = next((index for index in range(most) if old[index] != new[index]), most)
    left = most - head
    tail = next((index for index in range(left) if old[-1 - index] != new[-1 - index]), left)
    return head, tail


def _middle(old: list[str], new: list[str]) -> Iterator[Piece]:
    if len(old) * len(new) > MAX_WORK:
        yield Piece(Mark.GONE, "".join(old))
        yield Piece(Mark.NEW, "".join(new))
        return
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=True).get_opcodes():
        if tag == "equal":
            yield Piece(Mark.SAME, "".join(old[a:b]))
            continue
        yield Piece(Mark.GONE, "".join(old[a:b]))
        yield Piece(Mark.NEW, "".join(new[c:d]))


def compare(old: str, new: str) -> tuple[Piece, ...]:
    """The words of both, in order: those that stay, go and come. The same pieces twice in a row are one."""
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    head, tail = _around(before, after)
    found = [
        Piece(Mark.SAME, "".join(before[:head])),
        *_middle(before[head : len(before) - tail], after[head : len(after) - tail]),
        Piece(Mark.SAME, "".join(before[len(before) - tail :])),
    ]
    return tuple(piece for piece in found if piece.text)


#: What is compared in each language.
FIELDS: Final = ("title", "warning", "words", "place", "needs", "instead", "alt")
_NOTHING_SAID: Final = ("",) * len(FIELDS)


def _fields(one: DraftText) -> tuple[str, ...]:
    alts = "\n".join(picture.alt for picture in sorted(one.alts, key=lambda picture: picture.public_id))
    return (one.title, one.warning, one.text, one.place, one.needs, one.instead, alts)


def _texts_of(draft: Draft) -> dict[str, tuple[str, ...]]:
    """By language; the pictures of the main one are compared one by one. What nobody approved does not go out."""
    said = (one for one in draft.translations if one.state is not TextState.DRAFT)
    return {one.language: _fields(one) for one in (main_words(draft), *said)}


def _hours(call: CallOut | DraftCall) -> str:
    clocks = Clocks(zone=call.time_zone)
    walls = (clocks.wall(one).replace("T", " ") for one in (call.starts_at, call.ends_at) if one)
    return f"{' – '.join(walls)} {call.time_zone}"  # noqa: RUF001 - an en dash between two times


def _where(point: Point | None) -> str:
    if point is None:
        return ""
    return f"{point.latitude:.6f}, {point.longitude:.6f} ({to_wire(point.until)})"


def _of_call(before: CallOut, after: DraftCall) -> Iterator[Changed]:
    both = (
        ("when", _hours(before), _hours(after)),
        ("point", _where(before.point), _where(after.point)),
        ("state", before.state.value, after.after(before.state).stands.value),
    )
    for field, was, is_now in both:
        if was != is_now:
            gone, new = Piece(Mark.GONE, was), Piece(Mark.NEW, is_now)
            yield Changed(field=field, language="", pieces=tuple(one for one in (gone, new) if one.text))


def changes_of(post: Post, draft: Draft) -> tuple[Changed, ...]:
    """Every field in which a draft differs from the post that stands. Pictures are shown rather than compared."""
    before = _texts_of(post.as_draft()) if post.texts else {}
    after = _texts_of(draft)
    found = []
    for language in dict.fromkeys([post.language, *before, *after]):
        old, new = before.get(language, _NOTHING_SAID), after.get(language, _NOTHING_SAID)
        for field, was, is_now in zip(FIELDS, old, new, strict=True):
            if was != is_now:
                found.append(Changed(field=field, language=language, pieces=compare(was, is_now)))
    alts = {one.public_id: one.alt for one in post.pictures}
    found += [
        Changed(field="alt", language=draft.language, pieces=compare(alts[one.public_id], one.alt))
        for one in draft.media
        if one.public_id in alts and alts[one.public_id] != one.alt
    ]
    if post.language != draft.language:
        pieces = (Piece(Mark.GONE, post.language), Piece(Mark.NEW, draft.language))
        found.append(Changed(field="language", language="", pieces=pieces))
    if post.call is not None and draft.call is not None:
        found += _of_call(post.call, draft.call)
    return tuple(found)
