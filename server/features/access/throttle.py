"""Guessing is slow, and nobody is locked out by it: a wait of a minute at most, counted for each account."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from datetime import timedelta
from typing import Final

from server.base.database import Transaction
from server.base.errors import TooMany
from server.base.timestamps import from_text
from server.features.access import store, store_factors
from server.features.access.secret import Random

FREE_FAILURES: Final = 4
MAX_DELAY_SECONDS: Final = 60
MAX_UNKNOWN: Final = 10_000


def delay_after(failures: int) -> int:
    """Seconds to wait after so many wrong tries: none for the first few, then doubling up to a minute."""
    if failures < FREE_FAILURES:
        return 0
    return int(min(MAX_DELAY_SECONDS, 2 ** min(failures - FREE_FAILURES + 1, 10)))


class Throttle:
    """Counts every try before it is looked at, and forgets when one was right: many at once gain nothing.

    Passwords, codes, recovery codes and proofs share one count. Names that nobody has are counted too, in memory, so that
    waiting tells nobody who is here.
    """

    def __init__(self, random: Random) -> None:
        self._key = random(32)
        self._unknown: OrderedDict[bytes, tuple[int, str]] = OrderedDict()

    async def charge(self, tx: Transaction, organiser_id: int, *, patient: bool = False) -> None:
        """Count a try. Raises TooMany before the wait is over, unless `patient`, and then counts nothing."""
        await store_factors.hold(tx, organiser_id)
        failures, last_at = await store.failures(tx, organiser_id)
        if not patient:
            _check(tx.now, failures, last_at)
        await store.add_failure(tx, organiser_id)

    def charge_unknown(self, name: str, now: str, *, patient: bool = False) -> None:
        """Count a try for a name that nobody has. Raises TooMany as for any other."""
        key = hashlib.blake2b(name.encode(), key=self._key, digest_size=12).digest()
        failures, last_at = self._unknown.get(key, (0, now))
        if not patient:
            _check(now, failures, last_at)
        self._unknown[key] = (failures + 1, now)
        self._unknown.move_to_end(key)
        if len(self._unknown) > MAX_UNKNOWN:
            self._unknown.popitem(last=False)


def _check(now: str, failures: int, last_at: str) -> None:
    if not failures:
        return
    wait = (from_text(last_at) + timedelta(seconds=delay_after(failures)) - from_text(now)).total_seconds()
    if wait > 0:
        raise TooMany("Several wrong tries came for this name. Wait a minute.", retry_after=int(wait) + 1)
