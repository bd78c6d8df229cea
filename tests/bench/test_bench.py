"""The measurements run from end to end. No figure is asserted: a busy machine is no defect."""

from __future__ import annotations

from pathlib import Path

from tests.bench.__main__ import measured, table
from tests.bench.parts import SMALL


def test_every_part_runs_and_makes_a_line(tmp_path: Path) -> None:
    rates, most = measured(tmp_path, SMALL)
    assert all(rate > 0 for rate in rates.values())
    lines = table(rates, most).splitlines()
    assert len(lines) == 1 + len(rates) == 8
