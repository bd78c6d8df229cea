"""Blurhash: a picture in thirty letters, drawn while the real one loads (the algorithm of blurha.sh)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
Pixel = tuple[int, int, int]


def _base83(value: int, length: int) -> str:
    return "".join(_ALPHABET[value // 83 ** (length - place - 1) % 83] for place in range(length))


def _linear(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def _srgb(value: float) -> int:
    share = max(0.0, min(1.0, value))
    return round(255 * (share * 12.92 if share <= 0.0031308 else 1.055 * share ** (1 / 2.4) - 0.055))


def _signed_root(value: float) -> float:
    return math.copysign(math.sqrt(abs(value)), value)


def _factor(rows: Sequence[Sequence[tuple[float, float, float]]], x: int, y: int) -> tuple[float, float, float]:
    height, width = len(rows), len(rows[0])
    red = green = blue = 0.0
    for row_index, row in enumerate(rows):
        vertical = math.cos(math.pi * y * row_index / height)
        for column, pixel in enumerate(row):
            weight = vertical * math.cos(math.pi * x * column / width)
            red += weight * pixel[0]
            green += weight * pixel[1]
            blue += weight * pixel[2]
    scale = (1 if x == 0 and y == 0 else 2) / (width * height)
    return red * scale, green * scale, blue * scale


def encode(pixels: Sequence[Sequence[Pixel]], across: int = 4, down: int = 3) -> str:
    """The hash of rows of sRGB pixels (use a thumbnail); `across` and `down` are at most 5 (Mastodon ignores more)."""
    rows = [[(_linear(p[0]), _linear(p[1]), _linear(p[2])) for p in row] for row in pixels]
    factors = [_factor(rows, x, y) for y in range(down) for x in range(across)]
    first, rest = factors[0], factors[1:]
    most = max((abs(value) for factor in rest for value in factor), default=0.0)
    quantised = max(0, min(82, math.floor(most * 166 - 0.5)))
    largest = (quantised + 1) / 166
    average = (_srgb(first[0]) << 16) + (_srgb(first[1]) << 8) + _srgb(first[2])
    text = _base83(across - 1 + (down - 1) * 9, 1) + _base83(quantised, 1) + _base83(average, 4)
    for factor in rest:
        parts = [max(0, min(18, math.floor(_signed_root(value / largest) * 9 + 9.5))) for value in factor]
        text += _base83(parts[0] * 361 + parts[1] * 19 + parts[2], 2)
    return text
