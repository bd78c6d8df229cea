"""What others show of ours, and what readers pass on, in a real browser without scripts."""

from __future__ import annotations

import html
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import WAIT_MS, Site

pytestmark = pytest.mark.browser


@contextmanager
def elsewhere(body: str) -> Iterator[str]:
    """A page of somebody else, on an origin of its own."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>Elsewhere</title>{body}".encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_card_stands_in_the_page_of_somebody_else_and_the_post_itself_does_not(site: Site, browser: Browser, scheme: str) -> None:  # fmt: skip
    document = httpx.get(f"{site.base}/oembed", params={"url": site.post}).json()
    frames = document["html"] + f'<iframe src="{html.escape(site.post)}" width="500" height="200"></iframe>'
    context = browser.new_context(java_script_enabled=False, color_scheme="dark" if scheme == "dark" else "light")
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    with elsewhere(frames) as address:
        page.goto(address)
        card = page.frame_locator("iframe").first
        expect(card.get_by_text("The quay is open again.")).to_be_visible()
        with context.expect_page() as opened:
            card.get_by_role("link", name="Read it whole").click()
        assert opened.value.url == site.post, "it opens a page of its own and leaves the other where it is"
        assert page.url == address
        page.locator("iframe").nth(1).scroll_into_view_if_needed()
        expect(page.frame_locator("iframe").nth(1).get_by_text("The quay is open again.")).to_have_count(0)
    context.close()


@pytest.mark.parametrize("width", [320, 1280])
def test_the_ways_to_share_open_without_script_and_can_be_hit(site: Site, browser: Browser, width: int) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": width, "height": 640})
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto(site.post)
    links = page.locator("details.share a")
    expect(links.first).not_to_be_visible()
    page.locator("details.share > summary").click()
    expect(links.first).to_be_visible()
    for index in range(links.count()):
        box = links.nth(index).bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    page.get_by_role("link", name="Mastodon or another server").click()
    page.get_by_label("Your account or your server").fill("home.example")
    page.get_by_role("button", name="Find the way").click()
    href = page.get_by_role("link", name="Go on there").get_attribute("href") or ""
    assert href.startswith("https://home.example/share?text=The%20quay")
    context.close()
