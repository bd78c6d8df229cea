"""Leaflets printed by a real browser: one page of the right size, with words to copy and a code that a camera reads."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, Route
from pypdf import PdfReader

from server.house import House
from tests.browser.conftest import WAIT_MS
from tests.calls import ARABIC, FARSI, NEEDS, TEXT, called_out
from tests.world import World, open_world

pytestmark = pytest.mark.browser

SIZES = {"a4": (210, 297), "a5": (148, 210), "a6": (105, 148)}
LONG = {
    "text": "\n\n".join([TEXT] * 30),
    "needs": "\n".join([NEEDS] * 8),
    "title": "Come to Calais and stand with the people " * 4,
}
#: What is called out, by a name.
CALLS: dict[str, dict[str, Any]] = {
    "normal": {},
    "short": {"text": "Tonight.", "needs": "", "instead": "", "starts_at": None, "title": "Come!"},
    "long": {**LONG, "urgent": True},
    "word": {"title": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk", "language": "de"},
    "ar": {"language": "ar", "title": ARABIC.title, "text": ARABIC.text, "place": ARABIC.place, "needs": ARABIC.needs},
    "fa": {"language": "fa", "title": FARSI.title, "text": FARSI.text, "place": FARSI.place, "needs": FARSI.needs},
    "ti": {"language": "ti", "title": "ወደ ካለ ንዑ", "text": "ወደባችን ክፍት ነው። " * 12, "place": "ካለ", "needs": "ምግቢ\nክዳን"},
}
#: The share of the paper that may stay white between the parts, their margins too.
MOST_GAPS = 0.2
#: How far each part of the sheet runs over its room, and whether one is drawn over another.
MEASURE = """() => {
  const sheet = document.querySelector('.sheet'), text = sheet.querySelector('.text');
  const boxes = [...sheet.children].map((one) => one.getBoundingClientRect());
  return {
    high: sheet.scrollHeight - sheet.clientHeight, wide: sheet.scrollWidth - sheet.clientWidth,
    text: text ? text.scrollHeight - text.clientHeight : 0,
    over: boxes.slice(1).some((box, index) => box.top < boxes[index].bottom - 1),
    foot: sheet.getBoundingClientRect().bottom - boxes.at(-1).bottom,
  };
}"""


async def _collected(folder: Path) -> dict[str, str]:
    """Every page and stylesheet there is, by path."""
    found: dict[str, str] = {}

    async def kept(world: World, house: House, path: str) -> None:
        answer = await world.get(f"{house.addresses.base}{path}")
        assert answer.status_code == 200
        found[path] = answer.text

    async with open_world(folder) as world:
        house = await world.campaign("here.test")
        for name, given in CALLS.items():
            post = await called_out(world, house, translations=(), **given)
            assert post.call is not None
            for size in SIZES:
                path = f"/p/{post.public_id}/leaflet?size={size}"
                await kept(world, house, path)
                found[f"{name} {size}"] = path
            found[f"{name} short"] = house.addresses.short(post.call.code)
        sheet = found[found["normal a4"]].partition('rel="stylesheet" href="')[2].partition('"')[0]
        await kept(world, house, sheet)
    return found


@pytest.fixture(scope="module")
def leaflets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return anyio.run(_collected, tmp_path_factory.mktemp("leaflets"))


@pytest.fixture
def page(browser: Browser, leaflets: dict[str, str]) -> Iterator[Page]:
    def answered(route: Route) -> None:
        path = route.request.url.removeprefix("https://here.test")
        kind = "text/css" if path.endswith(".css") else "text/html; charset=utf-8"
        route.fulfill(body=leaflets[path], content_type=kind)

    context = browser.new_context(viewport={"width": 900, "height": 1300})
    context.set_default_timeout(WAIT_MS)
    opened = context.new_page()
    opened.route("https://here.test/p/**", answered)
    opened.route("https://here.test/leaflet-*.css", answered)
    yield opened
    context.close()


def opened(page: Page, leaflets: dict[str, str], name: str, size: str) -> None:
    page.goto(f"https://here.test{leaflets[f'{name} {size}']}")


@pytest.mark.parametrize("size", SIZES)
def test_each_leaflet_is_one_page_of_its_paper(page: Page, leaflets: dict[str, str], size: str) -> None:
    for name in CALLS:
        opened(page, leaflets, name, size)
        printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
        assert len(printed.pages) == 1, name
        width, height = (float(side) / 72 * 25.4 for side in printed.pages[0].mediabox[2:])
        assert abs(width - SIZES[size][0]) < 1, name
        assert abs(height - SIZES[size][1]) < 1, name


@pytest.mark.parametrize("size", SIZES)
def test_the_printed_words_can_be_searched_and_the_controls_are_not_among_them(
    page: Page, leaflets: dict[str, str], size: str
) -> None:
    opened(page, leaflets, "normal", size)
    words = " ".join(PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages[0].extract_text().split())
    for said in (
        "OPEN",
        "Come to Calais",
        "Friday 2 October 2026, 18:00",
        "Paris time, UTC+2",
        "Two vans with drivers",
    ):
        assert said in words
    assert leaflets["normal short"].removeprefix("https://") in words.replace(" ", "")
    for control in ("Paper:", "Back to the call-out", "choose “Print”"):
        assert control not in words


@pytest.mark.parametrize("size", SIZES)
def test_a_camera_reads_the_code_off_the_paper(page: Page, leaflets: dict[str, str], size: str) -> None:
    page.emulate_media(media="print")
    for name in ("normal", "ar", "long"):
        opened(page, leaflets, name, size)
        picture = Image.open(io.BytesIO(page.locator(".sheet").screenshot()))
        (read,) = zxingcpp.read_barcodes(picture)
        assert read.text == leaflets[f"{name} short"]


@pytest.mark.parametrize("font", ["system-ui", "DejaVu Sans"])
@pytest.mark.parametrize("size", SIZES)
def test_nothing_runs_over_the_paper_or_over_another_part_in_narrow_and_wide_fonts(
    page: Page, leaflets: dict[str, str], size: str, font: str
) -> None:
    page.emulate_media(media="print")
    for name in CALLS:
        opened(page, leaflets, name, size)
        page.add_style_tag(content=f"body, .sheet {{ font-family: {font!r}, sans-serif !important }}")
        found = page.evaluate(MEASURE)
        assert found["high"] <= 1, (name, found)
        assert found["wide"] <= 1, (name, found)
        assert found["text"] <= 1, (name, found)
        assert not found["over"], name
        assert found["foot"] > 0, name


@pytest.mark.parametrize("size", SIZES)
def test_what_is_printed_fills_the_paper(page: Page, leaflets: dict[str, str], size: str) -> None:
    page.emulate_media(media="print")
    for name in CALLS.keys() - {"short"}:  # that one has the largest type there is
        opened(page, leaflets, name, size)
        high, gaps = page.locator(".sheet").evaluate(
            """(sheet) => { const boxes = [...sheet.children].map((one) => one.getBoundingClientRect());
              return [sheet.clientHeight, boxes.slice(1).reduce((sum, box, index) => sum + box.top - boxes[index].bottom, 0)]; }"""
        )
        assert gaps < MOST_GAPS * high, (name, gaps / high)


def test_the_sheet_is_black_on_white_whatever_the_screen_is(page: Page, leaflets: dict[str, str]) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(media="screen", color_scheme=scheme)
        opened(page, leaflets, "normal", "a5")
        colours = page.locator(".sheet").evaluate(
            "(one) => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]"
        )
        assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    page.emulate_media(media="screen", forced_colors="active")
    assert page.locator(".sheet").evaluate("(one) => getComputedStyle(one).color") == "rgb(0, 0, 0)"


@pytest.mark.parametrize("size", SIZES)
def test_the_leaflet_is_seen_whole_on_the_smallest_phone(page: Page, leaflets: dict[str, str], size: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    for name in ("normal", "ar", "long"):
        opened(page, leaflets, name, size)
        page.wait_for_load_state("domcontentloaded")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        heights = page.eval_on_selector_all(
            ".chrome a, .chrome button", "all => all.map((one) => one.getBoundingClientRect().height)"
        )
        assert min(heights) >= 44


def test_an_arabic_leaflet_begins_at_the_right(page: Page, leaflets: dict[str, str]) -> None:
    opened(page, leaflets, "ar", "a4")
    sheet, qr = page.locator(".sheet").bounding_box(), page.locator(".qr").bounding_box()
    assert sheet is not None
    assert qr is not None
    assert qr["x"] > sheet["x"] + sheet["width"] / 2
    assert page.locator("h1").evaluate("(one) => getComputedStyle(one).direction") == "rtl"


def test_another_paper_is_chosen_without_any_script(page: Page, leaflets: dict[str, str]) -> None:
    opened(page, leaflets, "normal", "a4")
    page.get_by_role("button", name="A6").click()
    assert page.url.endswith(leaflets["normal a6"])
    assert "a6" in (page.locator(".sheet").get_attribute("class") or "").split()
    assert page.get_by_role("button", name="A6").get_attribute("aria-current") == "true"
