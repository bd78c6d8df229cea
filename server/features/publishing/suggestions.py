"""Replies that are translations: `#translation`, and if the author likes the language, as `#fa`. Pure."""

from __future__ import annotations

import re
from typing import Final

from server.base.language_names import NAMES
from server.base.safe_html import to_text
from server.features.posts.limits import MAX_TEXT_CHARS

#: More of one post are treated as replies.
MAX_SUGGESTIONS: Final = 50
_TAG: Final = re.compile(r"(?<![\w/&#])#translation\b", re.IGNORECASE)
_LANGUAGE: Final = re.compile(r"(?<![\w/&#])#([A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?)(?![\w-])")
_NAMED: Final = re.compile(r"\s*(?:@[\w.-]+(?:@[\w.-]+(?::\d+)?)?\s*)+")
_TAGS: Final = re.compile(r"(?:\s*#[\w-]+)+\s*$")


def is_translation(html: str) -> bool:
    """True for clean HTML that is tagged as one."""
    return _TAG.search(to_text(html)) is not None


def language_of(html: str, said: str | None) -> str:
    """The language of a suggestion: as tagged, else as its post says; empty if neither is known."""
    for tag in _LANGUAGE.findall(to_text(html)):
        if tag.partition("-")[0].lower() in NAMES:
            return _code(tag)
    return _code(said or "") if said and said.partition("-")[0].lower() in NAMES else ""


def _code(tag: str) -> str:
    head, dash, rest = tag.partition("-")
    return f"{head.lower()}{dash}{rest}"


def words_of(html: str) -> str:
    """The translation itself, as plain text: without the names it is addressed to and the tags that mark it."""
    text = _NAMED.sub("", to_text(html).strip(), count=1) if to_text(html).lstrip().startswith("@") else to_text(html)
    tagged = _TAGS.search(text)
    if tagged and _TAG.search(tagged[0]):
        text = text[: tagged.start()]
    text = _TAG.sub("", text)
    return text.strip()[:MAX_TEXT_CHARS]
