"""Recovery codes: ten of eighty bits each, so that their hashes tell nothing."""

from __future__ import annotations

import base64
from typing import Final

from server.features.access.secret import Random, hashed

CODES: Final = 10
CODE_BYTES: Final = 10
GROUP: Final = 4
CODE_CHARS: Final = 16
_MISREAD: Final = str.maketrans("018", "OIB")


def new_codes(random: Random) -> tuple[str, ...]:
    """Fresh codes in groups of four letters."""
    return tuple(_grouped(base64.b32encode(random(CODE_BYTES)).decode("ascii").lower()) for _ in range(CODES))


def _grouped(text: str) -> str:
    return "-".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))


def code_hash(typed: str) -> str | None:
    """The hash of a code as somebody typed it, or None if it is no such code."""
    plain = "".join(typed.split()).replace("-", "").upper().translate(_MISREAD)
    return hashed(plain) if len(plain) == CODE_CHARS and plain.isascii() and plain.isalnum() else None
