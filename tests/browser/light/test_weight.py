"""Kind to a cracked phone: what a page weighs, when it is first seen, what it asks for, and that one gets about in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request

from tests.browser.conftest import WAIT_MS
from tests.browser.light.full import Full

pytestmark = pytest.mark.browser

Figure = Callable[[str], None]

PLAIN_BYTES, PACKED_BYTES, SHEET_BYTES = 30_000, 14_000, 12_000
#: Slow, far away: what a second may carry, and how long a question travels there and back.
BYTES_A_SECOND, ROUND_TRIP_MS = 400_000 // 8, 400
PICTURES = re.compile(r"/media/")
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
#: Every element that the Tab key should stop at, in the order of the page.
STOPS = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter((one) => one.matches('.skip') || one.checkVisibility()).map((one, place) => { one.dataset.place = place; return place; })"""
FOCUS = """() => { const one = document.activeElement, box = one.getBoundingClientRect();
  return { place: Number(one.dataset.place ?? -1), outline: getComputedStyle(one).outlineStyle, width: parseFloat(getComputedStyle(one).outlineWidth),
    seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight }; }"""
MOVES = """() => [...document.querySelectorAll('*')].filter((one) => { const style = getComputedStyle(one);
  return style.animationName !== 'none' || style.transitionDuration.split(',').some((time) => parseFloat(time) > 0.01) || style.scrollBehavior === 'smooth'; })
  .map((one) => one.outerHTML.slice(0, 80))"""


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 360, "height": 740})
    opened.set_default_timeout(WAIT_MS)
    yield opened
    opened.close()


def asked_for(page: Page) -> list[Request]:
    """Whatever a page asks for from now on."""
    found: list[Request] = []
    page.on("request", lambda one: found.append(one))
    return found


def weighed(asked: list[Request]) -> tuple[int, int]:
    """The bytes of what was asked for but pictures: on the wire with every header, and unpacked."""
    wire = plain = 0
    for one in asked:
        if PICTURES.search(one.url):
            continue
        answer = one.response()
        assert answer is not None, one.url
        sizes = one.sizes()
        wire += sizes["responseBodySize"] + sizes["responseHeadersSize"]
        plain += len(answer.body())
    return wire, plain


def test_every_public_page_is_light_and_asks_nobody_else(
    full: Full, paths: list[str], browser: Browser, figure: Figure
) -> None:
    heaviest, bad = (0, 0, ""), []
    for path in paths:
        context = browser.new_context(viewport={"width": 360, "height": 740})
        page = context.new_page()
        asked = asked_for(page)
        page.goto(f"{full.base}{path}", wait_until="load")
        wire, plain = weighed(asked)
        heaviest = max(heaviest, (wire, plain, path))
        if wire >= PACKED_BYTES or plain >= PLAIN_BYTES:
            bad.append(f"{path}: {wire} bytes on the wire, {plain} unpacked")
        kinds = {one.resource_type for one in asked}
        if not kinds <= {"document", "stylesheet", "image"} or page.locator("script").count():
            bad.append(f"{path}: asks for {kinds}")
        bad += [f"{path}: asks {one.url}" for one in asked if urlsplit(one.url).netloc != urlsplit(full.base).netloc]
        if page.locator("img:not([width][height])").count():
            bad.append(f"{path}: a picture without a size, so that the page jumps")
        if page.locator("figure img:not([loading=lazy])").count():
            bad.append(f"{path}: a picture that loads before it is near")
        context.close()
    figure(
        f"heaviest of {len(paths)} public pages: {heaviest[2]} {heaviest[0]} bytes on the wire, {heaviest[1]} unpacked"
    )
    assert not bad, "\n".join(bad)
    assert len(paths) >= 15


def test_a_list_goes_on_where_a_light_page_ends(full: Full, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(full.base)
    seen: list[str] = []
    while True:
        seen += page.locator("article").evaluate_all("(all) => all.map((one) => one.id)")
        older = page.get_by_role("link", name="Older")
        if not older.count():
            break
        older.click()
        page.wait_for_load_state()
    assert len(seen) == len(set(seen)) == 25
    page.goto(f"{full.base}/p/{full.post}")
    replies = page.locator("article.reply").count()
    while page.get_by_role("link", name="More replies").count():
        page.get_by_role("link", name="More replies").click()
        page.wait_for_load_state()
        replies += page.locator("article.reply").count()
    assert replies == 40


def test_the_first_paint_on_a_slow_line_far_away(full: Full, browser: Browser, figure: Figure) -> None:
    """Printed, not asserted: on a first visit everything is new, on the next page the stylesheet is there already."""
    for name, path in (("home", "/"), ("post", f"/p/{full.post}")):
        context = browser.new_context(viewport={"width": 360, "height": 740})
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        limits = {"latency": ROUND_TRIP_MS, "downloadThroughput": BYTES_A_SECOND, "uploadThroughput": BYTES_A_SECOND}
        session.send("Network.emulateNetworkConditions", {"offline": False, **limits})
        paints = []
        for address in (path, "/archive"):
            page.goto(f"{full.base}{address}", wait_until="commit", timeout=60_000)
            page.wait_for_function(f"() => {FIRST_PAINT.replace('[0].startTime', '.length > 0')}", timeout=60_000)
            paints.append(page.evaluate(FIRST_PAINT) / 1000)
        figure(
            f"first paint of {name} at 400 ms and 400 kbit/s: {paints[0]:.2f} s; of the next page: {paints[1]:.2f} s"
        )
        context.close()


def test_what_has_a_hash_in_its_name_is_asked_for_once(full: Full, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(full.base, wait_until="load")
    with httpx.Client(base_url=full.base) as asking:
        style = page.locator("link[rel=stylesheet]").first.get_attribute("href") or ""
        picture = page.locator("figure img").first.get_attribute("src") or ""
        for address in (style, picture):
            assert asking.get(address).headers["cache-control"] == "public, max-age=31536000, immutable"
    page.goto(f"{full.base}/archive", wait_until="load")
    sheets = page.evaluate(
        "performance.getEntriesByType('resource').filter((one) => one.name.endsWith('.css')).map((one) => one.transferSize)"
    )
    assert sheets
    assert not any(sheets)


def test_browsers_take_the_light_picture(full: Full, context: BrowserContext) -> None:
    page = context.new_page()
    asked = asked_for(page)
    page.goto(f"{full.base}/p/{full.post}", wait_until="load")
    page.locator("figure img").first.scroll_into_view_if_needed()
    page.wait_for_function("() => [...document.images].every((one) => one.complete && one.naturalWidth)")
    shown = [one.url for one in asked if PICTURES.search(one.url)]
    assert shown
    assert all(one.endswith(".small.avif") for one in shown)


def test_without_pictures_none_is_asked_for_on_any_page(full: Full, paths: list[str], context: BrowserContext) -> None:
    page = context.new_page()
    asked = asked_for(page)
    for path in paths:
        page.goto(f"{full.base}{path}{'&' if '?' in path else '?'}text=1", wait_until="load")
    page.goto(full.base, wait_until="load")
    assert any(PICTURES.search(one.url) for one in asked), "so that the list below is not empty for another reason"
    page.get_by_role("link", name="Without pictures").click()
    page.wait_for_url(lambda url: "text=1" in url)
    asked.clear()
    page.get_by_role("link", name=re.compile("^27|2026")).first.click()
    page.wait_for_url(lambda url: "/p/" in url and "text=1" in url)
    assert not [one.url for one in asked if PICTURES.search(one.url)]
    page.get_by_role("link", name="With pictures").click()
    page.wait_for_url(lambda url: "text=1" not in url)


def test_the_tab_key_stops_everywhere_in_order_and_is_seen(
    full: Full, paths: list[str], context: BrowserContext
) -> None:
    page = context.new_page()
    bad = []
    for path in paths:
        page.goto(f"{full.base}{path}")
        expected, reached = page.evaluate(STOPS), []
        for _ in expected:
            page.keyboard.press("Tab")
            focus = page.evaluate(FOCUS)
            reached.append(focus["place"])
            if focus["outline"] == "none" or focus["width"] < 2 or not focus["seen"]:
                bad.append(f"{path}: stop {focus['place']} is not seen")
        if reached != expected:
            bad.append(f"{path}: {reached}")
    assert not bad, "\n".join(bad)


def test_nothing_moves_for_those_who_want_it_so(full: Full, paths: list[str], browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    page = context.new_page()
    for path in paths:
        page.goto(f"{full.base}{path}")
        assert page.evaluate(MOVES) == [], path
    context.close()


def test_forced_colours_leave_every_boundary(full: Full, paths: list[str], browser: Browser) -> None:
    """Tints are gone then: what stood on one has a line around it."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, forced_colors="active")
    page = context.new_page()
    for path in paths:
        page.goto(f"{full.base}{path}")
        bare = page.locator(".note, .follow, summary, button, .button, input:not([type=hidden])").evaluate_all(
            "(all) => all.filter((one) => one.checkVisibility() && parseFloat(getComputedStyle(one).borderTopWidth) < 1).map((one) => one.outerHTML.slice(0, 80))"
        )
        assert bare == [], path
    context.close()


def test_the_stylesheet_stays_small() -> None:
    assert (Path(__file__).parents[3] / "templates" / "style.css").stat().st_size < SHEET_BYTES
