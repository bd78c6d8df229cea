"""The audit log: written in the transaction of what it tells, by day, erased after the retention."""

from __future__ import annotations

from datetime import timedelta

from server.base.database import Database, Transaction
from server.base.timestamps import from_text, to_text
from server.features.audit import store


class Audit:
    """Who did what. `retention` is how long lines are kept."""

    def __init__(self, database: Database, retention: timedelta) -> None:
        self._database = database
        self._retention = retention

    @property
    def kept_days(self) -> int:
        """For how many days lines are kept."""
        return self._retention.days

    async def record(self, tx: Transaction, organiser_id: int | None, act: str, subject: str = "") -> None:
        """Note an act with its transaction; `subject` is a public id or a host, never a person's name."""
        await store.insert(tx, organiser_id=organiser_id, act=act, subject=subject)

    async def trim(self) -> int:
        """Erase what is older than the retention."""
        async with self._database.transaction() as tx:
            return await store.erase_before(tx, to_text(from_text(tx.now) - self._retention)[:10])
