"""Catalogues of translations: `templates/locale/xx.po`, read as gettext's tools write them. Adding a file adds a language."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from server.base.bundled import bundled

#: The language of the source: it needs no file.
SOURCE: Final = "en"
HEADER: Final = ""
#: The header field, and its value, of a catalogue that has the strings of readers only: the Desk does not offer its language.
SCOPE, READERS = "x-callout-scope", "readers"
#: Other names of languages there are: Dari and Western Farsi, Southern, Northern and Central Pashto, and three letters for two.
ALIASES: Final = {
    "prs": "fa",
    "pes": "fa",
    "fas": "fa",
    "pbt": "ps",
    "pbu": "ps",
    "pst": "ps",
    "pus": "ps",
    "tir": "ti",
}
#: So much of an Accept-Language header is read.
MAX_HEADER: Final = 500
#: A language range and its weight (RFC 9110, sections 12.4.2 and 12.5.4).
_RANGE: Final = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*[qQ]\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?"
)


@dataclass(slots=True)
class Entry:
    """One string and its translations, one for each form of plural."""

    message: str = ""
    plural: str = ""
    forms: list[str] = field(default_factory=list)
    fuzzy: bool = False

    @property
    def whole(self) -> bool:
        """True if it is translated and somebody stands by it."""
        return bool(self.forms) and all(self.forms) and not self.fuzzy


def entries(text: str) -> Iterator[Entry]:
    """The entries of a .po file, the header first. Obsolete ones are comments to us. Raises ValueError."""
    for block in text.replace("\r\n", "\n").split("\n\n"):
        entry, parts = Entry(), {"msgid": "", "msgid_plural": ""}
        here = ""
        for line in block.splitlines():
            if line.startswith("#"):
                entry.fuzzy = entry.fuzzy or (line.startswith("#,") and "fuzzy" in line)
                continue
            key, _, quoted = line.partition(" ") if not line.startswith('"') else (here, "", line)
            if not key:
                raise ValueError(f"not a line of a catalogue: {line[:80]}")
            here = key
            parts[key] = parts.get(key, "") + str(ast.literal_eval(quoted))
        if not here:
            continue
        entry.message, entry.plural = parts["msgid"], parts["msgid_plural"]
        entry.forms = [value for key, value in sorted(parts.items()) if key.startswith("msgstr")]
        yield entry


def header(entry: Entry) -> dict[str, str]:
    """The fields of the first entry."""
    pairs = (line.partition(":") for line in entry.forms[0].splitlines())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def plural_rule(text: str) -> tuple[int, Callable[[int], int]]:
    """How many forms there are, and which one a number takes, from `Plural-Forms`. Raises ValueError."""
    count, _, rule = text.partition(";")
    return int(count.partition("=")[2]), gettext.c2py(rule.strip().removesuffix(";").partition("=")[2])


class Catalogue:
    """The words of one language; what it lacks stays English."""

    def __init__(self, language: str, text: str = "") -> None:
        self.language = language
        self._known: dict[str, list[str]] = {}
        self._form: Callable[[int], int] = lambda number: int(number != 1)
        #: False if it has the strings of readers only.
        self.for_desk = True
        for entry in entries(text):
            if entry.message == HEADER:
                fields = header(entry)
                _, self._form = plural_rule(fields["plural-forms"])
                self.for_desk = fields.get(SCOPE) != READERS
            elif entry.whole:
                self._known[entry.message] = entry.forms

    def one(self, message: str) -> str:
        """A string."""
        return self._known.get(message, [message])[0]

    def of(self, message: str, plural: str, number: int) -> str:
        """A string that counts, in the form of this number."""
        forms = self._known.get(message)
        if forms is None or len(forms) < 2:
            return message if number == 1 else plural
        return forms[self._form(number)]


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """The languages there are, English first."""
    found = sorted(path.stem for path in (bundled("templates") / "locale").glob("*.po"))
    return (SOURCE, *found)


@lru_cache(maxsize=64)
def catalogue(language: str) -> Catalogue:
    """The words of a language that `languages` names."""
    if language == SOURCE:
        return Catalogue(SOURCE)
    return Catalogue(language, (bundled("templates") / "locale" / f"{language}.po").read_text("utf-8"))


@lru_cache(maxsize=1)
def desk_languages() -> tuple[str, ...]:
    """Those of them in which the Desk is whole."""
    return tuple(one for one in languages() if catalogue(one).for_desk)


def known(tag: str, among: Sequence[str] | None = None) -> str | None:
    """The language there is for a tag: `fr` for `fr-CA`. `among` is all of them unless given."""
    head = tag.partition("-")[0].lower()
    head = ALIASES.get(head, head)
    return head if head in (languages() if among is None else among) else None


def accepted(header_text: str, among: Sequence[str] | None = None) -> str | None:
    """The first of an Accept-Language header's languages that there is, the most wanted first; regions fall back to their language.

    `*` and what is malformed ask for nothing in particular.
    """
    wanted = []
    for place, part in enumerate(header_text[:MAX_HEADER].split(",")):
        match = _RANGE.fullmatch(part)
        weight = float(match[2] or 1) if match else 0.0
        if match and weight > 0:
            wanted.append((-weight, place, match[1]))
    return next((found for _, _, tag in sorted(wanted) if (found := known(tag, among))), None)
