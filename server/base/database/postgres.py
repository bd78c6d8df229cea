"""PostgreSQL, for several processes on several machines: the same statements through asyncpg."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, Final, Literal

import asyncpg

from server.base.clock import Clock
from server.base.database.model import Database, IntegrityViolation, Row, Snapshot, Transaction, Value, _inside
from server.base.errors import Invalid, Unavailable
from server.base.ids import IdSource
from server.base.log import event

POOL: Final = 10
COMMAND_SECONDS: Final = 30
#: `:name`, but neither a cast (`::text`) nor anything inside quotes.
_NAME: Final = re.compile(r"'(?:[^']|'')*'|::|:([a-z_][a-z0-9_]*)")


@lru_cache(maxsize=4_096)
def rewritten(sql: str) -> tuple[str, tuple[str, ...]]:
    """The statement with `$1` for `:name`, and the names in that order."""
    names: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        name = match.group(1)
        if name is None:
            return match.group(0)
        return f"${names.setdefault(name, len(names) + 1)}"

    return _NAME.sub(number, sql), tuple(names)


def _mapped(error: Exception) -> Exception:
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return IntegrityViolation("a key was violated")
    if isinstance(error, asyncpg.CharacterNotInRepertoireError):  # NUL, which no text here can hold
        return Invalid("There are characters in it that cannot be published.")
    if isinstance(error, (OSError, asyncpg.PostgresConnectionError, asyncpg.InsufficientResourcesError, TimeoutError)):
        event("database_unavailable", error=type(error).__name__)
        return Unavailable("The database cannot be reached right now. Nothing was changed.")
    return error


_CAUGHT: Final = (asyncpg.PostgresError, OSError, TimeoutError)


class _PostgresSnapshot(Snapshot):
    def __init__(self, connection: asyncpg.pool.PoolConnectionProxy[Any], now: Callable[[], str]) -> None:
        super().__init__(now)
        self._connection = connection

    async def fetch(self, sql: str, /, **params: Value) -> list[Row]:
        text, names = rewritten(sql)
        try:
            return list(await self._connection.fetch(text, *(params[name] for name in names)))
        except _CAUGHT as error:
            raise _mapped(error) from None


class _PostgresTransaction(Transaction):
    skip_locked = " FOR UPDATE SKIP LOCKED"

    def __init__(self, connection: asyncpg.pool.PoolConnectionProxy[Any], now: str, ids: IdSource) -> None:
        super().__init__(now, ids)
        self._connection = connection

    async def fetch(self, sql: str, /, **params: Value) -> list[Row]:
        text, names = rewritten(sql)
        try:
            return list(await self._connection.fetch(text, *(params[name] for name in names)))
        except _CAUGHT as error:
            raise _mapped(error) from None

    async def execute(self, sql: str, /, **params: Value) -> int:
        text, names = rewritten(sql)
        try:
            status = await self._connection.execute(text, *(params[name] for name in names))
        except _CAUGHT as error:
            raise _mapped(error) from None
        count = str(status).rsplit(" ", 1)[-1]
        return int(count) if count.isdigit() else 0

    async def execute_many(self, sql: str, rows: Sequence[Mapping[str, Value]]) -> None:
        if not rows:
            return
        text, names = rewritten(sql)
        try:
            await self._connection.executemany(text, [[row[name] for name in names] for row in rows])
        except _CAUGHT as error:
            raise _mapped(error) from None


class PostgresDatabase(Database):
    """A database on a server of its own."""

    dialect: Literal["sqlite", "postgres"] = "postgres"

    def __init__(self, pool: asyncpg.Pool[Any], clock: Clock, ids: IdSource) -> None:
        super().__init__(clock, ids)
        self._pool = pool

    @classmethod
    async def open(cls, url: str, clock: Clock, ids: IdSource) -> PostgresDatabase:
        """Connect. Raises Unavailable if nobody answers."""
        try:
            pool = await asyncpg.create_pool(url, min_size=1, max_size=POOL, command_timeout=COMMAND_SECONDS)
        except (*_CAUGHT, asyncpg.InterfaceError) as error:
            event("database_unavailable", error=type(error).__name__)
            raise Unavailable("The database cannot be reached.") from None
        return cls(pool, clock, ids)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """A reader from the pool."""
        async with self._acquired() as connection:
            yield _PostgresSnapshot(connection, self.now_text)

    @asynccontextmanager
    async def _acquired(self) -> AsyncIterator[asyncpg.pool.PoolConnectionProxy[Any]]:
        try:
            connection = await self._pool.acquire()
        except _CAUGHT as error:
            raise _mapped(error) from None
        try:
            yield connection
        finally:
            await self._pool.release(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """One verb, one transaction."""
        async with self._acquired() as connection:
            tx = _PostgresTransaction(connection, self.now_text(), self._ids)
            token = _inside.set(True)
            try:
                async with connection.transaction():
                    yield tx
            except _CAUGHT as error:
                raise _mapped(error) from None
            finally:
                _inside.reset(token)
        self._committed([tx])

    async def script(self, sql: str) -> None:
        """Run a migration in one transaction."""
        async with self._acquired() as connection, connection.transaction():
            await connection.execute(sql)

    async def close(self) -> None:
        """Close the pool."""
        await self._pool.close()
