"""Argon2id in a thread, at most two at once, so that a flood of sign-ins cannot starve the house."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.base.errors import Invalid, TooMany
from server.features.access.common_words import COMMON, WALKS

MIN_PASSWORD_CHARS: Final = 12
MAX_PASSWORD_CHARS: Final = 256
#: OWASP's first choice for Argon2id: 19 MiB, two passes, one lane.
MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
HASHES_AT_ONCE: Final = 2
#: More do not wait: they would only wait longer than a browser does.
MAX_WAITING, RETRY_SECONDS = 20, 5
#: What makes a password one that is guessed early.
MIN_DISTINCT, MIN_BESIDE_COMMON, MOST_COMMON_WORDS = 5, 4, 2
MIN_BESIDE_NAMES, MIN_NAME_CHARS = 8, 3
_SEPARATORS: Final = re.compile(r"[\W_]")
_LEET: Final = str.maketrans("013457@$", "oieastas")
_COMMON: Final = re.compile("|".join(sorted(map(re.escape, {*COMMON, *WALKS}), key=len, reverse=True)))


def checked(password: str, names: Collection[str] = ()) -> str:
    """The password in one Unicode form. Raises Invalid if it is too short, too long, or among the first that anybody tries.

    `names` are those of the campaign and of its owner: a password made of them is no secret.
    """
    normal = unicodedata.normalize("NFKC", password)
    if not MIN_PASSWORD_CHARS <= len(normal) <= MAX_PASSWORD_CHARS or "\0" in normal:
        raise Invalid(
            "A password has %(min)s to %(max)s characters. Four or five words are good.",
            min=MIN_PASSWORD_CHARS,
            max=MAX_PASSWORD_CHARS,
        )
    folded = _SEPARATORS.sub("", normal.casefold())
    if (
        len(set(folded)) < MIN_DISTINCT
        or _is_common(folded)
        or _is_common(_SEPARATORS.sub("", normal.casefold().translate(_LEET)))
    ):
        raise Invalid(
            "That password is among the first that anybody tries. Take four or five words that do not belong together."
        )
    if _left_without(folded, names) < MIN_BESIDE_NAMES:
        raise Invalid("That password is made of the campaign's name or yours. Take four or five other words.")
    return normal


def _is_common(text: str) -> bool:
    """True if little is left once common words, their repetitions, keyboard walks and numbers are taken away."""
    found = set(_COMMON.findall(text))
    letters = sum(not one.isdigit() for one in _COMMON.sub("", text))
    return len(found) <= MOST_COMMON_WORDS and letters < MIN_BESIDE_COMMON


def _left_without(text: str, names: Collection[str]) -> int:
    """How many letters and digits are left without the names."""
    for name in sorted({_SEPARATORS.sub("", one.casefold()) for one in names}, key=len, reverse=True):
        if len(name) >= MIN_NAME_CHARS:
            text = text.replace(name, "")
    return len(text)


class Passwords:
    """Hash and verify, never on the event loop."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._turns = asyncio.Semaphore(HASHES_AT_ONCE)
        self._nobody: str | None = None
        self._waiting = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among those who wait for a hash, to be taken before a try is counted. Raises TooMany when none is left."""
        if self._waiting >= MAX_WAITING:
            raise TooMany("Too many ask right now. Try again in a moment.", retry_after=RETRY_SECONDS)
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def hash(self, password: str, names: Collection[str] = ()) -> str:
        """The hash of a password that passes the checks. Raises Invalid, or TooMany."""
        normal = checked(password, names)
        with self.place():
            return await self._hash(normal)

    async def _hash(self, normal: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, normal)

    async def matches(self, password: str, hashed: str | None) -> bool:
        """True if it is the right one. Without a hash it takes as long and says False: names cannot be guessed by time."""
        if hashed is None and self._nobody is None:
            self._nobody = await self._hash("nobody of this name belongs here")
        async with self._turns:
            right = await asyncio.to_thread(self._verify, password, hashed or self._nobody or "")
        return right and hashed is not None

    def _verify(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, unicodedata.normalize("NFKC", password[:MAX_PASSWORD_CHARS]))
        except (VerificationError, InvalidHashError, ValueError):
            return False
