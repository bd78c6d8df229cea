"""Places on a picture as people give them: percent of its width and height, counted from the left and from the top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from server.base.errors import Invalid
from server.base.pictures import Box

#: More faces than that are covered in two goes.
MAX_BOXES: Final = 20


def _number(text: str) -> float:
    try:
        return float(text.strip().rstrip("%").replace(",", "."))
    except ValueError:
        raise Invalid("Write numbers between 0 and 100, such as 12.5.") from None


def box_of(left: str, top: str, width: str, height: str) -> Box:
    """A box from four numbers; what lies beyond the picture is cut off. Raises Invalid."""
    x, y, wide, high = (_number(one) / 100 for one in (left, top, width, height))
    # Written so that "not a number" is refused too.
    if not (0 <= x < 1 and 0 <= y < 1):
        raise Invalid("A box begins inside the picture: left and top are 0 or more and less than 100.")
    if not (0 < wide <= 1 and 0 < high <= 1):
        raise Invalid("A box has a width and a height, each more than 0 and at most 100.")
    return (x, y, min(1.0, x + wide), min(1.0, y + high))


def check_boxes(boxes: Sequence[Box]) -> None:
    """Raise Invalid for none, or for too many."""
    if not boxes:
        raise Invalid("Draw at least one box, or give its four numbers.")
    if len(boxes) > MAX_BOXES:
        raise Invalid("At most %(max)s boxes at once. Cover these first, then the others.", max=MAX_BOXES)


def focus_of(left: str, top: str) -> tuple[float, float]:
    """A focal point as the network knows it, -1 to 1 and upwards, from two percentages. Raises Invalid."""
    x, y = _number(left), _number(top)
    if not (0 <= x <= 100 and 0 <= y <= 100):
        raise Invalid("The point lies inside the picture: both numbers are between 0 and 100.")
    return (round(x / 50 - 1, 3), round(1 - y / 50, 3))


def shares_of(focus: tuple[float, float] | None) -> tuple[float, float]:
    """Where a focal point lies, as shares of width and height; the middle if nobody chose one."""
    x, y = focus or (0.0, 0.0)
    return ((x + 1) / 2, (1 - y) / 2)
