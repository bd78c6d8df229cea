from __future__ import annotations

from pathlib import Path

from tests.bench.rounds import Bench, Figure, Size, table
from tests.loopback.campaign import Campaign
from tests.loopback.sink import Sink


def test_every_round_runs_and_gives_a_figure(tmp_path: Path) -> None:
    size = Size(hosts=5, replies=5, seconds=0.1, repeats=2, at_once=2)
    campaign = Campaign(tmp_path / "ours")
    said: list[str] = []
    with Sink(size.hosts) as sink:
        campaign.server.start()
        try:
            figures = list(Bench(campaign, sink, size, tmp_path / "nginx", said.append).run())
        finally:
            campaign.server.kill()
    names = [one.name for one in figures]
    assert len(names) == len(set(names)) == 11
    assert {one.of for one in figures if one.of} <= set(names), "each ratio has its limit"
    assert all(one.rate > 0 for one in figures if one.note != "no nginx here")
    assert "GET actor, 2 of 2" in said


def test_the_table_gives_the_median_and_its_part_of_the_limit() -> None:
    limit, made = Figure(name="limit", rates=[200.0]), Figure(name="made", rates=[90.0, 100.0, 150.0], of="limit")
    lines = table([limit, made]).splitlines()
    assert lines[2].split() == ["made", "100", "90-150", "50.0%", "of", "limit"]
