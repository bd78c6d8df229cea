"""A page of another server names the document behind it: `<link rel="alternate" type="application/activity+json">`."""

from __future__ import annotations

import html
import re
from typing import Final
from urllib.parse import urljoin

from federation.negotiation import ACTIVITY_JSON, LD_JSON_WITH_PROFILE

PAGE_ACCEPT: Final = "text/html, application/xhtml+xml;q=0.9"
PAGE_TYPES: Final = frozenset({"text/html", "application/xhtml+xml"})
#: Links of a page that are looked at, within so many of its first characters.
MAX_LINKS, MAX_CHARS = 100, 200_000
_LINK: Final = re.compile(r"<link\s([^<>]{1,4000})>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"""([a-z]+)\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_TYPES: Final = frozenset({ACTIVITY_JSON, LD_JSON_WITH_PROFILE.replace(" ", ""), "application/ld+json"})


def document_behind(page: bytes, url: str) -> str | None:
    """The address of the document behind a page, or None if it names none."""
    text = page[:MAX_CHARS].decode("utf-8", "replace")
    for number, link in enumerate(_LINK.finditer(text)):
        if number >= MAX_LINKS:
            break
        found = {
            name.lower(): html.unescape(double or single or bare)
            for name, double, single, bare in _ATTRIBUTE.findall(link[1])
        }
        kind = found.get("type", "").lower().replace(" ", "")
        if "alternate" in found.get("rel", "").lower().split() and kind in _TYPES and found.get("href"):
            try:
                return urljoin(url, found["href"].strip())
            except ValueError:
                return None
    return None
