"""Colours that can be read: contrast as WCAG 2.2 counts it, and a colour moved until it has enough."""

from __future__ import annotations

import re
from typing import Final

#: What text of any size needs (WCAG 2.2, 1.4.3).
ENOUGH: Final = 4.5
STEPS: Final = 100
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)

Rgb = tuple[int, int, int]


def parsed(colour: str) -> Rgb:
    """`#rrggbb` as three numbers. Raises ValueError."""
    if not is_colour(colour):
        raise ValueError("not #rrggbb")
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def is_colour(text: str) -> bool:
    """True for `#rrggbb`."""
    return _COLOUR.fullmatch(text) is not None


def _hex(rgb: Rgb) -> str:
    return "#" + "".join(f"{part:02x}" for part in rgb)


def luminance(rgb: Rgb) -> float:
    """How bright a colour is, between 0 and 1."""
    linear = [part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The ratio of two colours, from 1 to 21."""
    a, b = luminance(parsed(one)), luminance(parsed(other))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


def readable(colour: str, ground: str) -> str:
    """The colour, or the nearest one between it and black (white on a dark ground) that can be read there. Raises ValueError."""
    rgb, end = parsed(colour), _WHITE if luminance(parsed(ground)) < 0.18 else _BLACK
    for step in range(STEPS + 1):
        red, green, blue = (round(a + (b - a) * step / STEPS) for a, b in zip(rgb, end, strict=True))
        moved = _hex((red, green, blue))
        if contrast(moved, ground) >= ENOUGH:
            return moved
    raise ValueError("no colour can be read on this ground")
