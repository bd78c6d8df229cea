"""The cracked phone: from a leaflet in Farsi to a car that is offered, without a script. It follows from Fedify in tests/interop/test_walk.py."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import icalendar
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pypdf import PdfReader

from tests.browser.busy import Place, served
from tests.browser.conftest import WAIT_MS
from tests.browser.test_accessibility import opened
from tests.calls import FARSI

pytestmark = pytest.mark.browser

#: The form takes nothing that comes back sooner than somebody can type.
TYPING_MS = 3_200


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with served(tmp_path_factory.mktemp("walk"), odd=False) as opened_place:
        yield opened_place


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740}, locale="fa-IR")
    context.set_default_timeout(WAIT_MS)
    yield context
    context.close()


def read_right_to_left(page: Page) -> None:
    root = page.locator("html")
    assert (root.get_attribute("lang"), root.get_attribute("dir")) == ("fa", "rtl")


def test_from_the_leaflet_to_the_page_the_calendar_and_an_offer(
    place: Place, browser: Browser, phone: BrowserContext
) -> None:
    page = phone.new_page()
    page.goto(f"{place.busy.base}/fa/c/{place.busy.code.upper()}")
    read_right_to_left(page)
    assert page.url.endswith(f"/fa/p/{place.busy.call}")
    band = page.locator("section.call")
    expect(band).to_contain_text(FARSI.title)
    expect(band).to_contain_text(FARSI.place)
    assert "۰" not in (band.locator("time").first.get_attribute("datetime") or "۰"), "machines read other digits"

    link = band.locator('a[href$="/event.ics"]').first.get_attribute("href")
    answer = phone.request.get(f"{place.busy.base}{link}")
    assert answer.headers["content-type"].startswith("text/calendar")
    event: dict[str, Any]
    (event,) = (dict(one.items()) for one in icalendar.Calendar.from_ical(answer.body()).walk("VEVENT"))
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == (FARSI.title, FARSI.place)
    assert event["DTSTART"].dt < event["DTEND"].dt

    band.locator('a[href*="/offer?about="]').click()
    read_right_to_left(page)
    page.locator('main a[href*="kind=car"]').click()
    page.locator("#f-count").fill("۳")
    page.locator("#f-start").fill("تورکوان")
    page.wait_for_timeout(TYPING_MS)
    page.locator("main form button").last.click()
    code = page.locator(".code").inner_text()
    assert code not in page.url

    desk = opened(place, browser)
    desk.goto(f"{place.busy.base}/desk/offers?kind=car")
    desk.locator("article", has_text="تورکوان").locator("a.button").last.click()
    desk.locator('button[value="claim"]').click()
    desk.locator("#text").fill("ساعت نه، کنار بازار ماهی")
    desk.locator('button[value="answer"]').click()
    expect(desk.locator(".quote")).to_have_count(1)

    page.goto(f"{place.busy.base}/fa/offer/answer")
    page.locator("#code").fill(code)
    page.locator("main form button").first.click()
    expect(page.locator(".quote")).to_contain_text("ساعت نه")
    assert phone.cookies() == []


def test_the_leaflet_is_printed_and_the_way_to_one_s_own_server_is_shown(
    place: Place, browser: Browser, phone: BrowserContext
) -> None:
    page = phone.new_page()
    page.goto(f"{place.busy.base}/fa/p/{place.busy.call}/leaflet?size=a6")
    pdf = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(pdf.pages) == 1
    assert f"/fa/c/{place.busy.code}" in "".join(pdf.pages[0].extract_text().split())

    page.goto(f"{place.busy.base}/fa/")
    page.locator('a[href="/fa/interact"]').click()
    read_right_to_left(page)
    expect(page.locator("main")).to_contain_text("@harbour@harbour.example")
    page.locator("#account").fill("nobody@127.0.0.1")
    page.locator("main form button").first.click()
    expect(page.get_by_role("alert")).to_be_visible()
    read_right_to_left(page)
