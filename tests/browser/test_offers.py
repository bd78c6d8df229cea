"""Somebody who cannot come, with a cracked phone and no script: a car is offered, answered on the Desk, and the answer is found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.busy import Place, quay, served, speak
from tests.browser.conftest import WAIT_MS
from tests.browser.test_accessibility import OVER, TARGETS, opened, violations

pytestmark = pytest.mark.browser

WORDS = {
    "fr": {"kind": "Une voiture ou un trajet", "send": "Envoyer", "look": "Voir la réponse", "delete": "La supprimer maintenant"},
    "ar": {"kind": "سيارة أو توصيلة", "send": "أرسلوه", "look": "ابحثوا عن الجواب", "delete": "احذفه الآن"},
}  # fmt: skip


#: Answers that have less than half of the width that they could have.
SQUEEZED = """() => [...document.querySelectorAll('dl.facts dd')].filter((one) => one.clientWidth < one.parentElement.clientWidth * .45)
  .map((one) => one.innerText)"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with served(tmp_path_factory.mktemp("offers"), odd=False) as opened_place:
        yield opened_place


def kept(page: Page, name: str) -> None:
    """For whoever wants to look: a picture of the page, if a folder for it is named."""
    if folder := os.environ.get("CALLOUT_TEST_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def good(page: Page, name: str) -> None:
    """What nobody should meet, on a page that cannot be opened by its address alone."""
    page.wait_for_load_state()
    assert page.evaluate(OVER) == []
    assert page.evaluate(TARGETS, 44) == []
    kept(page, name)


def typed(page: Page, place: Place, language: str) -> None:
    """Choose a car, and fill the form in; it is open longer than three seconds."""
    page.goto(f"{place.busy.base}/")
    page.locator('footer a[href="/offer"]').click()
    kept(page, f"kinds-{language}")
    page.get_by_role("link", name=WORDS[language]["kind"]).click()
    page.locator("#f-count").fill("٣" if language == "ar" else "3")
    page.locator("#f-start").fill("Tourcoing")
    page.locator("#f-more").fill("عندي سيارة كبيرة" if language == "ar" else "Une grande voiture")
    page.locator("#picture1").set_input_files({"name": "quay.png", "mimeType": "image/png", "buffer": quay()})
    page.wait_for_timeout(3_200)


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_a_car_is_offered_and_the_answer_found_without_a_script(place: Place, browser: Browser, language: str) -> None:
    said = WORDS[language]
    desk = opened(place, browser, language=language)
    speak(place, desk, language)
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740}, locale=language)
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    typed(page, place, language)
    kept(page, f"form-{language}")
    page.get_by_role("button", name=said["send"]).click()
    code = page.locator(".code").inner_text()
    kept(page, f"sent-{language}")
    assert code not in page.url
    page.reload()  # as a phone does that was turned over
    assert page.locator(".code").inner_text() == code

    desk.goto(f"{place.busy.base}/desk/")
    good(desk, f"desk-{language}")
    desk.locator('main a[href="/desk/offers"]').click()
    desk.wait_for_url("**/desk/offers")
    good(desk, f"queue-{language}")
    assert desk.evaluate(SQUEEZED) == []
    desk.locator("article", has_text="Tourcoing").locator("a.button").last.click()
    desk.locator('button[value="claim"]').click()
    desk.locator("#text").fill("À neuf heures, au marché" if language == "fr" else "في التاسعة عند السوق")
    desk.locator('button[value="answer"]').click()
    expect(desk.locator(".quote")).to_have_count(1)
    good(desk, f"offer-{language}")

    page.goto(f"{place.busy.base}/offer/answer")
    page.locator("#code").fill(code.lower())
    page.get_by_role("button", name=said["look"]).click()
    assert page.locator(".quote").get_attribute("lang") == language
    kept(page, f"answer-{language}")
    page.locator("summary").click()
    page.get_by_role("button", name=said["delete"]).click()
    expect(page.get_by_role("status")).to_be_visible()
    page.locator("#code").fill(code)
    page.get_by_role("button", name=said["look"]).click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.context.cookies() == []
    desk.goto(f"{place.busy.base}/desk/offers?kind=car&state=claimed")
    assert not desk.get_by_text("Tourcoing").is_visible()
    context.close()


def test_the_pages_behind_the_form_are_for_everybody(place: Place, browser: Browser) -> None:
    """What is reached by sending: axe-core, the smallest phone, the dark, and the mistakes beside their fields."""
    page = opened(place, browser, 320, "fr")
    speak(place, page, "fr")
    page.goto(f"{place.busy.base}/offer?kind=car")
    page.locator("form").evaluate("one => one.noValidate = true")
    page.locator("#f-count").fill("x")
    page.locator("form button").click()
    expect(page.locator("[aria-invalid=true]")).to_have_count(2)
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    good(page, "mistakes-dark")
    page.locator("#f-count").fill("3")
    page.locator("#f-start").fill("Roubaix")
    page.wait_for_timeout(3_200)
    page.locator("form button").click()
    expect(page.locator(".code")).to_be_visible()
    found += violations(page)
    good(page, "sent-dark")
    page.locator("form button").click()
    expect(page.locator("summary")).to_be_visible()
    found += violations(page)
    good(page, "answer-dark")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")
    kept(page, "answer-wide")
    page.goto(f"{place.busy.base}/offer?kind=report")
    kept(page, "report-wide")
    page.goto(f"{place.busy.base}/desk/offers")
    kept(page, "queue-wide")
    page.locator("input[name=offer]").first.check()
    page.locator('button[value="delete"]').click()
    expect(page.locator("input[name=sure]")).to_have_count(1)
    found += violations(page)
    kept(page, "sure-wide")
    page.goto(f"{place.busy.base}/desk/offers/{place.busy.offer}")
    kept(page, "offer-wide")
    page.goto(f"{place.busy.base}/desk/offers/form")
    kept(page, "chosen-wide")
    assert found == []


def test_the_form_is_light(place: Place, browser: Browser) -> None:
    page = opened(place, browser)
    sizes: dict[str, int] = {}
    page.on("response", lambda answer: sizes.update({answer.url: len(answer.body())}))
    for path in ("/offer", "/offer?kind=car"):
        sizes.clear()
        page.goto(f"{place.busy.base}{path}", wait_until="networkidle")
        shown = [size for url, size in sizes.items() if "/media/" not in url]
        assert sum(shown) < 30_000, sizes
