"""Translating on a phone and at a desk, without any script: the original is beside its translation, or above it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FloatRect, Page, expect

from tests.browser.conftest import WAIT_MS, Site

pytestmark = pytest.mark.browser

ARABIC = "الرصيف مفتوح من جديد. تعالوا الليلة."


def opened(browser: Browser, session: Path, width: int, language: str = "en") -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, storage_state=session, java_script_enabled=False, locale=language
    )
    context.set_default_timeout(WAIT_MS)
    return context.new_page()


def fits(page: Page) -> bool:
    page.wait_for_load_state("domcontentloaded")
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def boxes(page: Page) -> tuple[FloatRect, FloatRect]:
    """Where the original and the words of its translation are."""
    original = page.locator(".pair .words").first.bounding_box()
    field = page.locator("#text").bounding_box()
    assert original is not None
    assert field is not None
    return original, field


def test_a_post_is_translated_and_approved_on_a_phone(site: Site, session: Path, browser: Browser) -> None:
    site.terminal("languages", "en", "ar", "fa")
    url = site.terminal.json("post", "The quay is open again. Come tonight.", "--lang", "en")["url"]
    home = f"{site.base}/desk/posts/{url.rpartition('/')[2]}/translations"
    page = opened(browser, session, 320)
    page.goto(f"{site.base}/desk/")
    page.locator('a[href="/desk/translations"]').first.click()
    page.get_by_role("link", name="The quay is open again. Come tonight.").first.click()
    assert page.url == home
    assert fits(page)
    page.get_by_role("link", name=re.compile("العربية")).click()
    original, field = boxes(page)
    assert original["y"] < field["y"], "above it"
    assert fits(page)
    page.locator("#text").fill(ARABIC)
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Readers have it once it is approved.")).to_be_visible()
    page.get_by_role("button", name="Approve what was saved").click()
    expect(page.get_by_text("Readers and other servers have it now.")).to_be_visible()
    page.goto(url.replace("/p/", "/ar/p/"))
    assert page.locator('.words[lang="ar"][dir="rtl"]').first.inner_text().strip() == ARABIC
    page.context.close()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_at_a_desk_the_original_is_beside_its_translation(
    site: Site, session: Path, browser: Browser, language: str
) -> None:
    url = site.terminal.json("post", "Beside it. " * 20, "--lang", "en")["url"]
    page = opened(browser, session, 1280, language)
    page.goto(f"{site.base}/desk/posts/{url.rpartition('/')[2]}/translations/ar")
    original, field = boxes(page)
    assert abs(original["y"] - field["y"]) < 80
    assert (original["x"] < field["x"]) == (language == "en"), "in the direction of the Desk"
    assert page.locator("#text").evaluate("(one) => getComputedStyle(one).direction") == "rtl"
    assert fits(page)
    page.context.close()
