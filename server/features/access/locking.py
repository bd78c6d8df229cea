"""Locking the house down, by hand or by a code made in quiet times, and opening it again."""

from __future__ import annotations

import hmac
from typing import Final

from server.base.database import Database
from server.base.errors import Conflict, Forbidden, Invalid
from server.features.access.model import Act, Who
from server.features.access.secret import Random, hashed
from server.features.audit.service import Audit
from server.features.safety import store_codes
from server.features.safety.model import LockCode, LockLevel
from server.features.safety.service import Safety

#: 32 letters and digits; those that people mix up count as the same.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SAME: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
GROUPS, GROUP_CHARS = 4, 4
MAX_CODES: Final = 50
MAX_AT_ONCE: Final = 10
MAX_LABEL_CHARS: Final = 60
_NOT_GOOD: Final = "This code is wrong or was used. Each works once."


def normal_code(text: str) -> str:
    """A code as it is hashed: capitals without dashes and spaces, and without what looks alike."""
    return "".join(letter for letter in text[:100].upper().translate(_SAME) if letter in ALPHABET)


class Locking:
    """The four levels of the lock. Whoever may lock need not be able to open again."""

    def __init__(self, database: Database, safety: Safety, audit: Audit, random: Random) -> None:
        self._database = database
        self._safety = safety
        self._audit = audit
        self._random = random

    async def set_level(self, who: Who, level: LockLevel, *, seen: LockLevel | None = None) -> None:
        """Lock further, or open: each needs its own right. Raises Conflict if it stands there already.

        `seen` is the level that was on the screen: a button to lock must not open because somebody else has locked further.
        """
        who.must(Act.LOCK)
        async with self._database.transaction() as tx:
            before = await self._safety.stored_level(tx)
            if seen is not None and before != seen:
                raise Conflict("Somebody has moved the lock meanwhile. Look at it again.")
            if level < before:
                who.must(Act.UNLOCK)
            if level == before:
                raise Conflict("It is locked just that far already.")
            await self._safety.set_level(tx, level)
            await self._audit.record(tx, who.organiser_id, "lock" if level > before else "unlock", str(int(level)))

    async def since(self, who: Who) -> str:
        """When the lock was moved last."""
        who.must(Act.LOCK)
        return await self._safety.since()

    async def make_codes(self, who: Who, level: LockLevel, count: int, label: str = "") -> list[str]:
        """Codes that each lock once, and do nothing else; shown now and never again. `label` says who carries them."""
        who.must(Act.UNLOCK)
        if level is LockLevel.OPEN:
            raise Invalid("A code can only lock. Choose level 1, 2 or 3.")
        if not 1 <= count <= MAX_AT_ONCE:
            raise Invalid("Make 1 to %(max)s codes at once.", max=MAX_AT_ONCE)
        if len(label) > MAX_LABEL_CHARS:
            raise Invalid("A note has at most %(max)s characters.", max=MAX_LABEL_CHARS)
        made = [self._new_code() for _ in range(count)]
        async with self._database.transaction() as tx:
            await self._safety.stored_level(tx)  # one after the other, so that the bound holds
            if len(await store_codes.codes(tx)) + count > MAX_CODES:
                raise Conflict("At most %(max)s codes can wait. Discard some first.", max=MAX_CODES)
            for code in made:
                await store_codes.insert(tx, code_hash=hashed(normal_code(code)), level=level, label=label.strip())
            await self._audit.record(tx, who.organiser_id, "lock-codes", str(int(level)))
        return made

    def _new_code(self) -> str:
        letters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in self._random(GROUPS * GROUP_CHARS))
        return "-".join(letters[start : start + GROUP_CHARS] for start in range(0, len(letters), GROUP_CHARS))

    async def codes(self, who: Who) -> list[LockCode]:
        """The codes that wait; not the codes themselves, which nobody knows but whoever carries them."""
        who.must(Act.UNLOCK)
        async with self._database.snapshot() as snapshot:
            return await store_codes.codes(snapshot)

    async def discard_codes(self, who: Who) -> int:
        """Make every code worthless; how many there were."""
        who.must(Act.UNLOCK)
        async with self._database.transaction() as tx:
            count = await store_codes.delete_all(tx)
            if count:
                await self._audit.record(tx, who.organiser_id, "discard-lock-codes")
        return count

    async def by_code(self, text: str) -> LockLevel:
        """Use a code up: the house is locked at least as far as it says; how far that is now. It never opens.

        Raises Forbidden, the same for a wrong code and a used one.
        """
        given = hashed(normal_code(text))
        async with self._database.snapshot() as snapshot:
            known = await store_codes.codes(snapshot)
        # All of them are compared, each in constant time: how long it takes says nothing about any.
        found = [code for code in known if hmac.compare_digest(code.hash, given)]
        if not found:
            raise Forbidden(_NOT_GOOD)
        async with self._database.transaction() as tx:
            before = await self._safety.stored_level(tx)
            if not await store_codes.delete(tx, given):
                raise Forbidden(_NOT_GOOD)
            level = max(before, found[0].level)
            if level > before:
                await self._safety.set_level(tx, level)
            await self._audit.record(tx, None, "lock-by-code", str(int(level)))
        return level
