"""Real databases for tests: SQLite in a file, PostgreSQL in a database of its own."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from server.base.clock import Clock
from server.base.database import Database
from server.base.database.migrate import migrate, open_database
from server.base.settings import Settings
from tests.conftest import require

POSTGRES = os.environ.get("CALLOUT_TEST_POSTGRES", "")


@asynccontextmanager
async def fresh_database(kind: str, folder: Path, clock: Clock) -> AsyncIterator[Database]:
    if kind == "sqlite":
        database = await open_database(Settings(data=folder), clock)
        try:
            await migrate(database)
            yield database
        finally:
            await database.close()
        return
    async with fresh_postgres() as url:
        database = await open_database(Settings(data=folder, database_url=url), clock)
        try:
            await migrate(database)
            yield database
        finally:
            await database.close()


@asynccontextmanager
async def fresh_postgres() -> AsyncIterator[str]:
    """The address of an empty PostgreSQL database that is dropped afterwards."""
    require(
        "PostgreSQL", present=bool(POSTGRES), hint="set CALLOUT_TEST_POSTGRES to a server where databases may be made"
    )
    name = f"callout_test_{secrets.token_hex(6)}"
    admin = await asyncpg.connect(POSTGRES)
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C' ENCODING 'UTF8'")
    try:
        yield urlunsplit(urlsplit(POSTGRES)._replace(path=f"/{name}"))
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()
