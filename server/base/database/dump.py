"""A database as plain rows, readable by either engine: for backups that can be restored on the other one."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from server.base.bundled import bundled
from server.base.database.model import Database, Snapshot

ROWS: Final = 2_000
#: What belongs to a running process or to one browser, and the schema's own list: made anew where it is restored.
SKIPPED: Final = frozenset(
    {"migrations", "nodes", "changes", "sessions", "sign_in_links", "sign_in_steps", "sign_in_failures"}
)
_TABLE: Final = re.compile(r"CREATE TABLE (\w+) \((.*?)\n\);", re.DOTALL)
_KEY: Final = re.compile(r"(\w+) (?:BIGINT|INTEGER|TEXT) PRIMARY KEY|PRIMARY KEY \(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Table:
    """A table's name and the columns of its primary key."""

    name: str
    key: tuple[str, ...]


def tables() -> list[Table]:
    """All tables that a backup holds, as the schema names them."""
    found = []
    for name, body in _TABLE.findall(bundled("schema.sql").read_text()):
        keys = _KEY.search(body)
        if name not in SKIPPED and keys is not None:
            columns = keys[1] or keys[2]
            found.append(Table(name, tuple(part.strip() for part in columns.split(","))))
    return found


async def rows(snapshot: Snapshot, table: Table) -> AsyncIterator[list[dict[str, Any]]]:
    """All rows of a table, some at a time, in the order of its key."""
    key, names = ", ".join(table.key), ", ".join(f":k{number}" for number in range(len(table.key)))
    last: dict[str, Any] = {}
    while True:
        after = f"WHERE ({key}) > ({names})" if last else ""
        found = await snapshot.fetch(
            f"SELECT * FROM {table.name} {after} ORDER BY {key} LIMIT {ROWS}",
            **last,
        )
        if not found:
            return
        yield [dict(row) for row in found]  # type: ignore[call-overload]
        last = {f"k{number}": found[-1][column] for number, column in enumerate(table.key)}


async def insert(database: Database, table: Table, some: list[dict[str, Any]]) -> None:
    """Put rows back. The table holds none of them yet, but for rows that the schema itself brings."""
    columns = list(some[0])
    names = ", ".join(columns)
    values = ", ".join(f":{column}" for column in columns)
    update = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in table.key)
    clause = f"DO UPDATE SET {update}" if update else "DO NOTHING"
    async with database.transaction() as tx:
        await tx.execute_many(
            f"INSERT INTO {table.name} ({names}) VALUES ({values}) ON CONFLICT ({', '.join(table.key)}) {clause}",
            some,
        )


async def count(snapshot: Snapshot, table: Table) -> int:
    """How many rows a table has."""
    return int(await snapshot.value(f"SELECT count(*) FROM {table.name}"))


async def one_moment(tx: Snapshot) -> None:
    """On PostgreSQL: let the whole transaction see one moment. Must come first in it."""
    await tx.fetch("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
