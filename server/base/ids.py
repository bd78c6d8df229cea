"""Ids: inner ones sort by arrival and fit into 63 bits; public ones are random and say nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from server.base.clock import Clock

EPOCH: Final = datetime(2024, 1, 1, tzinfo=UTC)
NODE_BITS, SEQUENCE_BITS = 10, 12
PUBLIC_ID_BYTES: Final = 10
SHORT_CODE_LETTERS: Final = 6
#: Crockford's alphabet: no i, l, o, u.
_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
#: What people read for another sign, as Crockford has it, and what they put between.
_MISREAD: Final = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None, ".": None, ",": None})
_MAX_TYPED_CHARS: Final = 40


class IdSource:
    """Inner ids of one process: 41 bits of milliseconds, 10 of node, 12 of sequence; strictly growing even if the clock steps back."""

    def __init__(self, node: int, clock: Clock) -> None:
        if not 0 <= node < 1 << NODE_BITS:
            raise ValueError("node out of range")
        self._node = node
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """The next id."""
        milliseconds = int((self._clock() - EPOCH).total_seconds() * 1000)
        tick = max(milliseconds << SEQUENCE_BITS, self._last + 1)
        self._last = tick
        high, sequence = tick >> SEQUENCE_BITS, tick & ((1 << SEQUENCE_BITS) - 1)
        return (high << NODE_BITS | self._node) << SEQUENCE_BITS | sequence


def public_id(random: Callable[[int], bytes]) -> str:
    """A random id of 16 letters (80 bits) for URLs."""
    number = int.from_bytes(random(PUBLIC_ID_BYTES), "big")
    return "".join(_LETTERS[number >> shift & 31] for shift in range(0, PUBLIC_ID_BYTES * 8, 5))


def short_code(random: Callable[[int], bytes]) -> str:
    """A random code of 6 letters (30 bits) for addresses that people type from a leaflet; no secret."""
    number = int.from_bytes(random(4), "big")
    return "".join(_LETTERS[number >> shift & 31] for shift in range(0, SHORT_CODE_LETTERS * 5, 5))


def typed_code(text: str) -> str | None:
    """A code as people type it from paper: in any case, o for 0, i or l for 1, digits of any script. None for what is no code."""
    if len(text) > _MAX_TYPED_CHARS:
        return None
    plain = unicodedata.normalize("NFKC", text).lower().translate(_MISREAD)
    read = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in plain)
    return read if len(read) == SHORT_CODE_LETTERS and all(char in _LETTERS for char in read) else None
