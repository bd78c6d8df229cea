"""What the rooms see of a database: transactions, snapshots and rows, the same on both engines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from typing import Any, Literal, Protocol

from server.base.clock import Clock
from server.base.ids import IdSource
from server.base.timestamps import to_text

Value = str | int | float | None
ChangeListener = Callable[[str, str], None]

#: True while code runs inside a transaction: the network must not be touched there, and test transports look at this.
_inside: ContextVar[bool] = ContextVar("inside_transaction", default=False)


def inside_transaction() -> bool:
    """True while this task holds a transaction."""
    return _inside.get()


class Row(Protocol):
    """A row by column name or position."""

    def __getitem__(self, key: Any, /) -> Any:
        """The value of a column."""


class IntegrityViolation(Exception):
    """A unique or foreign key was violated; the verb's writes are rolled back."""


class Snapshot(ABC):
    """Reading. Parameters are named `:like_this`; each statement sees the newest commit."""

    def __init__(self, now: Callable[[], str]) -> None:
        self._clock = now
        self._now = ""

    @property
    def now(self) -> str:
        """The time of this unit of work, as UTC text, from the moment when it is first asked for: most readers never do."""
        if not self._now:
            self._now = self._clock()
        return self._now

    @abstractmethod
    async def fetch(self, sql: str, /, **params: Value) -> list[Row]:
        """All rows."""

    async def one(self, sql: str, /, **params: Value) -> Row | None:
        """The first row, or None."""
        rows = await self.fetch(sql, **params)
        return rows[0] if rows else None

    async def value(self, sql: str, /, **params: Value) -> Any:
        """The first column of the first row, or None."""
        row = await self.one(sql, **params)
        return row[0] if row is not None else None


class Transaction(Snapshot):
    """Writing. Everything is durable when the `async with` ends, or nothing happened."""

    #: What a claim query ends with, so that several processes never claim the same row.
    skip_locked: str = ""

    def __init__(self, now: str, ids: IdSource) -> None:
        super().__init__(lambda: now)
        self._ids = ids
        self.callbacks: list[Callable[[], None]] = []
        self.changes: list[tuple[str, str]] = []
        #: What others who share this commit have noted already: it need not be written twice.
        self.noted: set[tuple[str, str]] = set()
        #: True if it wrote jobs down: whoever does them is woken after the commit, and after no other.
        self.has_jobs = False

    def new_id(self) -> int:
        """A fresh inner id."""
        return self._ids.next()

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call this once the transaction is durable."""
        self.callbacks.append(callback)

    @abstractmethod
    async def execute(self, sql: str, /, **params: Value) -> int:
        """Run a statement; how many rows it touched."""

    async def execute_long(self, sql: str, /, **params: Value) -> int:
        """As execute, for a statement that may touch thousands of rows: it holds up no one but other writers."""
        return await self.execute(sql, **params)

    @abstractmethod
    async def execute_many(self, sql: str, rows: Sequence[Mapping[str, Value]]) -> None:
        """Run a statement once for each set of parameters."""


class Database(ABC):
    """A database and whoever listens to its commits."""

    dialect: Literal["sqlite", "postgres"]

    def __init__(self, clock: Clock, ids: IdSource) -> None:
        self._clock = clock
        self._ids = ids
        self._on_commit: list[Callable[[], None]] = []
        self._on_jobs: list[Callable[[], None]] = []
        self._on_change: list[ChangeListener] = []

    @abstractmethod
    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction; concurrent ones share a commit where the engine likes that."""

    @abstractmethod
    def snapshot(self) -> AbstractAsyncContextManager[Snapshot]:
        """A reader."""

    @abstractmethod
    async def script(self, sql: str) -> None:
        """Run a migration: many statements, all or nothing."""

    @abstractmethod
    async def close(self) -> None:
        """Close every connection."""

    def use_ids(self, ids: IdSource) -> None:
        """Number from now on as the node that this process was given."""
        self._ids = ids

    def now_text(self) -> str:
        """The time for a new unit of work."""
        return to_text(self._clock())

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Call this after each durable commit."""
        self._on_commit.append(callback)

    def on_jobs(self, callback: Callable[[], None]) -> None:
        """Call this after each durable commit that wrote jobs."""
        self._on_jobs.append(callback)

    def on_change(self, listener: ChangeListener) -> None:
        """Call this with (kind, subject) of each change, after its commit."""
        self._on_change.append(listener)

    def tell(self, changes: Sequence[tuple[str, str]]) -> None:
        """Tell the listeners of changes, own ones or those of another process."""
        for kind, subject in changes:
            for listener in self._on_change:
                listener(kind, subject)

    def _committed(self, transactions: Sequence[Transaction]) -> None:
        for tx in transactions:
            for callback in tx.callbacks:
                callback()
            self.tell(tx.changes)
        jobs = self._on_jobs if any(tx.has_jobs for tx in transactions) else ()
        for callback in (*self._on_commit, *jobs):
            callback()
