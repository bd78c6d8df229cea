"""The pages in a real browser: small phones, both colour schemes, both directions, keyboards."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from server.web.pages.calendar import week_name
from tests.browser.conftest import WAIT_MS, Site

pytestmark = pytest.mark.browser

PUBLIC = [
    "/",
    "/archive",
    "/calendar",
    "WEEK",
    "/tags/openharbour",
    "/tags/harbour",
    "/tags",
    "/feeds",
    "SHARE",
    "/nothing",
    "/desk/sign-in",
    "POST",
    "WARNED",
    "DELETED",
]
DESK = ["/desk/", "/desk/write", "/desk/posts", "/desk/conversation/replies", "/desk/conversation/messages", "/desk/conversation/interactions", "/desk/conversation/reports", "/desk/conversation/rules", "/desk/followers", "/desk/followers/servers", "/desk/people", "/desk/profile", "/desk/reviews", "/desk/policy", "/desk/account", "/desk/team", "/desk/lock", "/desk/audit", "/desk/lookup", "/desk/more"]  # fmt: skip
DESK += ["/desk/call", "/desk/blocks", "/desk/blocks/lists", "/desk/blocks/allow", "/desk/allies", "/desk/home"]

#: Each width and each scheme once; test_accessibility has every page in both schemes.
WINDOWS = [(320, "light"), (1280, "dark")]

LUMINANCE = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = (text) => rgb(text).map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (one) => { for (let e = one; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor; if (!/, 0\\)$|transparent/.test(c)) return c; } return 'rgb(255,255,255)'; };
  const bad = [];
  for (const one of document.querySelectorAll('p, a, button, label, h1, h2, summary, dt, dd, li, time, legend')) {
    if (!one.innerText || !one.offsetParent) continue;
    const [a, b] = [light(getComputedStyle(one).color), light(ground(one))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.push(one.tagName + ' ' + one.innerText.slice(0, 30) + ' ' + ratio.toFixed(2));
  }
  return bad;
}"""

NARROW = """() => [...document.querySelectorAll('a, button, select, input:not([type=hidden])')].filter((one) => {
  if (!one.offsetParent || one.closest('.words, p, dd, dt, bdi, label')) return false;
  const box = one.getBoundingClientRect();
  return box.height < 24 || box.width < 24;
}).map((one) => one.outerHTML.slice(0, 80))"""


def address(site: Site, path: str) -> str:
    week = f"{site.base}/calendar/{week_name(datetime.now(UTC).date())}"
    return {
        "POST": site.post,
        "WARNED": site.warned,
        "DELETED": site.deleted,
        "SHARE": f"{site.post}/share",
        "WEEK": week,
    }.get(path, f"{site.base}{path}")


def examine(page: Page, site: Site, path: str, width: int) -> None:
    """Open one page and look at what no reader should meet."""
    asked: list[str] = []
    said: list[str] = []

    def noted(request: Request) -> None:
        asked.append(request.url)

    def heard(message: ConsoleMessage) -> None:
        said.append(message.text)

    page.on("request", noted)
    page.on("console", heard)
    page.goto(address(site, path))
    page.wait_for_load_state("domcontentloaded")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing hangs over the edge"
    assert all(url.startswith((site.base, "data:")) for url in asked), "nobody else is asked"
    assert not [text for text in said if "Failed to load resource" not in text], (
        "the browser has nothing to complain about"
    )
    expect(page.locator("script:not([src])" if path.startswith("/desk/") else "script")).to_have_count(0)
    assert page.locator("h1").count() <= 1
    expect(page.locator("main")).to_have_count(1)
    assert page.evaluate("document.documentElement.lang")
    assert page.evaluate(LUMINANCE) == []
    assert page.evaluate(NARROW) == []
    expect(page.locator("img:not([alt])")).to_have_count(0)
    unnamed = "() => [...document.querySelectorAll('input:not([type=hidden]):not([hidden]), textarea, select')].filter(e => !e.labels.length).length"
    assert page.evaluate(unnamed) == 0, "every field has a label"
    page.remove_listener("request", noted)
    page.remove_listener("console", heard)


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_public_pages(site: Site, browser: Browser, width: int, scheme: str) -> None:
    dark = scheme == "dark"
    context = browser.new_context(viewport={"width": width, "height": 640}, color_scheme="dark" if dark else "light")
    page = context.new_page()
    for path in PUBLIC:
        examine(page, site, path, width)
    context.close()


ENDS = """(one) => [one.firstChild, one.lastChild].map((part) => {
  const range = document.createRange();
  range.selectNode(part);
  return range.getBoundingClientRect().left;
})"""


def test_a_latin_tag_begins_with_its_sign_between_arabic_words(site: Site, browser: Browser) -> None:
    url = site.terminal.json("post", "تعالوا الليلة. #Calais #NoBorders", "--lang", "ar")["url"]
    context = browser.new_context(viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(url)
    site.terminal("delete", url)
    tags = page.locator(".words a")
    assert [one.inner_text() for one in tags.all()] == ["#Calais", "#NoBorders"]
    for one in tags.all():
        sign, end = one.evaluate(ENDS)
        assert sign < end, one.inner_text()
    context.close()


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_the_desk(site: Site, session: Path, browser: Browser, width: int, scheme: str) -> None:
    dark = scheme == "dark"
    context = browser.new_context(
        viewport={"width": width, "height": 640}, color_scheme="dark" if dark else "light", storage_state=session
    )
    page = context.new_page()
    for path in DESK:
        examine(page, site, path, width)
        assert page.url.startswith(f"{site.base}/desk"), path
    context.close()


def test_without_javascript_nothing_is_missing(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto(site.warned)
    assert not page.get_by_text("Careful words").is_visible(), "the warning comes first"
    page.get_by_text("People on the move").click()
    expect(page.get_by_text("Careful words")).to_be_visible()
    context.close()


def test_right_to_left_words_stand_right(site: Site, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(site.base)
    words = page.locator('.words[lang="ar"]')
    assert words.evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert words.evaluate("e => getComputedStyle(e).textAlign") in {"start", "right"}
    page.close()


def test_the_keyboard_reaches_the_content_first_and_focus_is_seen(site: Site, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(site.base)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline not in {"none", ""}
    page.close()
