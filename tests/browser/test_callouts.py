"""Call-outs in a real browser: the form by tapping, the band on phones and wide, light, dark and from right to left."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import WAIT_MS, Site
from tests.browser.test_pages import examine

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
ARABIC = ["call", "new", "تعالوا يوم الجمعة", "--place", "قرب الميناء", "--from", "2199-09-28T10:00", "--until", "2199-10-02T18:00", "--zone", "Europe/Paris",
          "--needs", "خيام\nشاي", "--instead", "أعيرونا سيارة", "--text", "تعالوا وقفوا مع سكان المخيم.", "--lang", "ar", "--urgent"]  # fmt: skip
ENGLISH = ["call", "new", "Come to the harbour", "--place", "near the port, behind the old lighthouse", "--until", "2199-10-02T18:00",
           "--from", "2199-09-28T10:00", "--zone", "Europe/Paris", "--needs", "Tents\nHot tea\nPeople who speak Tigrinya",
           "--instead", "Lend us a car, or a bed for a night", "--text", "The camps are to be cleared by the end of next week."]  # fmt: skip


@dataclass
class Calls:
    """Addresses by how they stand."""

    open: str
    urgent: str
    moved: str
    cancelled: str


@pytest.fixture(scope="module")
def calls(site: Site) -> Iterator[Calls]:
    def made(words: list[str], state: str = "") -> str:
        url: str = site.terminal.json(*words)["url"]
        if state:
            site.terminal("call", "state", url, state, "--no-tell")
        return url

    found = Calls(made(ENGLISH), made(ARABIC), made([*ENGLISH, "--lang", "de"], "moved"), made(ENGLISH, "cancelled"))
    yield found
    for url in (found.open, found.urgent, found.moved, found.cancelled):
        site.terminal("delete", url)


def shot(page: Page, name: str) -> None:
    """Keep a picture for whoever wants to look: `CALLOUT_SHOTS` names a folder."""
    folder = os.environ.get("CALLOUT_SHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_the_band_is_whole_on_every_screen(
    browser: Browser, site: Site, calls: Calls, width: int, scheme: Scheme
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=True
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    for name in ("open", "urgent", "moved", "cancelled"):
        examine(page, site, getattr(calls, name).removeprefix(site.base), width)
        band = page.locator("section.call")
        expect(band).to_have_count(1)
        coming = band.locator(".come .button")
        expect(coming).to_have_count(0 if name == "cancelled" else 2)
        if name != "cancelled":
            one, other = coming.nth(0).bounding_box(), coming.nth(1).bounding_box()
            assert one is not None
            assert other is not None
            assert (round(one["width"]), round(one["height"])) == (round(other["width"]), round(other["height"]))
            assert one["height"] >= 44
        shot(page, f"band-{name}-{width}-{scheme}")
    examine(page, site, "/", width)
    assert page.locator("section.call").count() >= 2
    shot(page, f"home-{width}-{scheme}")
    context.close()


def test_a_call_out_is_made_by_tapping(browser: Browser, site: Site, session: Path) -> None:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, java_script_enabled=False, storage_state=session
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto(f"{site.base}/desk/")
    page.get_by_role("link", name="New call-out").tap()
    page.get_by_label("What", exact=False).first.fill("Bring blankets")
    page.get_by_role("button", name="Publish").tap()
    expect(page.locator("#wrong-place")).to_be_visible()
    expect(page.locator("#wrong-until")).to_be_visible()
    shot(page, "form-wrong-360")
    page.locator("#place").fill("by the old crane")
    page.locator("#until").fill(f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%d}T18:00")
    page.locator("#zone").select_option("Europe/Athens")
    page.locator("#needs").fill("Blankets")
    page.get_by_role("button", name="Preview").tap()
    expect(page.get_by_text("CALL-OUT - by the old crane")).to_be_visible()
    shot(page, "preview-360")
    page.get_by_role("button", name="Publish").tap()
    expect(page.get_by_role("status")).to_contain_text("Published")
    page.get_by_role("link", name="How it stands").first.tap()
    shot(page, "states-360")
    page.get_by_role("link", name="Cancel it everywhere").tap()
    expect(page.get_by_label("Also say it in a new post")).to_be_checked()
    shot(page, "cancel-360")
    page.get_by_role("button", name="Cancel it everywhere").tap()
    expect(page.get_by_role("status")).to_contain_text("Changed")
    (made,) = (one for one in site.terminal.json("call", "list", "--all") if one["title"] == "Bring blankets")
    assert made["state"] == "cancelled"
    site.terminal("delete", made["id"])
    context.close()


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_form_fits_in_every_language(
    browser: Browser, site: Site, session: Path, calls: Calls, language: str, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 740}, locale=language, storage_state=session, has_touch=True
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    name = calls.open.rpartition("/")[2]
    for number, path in enumerate(["/desk/call", f"/desk/posts/{name}/edit", f"/desk/posts/{name}/state", f"/desk/posts/{name}/state?to=moved"]):  # fmt: skip
        examine(page, site, path, width)
        expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
        shot(page, f"desk{number}-{width}-{language}")
    context.close()
