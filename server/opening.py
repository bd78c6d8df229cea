"""Opening the database: today's schema, the address it was federated under, a number among the processes that share it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from server.base.clock import Clock
from server.base.database import Database
from server.base.database.migrate import (
    claim_node,
    house_value,
    migrate,
    open_database,
    pending,
    set_house_value,
)
from server.base.ids import IdSource
from server.base.settings import Settings, SettingsError
from server.base.timestamps import to_text
from server.features.access.secret import Random as RandomBytes

BASE_URL_FACT: Final = "base_url"
NODE_LAPSES_AFTER: Final = timedelta(days=1)


async def ready_database(settings: Settings, clock: Clock, *, may_migrate: bool = True) -> Database:
    """The database with today's schema, under the address it was federated with. Raises SettingsError."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = await open_database(settings, clock)
    try:
        if may_migrate:
            await migrate(database)
        elif await pending(database):
            raise SettingsError("the database needs `callout migrate` first")  # noqa: TRY301 - closed below
        await _same_address(database, settings)
    except BaseException:
        await database.close()
        raise
    return database


async def _same_address(database: Database, settings: Settings) -> None:
    """Every id out there holds the base URL: another one would orphan them all."""
    async with database.snapshot() as snapshot:
        before = await house_value(snapshot, BASE_URL_FACT)
    if before is None:
        await set_house_value(database, BASE_URL_FACT, settings.base_url)
    elif before != settings.base_url:
        raise SettingsError(
            f"this campaign lives at {before}; other servers know it by that address and CALLOUT_BASE_URL cannot change"
        )


async def node_of(database: Database, clock: Clock, random: RandomBytes) -> int:
    """A number of our own among the processes on this database, so that no two make the same id."""
    node = await claim_node(database, random(8).hex(), to_text(clock() - NODE_LAPSES_AFTER))
    database.use_ids(IdSource(node, clock))
    return node
