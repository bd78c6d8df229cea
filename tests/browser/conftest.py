"""A real Chromium before a real server that holds a campaign with some of everything."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.commands.conftest import Terminal
from tests.conftest import require
from tests.processes import Served, callout, free_port

#: Nothing but the pages is asked for; a root user in a container has no sandbox.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]  # fmt: skip
#: What is not there after so long will not come.
WAIT_MS = 8_000
expect.set_options(timeout=WAIT_MS)
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftundnochvielmehr"


@dataclass
class Site:
    """A campaign that is served, and where its things are."""

    terminal: Terminal
    server: Served
    base: str
    post: str
    deleted: str
    warned: str


@contextmanager
def chromium() -> Iterator[Browser]:
    """While it is open its event loop runs in this thread, so it never outlives a test."""
    found = shutil.which("chromium")
    require("Chromium", present=found is not None, hint="install the package chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    terminal, port = Terminal(folder), free_port()
    made = terminal("init", "--domain", f"localhost:{port}", "--handle", "harbour", "--name", "Open Harbour")
    assert made.exit_code == 0, made.output
    server = callout(terminal.data, port, terminal.environ)
    server.start()
    picture = folder / "quay.png"
    Image.new("RGB", (1600, 900), "teal").save(picture)
    words = ["--media", str(picture), "--alt", "The quay at dawn"]
    post = terminal.json("post", "The quay is open again. #OpenHarbour https://example.org/" + "long/" * 40, *words)
    warned = terminal.json("post", "Careful words", "--warning", "People on the move")
    terminal.json("post", "الميناء مفتوح الليلة. نحتاج إلى بطانيات وشاي.", "--lang", "ar")
    terminal.json("post", "ወደባችን ክፍት ነው።", "--lang", "ti")
    terminal.json("post", f"{LONG} #Harbour", "--lang", "de")
    gone = terminal.json("post", "Soon gone")
    terminal("delete", gone["id"])
    terminal("pin", post["id"])
    yield Site(terminal, server, f"http://localhost:{port}", post["url"], gone["url"], warned["url"])
    assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()


def sign_in(site: Site, context: BrowserContext, name: str = "first") -> None:
    """Come in by a link and set a password, by the form that somebody new sends; test_sign_in does it by hand."""
    context.set_default_timeout(WAIT_MS)
    link = site.terminal("organiser", "link", name).stdout.strip().split()[-1]
    chosen = {"password": "three plain words", "again": "three plain words"}
    with httpx.Client(follow_redirects=True, timeout=WAIT_MS / 1000) as asking:
        answer = asking.post(link, data=chosen)
        assert str(answer.url) == f"{site.base}/desk/", answer.status_code
        context.add_cookies(
            [{"name": one.name, "value": one.value or "", "url": site.base} for one in asking.cookies.jar]
        )


@pytest.fixture(scope="session")
def session(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cookies of an organiser who is signed in."""
    kept = tmp_path_factory.mktemp("session") / "state.json"
    with chromium() as opened:
        context = opened.new_context()
        sign_in(site, context)
        context.storage_state(path=kept)
        context.close()
    return kept
