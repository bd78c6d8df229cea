"""Covering from the command line: before a picture is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.commands.conftest import Terminal


@pytest.fixture
def walls(tmp_path: Path) -> list[str]:
    words = []
    for colour in ("red", "lime"):
        path = tmp_path / f"{colour}.png"
        Image.new("RGB", (320, 320), colour).save(path)
        words += ["--media", str(path)]
    return words


def test_boxes_are_filled_in_the_pictures_that_they_name(campaign: Terminal, walls: list[str]) -> None:
    boxes = ["--cover", "0,0,25,25", "--cover", "2:50,50,25,25", "--cover", "2:0,90,10,10"]
    campaign.json("post", "Two walls", *walls, *boxes)
    kept = [one for one in (campaign.data / "media").rglob("*.jpg") if ".small" not in one.name]
    seen = {}
    for path in kept:
        with Image.open(path) as picture:
            image = picture.convert("RGB")
        ground = "red" if image.tobytes()[3 * (320 * 40 + 200)] > 200 else "lime"
        seen[ground] = [image.getpixel(at) for at in ((40, 40), (200, 200), (10, 310))]
    first, second = seen["red"], seen["lime"]
    black = (0, 0, 0)
    assert first[0] == black
    assert black not in first[1:]
    assert second[0] != black
    assert second[1:] == [black, black]


@pytest.mark.parametrize("box", ["1,2,3", "a:1,2,3,4", "3:1,2,3,4", "0:1,2,3,4"])
def test_a_box_that_names_nothing_is_a_wrong_use_and_publishes_nothing(
    campaign: Terminal, walls: list[str], box: str
) -> None:
    answer = campaign("post", "Two walls", *walls, "--cover", box)
    assert answer.exit_code == 2
    assert "--cover" in answer.stderr
    assert not list(campaign.data.glob("media/*/*"))


@pytest.mark.parametrize("box", ["x,2,3,4", "100,0,5,5", "1,1,0,5"])
def test_a_box_that_cannot_be_drawn_is_refused_and_publishes_nothing(
    campaign: Terminal, walls: list[str], box: str
) -> None:
    answer = campaign("post", "Two walls", *walls, "--cover", "1,1,1,1", "--cover", f"2:{box}")
    assert answer.exit_code == 1
    assert not list(campaign.data.glob("media/*/*"))
