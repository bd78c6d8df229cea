"""Hours on a wall made exact, on the nights when clocks are set too."""

from __future__ import annotations

import pytest

from server.base.errors import Invalid
from server.base.local_time import Clocks, Twice

PARIS = Clocks(zone="Europe/Paris")


@pytest.mark.parametrize(
    ("zone", "wall", "moment"),
    [
        ("Europe/Paris", "2026-07-01T18:00", "2026-07-01T16:00:00.000000Z"),
        ("Europe/Paris", "2026-12-01T18:00", "2026-12-01T17:00:00.000000Z"),
        ("Asia/Kabul", "2026-12-01T18:00", "2026-12-01T13:30:00.000000Z"),
        ("UTC", "2026-12-01T18:00:59", "2026-12-01T18:00:00.000000Z"),
    ],
)
def test_an_hour_on_the_wall_is_a_moment_and_back(zone: str, wall: str, moment: str) -> None:
    clocks = Clocks(zone=zone)
    assert clocks.exact(wall) == moment
    assert clocks.wall(moment) == wall[:16]


def test_an_hour_that_is_skipped_is_refused_with_one_that_exists() -> None:
    with pytest.raises(Invalid, match=r"02:30 does not exist on that day.*03:30"):
        PARIS.exact("2026-03-29T02:30")


def test_an_hour_that_comes_twice_asks_which() -> None:
    with pytest.raises(Twice) as asked:
        PARIS.exact("2026-10-25T02:30")
    assert asked.value.choices == (
        ("2026-10-25T00:30:00.000000Z", "UTC+02:00"),
        ("2026-10-25T01:30:00.000000Z", "UTC+01:00"),
    )
    assert PARIS.exact("2026-10-25T02:30", second=False) == "2026-10-25T00:30:00.000000Z"
    assert PARIS.exact("2026-10-25T02:30", second=True) == "2026-10-25T01:30:00.000000Z"


@pytest.mark.parametrize(
    "wall", ["", "tomorrow", "2026-13-01T10:00", "2026-10-01T10:00+02:00", "9999-12-31T23:59", "0001-01-01T00:00"]
)
def test_what_is_no_day_and_time_is_refused(wall: str) -> None:
    with pytest.raises(Invalid):
        PARIS.exact(wall)


@pytest.mark.parametrize("zone", ["", "Paris", "../etc/passwd", "Europe/Paris\x00"])
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(Invalid):
        Clocks(zone=zone)
