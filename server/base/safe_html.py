"""HTML of strangers and our own, made safe. nh3 is the wall for what comes from outside, bleach the last check of our own.

Sizes and nesting are bounded before any parser sees a byte: sanitisers are slow on hostile input (bleach quadratically).
"""

from __future__ import annotations

import asyncio
import html
import re
import unicodedata
from typing import Final
from urllib.parse import urlsplit

import bleach
import nh3

MAX_INPUT_CHARS: Final = 32_000
MAX_OUTPUT_CHARS: Final = 16_000
MAX_TAGS: Final = 2_000
MAX_NESTING: Final = 16
#: From here on cleaning leaves the event loop.
OFF_LOOP_CHARS: Final = 4_000

TAGS: Final = frozenset(["p", "br", "a", "span", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "del"])
_SAME: Final = {
    "b": "strong",
    "i": "em",
    "s": "del",
    "strike": "del",
    "h1": "p",
    "h2": "p",
    "h3": "p",
    "h4": "p",
    "h5": "p",
}
_SILENT: Final = frozenset(
    [
        "script",
        "style",
        "iframe",
        "object",
        "embed",
        "form",
        "svg",
        "math",
        "noscript",
        "xmp",
        "plaintext",
        "template",
        "title",
    ]
)
_SCHEMES: Final = frozenset({"http", "https"})
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})([^<>]{0,4000})>")
_RENAMED: Final = re.compile(rf"</?(?:{'|'.join(_SAME)})\b", re.IGNORECASE)
_VOID: Final = frozenset({"br", "img", "hr", "input", "meta", "link", "wbr"})
#: Overrides and isolates that could turn the page around, and marks that show nothing.
_INVISIBLE: Final = re.compile("[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SPACES: Final = re.compile(r"[ \t\r\f\v]+")
_ANCHOR: Final = re.compile(r'<a href="([^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)
_ANY_TAG: Final = re.compile(r"<[^>]*>")
_CLEANER: Final = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(_SILENT),
    attributes={"a": {"href", "lang"}, "span": {"lang"}, "p": {"lang"}, "li": {"lang"}, "blockquote": {"lang"}},
    url_schemes=set(_SCHEMES),
    link_rel="nofollow noopener noreferrer ugc",
    strip_comments=True,
)
_OWN_ATTRIBUTES: Final = {
    "a": ["href", "class", "rel", "lang", "translate"],
    "span": ["class", "translate", "lang"],
    "p": ["lang"],
}


class TooLongError(ValueError):
    """More HTML than is cleaned."""


def _renamed(match: re.Match[str]) -> str:
    name = match[2].lower()
    return f"<{match[1]}{_SAME[name]}>" if name in _SAME else match[0]


def _too_deep(source: str) -> bool:
    depth = count = 0
    for match in _TAG.finditer(source):
        count += 1
        if count > MAX_TAGS:
            return True
        if match[2].lower() in _VOID or match[3].endswith("/"):
            continue
        depth += -1 if match[1] else 1
        if depth > MAX_NESTING:
            return True
    return False


def _honest_link(match: re.Match[str]) -> str:
    """A link whose words look like another address shows its own: nobody hides where it leads."""
    href, rest, words = html.unescape(match[1]), match[2], match[3]
    parts = urlsplit(href)
    if parts.scheme not in _SCHEMES or not parts.hostname or "@" in parts.netloc:
        return words
    if "." not in words:
        return f'<a href="{match[1]}"{rest}>{words}</a>'
    shown = to_text(words).strip()
    looks = re.match(r"(?:https?://)?([\w.-]+\.[a-z]{2,})(?:[/:?#]|$)", shown.lower())
    if looks and looks[1] != parts.hostname and looks[1] != parts.hostname.removeprefix("www."):
        words = html.escape(href[:120])
    return f'<a href="{match[1]}"{rest}>{words}</a>'


def clean_remote(source: str) -> str:
    """HTML of a stranger, fit for our pages. Raises TooLongError for more than is cleaned.

    Nested deeper than anybody writes, only its words are kept.
    """
    if len(source) > MAX_INPUT_CHARS:
        raise TooLongError
    source = _INVISIBLE.sub("", source)
    if _too_deep(source):
        return f"<p>{html.escape(to_text(source)[:MAX_OUTPUT_CHARS])}</p>"
    cleaned = _ANCHOR.sub(
        _honest_link, _CLEANER.clean(_TAG.sub(_renamed, source) if _RENAMED.search(source) else source)
    )
    if len(cleaned) > MAX_OUTPUT_CHARS:
        return f"<p>{html.escape(to_text(cleaned)[: MAX_OUTPUT_CHARS // 2])}</p>"
    return cleaned


async def clean_remote_async(source: str) -> str:
    """The same; long input is cleaned in a thread."""
    if len(source) < OFF_LOOP_CHARS:
        return clean_remote(source)
    return await asyncio.to_thread(clean_remote, source)


def clean_own(source: str) -> str:
    """The last check of HTML that our own formatter made."""
    return bleach.clean(source, tags=TAGS, attributes=_OWN_ATTRIBUTES, protocols=_SCHEMES, strip=True)


def to_text(source: str) -> str:
    """The words of some HTML, breaks and paragraphs as line ends."""
    broken = re.sub(r"<br ?/?>|</p>|</li>", "\n", source)
    return html.unescape(_ANY_TAG.sub("", broken)).strip()


def clean_name(source: str, limit: int = 200) -> str:
    """A display name or another short line: no markup, no control or invisible characters, bounded."""
    if not source:
        return ""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFC", source.replace("\n", " ")))
    return _SPACES.sub(" ", plain).strip()[:limit]
