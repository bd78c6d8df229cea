"""Which words a translation was made of: a short name for them that changes with every one of them."""

from __future__ import annotations

import hashlib


def _plain(part: str) -> str:
    return part.replace("\r\n", "\n").strip()


def fingerprint(title: str, warning: str, text: str, place: str, needs: str, instead: str) -> str:
    """The name of the words in the main language. Pictures, their order and the hours of a call-out are no words."""
    return short_name(title, warning, text, place, needs, instead)


def short_name(*parts: str) -> str:
    """A short name for some texts in their order."""
    return hashlib.blake2b("\0".join(_plain(part) for part in parts).encode(), digest_size=8).hexdigest()
