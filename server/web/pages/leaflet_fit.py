"""How large the words of a leaflet may be, and how many there is room for: reckoned before it is drawn, as paper has no scroll bar.

Lengths are millimetres on paper. Letters are reckoned as wide as those of a wide font, so that others leave some air instead of
running over. What does not fit at the smallest readable size is cut at the end of a word, the free text first: title, place and
hours never are.
"""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

#: Sizes of type in tenths of a millimetre, those of a text a twentieth apart, those of a title a tenth: `leaflet.css` has a class for each.
LADDER: Final = (
    20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 31, 32, 34, 35, 37, 39, 41, 43, 45, 47, 50, 52, 55, 57, 60, 63, 66, 69, 73, 76, 80, 84, 88,
    97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 278,
)  # fmt: skip
#: The share of the paper's height that a title may take, from a short text beside it to a long one.
TITLE_SHARES: Final = (0.32, 0.26, 0.20, 0.15)
#: And to what it gives way before anything is cut. The last one is what it keeps beside a text that is cut in any case.
LEAST_SHARES: Final = (0.13, 0.11)
#: A title becomes smaller only for a text that becomes so much larger.
WORTH: Final = 1.1
TITLE_LINES: Final = 4
BOLD: Final = 1.15
#: Fonts may be a little wider than the wide one that letters are reckoned by.
WIDER: Final = 1.04
SPACE: Final = 0.33
#: Of what is left for words: the share that needs and the rest for those who do not come may keep, if the free text is long.
NEEDS_SHARE, INSTEAD_SHARE = 0.55, 0.3
#: Less of the free text than that is not worth keeping the others whole.
KEPT_LINES: Final = 3
ELLIPSIS: Final = "…"
#: Languages whose lines stand further apart: tall letters, marks above and below.
TALL: Final = frozenset({"ar", "fa", "ps", "ur", "ckb", "sd", "ug", "ti", "am", "my", "th", "km", "bo"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A size of paper: width and height, and the unit that its frame grows by; type between `smallest` and `largest` (tenths)."""

    name: str
    width: float
    height: float
    unit: float
    smallest: int
    largest: int

    @property
    def inner(self) -> float:
        """The width between the margins."""
        return self.width - 15 * self.unit


PAPERS: Final = {
    "a4": Paper(name="a4", width=210, height=297, unit=2, smallest=34, largest=88),
    "a5": Paper(name="a5", width=148, height=210, unit=1.41, smallest=28, largest=60),
    "a6": Paper(name="a6", width=105, height=148, unit=1, smallest=24, largest=45),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What stands on the paper, in the language of the text; `facts` are the lines of place and hours with what they are called."""

    language: str
    title: str
    facts: tuple[tuple[str, str], ...]
    text: str
    needs: str
    instead: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """The words as far as there is room, and the sizes of title, text and address in tenths of a millimetre."""

    words: Words
    title: int
    text: int
    address: int
    tall: bool
    cut: bool


#: Letters narrower or wider than most, in ems of a wide font (DejaVu Sans).
_LETTERS: Final = {
    char: width
    for letters, width in (("ijlI'|.,:;!\u2019", 0.33), ("frt-()[]/", 0.4), ("szc", 0.54), ("wM", 0.86), ("mW", 0.99), (" ", SPACE))
    for char in letters
}  # fmt: skip


@lru_cache(maxsize=4096)
def advance(text: str) -> float:
    """How wide a word is, in ems of a wide font."""
    return sum(map(_advance, text))


def _advance(char: str) -> float:
    if char in _LETTERS:
        return _LETTERS[char]
    if char.islower() or char.isdecimal():
        return 0.63
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0.0
    if unicodedata.east_asian_width(char) in {"W", "F"}:
        return 1.05
    if "\u1200" <= char <= "\u139f":  # Ethiopic
        return 0.71
    return 0.51 if unicodedata.bidirectional(char) == "AL" else 0.72


def lines_of(text: str, width: float, size: float, weight: float = 1.0) -> int:
    """How many lines a text takes at a size."""
    room = width / (size * weight * WIDER)
    return sum(_lines(part, room) for part in text.splitlines() if part)


def _lines(part: str, room: float) -> int:
    """Lines as a browser breaks them: between words, and within one that is longer than a line."""
    lines, used = 1, 0.0
    for word in part.split(" "):
        wide = advance(word)
        if used and used + SPACE + wide > room:
            lines, used = lines + 1, 0.0
        used += (SPACE if used else 0.0) + wide
        if used > room:
            more = math.floor(used / room)
            lines, used = lines + more, used - more * room
    return lines


def _leading(*, tall: bool) -> float:
    return 1.65 if tall else 1.36


def cut_to(text: str, lines: int, width: float, size: float) -> str:
    """As much of a text as so many lines hold, to the end of a word."""
    if lines_of(text, width, size) <= lines:
        return text
    kept: list[str] = []
    left = lines
    for part in text.splitlines():
        needed = lines_of(part, width, size)
        if needed <= left:
            kept.append(part)
            left -= needed
            continue
        kept.append(_first_words(part, left, width, size))
        break
    whole = "\n".join(kept).rstrip()
    return whole if not whole or whole.endswith(ELLIPSIS) else f"{whole} {ELLIPSIS}"


def _first_words(part: str, lines: int, width: float, size: float) -> str:
    every = part.split(" ") if lines > 0 else []

    def taken(count: int) -> int:
        return lines_of(f"{' '.join(every[:count])} {ELLIPSIS}", width, size)

    count = bisect_right(range(1, len(every) + 1), lines, key=taken)
    return f"{' '.join(every[:count])} {ELLIPSIS}" if count else ""


class Fitting:
    """The words of one leaflet on one paper."""

    def __init__(self, words: Words, paper: Paper) -> None:
        self._words = words
        self._paper = paper
        self._tall = words.language.partition("-")[0].lower() in TALL

    def fitted(self) -> Fitted:
        """The largest sizes at which everything fits; else the smallest, and as much as fits."""
        paper = self._paper
        steps = [step for step in LADDER if paper.smallest <= step <= paper.largest]
        comfortable = steps[len(steps) // 3]
        found = (self._title(LEAST_SHARES[-1]), 0)
        for share in (*TITLE_SHARES, *LEAST_SHARES):
            if found[1] >= (steps[0] if share in LEAST_SHARES else comfortable):
                break
            title = self._title(share)
            text = next((step for step in reversed(steps) if self._fits(self._words, title, step)), 0)
            if text >= WORTH * found[1] and text:
                found = (title, text)
        found = (found[0], max(found[1], steps[0]))
        words = self._words if self._fits(self._words, *found) else self._cut(*found)
        return Fitted(
            words=words,
            title=found[0],
            text=found[1],
            address=self._address(),
            tall=self._tall,
            cut=words != self._words,
        )

    def _title(self, share: float) -> int:
        """The largest size at which the title takes a share of the paper and its longest word stands on a line."""
        title, paper = self._words.title, self._paper
        widest = max((advance(word) for word in title.split()), default=1.0)
        for step in reversed(LADDER):
            size = step / 10
            lines = lines_of(title, paper.inner, size, BOLD)
            high = lines * size * (1.5 if self._tall else 1.15)
            if lines <= TITLE_LINES and high <= share * paper.height and widest * size * BOLD <= paper.inner:
                return step
        return paper.smallest

    def _address(self) -> int:
        """The size at which the longer half of the short address (the host, the rest) stands beside the QR code."""
        host, slash, rest = self._words.address.partition("/")
        longest = max(len(host), len(slash + rest), 12)
        room = self._paper.inner - 30 * self._paper.unit
        most = min(room / longest / 0.64, 5 * self._paper.unit)
        return max((step for step in LADDER if step / 10 <= most), default=LADDER[0])

    def _frame(self, words: Words, title: int, text: int) -> float:
        """The height of everything but free text, needs and the rest, with the gaps between."""
        paper, size, leading = self._paper, text / 10, _leading(tall=self._tall)
        names = max(advance(name) for name, _ in words.facts) + 1.2
        room = paper.inner - names * size * 1.15
        facts = sum(lines_of(line, room, size * 1.15, BOLD) for _, line in words.facts)
        heading = lines_of(words.title, paper.inner, title / 10, BOLD) * title / 10 * (1.5 if self._tall else 1.15)
        foot = 24 * paper.unit + 4 * paper.unit + 1
        head = 8 * paper.unit
        return (
            head
            + heading
            + facts * size * 1.15 * leading
            + size * (1.5 + len(words.facts) * 0.2)
            + foot
            + 11 * paper.unit
        )

    def _block(self, text: str, size: float, *, headed: bool) -> float:
        """The height of one part with the gap before it."""
        if not text:
            return 0.0
        indent = 1.2 * size if headed and "\n" in text else 0.0
        lines = lines_of(text, self._paper.inner - indent, size) + (1 if headed else 0)
        paragraphs = len([part for part in text.splitlines() if part])
        between = (paragraphs - 1) * (0.0 if headed else 0.5) * size
        return lines * size * _leading(tall=self._tall) + between + 0.9 * size

    def _fits(self, words: Words, title: int, text: int) -> bool:
        return self._frame(words, title, text) + self._parts(words, text) <= self._height

    @property
    def _height(self) -> float:
        return self._paper.height - 15 * self._paper.unit

    def _parts(self, words: Words, text: int) -> float:
        size = text / 10
        return (
            self._block(words.text, size, headed=False)
            + self._block(words.needs, size, headed=True)
            + self._block(words.instead, size, headed=True)
        )

    def _cut(self, title: int, text: int) -> Words:
        """The words as far as they fit at this size: the free text gives way first, and if little of it were left, the others too."""
        size, line = text / 10, text / 10 * _leading(tall=self._tall)
        room = self._height - self._frame(self._words, title, text)
        width = self._paper.inner - 1.2 * size

        def held(part: str, share: float) -> str:
            return cut_to(part, max(1, math.floor(share * room / line) - 2), width, size)

        whole = replace(self._words, text="")
        lines = math.floor((room - self._parts(whole, text)) / line)
        if lines < KEPT_LINES:
            needs, instead = held(self._words.needs, NEEDS_SHARE), held(self._words.instead, INSTEAD_SHARE)
            whole = replace(whole, needs=needs, instead=instead)
            lines = math.floor((room - self._parts(whole, text)) / line)
        for fewer in range(lines, 0, -1):
            shorter = replace(whole, text=cut_to(self._words.text, fewer, self._paper.inner, size))
            if self._fits(shorter, title, text):
                return shorter
        return whole


def fitted(words: Words, paper: Paper) -> Fitted:
    """The words on the paper."""
    return Fitting(words, paper).fitted()


def parts(text: str) -> Sequence[str]:
    """The lines of a text that have words on them."""
    return [line.strip() for line in text.splitlines() if line.strip()]
