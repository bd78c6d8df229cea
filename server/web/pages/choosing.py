"""Which words of a post are shown to whom, and what machines are told of them: titles, excerpts, a call-out in one line."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from server.base.catalogue import SOURCE, catalogue, known
from server.base.safe_html import to_text
from server.base.words import marked
from server.features.posts.calling import dated, first_line, state_word, words_for
from server.features.posts.model import Kind, Post, Text
from server.features.posts.wording import warned_text

EXCERPT_CHARS: Final = 200
TITLE_CHARS: Final = 80
#: Open Graph wants a country with each language; one where it is written as its readers write it.
LOCALES: Final = {
    "en": "en_GB",
    "fr": "fr_FR",
    "ar": "ar_AR",
    "fa": "fa_IR",
    "ps": "ps_AF",
    "ti": "ti_ER",
    "de": "de_DE",
    "es": "es_ES",
    "it": "it_IT",
    "pt": "pt_PT",
    "tr": "tr_TR",
    "uk": "uk_UA",
}
CORRECTION: Final = marked("Correction")


def _first_part(tag: str) -> str:
    return tag.partition("-")[0].lower()


def locales(post: Post, text: Text) -> list[str]:
    """The languages that there are, in Open Graph's way, the shown one first; those it has no name for are left out."""
    spoken = [text.language, *(one.language for one in post.shown_texts)]
    return list(dict.fromkeys(LOCALES[one] for one in map(_first_part, spoken) if one in LOCALES))


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def labels_in(text: Text, otherwise: str = SOURCE) -> str:
    """The language in which our own words stand beside a text: its own if we speak it."""
    return known(text.language) or otherwise


def call_line(post: Post, text: Text) -> Markup:
    """How a call-out stands, where and when it is, as one line of clean HTML; empty for any other post."""
    if post.call is None:
        return Markup("")
    words = words_for(text.language, post.language)
    return Markup("<strong>%s</strong>") % first_line(post.call, dated(text, post.main), words)


def excerpt_of(post: Post, text: Text, most: int = EXCERPT_CHARS, *, line: bool = True) -> str:
    """The first words; only the warning where there is one; with `line` how a call-out stands, too."""
    if warning := warned_text(post, text).warning:
        return _cut(warning, most)
    words = " ".join(to_text(text.html).split())
    stands = " ".join(to_text(call_line(post, text)).split()) if line else ""
    return _cut(f"{stands} · {words}" if stands and words else stands or words, most)


def title_of(post: Post, text: Text, otherwise: str = SOURCE) -> str:
    """A title: the post's own, else its first words. A correction says what it is."""
    words = text.title or _cut(warned_text(post, text).warning or " ".join(to_text(text.html).split()), TITLE_CHARS)
    if post.call is not None and text.title:
        words = f"{state_word(post.call, words_for(text.language, post.language))}: {words}"
    word = catalogue(labels_in(text, otherwise)).one(CORRECTION)
    said = words.casefold().startswith((CORRECTION.casefold(), word.casefold()))
    return words or "…" if post.kind is not Kind.CORRECTION or said else f"{word}: {words or '…'}"
