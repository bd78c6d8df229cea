"""An organiser on a small phone cuts a list of servers off, takes it back, and boosts what an ally calls for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import WAIT_MS, Site, sign_in
from tests.browser.test_pages import NARROW
from tests.commands.conftest import Terminal
from tests.processes import callout, free_port, until

pytestmark = pytest.mark.browser

LOOPBACK = {"CALLOUT_ALLOW_NETWORKS": "127.0.0.0/8,::1/128", "CALLOUT_ALLOW_HTTP": "true"}


def served(folder: Path, handle: str, name: str) -> tuple[Site, Iterator[None]]:
    folder.mkdir()
    terminal, port = Terminal(folder), free_port()
    terminal.environ |= {**LOOPBACK, "CALLOUT_BASE_URL": f"http://localhost:{port}"}
    made = terminal("init", "--domain", f"localhost:{port}", "--handle", handle, "--name", name)
    assert made.exit_code == 0, made.output
    server = callout(terminal.data, port, terminal.environ)
    server.start()
    site = Site(terminal, server, f"http://localhost:{port}", "", "", "")

    def stopping() -> Iterator[None]:
        yield
        assert server.stop() == 0
        assert "Traceback" not in server.log.read_text()

    return site, stopping()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Site, Site]]:
    """Two campaigns that can reach each other."""
    ours, stop_ours = served(tmp_path / "ours", "bridges", "Bridges")
    theirs, stop_theirs = served(tmp_path / "theirs", "harbour", "Open Harbour")
    for one in (stop_ours, stop_theirs):
        next(one)
    yield ours, theirs
    for one in (stop_ours, stop_theirs):
        next(one, None)


def looked_at(page: Page) -> None:
    """What a small phone must never meet."""
    page.wait_for_load_state("domcontentloaded")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url
    assert page.evaluate(NARROW) == [], page.url


def test_an_ally_is_added_its_call_out_boosted_and_a_list_applied_and_undone(
    pair: tuple[Site, Site], browser: Browser
) -> None:
    ours, theirs = pair
    port = theirs.base.rpartition(":")[2]
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    sign_in(ours, context)
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)

    page.goto(f"{ours.base}/desk/more")
    page.get_by_role("link", name="Allies").click()
    looked_at(page)
    page.get_by_label("Their handle, or the name of their whole server").fill(f"@harbour@localhost:{port}")
    page.get_by_label("Show them on your public page of allies").check()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("An ally from now on.")).to_be_visible()
    looked_at(page)
    until(
        lambda: [one for one in ours.terminal.json("following") if one["state"] == "accepted"], "the Follow is accepted"
    )
    theirs.terminal("post", "CALL-OUT - Calais, near the port\nCome and stand with them by Friday. #Calais")
    until(lambda: ours.terminal.json("home", "--proposed"), "the call-out arrives")

    page.goto(f"{ours.base}/desk/")
    page.get_by_role("link", name=re.compile("Call-outs of allies")).click()
    looked_at(page)
    page.get_by_role("button", name="Boost", exact=True).click()
    expect(page.get_by_text("Boosted to everybody who follows.")).to_be_visible()
    expect(page.get_by_text("No call-out waits.")).to_be_visible()
    page.get_by_role("link", name="All posts").click()
    expect(page.get_by_text("you boosted it")).to_be_visible()
    looked_at(page)

    page.goto(f"{ours.base}/allies")
    expect(page.get_by_role("link", name=re.compile("Open Harbour"))).to_be_visible()

    page.goto(f"{ours.base}/desk/blocks")
    looked_at(page)
    page.get_by_role("link", name="Block lists").click()
    page.get_by_label("Or paste it, one server a line").fill("bad.example\nworse.example\nloca***.example\nlocalhost\n")
    looked_at(page)
    page.get_by_role("button", name="See what it would cut").last.click()
    expect(page.get_by_role("heading", name="2 servers would be blocked")).to_be_visible()
    looked_at(page)
    page.get_by_role("button", name="Block these servers").click()
    expect(page.get_by_text("2 servers are blocked by it")).to_be_visible()
    page.get_by_role("button", name="Undo this list").click()
    expect(page.get_by_text("The list is undone.")).to_be_visible()

    page.get_by_role("link", name="Allow-list").click()
    page.get_by_role("button", name="Add the servers of allies and of people you follow").click()
    looked_at(page)
    context.close()
