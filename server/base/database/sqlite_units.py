"""What a verb sees of SQLite: statements run in the loop's own thread, because a hop into another costs ten of them.

Only what may take long goes to a thread: commits and begins (they wait for the disk or for a lock), statements marked as long, and
reads that turn out long, which are interrupted and begun again there. See docs/adr/0010.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from server.base.database import engine  # first: it may replace sqlite3
from server.base.database.model import IntegrityViolation, Row, Snapshot, Transaction, Value
from server.base.errors import Unavailable
from server.base.ids import IdSource
from server.base.log import event

import aiosqlite  # isort: skip

#: A read is interrupted after so many ticks of so many steps of SQLite's machine (about two milliseconds).
STEPS_A_TICK, TICKS = 4_000, 8
#: A verb lets others of the loop run after so long; and so many rows of a batch are written between two looks at the clock.
BREATH_SECONDS: Final = 0.003
ROWS_AT_ONCE: Final = 64
CACHED_STATEMENTS: Final = 512


def mapped(error: Exception) -> Exception:
    """Our error for one of SQLite's; the text of the original may hold data and goes nowhere."""
    if isinstance(error, engine.sqlite3.IntegrityError):
        return IntegrityViolation("a key was violated")
    name = getattr(error, "sqlite_errorname", "")
    if isinstance(error, engine.sqlite3.OperationalError) and not str(error).startswith(("no such", "near ")):
        event("database_unavailable", error=name or type(error).__name__)
        return Unavailable("The database cannot be written right now. Nothing was changed.")
    return error


async def hop(connection: aiosqlite.Connection, work: Callable[[], Any]) -> Any:
    """Run a function in the connection's own thread: aiosqlite has no public call for it (pinned, and tested)."""
    return await connection._execute(work)  # type: ignore[no-untyped-call]  # noqa: SLF001


class Reader:
    """Two read-only connections: one for this thread, one with a thread of its own for what takes long."""

    def __init__(self, quick: Any, patient: aiosqlite.Connection) -> None:
        self._quick = quick
        self._patient = patient
        self._ticks = 0
        #: How many reads turned out long, for whoever measures.
        self.long_reads = 0
        quick.set_progress_handler(self._tick, STEPS_A_TICK)

    @classmethod
    async def open(cls, path: Path, pragmas: Sequence[str]) -> Reader:
        """Open both."""
        name = f"file:{path}?mode=ro"
        patient = await aiosqlite.connect(name, uri=True, isolation_level=None, cached_statements=CACHED_STATEMENTS)
        patient.row_factory = engine.sqlite3.Row
        for pragma in (*pragmas, "PRAGMA wal_autocheckpoint=0", "PRAGMA query_only=ON"):
            await patient.execute_fetchall(pragma)
        quick = engine.sqlite3.connect(name, uri=True, isolation_level=None, cached_statements=CACHED_STATEMENTS)
        quick.row_factory = engine.sqlite3.Row
        for pragma in (*pragmas, "PRAGMA wal_autocheckpoint=0", "PRAGMA query_only=ON", "PRAGMA busy_timeout=0"):
            quick.execute(pragma).fetchall()
        return cls(quick, patient)

    def _tick(self) -> int:
        self._ticks += 1
        return int(self._ticks > TICKS)

    async def fetch(self, sql: str, params: Mapping[str, Value]) -> list[Row]:
        """All rows. Raises Unavailable."""
        self._ticks = 0
        try:
            found: list[Row] = self._quick.execute(sql, params).fetchall()
        except engine.sqlite3.OperationalError as error:
            if str(error) != "interrupted" and "locked" not in str(error):
                raise mapped(error) from None
        except engine.sqlite3.Error as error:
            raise mapped(error) from None
        else:
            return found
        self.long_reads += 1
        try:
            return list(await self._patient.execute_fetchall(sql, params))
        except engine.sqlite3.Error as error:
            raise mapped(error) from None

    async def close(self) -> None:
        """Close both."""
        self._quick.close()
        await self._patient.close()


class SqliteSnapshot(Snapshot):
    """Reading."""

    def __init__(self, reader: Reader, now: Callable[[], str]) -> None:
        super().__init__(now)
        self._reader = reader

    async def fetch(self, sql: str, /, **params: Value) -> list[Row]:
        """All rows."""
        return await self._reader.fetch(sql, params)


class SqliteTransaction(Transaction):
    """Writing, on the one connection that writes, while this verb has its turn."""

    def __init__(self, connection: aiosqlite.Connection, now: str, ids: IdSource) -> None:
        super().__init__(now, ids)
        self._connection = connection
        self._raw = connection._conn  # noqa: SLF001
        self._breathed = time.monotonic()

    async def _breathe(self) -> None:
        if time.monotonic() - self._breathed > BREATH_SECONDS:
            await asyncio.sleep(0)
            self._breathed = time.monotonic()

    async def fetch(self, sql: str, /, **params: Value) -> list[Row]:
        """All rows, of a statement that may write."""
        try:
            found: list[Row] = self._raw.execute(sql, params).fetchall()
        except engine.sqlite3.Error as error:
            raise mapped(error) from None
        await self._breathe()
        return found

    async def execute(self, sql: str, /, **params: Value) -> int:
        """Run a statement; how many rows it touched."""
        try:
            cursor = self._raw.execute(sql, params)
            count = int(cursor.rowcount)
            cursor.close()
        except engine.sqlite3.Error as error:
            raise mapped(error) from None
        await self._breathe()
        return count

    async def execute_long(self, sql: str, /, **params: Value) -> int:
        """As execute, in the connection's own thread."""

        def work() -> int:
            cursor = self._raw.execute(sql, params)
            count = int(cursor.rowcount)
            cursor.close()
            return count

        running = asyncio.ensure_future(hop(self._connection, work))
        try:
            return int(await asyncio.shield(running))
        except engine.sqlite3.Error as error:
            raise mapped(error) from None
        finally:
            # Cancelled meanwhile: nobody may use the connection before the thread has done with it.
            await asyncio.wait({running})

    async def execute_many(self, sql: str, rows: Sequence[Mapping[str, Value]]) -> None:
        """Run a statement once for each set of parameters."""
        for start in range(0, len(rows), ROWS_AT_ONCE):
            try:
                self._raw.executemany(sql, rows[start : start + ROWS_AT_ONCE]).close()
            except engine.sqlite3.Error as error:
                raise mapped(error) from None
            await self._breathe()
