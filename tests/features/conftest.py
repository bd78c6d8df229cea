from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.base.database import Database
from tests.conftest import FakeClock
from tests.databases import fresh_database


@pytest.fixture(params=["sqlite", "postgres"])
async def database(
    request: pytest.FixtureRequest, anyio_backend: str, data: Path, clock: FakeClock
) -> AsyncIterator[Database]:
    async with fresh_database(request.param, data, clock) as opened:
        yield opened
