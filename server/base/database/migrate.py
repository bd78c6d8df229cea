"""Migrations: `NNNN_words.sql`, forward only, one transaction each. A fresh database loads schema.sql instead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from server.base.bundled import bundled
from server.base.clock import Clock
from server.base.database.model import Database, Snapshot
from server.base.database.sqlite import SqliteDatabase
from server.base.ids import NODE_BITS, IdSource
from server.base.settings import Settings, SettingsError

FOLDER: Final = Path(__file__).resolve().parent / "migrations"
_NAME: Final = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")


class NewerSchemaError(Exception):
    """The database was made by a newer version of the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step of the schema."""

    number: int
    name: str
    sql: str


def migrations(folder: Path = FOLDER) -> list[Migration]:
    """All steps, in order."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        if match:
            found.append(Migration(number=int(match[1]), name=match[2], sql=path.read_text()))
    return found


async def _applied(database: Database) -> set[int] | None:
    """Numbers of the steps taken, or None for an empty database."""
    tables = {
        "sqlite": "SELECT count(*) FROM sqlite_master WHERE name = 'migrations'",
        "postgres": "SELECT count(*) FROM information_schema.tables"
        " WHERE table_name = 'migrations' AND table_schema = current_schema()",
    }
    async with database.snapshot() as snapshot:
        if not await snapshot.value(tables[database.dialect]):
            return None
        return {row["number"] for row in await snapshot.fetch("SELECT number FROM migrations")}


async def _note(database: Database, steps: list[Migration]) -> None:
    async with database.transaction() as tx:
        await tx.execute_many(
            "INSERT INTO migrations (number, name, applied_at) VALUES (:number, :name, :now)",
            [{"number": step.number, "name": step.name, "now": tx.now} for step in steps],
        )


async def migrate(database: Database) -> list[str]:
    """Bring the schema up to date; the names of the steps taken. Raises NewerSchemaError."""
    steps = migrations()
    applied = await _applied(database)
    if applied is None:
        noted = "".join(
            f"\nINSERT INTO migrations (number, name, applied_at) VALUES ({step.number}, '{step.name}', '{database.now_text()}');"
            for step in steps
        )
        await database.script(bundled("schema.sql").read_text() + noted)
        return ["schema"]
    if applied - {step.number for step in steps}:
        raise NewerSchemaError("this database belongs to a newer version")
    missing = [step for step in steps if step.number not in applied]
    for step in missing:
        await database.script(
            f"{step.sql}\nINSERT INTO migrations (number, name, applied_at)"
            f" VALUES ({step.number}, '{step.name}', '{database.now_text()}');"
        )
    return [step.name for step in missing]


async def pending(database: Database) -> bool:
    """True if `migrate` has something to do."""
    applied = await _applied(database)
    return applied is None or any(step.number not in applied for step in migrations())


async def open_database(settings: Settings, clock: Clock) -> Database:
    """The database that the settings name, not yet migrated. Raises SettingsError, Unavailable."""
    if settings.is_sqlite:
        return await SqliteDatabase.open(settings.data / "callout.db", clock, IdSource(0, clock))
    if find_spec("asyncpg") is None:
        raise SettingsError("PostgreSQL needs the extra: pip install 'callout[postgres]'")
    postgres = import_module("server.base.database.postgres")
    database: Database = await postgres.PostgresDatabase.open(settings.database_url, clock, IdSource(0, clock))
    return database


async def claim_node(database: Database, holder: str, unseen_since: str) -> int:
    """A number for this process among those that share the database; one unseen since then may be taken over."""
    async with database.transaction() as tx:
        taken = await tx.fetch("SELECT node, holder, seen_at FROM nodes ORDER BY node")
        free = next((row["node"] for row in taken if row["seen_at"] < unseen_since or row["holder"] == holder), None)
        used = {row["node"] for row in taken}
        node = free if free is not None else next(n for n in range(1, 1 << NODE_BITS) if n not in used)
        await tx.execute(
            "INSERT INTO nodes (node, holder, seen_at) VALUES (:node, :holder, :now)"
            " ON CONFLICT (node) DO UPDATE SET holder = :holder, seen_at = :now",
            node=node,
            holder=holder,
            now=tx.now,
        )
    return int(node)


async def keep_node(database: Database, node: int) -> None:
    """Say that the process of this number is alive."""
    async with database.transaction() as tx:
        await tx.execute("UPDATE nodes SET seen_at = :now WHERE node = :node", now=tx.now, node=node)


async def leave_node(database: Database, node: int) -> None:
    """Give the number back."""
    async with database.transaction() as tx:
        await tx.execute("UPDATE nodes SET seen_at = '' WHERE node = :node", node=node)


async def house_value(snapshot: Snapshot, name: str) -> str | None:
    """A fact about this house, such as the base URL it was federated under."""
    value: str | None = await snapshot.value("SELECT value FROM house WHERE name = :name", name=name)
    return value


async def set_house_value(database: Database, name: str, value: str) -> None:
    """Write a fact about this house down."""
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO house (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = :value",
            name=name,
            value=value,
        )
