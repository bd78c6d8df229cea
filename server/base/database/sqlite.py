"""SQLite: one writer connection that is also the only checkpointer, one reader, and commits that are shared.

Traps met with aiosqlite and written down here: a dropped cursor keeps a lock, so everything goes through `execute_fetchall`
or one hop into the connection's thread; an unclosed connection keeps the process alive; after a cancelled statement the loop does
not know whether a transaction is open, so the thread itself decides (`shield`).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from server.base.clock import Clock
from server.base.database import engine  # first: it may replace sqlite3
from server.base.database.model import Database, IntegrityViolation, Row, Snapshot, Transaction, Value, _inside
from server.base.errors import Unavailable
from server.base.ids import IdSource
from server.base.log import event

import aiosqlite  # isort: skip

#: A shared commit takes in at most so many verbs, and is not held open longer than this while others wait.
MAX_VERBS: Final = 64
MAX_OPEN_SECONDS: Final = 0.010
BUSY_MILLISECONDS: Final = 5_000
#: Pages in the log before a checkpoint (4 MiB).
CHECKPOINT_PAGES: Final = 1_000
COPIED_PAGES: Final = 2_000
SAVEPOINT: Final = "verb"
_COMMENT: Final = re.compile(r"('(?:[^']|'')*')|--[^\n]*")
_STATEMENT: Final = re.compile(r"(?:[^;']|'(?:[^']|'')*')+")

_OPEN: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_MILLISECONDS}",
    "PRAGMA secure_delete=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-16000",
)


def _mapped(error: Exception) -> Exception:
    """Our error for one of SQLite's; the text of the original may hold data and goes nowhere."""
    if isinstance(error, engine.sqlite3.IntegrityError):
        return IntegrityViolation("a key was violated")
    name = getattr(error, "sqlite_errorname", "")
    if isinstance(error, engine.sqlite3.OperationalError) and not str(error).startswith(("no such", "near ")):
        event("database_unavailable", error=name or type(error).__name__)
        return Unavailable("The database cannot be written right now. Nothing was changed.")
    return error


@dataclass(slots=True)
class _Batch:
    """Verbs that share one commit."""

    done: asyncio.Future[None]
    opened: float
    members: list[Transaction] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return len(self.members) >= MAX_VERBS or time.monotonic() - self.opened > MAX_OPEN_SECONDS


async def _hop(connection: aiosqlite.Connection, work: Callable[[], Any]) -> Any:
    """Run a function in the connection's own thread: aiosqlite has no public call for it (pinned, and tested)."""
    return await connection._execute(work)  # type: ignore[no-untyped-call]  # noqa: SLF001


class _SqliteSnapshot(Snapshot):
    def __init__(self, connection: aiosqlite.Connection, now: str) -> None:
        super().__init__(now)
        self._connection = connection

    async def fetch(self, sql: str, /, **params: Value) -> list[Row]:
        try:
            return list(await self._connection.execute_fetchall(sql, params))
        except engine.sqlite3.Error as error:
            raise _mapped(error) from None


class _SqliteTransaction(Transaction):
    def __init__(self, connection: aiosqlite.Connection, now: str, ids: IdSource) -> None:
        super().__init__(now, ids)
        self._connection = connection

    async def fetch(self, sql: str, /, **params: Value) -> list[Row]:
        try:
            return list(await self._connection.execute_fetchall(sql, params))
        except engine.sqlite3.Error as error:
            raise _mapped(error) from None

    async def execute(self, sql: str, /, **params: Value) -> int:
        raw = self._connection._conn  # noqa: SLF001

        def work() -> int:
            cursor = raw.execute(sql, params)
            count = int(cursor.rowcount)
            cursor.close()
            return count

        try:
            return int(await _hop(self._connection, work))
        except engine.sqlite3.Error as error:
            raise _mapped(error) from None

    async def execute_many(self, sql: str, rows: Sequence[Mapping[str, Value]]) -> None:
        if not rows:
            return
        raw = self._connection._conn  # noqa: SLF001

        def work() -> None:
            raw.executemany(sql, rows).close()

        try:
            await _hop(self._connection, work)
        except engine.sqlite3.Error as error:
            raise _mapped(error) from None


class SqliteDatabase(Database):
    """A database in one file."""

    dialect: Literal["sqlite", "postgres"] = "sqlite"

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection, clock: Clock, ids: IdSource) -> None:
        super().__init__(clock, ids)
        self._writer = writer
        self._reader = reader
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._batch: _Batch | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, path: Path, clock: Clock, ids: IdSource) -> SqliteDatabase:
        """Open or make the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        writer = await aiosqlite.connect(path, isolation_level=None, cached_statements=512)
        try:
            reader = await cls._prepare(writer, path)
        except BaseException:
            await writer.close()
            raise
        return cls(writer, reader, clock, ids)

    @staticmethod
    async def _prepare(writer: aiosqlite.Connection, path: Path) -> aiosqlite.Connection:
        writer.row_factory = engine.sqlite3.Row
        try:
            for pragma in _OPEN:
                await writer.execute_fetchall(pragma)
            await writer.execute_fetchall(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        except engine.sqlite3.Error as error:
            raise _mapped(error) from None
        reader = await aiosqlite.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, cached_statements=512)
        reader.row_factory = engine.sqlite3.Row
        for pragma in (*_OPEN[2:], "PRAGMA wal_autocheckpoint=0", "PRAGMA query_only=ON"):
            await reader.execute_fetchall(pragma)
        return reader

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """A reader on its own connection."""
        yield _SqliteSnapshot(self._reader, self.now_text())

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """One verb: its writes are durable when the block has ended. It may share its commit with others."""
        await self._take_turn()
        try:
            batch = await self._enter_batch()
            tx = _SqliteTransaction(self._writer, self.now_text(), self._ids)
            token = _inside.set(True)
            try:
                yield tx
            except BaseException:
                await asyncio.shield(self._take_back())
                raise
            finally:
                _inside.reset(token)
            batch.members.append(tx)
            await self._release(batch)
        finally:
            await asyncio.shield(self._leave())
        await asyncio.shield(batch.done)

    async def _take_turn(self) -> None:
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
            if self._batch is not None and not self._turn.locked():
                # Cancelled while it was the last one waiting: nobody else would commit what others have written.
                task = asyncio.create_task(self._commit_idle())
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _commit_idle(self) -> None:
        async with self._turn:
            await self._commit()

    async def _enter_batch(self) -> _Batch:
        raw = self._writer._conn  # noqa: SLF001
        fresh = self._batch is None

        def work() -> None:
            if fresh:
                raw.execute("BEGIN IMMEDIATE").close()
            raw.execute(f"SAVEPOINT {SAVEPOINT}").close()

        try:
            await asyncio.shield(_hop(self._writer, work))
        except engine.sqlite3.Error as error:
            await asyncio.shield(self._abandon(_mapped(error)))
            raise _mapped(error) from None
        except asyncio.CancelledError:
            await asyncio.shield(self._abandon(Unavailable()) if fresh else self._drop_savepoint())
            raise
        if self._batch is None:
            self._batch = _Batch(asyncio.get_running_loop().create_future(), time.monotonic())
            self._batch.done.add_done_callback(_retrieve)
        return self._batch

    async def _drop_savepoint(self) -> None:
        raw = self._writer._conn  # noqa: SLF001

        def work() -> None:
            raw.execute(f"ROLLBACK TO {SAVEPOINT}").close()
            raw.execute(f"RELEASE {SAVEPOINT}").close()

        await _hop(self._writer, work)

    async def _take_back(self) -> None:
        """Undo one verb. SQLite undoes the whole transaction after some errors (full disk): then the batch is lost."""
        try:
            await self._drop_savepoint()
        except engine.sqlite3.Error:
            await self._abandon(Unavailable("The database cannot be written right now. Nothing was changed."))

    async def _release(self, batch: _Batch) -> None:
        try:
            await asyncio.shield(self._writer.execute_fetchall(f"RELEASE {SAVEPOINT}"))
        except engine.sqlite3.Error as error:
            batch.members.pop()
            await asyncio.shield(self._abandon(_mapped(error)))
            raise _mapped(error) from None

    async def _leave(self) -> None:
        """Commit if nobody else wants to join, then let the next one in."""
        try:
            if self._batch is not None and (self._waiting == 0 or self._batch.is_full):
                await self._commit()
        finally:
            self._turn.release()

    async def _commit(self) -> None:
        batch, self._batch = self._batch, None
        if batch is None:
            return
        try:
            await self._writer.execute_fetchall("COMMIT")
        except engine.sqlite3.Error as error:
            self._batch = batch
            await self._abandon(_mapped(error))
            return
        if not batch.done.done():
            batch.done.set_result(None)
        self._committed(batch.members)

    async def _abandon(self, error: Exception) -> None:
        """Roll everything back and tell every verb of the batch."""
        batch, self._batch = self._batch, None
        raw = self._writer._conn  # noqa: SLF001

        def work() -> None:
            if raw.in_transaction:
                raw.execute("ROLLBACK").close()

        await _hop(self._writer, work)
        if batch is not None and not batch.done.done():
            batch.done.set_exception(error)

    async def script(self, sql: str) -> None:
        """Run a migration in one transaction."""
        async with self._turn:
            try:
                for statement in ("BEGIN IMMEDIATE", *engine_statements(sql), "COMMIT"):
                    await self._writer.execute_fetchall(statement)
            except engine.sqlite3.Error:
                await self._abandon(Unavailable())
                raise

    async def checkpoint(self) -> None:
        """Fold the log into the file and cut it to nothing, so that what was deleted does not linger there."""
        async with self._turn:
            await self._writer.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")

    async def close(self) -> None:
        """Wait for the verb in hand, then close both connections."""
        async with self._turn:
            await self._commit()
            await self._reader.close()
            await self._writer.close()


def copy_file(path: Path, target: Path) -> None:
    """A consistent copy while others go on writing (SQLite's backup API, some pages at a time). It only reads."""
    source = engine.sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        copy = engine.sqlite3.connect(target)
        try:
            source.backup(copy, pages=COPIED_PAGES)
        finally:
            copy.close()
    finally:
        source.close()


def engine_statements(sql: str) -> list[str]:
    """The statements of a script for SQLite: `BIGINT PRIMARY KEY` becomes the rowid itself, which halves its cost."""
    from_shared = sql.replace("BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY")
    return statements(from_shared)


def statements(sql: str) -> list[str]:
    """Cut a script at its semicolons; comments are dropped, quoted semicolons kept."""
    bare = _COMMENT.sub(lambda match: match.group(1) or "", sql)
    return [piece.strip() for piece in _STATEMENT.findall(bare) if piece.strip()]


def _retrieve(future: asyncio.Future[None]) -> None:
    """A batch whose verbs were all cancelled has nobody left to read its error."""
    if not future.cancelled():
        future.exception()
