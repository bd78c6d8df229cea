"""The media bench: covering a face by touch, by keys and by numbers, and pictures in their order."""

from __future__ import annotations

import io
import re
import secrets
import sqlite3
from pathlib import Path

import msgspec
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from server.features.posts.model import Draft
from tests.browser.conftest import WAIT_MS, Site

pytestmark = pytest.mark.browser

PHONE = ViewportSize(width=360, height=740)
#: Where the face is, in the pixels of the picture.
FACE = (300, 200, 420, 360)
BLACK = (0, 0, 0)
#: A redrawn picture is waited for longer than a page.
REDRAWN_MS = 20_000


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Three photos with a red face each, on grounds that differ."""
    paths = []
    for ground in ("steelblue", "darkseagreen", "khaki"):
        image = Image.new("RGB", (800, 600), ground)
        ImageDraw.Draw(image).ellipse(FACE, fill="red")
        paths.append(tmp_path / f"{ground}.jpg")
        image.save(paths[-1], quality=95)
    return paths


def phone(site: Site, session: Path, browser: Browser, *, touch: bool = False, script: bool = True) -> BrowserContext:
    context = browser.new_context(
        viewport=PHONE, has_touch=touch, java_script_enabled=script, storage_state=session, base_url=site.base
    )
    context.set_default_timeout(WAIT_MS)
    return context


def bench_of_a_new_draft(site: Site, context: BrowserContext) -> Page:
    """A draft that is there already, whoever wrote it: planted, so that these walks are about pictures alone."""
    name = secrets.token_hex(8)
    payload = msgspec.json.encode(Draft(text="Look at the quay", language="en")).decode()
    database = sqlite3.connect(site.terminal.data / "callout.db", timeout=10)
    with database:
        database.execute(
            "INSERT INTO drafts (id, public_id, actor_id, state, payload, created_at, updated_at)"
            " SELECT :id, :name, id, 'draft', :payload, created_at, created_at FROM actors WHERE kind = 'campaign'",
            {"id": secrets.randbits(40), "name": name, "payload": payload},
        )
    database.close()
    page = context.new_page()
    page.goto(f"/desk/drafts/{name}/pictures")
    return page


def done(page: Page) -> None:
    """The screen says that it was done: pictures are redrawn in a process of their own, behind whatever else the machine does."""
    page.locator("p.note[role=status]").wait_for(timeout=REDRAWN_MS)


def add(page: Page, *paths: Path) -> None:
    page.get_by_label("Add pictures").set_input_files(list(paths))
    page.get_by_role("button", name=re.compile("^(Add|Save)$")).first.click()
    done(page)


def pixels(page: Page, number: int = 1) -> Image.Image:
    """The picture as it is kept now, whole."""
    src = page.locator(".bench img").nth(number - 1).get_attribute("src")
    assert src is not None
    answer = page.request.get(src.replace("/small", "/whole"))
    assert answer.status == 200
    return Image.open(io.BytesIO(answer.body())).convert("RGB")


def colours(image: Image.Image, box: tuple[int, int, int, int]) -> set[object]:
    cut = image.crop(box)
    return {color for _, color in cut.getcolors(cut.width * cut.height) or ()}


def red_is_gone(image: Image.Image) -> bool:
    return not any(
        isinstance(one, tuple) and one[0] > 150 and one[1] < 90 for one in colours(image, (0, 0, *image.size))
    )


def corner(page: Page) -> tuple[float, float, float]:
    """Where the picture begins on the screen, and how many of its pixels make one of the screen."""
    box = page.locator("svg.picture").first.bounding_box()
    assert box is not None
    return box["x"], box["y"], 800 / box["width"]


def flick(page: Page, box: tuple[int, int, int, int]) -> None:
    """A finger goes from one corner to the other and is lifted in motion: the next tap is a tap all the same."""
    page.locator("svg.picture").first.scroll_into_view_if_needed()
    x, y, scale = corner(page)
    left, top, right, bottom = box
    touch = page.context.new_cdp_session(page)
    path = [(left, top), ((left + right) / 2, (top + bottom) / 2), (right, bottom)]
    points = [{"x": x + across / scale, "y": y + down / scale} for across, down in path]
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:1]})
    for point in points[1:]:
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_face_is_covered_by_touch(site: Site, session: Path, browser: Browser, photos: list[Path]) -> None:
    context = phone(site, session, browser, touch=True)
    page = bench_of_a_new_draft(site, context)
    add(page, photos[0])
    assert not red_is_gone(pixels(page))
    page.get_by_role("button", name="Cover faces and signs").tap()
    flick(page, FACE)
    expect(page.locator("svg.picture rect")).to_have_count(1)
    page.get_by_role("button", name="Cover for good").tap()
    done(page)
    covered = pixels(page)
    assert red_is_gone(covered)
    assert colours(covered, (310, 210, 410, 350)) == {BLACK}
    page.get_by_role("button", name="Focal point").tap()
    flick(page, FACE)
    page.get_by_role("button", name="Keep this point").tap()
    done(page)
    page.get_by_role("button", name="Focal point").tap()
    assert float(page.get_by_label("From the left").input_value()) == pytest.approx(FACE[2] / 8, abs=1)
    context.close()


def test_a_face_is_covered_with_keys_alone(site: Site, session: Path, browser: Browser, photos: list[Path]) -> None:
    context = phone(site, session, browser)
    page = bench_of_a_new_draft(site, context)
    add(page, photos[0])
    page.get_by_role("button", name="Cover faces and signs").press("Enter")
    page.locator("svg.picture").first.focus()
    # One too many; then the other from the middle (40, 40, 20, 20 percent) over the face.
    for key in ["Enter", "Enter", "Delete", *["ArrowLeft"] * 5, *["ArrowUp"] * 10, *["Shift+ArrowDown"] * 12]:
        page.keyboard.press(key)
    expect(page.locator("svg.picture rect")).to_have_count(1)
    first = page.locator("fieldset.box").first
    assert [field.input_value() for field in first.locator("input").all()] == ["35", "30", "20", "32"]
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.textContent") != "Cover for good":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    done(page)
    assert red_is_gone(pixels(page))
    context.close()


def test_a_face_is_covered_without_a_script(site: Site, session: Path, browser: Browser, photos: list[Path]) -> None:
    context = phone(site, session, browser, script=False)
    page = bench_of_a_new_draft(site, context)
    add(page, photos[0])
    page.get_by_role("button", name="Cover faces and signs").click()
    for label, value in (("Left", "37"), ("Top", "33"), ("Width", "16"), ("Height", "28")):
        page.get_by_label(label, exact=True).first.fill(value)
    page.get_by_role("button", name="Show how it will look").click()
    expect(page.get_by_alt_text("The covered picture")).to_be_visible()
    assert page.get_by_label("Height", exact=True).first.input_value() == "28"
    page.get_by_role("button", name="Cover for good").click()
    done(page)
    assert red_is_gone(pixels(page))
    page.get_by_role("button", name="Focal point").click()
    page.get_by_label("From the left").fill("90")
    page.get_by_role("button", name="Keep this point").click()
    done(page)
    page.get_by_role("button", name="Focal point").click()
    assert page.get_by_label("From the left").input_value() == "90"
    context.close()


def names(page: Page) -> list[str | None]:
    return [one.get_attribute("id") for one in page.locator("ol.bench > li").all()]


def test_pictures_are_put_in_order_by_button_and_by_dragging_and_described(
    site: Site, session: Path, browser: Browser, photos: list[Path]
) -> None:
    context = phone(site, session, browser)
    page = bench_of_a_new_draft(site, context)
    add(page, *photos)
    first, second, third = names(page)
    page.get_by_label("What it shows").nth(1).fill("The quay, empty")
    page.get_by_role("button", name="Up: picture 2").click()
    done(page)
    assert names(page) == [second, first, third]
    assert page.get_by_label("What it shows").first.input_value() == "The quay, empty", "no button loses what was typed"
    expect(page.get_by_text("1 of 3 has words")).to_be_visible()
    handle, target = page.locator(".drag").last, page.locator("ol.bench > li").first
    handle.scroll_into_view_if_needed()
    start = handle.bounding_box()
    assert start is not None
    page.mouse.move(start["x"] + 10, start["y"] + 10)
    page.mouse.down()
    target.evaluate("node => node.scrollIntoView({behavior: 'instant'})")
    there = target.bounding_box()
    assert there is not None
    page.mouse.move(there["x"] + 20, there["y"] + 5)
    with page.expect_navigation():
        page.mouse.up()
    assert names(page) == [third, second, first]
    page.get_by_role("button", name="Remove picture 1").click()
    done(page)
    assert names(page) == [second, first]
    context.close()
