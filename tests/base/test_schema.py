"""The road and the place it leads to: all steps one after the other make what schema.sql makes at once, on both engines."""

from __future__ import annotations

import re
from typing import Any

import pytest

from server.base.bundled import bundled
from server.base.database import Database
from server.base.database.migrate import migrations
from server.base.database.sqlite import statements

pytestmark = pytest.mark.anyio

COLUMNS = (
    "SELECT table_name, ordinal_position, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
    " WHERE table_schema = current_schema() ORDER BY 1, 2"
)
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1, 2"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"


def plain(sql: str | None) -> str:
    return re.sub(r"\s+", " ", sql or "").replace('"', "")


async def shape(database: Database) -> Any:
    """Columns of every table in their order, and every index."""
    async with database.snapshot() as snapshot:
        if database.dialect == "postgres":
            columns = [tuple(row[key] for key in range(6)) for row in await snapshot.fetch(COLUMNS)]
            indexes = [(row[0], row[1], re.sub(r" ON \S+\.", " ON ", row[2])) for row in await snapshot.fetch(INDEXES)]
            return columns, indexes
        tables = await snapshot.fetch("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        columns = [
            (table["name"], *(row[key] for key in range(6)))
            for table in tables
            for row in await snapshot.fetch(f"PRAGMA table_info({table['name']})")
        ]
        found = await snapshot.fetch("SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name")
        return columns, [(row["name"], plain(row["sql"])) for row in found]


async def emptied(database: Database) -> None:
    async with database.snapshot() as snapshot:
        if database.dialect == "postgres":
            names = [row[0] for row in await snapshot.fetch(TABLES)]
            await database.script(f"DROP TABLE {', '.join(names)} CASCADE")
            return
    for statement in reversed(statements(bundled("schema.sql").read_text())):
        if found := re.match(r"CREATE TABLE (\w+)", statement):
            await database.script(f"DROP TABLE {found[1]}")


async def test_the_steps_lead_to_the_schema(database: Database) -> None:
    at_once = await shape(database)
    await emptied(database)
    for step in migrations():
        await database.script(step.sql)
    assert await shape(database) == at_once
