"""Words made comparable: word rules and "same text" look at what people read, not at how it was typed.

Everything here takes time in proportion to the text: there are no patterns of users, only sets of folded words.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from server.base.errors import Invalid
from server.features.conversation.model import WordRule

MAX_RULES: Final = 200
MAX_RULE_CHARS: Final = 100
MAX_RULE_WORDS: Final = 20
#: No more of a text is looked at.
MAX_TEXT_CHARS: Final = 20_000
#: Letters apart, as in "b a d", are read as a word too from so many on.
SPELT_OUT: Final = 3

_ANCHOR: Final = re.compile(r'<a\b[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_INLINE: Final = re.compile(r"</?(?:a|span|em|strong|del|code)\b[^>]*>")
_TAG: Final = re.compile(r"<[^>]*>")
_WORD: Final = re.compile(r"[^\W_]+")
_ADDRESS: Final = re.compile(r"https?://\S+|@[\w.-]+(?:@[\w.-]+)?")
_DIGITS: Final = re.compile(r"\d+")
#: Scripts that put no space between words: each sign counts as one.
_UNSPACED: Final = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)
#: Letters of one language written in several ways, and letters that no decomposition leads back to their base.
_ONE_LETTER: Final = str.maketrans({
    "\u0671": "\u0627", "\u0649": "\u064a", "\u06cc": "\u064a", "\u0629": "\u0647", "\u06a9": "\u0643", "\u06c1": "\u0647",
    "\u0640": None, "\u0131": "i", "\u0142": "l", "\u00f8": "o", "\u0111": "d", "\u00e6": "ae", "\u0153": "oe",
    "'": None, "\u2019": None, "\u02bc": None, "\u115f": None, "\u1160": None,
})  # fmt: skip
#: Letters of other alphabets that look like Latin ones. Only in a word that has Latin letters, too, is one taken for the other.
_LOOKALIKE: Final = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0458\u0455\u043a\u043c\u0442\u0432\u043d\u0501\u04bb"
    "\u03b1\u03b5\u03bf\u03c1\u03b9\u03ba\u03bd\u03c4\u03c5\u03c7",
    "aeopcxyijskmtbhdhaeopikvtux",
)
_LATIN: Final = re.compile("[a-z]")
_SIGNED: Final = re.compile(r"(?<![\w/&#])[#\uff03]signed(?!\w)", re.IGNORECASE | re.ASCII)


def _shown(char: str) -> bool:
    """False for marks above and below, joiners, directions and everything else that only changes how a letter is drawn."""
    return unicodedata.category(char) not in {"Mn", "Me", "Cf", "Cc", "Co", "Cs"} or char in "\n\t "


def fold(text: str) -> str:
    """A text without case, marks, invisible signs and second ways to write a letter."""
    if text.isascii():  # the long way comes to the same
        return text[:MAX_TEXT_CHARS].lower().replace("'", "")
    plain = unicodedata.normalize("NFKD", text[:MAX_TEXT_CHARS]).casefold()
    kept = "".join(char for char in unicodedata.normalize("NFKD", plain) if char.isascii() or _shown(char))
    return kept.translate(_ONE_LETTER)


def _digit(match: re.Match[str]) -> str:
    return "".join(str(unicodedata.digit(char, 0)) for char in match[0])


def _word(word: str) -> str:
    if not word.isascii():
        if _LATIN.search(word):
            word = word.translate(_LOOKALIKE)
        word = _DIGITS.sub(_digit, word)
    return word


def words(text: str) -> list[str]:
    """The folded words of a plain text, in order."""
    if text.isascii():
        return _WORD.findall(fold(text))
    return [_word(word) for word in _WORD.findall(_UNSPACED.sub(r" \1 ", fold(text)))]


def plain(source: str) -> str:
    """What people read of some clean HTML. Tags inside a word do not part it."""
    return html.unescape(_TAG.sub(" ", _INLINE.sub("", source)))


def signs(source: str) -> bool:
    """True if some clean HTML says #signed, which puts a name under a call-out."""
    return _SIGNED.search(plain(source)[:MAX_TEXT_CHARS]) is not None


def _spelt_out(found: Sequence[str]) -> list[str]:
    """Words made of letters that stand apart, each after a stop so that no phrase runs into them."""
    joined: list[str] = []
    run: list[str] = []
    for word in [*found, ""]:
        if len(word) == 1:
            run.append(word)
            continue
        if len(run) >= SPELT_OUT:
            joined += ["", "".join(run)]
        run = []
    return joined


def rule_words(text: str) -> tuple[str, ...]:
    """The words of a rule as they are compared. Raises Invalid, in words for the organiser."""
    if len(text) > MAX_RULE_CHARS:
        raise Invalid("A rule has at most %(max)s characters.", max=MAX_RULE_CHARS)
    found = tuple(words(text))
    if not found:
        raise Invalid("Write at least one word.")
    if len(found) > MAX_RULE_WORDS:
        raise Invalid("A rule has at most %(max)s words.", max=MAX_RULE_WORDS)
    return found


class Matcher:
    """Finds which rule a text falls under: a lookup per word and per length of phrase, whatever the number of rules."""

    def __init__(self, rules: Iterable[WordRule]) -> None:
        self._phrases: dict[tuple[str, ...], WordRule] = {}
        for rule in rules:
            key = tuple(words(rule.words))
            if key and (key not in self._phrases or rule.act == "hide"):
                self._phrases[key] = rule
        self._lengths = sorted({len(key) for key in self._phrases})

    def find(self, *texts: str) -> WordRule | None:
        """The rule that some plain text falls under; one that hides goes before one that holds."""
        if not self._phrases:
            return None
        found: list[str] = []
        for text in texts:
            folded = words(text)
            found += ["", *folded, *_spelt_out(folded)]
        held = None
        for length in self._lengths:
            for start in range(len(found) - length + 1):
                rule = self._phrases.get(tuple(found[start : start + length]))
                if rule is not None and rule.act == "hide":
                    return rule
                held = held or rule
        return held


def same_text(source: str) -> str:
    """What copies of a text have in common, as a short hash: no mentions, links, digits, punctuation or case. Empty for no words."""
    links: list[str] = []

    def without(match: re.Match[str]) -> str:
        if not plain(match[2]).strip().startswith(("@", "#")):
            links.append(html.unescape(match[1]).partition("?")[0].partition("#")[0].lower())
        return " "

    text = _ADDRESS.sub(" ", plain(_ANCHOR.sub(without, source)))
    said = [word for word in (_DIGITS.sub("", word) for word in words(text)) if word]
    if not said:  # nothing but a link, or nothing but pictograms
        said = sorted(set(links)) or sorted({char for char in text if unicodedata.category(char) == "So"})
    return hashlib.blake2b(" ".join(said).encode(), digest_size=8).hexdigest() if said else ""
