from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.bench import report
from tests.bench.chart import chart
from tests.bench.figures import Figure, least, most
from tests.bench.rounds import ROUNDS, run
from tests.bench.size import TINY
from tests.bench.world import World
from tests.loopback import nginx


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def world(tmp_path: Path, said: list[str]) -> Iterator[World]:
    world = World(tmp_path, TINY, said.append)
    yield world
    world.close()


@pytest.mark.parametrize("name", ROUNDS)
def test_a_round_runs_and_gives_figures(name: str, world: World, said: list[str]) -> None:
    figures = list(run(world, only=[name]))
    assert [one.note for one in figures if one.failed] == []
    names = [one.name for one in figures]
    assert len(names) == len(set(names))
    assert len(figures) > 3 or name in {"limits", "counting"}
    assert any(words.startswith(f"-- {name};") for words in said)


def test_without_nginx_the_crowd_is_a_program_of_ours(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nginx, "program", lambda: None)
    figures = list(run(world, only=["sending", "sending securely", "dying"]))
    assert [one.note for one in figures if one.failed] == []
    assert sum(one.note == "no nginx here" for one in figures) == 2


def test_a_round_that_fails_says_so_in_its_line_and_the_others_go_on(world: World) -> None:
    def broken(_: World) -> Iterator[Figure]:
        yield least("first", 1, 1)
        raise OSError("no room")

    def whole(_: World) -> Iterator[Figure]:
        yield least("last", 1, 1)

    first, failed, last = run(world, {"broken": broken, "whole": whole})
    assert (first.failed, failed.failed, last.failed) == (False, True, False)
    assert failed.note == "OSError: no room"


def test_a_target_is_met_from_its_own_side() -> None:
    assert [least("a", 9, 10).verdict, least("a", 10, 10).verdict] == ["MISSED", "met"]
    assert [most("a", 11, "ms", 10).verdict, most("a", 10, "ms", 10).verdict] == ["MISSED", "met"]
    assert Figure(name="a", value=1).verdict == ""


def test_the_table_says_figure_target_and_verdict() -> None:
    lines = report.table([least("out", 2_500, 3_300, note="to all")]).splitlines()
    assert lines[0].split() == ["what", "figure", "target", "took", "note"]
    assert lines[1].split() == ["out", "2,500", "/s", "≥", "3,300", "/s", "MISSED", "0.0", "s", "to", "all"]


def test_a_run_is_written_and_compared_with_a_kept_one(tmp_path: Path) -> None:
    report.write(tmp_path, [least("out", 2_000, 3_300)], {}, "All met.", "before")
    then = report.earlier(tmp_path / "before.json")
    report.write(tmp_path, [least("out", 3_000, 3_300)], then, "All met.")
    assert "x 1.50" in (tmp_path / "table.md").read_text()
    assert json.loads((tmp_path / "run.json").read_text())["figures"][0]["value"] == 3_000
    assert then == {"out": 2_000}


def test_the_picture_has_a_bar_for_each_target() -> None:
    figures = [least("out", 2_500, 3_300), most("wait <1", 0.1, "s", 1), Figure(name="limit", value=4_000)]
    root = ET.fromstring(chart(figures, "All & more"))
    bars = [one.get("class") for one in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert bars.count("met") == 1
    assert bars.count("missed") == 1
