"""Keys, focus, and what the Desk says while something takes its time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import WAIT_MS, Site

pytestmark = pytest.mark.browser


@pytest.fixture
def page(site: Site, session: Path, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(storage_state=session, viewport={"width": 390, "height": 780})
    context.set_default_timeout(WAIT_MS)
    yield context.new_page()
    context.close()


def test_a_key_leads_to_each_place_but_not_while_somebody_writes(site: Site, page: Page) -> None:
    page.goto(f"{site.base}/desk/more")
    for key, path in (("d", "/desk/"), ("c", "/desk/conversation"), ("p", "/desk/posts"), ("m", "/desk/more"), ("/", "/desk/lookup")):  # fmt: skip
        page.keyboard.press(key)
        page.wait_for_url(f"{site.base}{path}")
    page.get_by_label("A handle").press("d")
    assert page.get_by_label("A handle").input_value() == "d"
    assert page.url == f"{site.base}/desk/lookup"


def test_the_list_of_keys_opens_over_what_one_does_and_gives_the_focus_back(site: Site, page: Page) -> None:
    page.goto(f"{site.base}/desk/posts")
    link = page.get_by_role("link", name="Write")
    link.focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("d")
    assert page.url == f"{site.base}/desk/posts", "the page behind it does not listen"
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(link).to_be_focused()


def test_keys_can_be_switched_off(site: Site, page: Page) -> None:
    page.goto(f"{site.base}/desk/keys")
    page.get_by_label("Use these keys in this browser").uncheck()
    page.goto(f"{site.base}/desk/more")
    page.keyboard.press("d")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.url == f"{site.base}/desk/more"


def test_items_are_walked_through(site: Site, page: Page) -> None:
    page.goto(f"{site.base}/desk/posts")
    words = page.locator("article > p:first-child").all_inner_texts()
    seen = []
    for key in ("j", "j", "k"):
        page.keyboard.press(key)
        seen.append(page.evaluate("document.activeElement.querySelector('p').innerText"))
    assert seen == [words[0], words[1], words[0]]
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "one sees where one is"
    page.keyboard.press("o")
    page.wait_for_url(f"{site.base}/p/**")


def test_a_form_is_sent_once_and_says_that_it_is_sent(site: Site, page: Page) -> None:
    page.goto(f"{site.base}/desk/language")
    sent: list[str] = []

    def slow(route: Route) -> None:
        sent.append(route.request.method)
        route.fulfill(status=204)  # the page stays as it is

    page.route("**/desk/language", slow)
    for _ in range(3):
        page.evaluate("document.querySelector('form.stack').requestSubmit()")
        expect(page.get_by_text("Sending…")).to_be_visible()
    assert sent == ["POST"]


def test_what_was_done_has_the_focus_so_that_it_is_read_first(site: Site, page: Page) -> None:
    page.goto(f"{site.base}/desk/language")
    page.get_by_label("As your browser asks").check()
    page.get_by_role("button", name="Use it").click()
    expect(page.get_by_text("The Desk speaks this language now.")).to_be_focused()


def test_the_bar_at_the_bottom_never_covers_what_has_the_focus(site: Site, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 500})
    page.goto(f"{site.base}/desk/profile")
    top = "document.querySelector('nav.main').getBoundingClientRect().top"
    hidden = []
    for _ in range(60):
        page.keyboard.press("Tab")
        inside = page.evaluate("!!document.activeElement.closest('main')")
        bottom = page.evaluate("document.activeElement.getBoundingClientRect().top")
        if inside and bottom >= page.evaluate(top):
            hidden.append(page.evaluate("document.activeElement.outerHTML.slice(0, 80)"))
    assert hidden == []
