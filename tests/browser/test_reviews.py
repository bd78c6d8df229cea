"""Two people and one post, on phones, with and without a script."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, chromium, sign_in
from tests.commands.conftest import Terminal
from tests.processes import callout, free_port

pytestmark = pytest.mark.browser


@contextmanager
def phone(site: Site, browser: Browser, name: str, *, script: bool) -> Iterator[Page]:
    """Somebody who is signed in on a small phone."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=script)
    sign_in(site, context, name)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A campaign of its own: two editors who have come in change what everybody may do alone."""
    terminal, port = Terminal(tmp_path_factory.mktemp("reviews")), free_port()
    made = terminal("init", "--domain", f"localhost:{port}", "--handle", "harbour", "--name", "Open Harbour")
    assert made.exit_code == 0, made.output
    server = callout(terminal.data, port, terminal.environ)
    server.start()
    opened = Site(terminal, server, f"http://localhost:{port}", "", "", "")
    with chromium() as browser:
        for name in ("nora", "omar"):
            terminal("organiser", "invite", name, "--role", "editor")
            context = browser.new_context()
            sign_in(opened, context, name)
            context.close()
    yield opened
    assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()


def write(page: Page, site: Site, words: str, picture: Path) -> None:
    page.goto(f"{site.base}/desk/write")
    page.get_by_label("Words", exact=True).fill(words)
    page.locator("summary", has_text="Pictures").click()
    page.get_by_label("Picture 1").set_input_files(picture)
    page.get_by_role("button", name="Publish").click()
    assert "second pair of eyes" in page.get_by_role("status").inner_text()


def open_the_newest(page: Page, site: Site, words: str) -> None:
    page.goto(f"{site.base}/desk/")
    page.get_by_role("link", name="To look at before it goes out").click()
    page.get_by_role("link", name=words).click()


def fits(page: Page) -> bool:
    """Nothing has to be pushed sideways."""
    page.wait_for_load_state("domcontentloaded")
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "boat.jpg"
    Image.new("RGB", (1200, 900), "navy").save(path)
    return path


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_a_post_of_two_people(site: Site, browser: Browser, picture: Path, script: bool) -> None:
    words = f"Tea at 12 Harbour Street {'with' if script else 'without'} a script"
    with phone(site, browser, "nora", script=script) as nora:
        write(nora, site, words, picture)
        nora.get_by_role("link", name=words).click()
        assert nora.get_by_role("button", name="Approve").count() == 0
    with phone(site, browser, "omar", script=script) as omar:
        open_the_newest(omar, site, words)
        expect(omar.get_by_text("An exact place.")).to_be_visible()
        expect(omar.get_by_text("look for faces")).to_be_visible()
        expect(omar.get_by_text("A picture has no description.")).to_be_visible()
        if script:
            assert fits(omar)
        omar.get_by_label("What should be changed").fill("Which street is nobody's business")
        omar.get_by_role("button", name="Send it back").click()
        expect(omar.get_by_text("Which street is nobody's business").first).to_be_visible()
    with phone(site, browser, "nora", script=script) as nora:
        write(nora, site, words.replace("at 12 Harbour Street", "for everybody"), picture)
    with phone(site, browser, "omar", script=script) as omar:
        open_the_newest(omar, site, "Tea for everybody")
        omar.get_by_role("button", name="Approve and publish").click()
        assert "Published." in omar.get_by_role("status").inner_text()
        omar.goto(site.base)
        expect(omar.get_by_text(words.replace("at 12 Harbour Street", "for everybody")).first).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_the_glass_is_broken_and_looked_at_afterwards(
    site: Site, browser: Browser, picture: Path, script: bool
) -> None:
    words = f"They are here {'with' if script else 'without'} a script"
    with phone(site, browser, "nora", script=script) as nora:
        write(nora, site, words, picture)
        nora.get_by_role("link", name=words).click()
        nora.locator("summary", has_text="It cannot wait").click()
        nora.get_by_label("Why it cannot wait").fill("Ten minutes")
        nora.get_by_role("button", name="Publish without a second look").click()
        assert "until somebody else has looked" in nora.get_by_role("status").inner_text()
        nora.goto(site.base)
        expect(nora.get_by_text(words).first).to_be_visible()
    with phone(site, browser, "omar", script=script) as omar:
        open_the_newest(omar, site, words)
        expect(omar.get_by_text("Ten minutes")).to_be_visible()
        omar.get_by_role("button", name="I have looked: it is fine").click()
        assert "somebody else has looked" in omar.get_by_role("status").inner_text()
        assert omar.get_by_role("link", name=words).count() == 0
