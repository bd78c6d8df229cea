from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.planted import plant
from tests.loopback.campaign import Campaign
from tests.loopback.sink import Sink

#: The long form takes minutes and kills more often.
LONG = os.environ.get("CALLOUT_LONG") == "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "faults" in item.path.parts:
            item.add_marker(pytest.mark.faults)
            if LONG:
                item.add_marker(pytest.mark.timeout(1800))


@pytest.fixture
def campaign(tmp_path: Path) -> Iterator[Campaign]:
    """A server that runs; at the end its database is whole and its log holds no trace."""
    ours = Campaign(tmp_path / "ours")
    ours.server.start()
    yield ours
    ours.server.kill()
    ours.check()
    assert "Traceback" not in ours.server.log.read_text()


@pytest.fixture
def sink() -> Iterator[Sink]:
    """The followers' servers; each takes its time."""
    with Sink(2000 if LONG else 300, delay=0.03) as opened:
        yield opened


@pytest.fixture
def many(campaign: Campaign) -> Iterator[Sink]:
    """Ten thousand servers that follow, in the long form."""
    with Sink(10_000 if LONG else 300, delay=0.03) as opened:
        plant(campaign, opened)
        yield opened
