"""A brigade comes while somebody stands at a border with a small phone: a few taps, no script."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from server.base.clock import system_clock
from server.base.settings import Settings
from server.compose import open_house
from server.features.access.model import Who
from server.features.posts.views import by_public_id
from server.house import House
from tests.browser.conftest import WAIT_MS, Site, sign_in
from tests.browser.test_pages import LUMINANCE, NARROW
from tests.commands.conftest import Terminal
from tests.features.flood import follows, says
from tests.processes import callout, free_port

pytestmark = pytest.mark.browser

COPIES = 62


@dataclass
class Besieged:
    """A campaign under a brigade: what was said, and where it shows."""

    site: Site
    page: str


async def _seed(settings: Settings, public_id: str) -> None:
    house = await open_house(settings, system_clock)
    try:
        await _speak(house, public_id)
    finally:
        await house.close()


async def _speak(house: House, public_id: str) -> None:
    async with house.database.snapshot() as snapshot:
        post = await by_public_id(snapshot, public_id)
    for number in range(3):
        await follows(house, f"friend{number}@kind.test")
    shown = await says(house, "amal@kind.test", "<p>We come with two cars and tea.</p>", post)
    await house.conversation.decide(Who.console(), [shown], "approved")
    await says(house, "lea@ami.test", "<p>Nous avons trois lits libres pour vendredi.</p>", post, language="fr")
    picture = (("https://ami.test/tents.jpg", "image/jpeg", "Tents beside the road"),)
    await says(
        house, "noor@ami.test", "<p>نأتي مساء الجمعة مع بطانيات وشاي.</p>", post, language="ar", attachments=picture
    )
    for number in range(COPIES):
        mark = "!" * (number % 4) + f" {number}"
        words = f'<p><a href="https://localhost/@harbour" class="u-url mention">@harbour</a> Go HOME, nobody wants you{mark}</p>'
        await says(house, f"troll{number}@mean{number % 31}.test", words, post)
    await says(house, "poet@mean1.test", "<p>Another thing altogether from the same place</p>", post)


def _run(settings: Settings, public_id: str) -> None:
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _seed(settings, public_id)).result()


@pytest.fixture
def besieged(tmp_path: Path) -> Iterator[Besieged]:
    terminal, port = Terminal(tmp_path), free_port()
    made = terminal("init", "--domain", f"localhost:{port}", "--handle", "harbour", "--name", "Open Harbour")
    assert made.exit_code == 0, made.output
    post = terminal.json("post", "The quay is open again tonight.")
    settings = Settings.load(terminal.environ, terminal.data)
    _run(replace(settings, min_free_bytes=0), post["url"].rpartition("/")[2])
    server = callout(terminal.data, port, terminal.environ)
    server.start()
    site = Site(terminal, server, f"http://localhost:{port}", post["url"], "", "")
    yield Besieged(site, post["url"])
    assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()


def phone(besieged: Besieged, browser: Browser, **more: object) -> tuple[BrowserContext, Page]:
    context = browser.new_context(viewport={"width": 360, "height": 700}, java_script_enabled=False, **more)  # type: ignore[arg-type]
    sign_in(besieged.site, context)
    return context, context.new_page()


def test_a_brigade_is_hidden_by_one_tap_put_back_by_one_and_its_server_blocked_by_two(
    besieged: Besieged, browser: Browser
) -> None:
    context, page = phone(besieged, browser)
    context.set_default_timeout(WAIT_MS)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{besieged.site.base}/desk/conversation")
    group = page.locator("article", has_text=f"{COPIES} like this from 31 servers")
    assert group.count() == 1, "one line for all copies"
    expect(page.locator("article")).to_have_count(4)
    page.wait_for_load_state("domcontentloaded")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    group.get_by_role("button", name="Hide all").click()
    assert page.get_by_role("status").inner_text() == "Hidden from every page."
    expect(page.locator("article")).to_have_count(3)
    assert "Go HOME" not in page.content()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("article", has_text=f"{COPIES} like this")).to_have_count(1)
    assert all(url.startswith(besieged.site.base) for url in asked), "no picture of a stranger is ever asked for"
    expect(page.get_by_role("link", name="Tents beside the road")).to_be_visible()
    page.goto(f"{besieged.site.base}/desk/conversation?server=mean1.test")
    page.get_by_role("button", name="Block the server…").click()
    expect(page.get_by_role("heading", name="Block 1 server?")).to_be_visible()
    expect(page.get_by_text("Nobody follows from here:")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="Block these servers").click()
    page.goto(f"{besieged.site.base}/desk/conversation")
    assert "Another thing altogether" not in page.content()
    expect(page.locator("article", has_text="60 like this from 30 servers")).to_have_count(1)
    context.close()


def test_what_is_shown_hidden_or_under_a_rule_is_so_on_the_page_at_once(besieged: Besieged, browser: Browser) -> None:
    context, page = phone(besieged, browser)
    context.set_default_timeout(WAIT_MS)
    reader = browser.new_context().new_page()
    reader.goto(besieged.page)
    expect(reader.get_by_text("We come with two cars and tea.")).to_be_visible()
    page.goto(f"{besieged.site.base}/desk/conversation?state=approved")
    page.locator("article").first.get_by_role("button", name="Hide").click()
    reader.reload()
    assert reader.get_by_text("We come with two cars and tea.").count() == 0
    page.goto(f"{besieged.site.base}/desk/conversation?language=fr")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Show the marked").click()
    reader.reload()
    expect(reader.get_by_text("Nous avons trois lits")).to_be_visible()
    page.goto(f"{besieged.site.base}/desk/conversation/rules")
    page.get_by_label("Words", exact=False).first.fill("go home")
    page.get_by_role("button", name="Look how many wait with them").click()
    assert f"{COPIES} have these words" in page.get_by_role("status").inner_text()
    page.get_by_role("button", name="Add the rule").click()
    page.goto(f"{besieged.site.base}/desk/conversation")
    expect(page.locator("article")).to_have_count(2)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_full_screens_are_readable_and_tappable(besieged: Besieged, browser: Browser, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 360, "height": 700})  # type: ignore[arg-type]
    sign_in(besieged.site, context)
    page = context.new_page()
    for path in ("/desk/conversation", "/desk/conversation?first=1", "/desk/conversation?state=approved", "/desk/followers?server=kind.test"):  # fmt: skip
        page.goto(f"{besieged.site.base}{path}")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        page.wait_for_load_state("domcontentloaded")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        assert page.evaluate(LUMINANCE) == [], path
        assert page.evaluate(NARROW) == [], path
    context.close()
