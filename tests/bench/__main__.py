"""`make bench`: how fast one server is on this machine, beside what was promised and what the machine can do at most."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import report
from tests.bench.rounds import ROUNDS, run
from tests.bench.size import LONG, Size
from tests.bench.world import World

FOLDER = Path("build/bench")


def say(words: str) -> None:
    print(f"  {words}", file=sys.stderr, flush=True)


def wanted(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--save", metavar="NAME", default="", help=f"keep the run as {FOLDER}/NAME.json, too")
    parser.add_argument("--against", metavar="FILE", type=Path, help="compare with a run that was kept")
    parser.add_argument("--only", metavar="ROUND", nargs="+", default=[], choices=[*ROUNDS], help=", ".join(ROUNDS))
    parser.add_argument("--long", action="store_true", help="more dead hosts, longer looks")
    return parser.parse_args(words)


def main() -> int:
    """0 if every round could be measured, whatever came of it."""
    begun = time.monotonic()
    given = wanted()
    then = report.earlier(given.against) if given.against else {}
    print(f"{report.machine()}; server, senders, readers' servers and the asking program share them.", flush=True)
    with TemporaryDirectory() as folder:
        world = World(Path(folder), LONG if given.long else Size(), say)
        try:
            figures = list(run(world, only=given.only))
        finally:
            world.close()
    last = report.summary(figures, time.monotonic() - begun, world.others)
    print(f"{report.table(figures, then)}\n{last}")
    report.write(FOLDER, figures, then, last, given.save)
    print(f"Written to {FOLDER}: table.md, chart.svg, run.json.")
    return int(any(one.failed for one in figures))


if __name__ == "__main__":
    sys.exit(main())
