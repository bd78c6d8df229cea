"""Writing as people do it: words that save themselves, a look before, an hour for later; and the same without any script."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import WAIT_MS, Site

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}


def opened(browser: Browser, session: Path, *, scripts: bool = True) -> Page:
    context = browser.new_context(viewport=PHONE, storage_state=session, java_script_enabled=scripts)  # type: ignore[arg-type]
    context.set_default_timeout(WAIT_MS)
    return context.new_page()


def fits(page: Page) -> bool:
    page.wait_for_load_state("domcontentloaded")
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_words_save_themselves_and_survive_a_reload(site: Site, session: Path, browser: Browser) -> None:
    page = opened(browser, session)
    page.goto(f"{site.base}/desk/write")
    words = page.get_by_label("Words", exact=True)
    words.fill("Words that nobody tapped Save for")
    expect(page.locator("#saved")).to_have_text(re.compile(r"^Saved \d"))
    assert "/desk/drafts/" in page.url
    page.reload()
    assert words.input_value() == "Words that nobody tapped Save for"
    page.get_by_label("Content warning").press("Enter")
    assert page.url.endswith("?done=kept"), "Enter saves and publishes nothing"
    words.fill("Words that changed")
    expect(page.locator("#saved")).to_have_text(re.compile(r"^Not saved"))
    page.get_by_role("button", name="Publish").click()
    assert page.url.startswith(f"{site.base}/desk/posts")
    assert "Words that changed" in page.locator("article").first.inner_text()
    page.context.close()


def test_without_a_connection_and_after_somebody_else_nothing_is_lost(
    site: Site, session: Path, browser: Browser
) -> None:
    page = opened(browser, session)
    page.goto(f"{site.base}/desk/write")
    words, problem = page.get_by_label("Words", exact=True), page.locator("#unsaved")
    words.fill("First")
    expect(page.locator("#saved")).to_have_text(re.compile(r"^Saved \d"))
    page.context.set_offline(True)
    words.fill("Written in a tunnel")
    expect(problem).to_contain_text("no connection")
    page.context.set_offline(False)
    expect(page.locator("#saved")).to_have_text(re.compile(r"^Saved \d"))
    other = page.context.new_page()
    other.goto(page.url)
    assert other.get_by_label("Words", exact=True).input_value() == "Written in a tunnel"
    other.get_by_label("Words", exact=True).fill("Theirs")
    other.get_by_role("button", name="Save draft").click()
    other.wait_for_url("**done=kept")
    words.fill("Mine")
    expect(problem).to_contain_text("Somebody else has changed this draft")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert words.input_value() == "Mine"
    page.context.close()


def test_signed_out_in_the_middle_the_words_wait_for_the_next_sign_in(
    site: Site, session: Path, browser: Browser
) -> None:
    page = opened(browser, session)
    page.goto(f"{site.base}/desk/write")
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.get_by_label("Words", exact=True).fill("Written too long")
    expect(page.locator("#unsaved")).to_contain_text("signed out")
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.locator("input[name=csrf]").first.evaluate("field => field.value = 'stale'")
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.locator("#saved")).to_have_text(re.compile(r"^Saved \d"))
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_draft_is_seen_scheduled_and_thrown_away(
    site: Site, session: Path, browser: Browser, tmp_path: Path, *, scripts: bool
) -> None:
    file = tmp_path / "boat.jpg"
    Image.new("RGB", (800, 600), "navy").save(file)
    page = opened(browser, session, scripts=scripts)
    page.goto(f"{site.base}/desk/write")
    page.get_by_label("Words", exact=True).fill("A boat will come #harbour")
    page.get_by_label("Content warning").fill("The sea")
    page.locator("summary", has_text="Pictures").click()
    page.get_by_label("Picture 1").set_input_files(file)
    page.get_by_label("What it shows, for those who cannot see it").first.fill("A blue boat")
    page.get_by_role("button", name="Preview").click()
    page.wait_for_url("**/preview")
    page.wait_for_load_state()
    assert not scripts or fits(page)
    for summary in page.locator("main summary").all():
        summary.click()
    expect(page.get_by_text("A boat will come")).to_have_count(2)
    expect(page.get_by_alt_text("A blue boat")).to_have_count(2)
    page.get_by_role("link", name="Back to the words").click()
    assert page.get_by_label("Content warning").input_value() == "The sea"
    page.get_by_role("button", name="Schedule").click()
    assert page.url.endswith("/schedule")
    page.get_by_label("Day and time").fill("2020-01-01T10:00")
    page.get_by_role("button", name="Schedule it").click()
    assert "still to come" in page.get_by_role("alert").inner_text()
    page.get_by_label("Day and time").fill(_tomorrow())
    page.get_by_label("Time zone").select_option("Asia/Kabul")
    page.get_by_role("button", name="Schedule it").click()
    assert page.url.startswith(f"{site.base}/desk/drafts")
    line = page.locator("article", has_text="A boat will come")
    assert "05:30 UTC" in line.inner_text()
    line.get_by_role("link", name="Discard").click()
    page.get_by_role("button", name="Throw it away").click()
    expect(page.locator("article", has_text="A boat will come")).to_have_count(0)
    page.context.close()


def test_a_correction_shows_on_the_old_page(site: Site, session: Path, browser: Browser) -> None:
    made = site.terminal.json("post", "Meet at the quay")
    page = opened(browser, session)
    page.goto(f"{site.base}/desk/posts")
    page.locator("article", has_text="Meet at the quay").first.get_by_role("link", name="Correct").click()
    page.get_by_label("What was wrong").fill("Correction: not the quay, the bridge.")
    page.get_by_label("of the post, from now on").fill("Meet at the bridge")
    page.get_by_role("button", name="Correct it").click()
    assert "a new post says what was wrong" in page.get_by_role("status").first.inner_text()
    page.goto(made["url"])
    expect(page.get_by_text("Corrected on").first).to_be_visible()
    page.get_by_role("link", name=re.compile("^edited")).first.click()
    expect(page.locator("del", has_text="quay")).to_be_visible()
    expect(page.locator("ins", has_text="bridge")).to_be_visible()
    assert fits(page)
    page.context.close()


def _tomorrow() -> str:
    """Ten in the morning of the day after tomorrow, in Kabul: 05:30 in UTC."""
    return f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}T10:00"
