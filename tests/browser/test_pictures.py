"""The pictures of the papers: taken from the running thing. `make pictures` puts them into `docs/pictures/`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser.busy import Place, served, speak
from tests.browser.conftest import WAIT_MS

pytestmark = pytest.mark.browser

KEPT = Path(__file__).parents[2] / "docs" / "pictures"
PHONE, WIDE = (390, 760), (1200, 760)
MAX_BYTES = 90_000
#: Name, path, window, scheme and language of each; the Desk has three languages, of which an organiser chooses one.
PICTURES = (
    ("page", "/", PHONE, "light", "en"),
    ("call-farsi", "/p/CALL", PHONE, "light", "fa"),
    ("desk", "/desk/", PHONE, "light", "en"),
    ("replies-dark", "/desk/conversation/replies", PHONE, "dark", "en"),
    ("desk-arabic", "/desk/", PHONE, "light", "ar"),
    ("desk-wide", "/desk/conversation/replies", WIDE, "light", "en"),
    ("write-wide-dark", "/desk/write", WIDE, "dark", "fr"),
)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with served(tmp_path_factory.mktemp("calm"), odd=False) as place:
        yield place


def taken(place: Place, page: Page, path: str, to: Path) -> None:
    """The window as it is, in few colours: it stays small."""
    page.goto(f"{place.busy.base}{path.replace('CALL', place.busy.call)}")
    page.screenshot(path=to, animations="disabled")
    with Image.open(to) as whole:
        whole.convert("RGB").quantize(96, dither=Image.Dither.NONE).save(to, optimize=True)


def test_the_pictures_of_the_papers_can_be_taken_and_are_small(calm: Place, browser: Browser, tmp_path: Path) -> None:
    folder = KEPT if os.environ.get("CALLOUT_PICTURES") else tmp_path
    for name, path, (width, height), scheme, language in PICTURES:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            storage_state=calm.state,
            locale=language,
        )
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        if path.startswith("/desk/"):
            speak(calm, page, language)
        taken(calm, page, path, folder / f"{name}.png")
        context.close()
    assert {path.stem for path in KEPT.glob("*.png")} == {name for name, *_ in PICTURES}, "`make pictures`"
    for picture in [*KEPT.glob("*.png"), *folder.glob("*.png")]:
        assert picture.stat().st_size < MAX_BYTES, picture.name
