from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.base import log
from server.base.database import engine  # noqa: F401 - the fixed SQLite must be in place before aiosqlite

IN_CI = os.environ.get("CI") == "true"
#: Under this name a report carries what its test measured, also from one process of pytest to another.
FIGURE = "figure"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was measured, together, whether the tests ran in one process or in several."""
    reports = [*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])]
    lines = [
        (Path(report.nodeid.split("::")[0]).stem.removeprefix("test_"), value)
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == FIGURE
    ]
    if lines:
        terminalreporter.section("figures")
    for place, line in sorted(lines):
        terminalreporter.write_line(f"{place:<20} {line}")


def require(part: str, *, present: bool, hint: str) -> None:
    """Skip on a laptop, fail in CI, when a part that a test needs is missing."""
    if present:
        return
    if IN_CI:
        pytest.fail(f"{part} is missing in CI: {hint}")
    pytest.skip(f"{part} is not here: {hint}")


class FakeClock:
    """A clock that stands until it is moved."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def forward(self, step: timedelta) -> None:
        self.now += step


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Say what was measured, in one line: shown now, and with all others when the tests are over."""

    def say(line: str) -> None:
        print(f"\n{line}")
        request.node.user_properties.append((FIGURE, line))

    return say


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 9, 28, 9, 30, 12, tzinfo=UTC))


@pytest.fixture(autouse=True)
def strict_log() -> Iterator[None]:
    log.be_strict()
    yield
    log.be_strict(on=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"
