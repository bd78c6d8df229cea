"""The figures that have a target as one picture: a bar each, by how far it is from its target. Plain SVG, no script."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from tests.bench.figures import Figure

ROW, TOP, NAMES, BARS, REST = 24, 64, 400, 320, 270
WIDTH = NAMES + BARS + REST
#: The bar is full at so many times the target; what is more is cut and marked.
FULL = 2.0
STYLE = """
    text { font: 13px system-ui, sans-serif; fill: #1d2327; } .faint { fill: #5a6570; }
    .met { fill: #2f7d5b; } .missed { fill: #b4512a; } .track { fill: #8a94a022; } .limit { stroke: #1d2327; stroke-width: 1.5; }
    .ground { fill: #ffffff; }
    @media (prefers-color-scheme: dark) {
        text { fill: #e6e9ec; } .faint { fill: #9aa5b0; } .ground { fill: #14181c; }
        .met { fill: #57b48a; } .missed { fill: #e2804f; } .track { fill: #9aa5b033; } .limit { stroke: #e6e9ec; }
    }
"""


def chart(figures: Sequence[Figure], title: str) -> str:
    """The picture as text."""
    shown = [one for one in figures if one.target is not None or one.failed]
    height = TOP + ROW * len(shown) + 12
    rows = "".join(_row(one, TOP + ROW * number) for number, one in enumerate(shown))
    line = NAMES + BARS / FULL
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        f' role="img"><title>{escape(title)}</title><style>{STYLE}</style>'
        f'<rect class="ground" width="{WIDTH}" height="{height}"/><text x="16" y="24">{escape(title)}</text>'
        f'<text class="faint" x="{line}" y="{TOP - 12}" text-anchor="middle">target</text>{rows}'
        f'<line class="limit" x1="{line}" x2="{line}" y1="{TOP - 6}" y2="{height - 8}"/></svg>\n'
    )


def _row(one: Figure, y: int) -> str:
    """At least: the bar should cross the line. At most: it should end before."""
    part = one.value / one.target if one.target else one.value + 1.0 if one.value else 0.0
    length = 0.0 if one.failed else max(1.0, min(part, FULL) / FULL * BARS)
    over = f'<text x="{NAMES + BARS - 14}" y="{y + 14}">»</text>' if part > FULL and not one.failed else ""
    words = f"{one.shown}  {one.wanted}" if not one.failed else "failed"
    return (
        f'<text x="{NAMES - 10}" y="{y + 14}" text-anchor="end">{escape(one.name)}</text>'
        f'<rect class="track" x="{NAMES}" y="{y + 3}" width="{BARS}" height="{ROW - 9}" rx="2"/>'
        f'<rect class="{"met" if one.met else "missed"}" x="{NAMES}" y="{y + 3}" width="{length:.1f}" height="{ROW - 9}" rx="2"/>'
        f'{over}<text x="{NAMES + BARS + 10}" y="{y + 14}">{escape(words)}'
        f' <tspan class="faint">{"" if one.met else one.verdict}</tspan></text>'
    )
