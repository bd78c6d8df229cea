"""The campaign's colour as a stylesheet of its own, as pages may not carry styles."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final

from server.base.contrast import readable

#: The tinted grounds of `style.css`, light and dark: what can be read there can be read on plain paper.
GROUNDS: Final = ("#f4efe6", "#24211f")


@lru_cache(maxsize=16)
def theme(accent: str) -> tuple[str, bytes]:
    """The path with its hash, and the bytes; both empty where a campaign chose no colour."""
    if not accent:
        return "", b""
    light, dark = (readable(accent, ground) for ground in GROUNDS)
    body = f":root{{--accent:light-dark({light},{dark});--band:{light}}}\n".encode()
    return f"/theme-{hashlib.blake2b(body, digest_size=6).hexdigest()}.css", body
