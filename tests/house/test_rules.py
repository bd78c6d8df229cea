"""The rules of the house that no other tool checks."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*ROOT.glob("federation/**/*.py"), *ROOT.glob("server/**/*.py")])
MAX_FILE_LINES, MAX_FUNCTION_LINES = 350, 60
SQL = re.compile(r"\b(SELECT .+ FROM|INSERT INTO|DELETE FROM|UPDATE \w+ SET)\b")
SQL_HOMES = re.compile(
    r"server/(features/\w+/(store\w*|views\w*)\.py|base/(database/\w+|jobs/\w+|changes)\.py)|server/web/.*views\.py"
)
REGISTRIES = re.compile("|".join(["pypi" + r"\.org", "pythonhosted" + r"\.org", "registry" + r"\.npmjs"]))
MACHINE = re.compile("/" + r"work/|\.\./" + "shared|/" + "tmp/callout")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_a_file_holds_one_idea_and_its_functions_fit_a_screen(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_FILE_LINES
    long = [f.name for f in functions(path) if (f.end_lineno or 0) - f.lineno + 1 > MAX_FUNCTION_LINES]
    assert long == []


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_imports_stand_at_the_top(path: Path) -> None:
    inner = [
        f"{f.name}:{n.lineno}"
        for f in functions(path)
        for n in ast.walk(f)
        if isinstance(n, ast.Import | ast.ImportFrom)
    ]
    assert inner == []


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_sql_stands_only_in_stores_and_views(path: Path) -> None:
    if SQL_HOMES.fullmatch(named(path)):
        return
    found = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value)
    ]
    assert found == []


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_only_the_door_reads_the_environment(path: Path) -> None:
    allowed = {"server/__main__.py", "server/base/settings.py"}
    uses = "os.environ" in path.read_text() or "getenv" in path.read_text()
    assert not uses or named(path) in allowed


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_nobody_asks_the_wall_clock_but_the_clock(path: Path) -> None:
    if named(path) in {"server/base/clock.py", "server/sender.py"}:
        return
    assert not re.search(r"datetime\.now\(|datetime\.utcnow\(|time\.time\(", path.read_text())


def test_the_schema_is_the_sum_of_its_migrations() -> None:
    migrations = sorted((ROOT / "server/base/database/migrations").glob("*.sql"))
    assert migrations
    if len(migrations) == 1:
        assert migrations[0].read_text() == (ROOT / "schema.sql").read_text()


def test_nothing_names_a_registry_or_this_machine() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        if REGISTRIES.search(text) or MACHINE.search(text):
            found.append(named(path))
    assert found == []


#: These publish without asking the reviews; whoever calls them has asked, or says why not.
PAST_THE_REVIEWS = re.compile(r"\.(submit_in|edit_in|delete_in|publish_in|correct_in)\(")
HAVE_ASKED = {
    "server/features/publishing/service.py",
    "server/features/publishing/drafting.py",
    "server/features/publishing/calling.py",
    "server/features/publishing/correcting.py",
    "server/features/publishing/reviewing.py",
    "server/features/publishing/translating.py",
}


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_nobody_gets_round_the_second_pair_of_eyes(path: Path) -> None:
    assert named(path) in HAVE_ASKED or not PAST_THE_REVIEWS.search(path.read_text())
