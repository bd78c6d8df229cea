from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.base.database import Database
from server.house import House
from tests.conftest import FakeClock
from tests.databases import fresh_database
from tests.world import World, open_world


@pytest.fixture(params=["sqlite", "postgres"])
async def database(
    request: pytest.FixtureRequest, anyio_backend: str, data: Path, clock: FakeClock
) -> AsyncIterator[Database]:
    async with fresh_database(request.param, data, clock) as opened:
        yield opened


@pytest.fixture
async def world(anyio_backend: str, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgres"])
async def house(request: pytest.FixtureRequest, world: World) -> House:
    """A campaign at here.test, on either engine."""
    return await world.campaign("here.test", engine=request.param)
