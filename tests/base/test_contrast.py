from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.base.contrast import ENOUGH, contrast, is_colour, readable
from server.web.shared.theme import GROUNDS, theme
from tests.words import TEMPLATES

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#a3182b", "#a3182b") == 1


@given(COLOURS, COLOURS)
def test_every_colour_becomes_one_that_can_be_read(colour: str, ground: str) -> None:
    assert contrast(readable(colour, ground), ground) >= ENOUGH


@given(COLOURS)
def test_a_button_in_the_accent_can_be_read_too(colour: str) -> None:
    light, dark = (readable(colour, ground) for ground in GROUNDS)
    assert contrast(light, "#ffffff") >= ENOUGH
    assert contrast(dark, "#161514") >= ENOUGH


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert readable("#a3182b", GROUNDS[0]) == "#a3182b"
    assert readable("#ffd400", GROUNDS[1]) == "#ffd400"


@pytest.mark.parametrize("text", ["", "red", "#fff", "#a3182b;}", "#A3182B", "a3182b", "#a3182g", "#a3182b\n"])
def test_anything_else_is_no_colour(text: str) -> None:
    assert not is_colour(text)
    with pytest.raises(ValueError, match="rrggbb"):
        readable(text, "#ffffff")


def test_no_colour_makes_no_stylesheet_and_one_makes_a_small_one() -> None:
    assert theme("") == ("", b"")
    path, body = theme("#ffd400")
    assert re.fullmatch(r"/theme-[0-9a-f]{12}\.css", path)
    assert re.fullmatch(rb":root\{--accent:light-dark\((#[0-9a-f]{6}),#ffd400\);--band:\1\}\n", body)


def test_the_band_is_dark_enough_for_white_words_in_the_dark_too() -> None:
    for name in ("style.css", "card.css"):
        css = (TEMPLATES / name).read_text()
        assert ".call{background:var(--band);color:#fff" in css
        band = re.search(r"--band:(#[0-9a-f]{6})", css)
        assert band is not None
        assert contrast(band[1], "#ffffff") >= ENOUGH


def test_the_grounds_are_those_of_the_stylesheet_and_it_is_light() -> None:
    css = (TEMPLATES / "style.css").read_text()
    assert f"--tint:light-dark({','.join(GROUNDS)})" in css
    assert len(css.encode()) < 12_000


def test_the_stylesheet_knows_no_left_and_right() -> None:
    css = (TEMPLATES / "style.css").read_text() + (TEMPLATES / "desk.css").read_text()
    assert re.findall(r"(?<![\w-])(?:(?:margin|padding|border)-(?:left|right)|left|right|float)\s*:", css) == []


@pytest.mark.parametrize("pair", [("ink", "paper"), ("muted", "paper"), ("accent", "tint"), ("muted", "tint"), ("warn", "tint"), ("danger", "paper"), ("on-accent", "accent")])  # fmt: skip
def test_every_pair_of_the_stylesheet_can_be_read(pair: tuple[str, str]) -> None:
    css = (TEMPLATES / "style.css").read_text().replace("#fff,", "#ffffff,")
    found = [re.search(rf"--{name}:light-dark\((#\w+),(#\w+)\)", css) for name in pair]
    for scheme in (1, 2):
        one, other = (match[scheme] for match in found if match)
        assert contrast(one, other) >= ENOUGH
