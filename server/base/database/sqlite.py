"""SQLite: one writer connection that is also the only checkpointer, readers, and commits that are shared.

Traps met with aiosqlite and written down here: an unclosed connection keeps the process alive; after a cancelled statement the loop
does not know whether a transaction is open, so the thread itself decides (`shield`).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from server.base.clock import Clock
from server.base.database import engine  # first: it may replace sqlite3
from server.base.database.model import Database, Snapshot, Transaction, _inside
from server.base.database.sqlite_units import CACHED_STATEMENTS, Reader, SqliteSnapshot, SqliteTransaction, hop, mapped
from server.base.errors import Unavailable
from server.base.ids import IdSource

import aiosqlite  # isort: skip

#: A shared commit takes in at most so many verbs, and is not held open longer than this while others wait.
MAX_VERBS: Final = 64
MAX_OPEN_SECONDS: Final = 0.010
BUSY_MILLISECONDS: Final = 5_000
#: Pages in the log before a checkpoint (4 MiB): more gained nothing here and takes room on a small disk.
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


@dataclass(slots=True)
class _Batch:
    """Verbs that share one commit."""

    done: asyncio.Future[None]
    opened: float
    members: list[Transaction] = field(default_factory=list)
    noted: set[tuple[str, str]] = field(default_factory=set)

    @property
    def is_full(self) -> bool:
        return len(self.members) >= MAX_VERBS or time.monotonic() - self.opened > MAX_OPEN_SECONDS


class SqliteDatabase(Database):
    """A database in one file."""

    dialect: Literal["sqlite", "postgres"] = "sqlite"

    def __init__(self, writer: aiosqlite.Connection, reader: Reader, clock: Clock, ids: IdSource) -> None:
        super().__init__(clock, ids)
        self._writer = writer
        self._reader = reader
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._refusals = 0
        self._batch: _Batch | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, path: Path, clock: Clock, ids: IdSource) -> SqliteDatabase:
        """Open or make the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        # Used by this thread and by its own, one after the other: whoever has the turn decides.
        try:
            writer = await aiosqlite.connect(
                path, isolation_level=None, cached_statements=CACHED_STATEMENTS, check_same_thread=False
            )
        except engine.sqlite3.Error as error:
            raise mapped(error) from None
        try:
            reader = await cls._prepare(writer, path)
        except BaseException:
            await writer.close()
            raise
        return cls(writer, reader, clock, ids)

    @staticmethod
    async def _prepare(writer: aiosqlite.Connection, path: Path) -> Reader:
        writer.row_factory = engine.sqlite3.Row
        try:
            for pragma in _OPEN:
                await writer.execute_fetchall(pragma)
            await writer.execute_fetchall(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        except engine.sqlite3.Error as error:
            raise mapped(error) from None
        try:
            return await Reader.open(path, _OPEN[2:])
        except engine.sqlite3.Error as error:
            raise mapped(error) from None

    def snapshot(self) -> AbstractAsyncContextManager[Snapshot]:
        """A reader on connections of its own; nothing need be given back."""
        return nullcontext(SqliteSnapshot(self._reader, self.now_text))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """One verb: its writes are durable when the block has ended. It may share its commit with others."""
        await self._take_turn()
        try:
            batch = await self._enter_batch()
            tx = SqliteTransaction(self._writer, self.now_text(), self._ids)
            tx.noted = batch.noted
            token = _inside.set(True)
            try:
                yield tx
            except BaseException:
                await self._take_back()
                raise
            finally:
                _inside.reset(token)
            batch.members.append(tx)
            await self._release(batch)
            batch.noted.update(tx.changes)
        finally:
            if self._batch is None or (self._waiting and not self._batch.is_full):
                self._turn.release()
            else:
                await asyncio.shield(self._leave())
        await asyncio.shield(batch.done)

    async def _take_turn(self) -> None:
        """Wait for the writer. Whoever waits behind a begin that is refused is refused with it, not after a wait of its own."""
        self._waiting += 1
        refusals = self._refusals
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
            if self._batch is not None and not self._turn.locked():
                # Cancelled while it was the last one waiting: nobody else would commit what others have written.
                task = asyncio.create_task(self._commit_idle())
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        if self._refusals != refusals and self._batch is None:
            self._turn.release()
            raise Unavailable

    async def _commit_idle(self) -> None:
        async with self._turn:
            await self._commit()

    async def _enter_batch(self) -> _Batch:
        if self._batch is None:
            await self._begin()
        try:
            self._run(f"SAVEPOINT {SAVEPOINT}")
        except engine.sqlite3.Error as error:
            await asyncio.shield(self._abandon(mapped(error)))
            raise mapped(error) from None
        if self._batch is None:
            self._batch = _Batch(asyncio.get_running_loop().create_future(), time.monotonic())
            self._batch.done.add_done_callback(_retrieve)
        return self._batch

    def _run(self, statement: str) -> None:
        self._writer._conn.execute(statement).close()  # noqa: SLF001

    async def _begin(self) -> None:
        """In the thread: it waits while another process holds the file."""
        try:
            await asyncio.shield(hop(self._writer, lambda: self._run("BEGIN IMMEDIATE")))
        except engine.sqlite3.Error as error:
            self._refusals += 1
            await asyncio.shield(self._abandon(mapped(error)))
            raise mapped(error) from None
        except asyncio.CancelledError:
            await asyncio.shield(self._abandon(Unavailable()))
            raise

    async def _take_back(self) -> None:
        """Undo one verb. SQLite undoes the whole transaction after some errors (full disk): then the batch is lost."""
        try:
            self._run(f"ROLLBACK TO {SAVEPOINT}")
            self._run(f"RELEASE {SAVEPOINT}")
        except engine.sqlite3.Error:
            message = "The database cannot be written right now. Nothing was changed."
            await asyncio.shield(self._abandon(Unavailable(message)))

    async def _release(self, batch: _Batch) -> None:
        try:
            self._run(f"RELEASE {SAVEPOINT}")
        except engine.sqlite3.Error as error:
            batch.members.pop()
            await asyncio.shield(self._abandon(mapped(error)))
            raise mapped(error) from None

    async def _leave(self) -> None:
        """Commit, then let the next one in."""
        try:
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
            await self._abandon(mapped(error))
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

        await hop(self._writer, work)
        if batch is not None and not batch.done.done():
            batch.done.set_exception(error)

    async def script(self, sql: str) -> None:
        """Run a migration in one transaction."""
        async with self._turn:
            await self._commit()  # whoever had the turn may have left a batch open for others to share
            try:
                for statement in ("BEGIN IMMEDIATE", *engine_statements(sql), "COMMIT"):
                    await self._writer.execute_fetchall(statement)
            except engine.sqlite3.Error:
                await self._abandon(Unavailable())
                raise

    async def checkpoint(self) -> bool:
        """Fold the log into the file and cut it to nothing, so that what was deleted does not linger there.

        False if somebody reads it just then: nobody who writes waits for readers. Raises Unavailable.
        """
        async with self._turn:
            await self._commit()
            try:
                try:
                    await self._writer.execute_fetchall("PRAGMA busy_timeout=0")
                    ((blocked, *_),) = await self._writer.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
                finally:
                    await self._writer.execute_fetchall(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
            except engine.sqlite3.Error as error:
                raise mapped(error) from None
        return not blocked

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
