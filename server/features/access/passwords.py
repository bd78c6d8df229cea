"""Argon2id in a thread, at most two at once, so that a flood of sign-ins cannot starve the house."""

from __future__ import annotations

import asyncio
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.base.errors import Invalid

MIN_PASSWORD_CHARS: Final = 10
MAX_PASSWORD_CHARS: Final = 256
#: OWASP's first choice for Argon2id: 19 MiB, two passes, one lane.
MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
HASHES_AT_ONCE: Final = 2


def checked(password: str) -> str:
    """The password in one Unicode form. Raises Invalid if it is too short, too long or holds a NUL."""
    normal = unicodedata.normalize("NFKC", password)
    if not MIN_PASSWORD_CHARS <= len(normal) <= MAX_PASSWORD_CHARS or "\0" in normal:
        raise Invalid(
            "A password has %(min)s to %(max)s characters. A few words are good.",
            min=MIN_PASSWORD_CHARS,
            max=MAX_PASSWORD_CHARS,
        )
    return normal


class Passwords:
    """Hash and verify, never on the event loop."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._turns = asyncio.Semaphore(HASHES_AT_ONCE)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """The hash of a checked password."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, checked(password))

    async def matches(self, password: str, hashed: str | None) -> bool:
        """True if it is the right one. Without a hash it takes as long and says False: names cannot be guessed by time."""
        if hashed is None and self._nobody is None:
            self._nobody = await self.hash("no such organiser here")
        async with self._turns:
            right = await asyncio.to_thread(self._verify, password, hashed or self._nobody or "")
        return right and hashed is not None

    def _verify(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, unicodedata.normalize("NFKC", password[:MAX_PASSWORD_CHARS]))
        except (VerificationError, InvalidHashError, ValueError):
            return False
