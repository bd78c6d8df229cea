"""The run written down: a table to read, in the terminal and as Markdown, a picture, and a file to compare later runs with."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.chart import chart
from tests.bench.figures import Figure

HEADS = ("what", "figure", "target", "", "then", "took", "note")
RIGHT = frozenset({1, 4, 5})
TITLE = "Callout, measured"


def machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


def earlier(path: Path) -> dict[str, float]:
    """The figures of a saved run by name."""
    return {one["name"]: one["value"] for one in json.loads(path.read_text())["figures"] if not one["failed"]}


def _cells(one: Figure, then: Mapping[str, float]) -> tuple[str, ...]:
    before = then.get(one.name)
    ratio = f"x {one.value / before:.2f}" if before and not one.failed else ""
    return (one.name, one.shown, one.wanted, one.verdict, ratio, f"{one.seconds:.1f} s", one.note)


def _rows(figures: Sequence[Figure], then: Mapping[str, float]) -> list[tuple[str, ...]]:
    """Heads and cells; without an earlier run its column is left out."""
    rows = [HEADS, *(_cells(one, then) for one in figures)]
    return rows if then else [row[:4] + row[5:] for row in rows]


def table(figures: Sequence[Figure], then: Mapping[str, float] | None = None) -> str:
    """For the terminal."""
    rows = _rows(figures, then or {})
    right = {rows[0].index(HEADS[column]) for column in RIGHT if HEADS[column] in rows[0]}
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join(lines)


def markdown(figures: Sequence[Figure], then: Mapping[str, float] | None = None) -> str:
    """The same for a page."""
    head, *rows = [tuple(cell.replace("|", "\\|") for cell in row) for row in _rows(figures, then or {})]
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def summary(figures: Sequence[Figure], seconds: float, others: Sequence[float]) -> str:
    met = sum(one.met is True for one in figures)
    missed = sum(one.met is False and not one.failed for one in figures)
    failed = sum(one.failed for one in figures)
    return f"{met} targets met, {missed} missed, {failed} rounds failed; {seconds:.0f} s in all. Between the rounds other programs used {statistics.median(others):.1f} cores, {max(others):.1f} at most."


def write(folder: Path, figures: Sequence[Figure], then: Mapping[str, float], last: str, name: str = "") -> None:
    """table.md, chart.svg and run.json; also NAME.json where the run has a name."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "table.md").write_text(f"# {TITLE}\n\n{machine()}. {last}\n\n{markdown(figures, then)}")
    (folder / "chart.svg").write_text(chart(figures, f"{TITLE}: {machine()}"))
    run = {"machine": machine(), "summary": last, "figures": [one.as_dict() for one in figures]}
    for file in {"run", name or "run"}:
        (folder / f"{file}.json").write_text(json.dumps(run, indent=1) + "\n")
