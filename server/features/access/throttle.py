"""Guessing is slow, and nobody is locked out by it: a wait of a minute at most, counted for each account."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from datetime import timedelta
from typing import Final

from server.base.database import Transaction
from server.base.errors import TooMany
from server.base.timestamps import from_text
from server.features.access import store_failures
from server.features.access.secret import Random
from server.features.access.store_failures import Kind

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

    Passwords have one count; codes, recovery codes and proofs another: whoever only guesses passwords cannot slow down somebody who
    has the right one. Names that nobody has are counted too, in memory, so that waiting tells nobody who is here.
    """

    def __init__(self, random: Random) -> None:
        self._key = random(32)
        self._unknown: OrderedDict[bytes, tuple[int, str]] = OrderedDict()

    async def charge(self, tx: Transaction, organiser_id: int, kind: Kind, *, patient: bool = False) -> tuple[int, str]:
        """Count a try; what was counted before. Raises TooMany before the wait is over, unless `patient`, and counts nothing."""
        await store_failures.hold(tx, organiser_id)
        failures, last_at = await store_failures.failures(tx, organiser_id, kind)
        if not patient:
            _check(tx.now, failures, last_at)
        await store_failures.set_failures(tx, organiser_id, kind, failures + 1, tx.now)
        return failures, last_at

    async def refund(self, tx: Transaction, organiser_id: int, kind: Kind, before: tuple[int, str]) -> None:
        """A try was right, and yet nobody is in: it is not counted, and what others tried is not forgotten."""
        await store_failures.hold(tx, organiser_id)
        failures, last_at = await store_failures.failures(tx, organiser_id, kind)
        alone = failures == before[0] + 1
        await store_failures.set_failures(tx, organiser_id, kind, max(failures - 1, 0), before[1] if alone else last_at)

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
