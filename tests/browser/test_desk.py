"""A day at the Desk, by tapping and typing."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.browser.conftest import WAIT_MS, Site, sign_in

pytestmark = pytest.mark.browser


def test_an_organiser_writes_edits_pins_and_deletes(
    site: Site, session: Path, browser: Browser, tmp_path: Path
) -> None:
    picture = tmp_path / "boat.jpg"
    Image.new("RGB", (800, 600), "navy").save(picture)
    context = browser.new_context(viewport={"width": 390, "height": 780}, storage_state=session)
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto(f"{site.base}/desk/")
    page.get_by_role("link", name="Write", exact=True).click()
    page.get_by_label("Words", exact=True).fill("A boat came in #harbour")
    page.get_by_label("Content warning").fill("The sea")
    page.locator("summary", has_text="Pictures").click()
    page.get_by_label("Picture 1").set_input_files(picture)
    page.get_by_label("What it shows, for those who cannot see it").first.fill("A blue boat")
    page.get_by_label("Language of the words").select_option("fr")
    page.get_by_label("Who sees it").select_option("public")
    page.get_by_role("button", name="Publish").click()
    assert page.url.startswith(f"{site.base}/desk/posts")
    line = page.locator("article").first
    assert "A boat came in" in line.inner_text()
    line.get_by_role("link", name="A boat came in").click()
    expect(page.locator("summary", has_text="The sea")).to_be_visible()
    page.locator("summary").first.click()
    expect(page.get_by_alt_text("A blue boat")).to_be_visible()
    post = page.url
    page.goto(f"{site.base}/desk/posts")
    page.locator("article").first.get_by_role("link", name="Edit").click()
    page.get_by_label("Words", exact=True).fill("Two boats came in #harbour")
    page.get_by_role("button", name="Save the edit").click()
    page.goto(post)
    page.locator("summary").first.click()
    expect(page.get_by_text("Two boats came in")).to_be_visible()
    assert page.get_by_alt_text("A blue boat").is_visible(), "an edit keeps the picture"
    page.goto(f"{site.base}/desk/posts")
    page.locator("article").first.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    answer = page.goto(post)
    assert answer is not None
    assert answer.status == 410
    context.close()


def test_a_refused_form_keeps_what_was_typed(site: Site, session: Path, browser: Browser, tmp_path: Path) -> None:
    bad = tmp_path / "boat.jpg"
    bad.write_bytes(b"no picture at all")
    context = browser.new_context(storage_state=session)
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto(f"{site.base}/desk/write")
    page.get_by_label("Words", exact=True).fill("Words that took long to write")
    page.locator("summary", has_text="Pictures").click()
    page.get_by_label("Picture 1").set_input_files(bad)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.get_by_label("Words", exact=True).input_value() == "Words that took long to write"
    context.close()


def test_the_profile_is_changed_and_the_page_shows_it(site: Site, session: Path, browser: Browser) -> None:
    context = browser.new_context(storage_state=session)
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto(f"{site.base}/desk/profile")
    page.get_by_label("What the campaign is for").fill("A harbour for everybody.")
    page.get_by_label("Label").first.fill("Site")
    page.get_by_label("Words or a link").first.fill("https://example.org/harbour")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_be_visible()
    page.goto(site.base)
    expect(page.get_by_text("A harbour for everybody.")).to_be_visible()
    assert page.locator('a[rel~="me"]').get_attribute("href") == "https://example.org/harbour"
    context.close()


def test_signing_out_and_in_again_with_the_password(site: Site, browser: Browser) -> None:
    site.terminal("organiser", "invite", "second", "--role", "writer")
    context = browser.new_context()
    context.set_default_timeout(WAIT_MS)
    sign_in(site, context, "second")
    page = context.new_page()
    page.goto(f"{site.base}/desk/more")
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{site.base}/desk/posts")
    assert page.url.startswith(f"{site.base}/desk/sign-in")
    page.get_by_label("Name").fill("second")
    page.get_by_label("Password").fill("three plain words")
    page.get_by_role("button", name="Sign in").click()
    assert page.url == f"{site.base}/desk/"
    context.close()
