"""Our organisers' plain text -> HTML: paragraphs, line breaks, links, mentions, hashtags. Linear in the length of the text."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from server.base.safe_html import clean_own

#: Vowel signs and accents that stand by themselves: `\w` knows the letters alone, and would end a word of Hindi at its first vowel.
_MARKS: Final = "".join(chr(code) for code in range(0x300, 0x11000) if unicodedata.category(chr(code)) in {"Mn", "Mc"})
#: Words of any script; a hashtag has at least one letter.
_TOKEN: Final = re.compile(
    r"(?P<url>https?://[^\s<>\"']{1,2000})"
    r"|(?<![\w/@#&])@(?P<mention>[A-Za-z0-9_](?:[\w.-]{0,62}[A-Za-z0-9_])?@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?(?::\d{1,5})?)"
    r"|(?<![\w/@#&])#(?P<tag>[\w\u200c\u00b7" + _MARKS + r"]{1,100})"
)
_TRAILING: Final = ".,;:!?)]}'\"،؛؟»”’"  # noqa: RUF001 - all the quotes of the world
_MENTION: Final = re.compile(
    r"(?<![\w/@#&])@([A-Za-z0-9_](?:[\w.-]{0,62}[A-Za-z0-9_])?@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?(?::\d{1,5})?)"
)
MAX_MENTIONS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Formatted:
    """The HTML of a text and its hashtags as written, each once."""

    html: str
    hashtags: tuple[str, ...]


def find_mentions(text: str) -> tuple[str, ...]:
    """Handles `user@host` that a text names, host in lower case, each once."""
    found: dict[str, None] = {}
    for match in _MENTION.finditer(text):
        user, _, host = match[1].partition("@")
        found[f"{user}@{host.lower()}"] = None
    return tuple(found)[:MAX_MENTIONS]


def _url(found: str) -> str:
    trimmed = found.rstrip(_TRAILING)
    if trimmed.count("(") > trimmed.count(")") and found[len(trimmed) :].startswith(")"):
        trimmed += ")"
    shown = html.escape(trimmed, quote=True)
    link = f'<a href="{shown}" rel="nofollow noopener noreferrer">{shown}</a>'
    return link + html.escape(found[len(trimmed) :])


def _mention(handle: str, pages: Mapping[str, str]) -> str:
    user, _, host = handle.partition("@")
    page = pages.get(f"{user}@{host.lower()}")
    if page is None:
        return html.escape(f"@{handle}")
    return (
        f'<span class="h-card" translate="no"><a href="{html.escape(page, quote=True)}" class="u-url mention">'
        f"@<span>{html.escape(handle)}</span></a></span>"
    )


def _is_tag(word: str) -> bool:
    return any(char.isalpha() for char in word)


def tag_name(word: str) -> str:
    """A tag as it is compared, however its accents came."""
    return unicodedata.normalize("NFC", word).lower()


def format_post(text: str, *, mentions: Mapping[str, str], tag_url: Callable[[str], str]) -> Formatted:
    """Turn plain text into HTML. `mentions` maps known handles to their pages; `tag_url` gives the page of a tag."""
    tags: dict[str, str] = {}

    def piece(match: re.Match[str]) -> str:
        if match["url"]:
            return _url(match["url"])
        if match["mention"]:
            return _mention(match["mention"], mentions)
        word = unicodedata.normalize("NFC", match["tag"])
        if not _is_tag(word):
            return html.escape(match[0])
        tags.setdefault(word.lower(), word)
        return f'<a href="{html.escape(tag_url(word.lower()), quote=True)}" class="mention hashtag" rel="tag">#<span>{html.escape(word)}</span></a>'

    def line(source: str) -> str:
        done, position = [], 0
        for match in _TOKEN.finditer(source):
            done += [html.escape(source[position : match.start()]), piece(match)]
            position = match.end()
        return "".join([*done, html.escape(source[position:])])

    paragraphs = [block.strip("\n") for block in re.split(r"\n[ \t]*\n+", text.replace("\r\n", "\n").strip())]
    made = "".join(f"<p>{'<br>'.join(line(row) for row in block.split(chr(10)))}</p>" for block in paragraphs if block)
    return Formatted(html=clean_own(made), hashtags=tuple(tags.values()))
