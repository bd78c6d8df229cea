"""The team from phones: somebody new comes in and writes; the house is locked and opened; all of it without a script, too."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import WAIT_MS, Site, sign_in

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


def phone(browser: Browser, *, scripts: bool) -> tuple[BrowserContext, Page]:
    context = browser.new_context(viewport=PHONE, java_script_enabled=scripts)  # type: ignore[arg-type]
    context.set_default_timeout(WAIT_MS)
    return context, context.new_page()


def fits(page: Page) -> None:
    page.wait_for_load_state("domcontentloaded")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], page.url


@pytest.fixture
def keeper_name(site: Site) -> Iterator[str]:
    """A keyholder for one test: whoever is signed in for all of them stays so, and nobody is left to look at others' posts."""
    site.terminal("organiser", "invite", "keeper", "--role", "keyholder")
    yield "keeper"
    site.terminal("organiser", "remove", "keeper")


@SCRIPTS
def test_somebody_is_invited_and_writes_a_first_post(
    site: Site, browser: Browser, keeper_name: str, *, scripts: bool
) -> None:
    name = f"robin-{'on' if scripts else 'off'}"
    keeper, page = phone(browser, scripts=scripts)
    sign_in(site, keeper, keeper_name)
    page.goto(f"{site.base}/desk/")
    page.get_by_role("link", name="More", exact=True).click()
    page.get_by_role("link", name="Organisers").click()
    page.locator("#name").fill(name)
    page.locator("#role-new").select_option("writer")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_role("status").locator(".handle").inner_text()
    fits(page)

    newcomer, theirs = phone(browser, scripts=scripts)
    theirs.goto(link)
    theirs.reload()  # looking uses nothing up
    theirs.get_by_label("New password").fill("four plain words here")
    theirs.get_by_label("Once more").fill("four plain words here")
    theirs.get_by_role("button", name="Set the password and sign in").click()
    assert theirs.url == f"{site.base}/desk/"
    for door in ("Lock", "Organisers"):
        expect(theirs.get_by_role("link", name=door)).to_have_count(0)
    theirs.get_by_role("link", name="Write", exact=True).click()
    theirs.get_by_label("Words", exact=True).fill(f"A first post {'with' if scripts else 'without'} scripts")
    theirs.get_by_role("button", name=re.compile("^Publish")).click()
    assert "A first post" in theirs.locator("article").first.inner_text()

    page.goto(f"{site.base}/desk/audit")
    expect(page.get_by_role("listitem").filter(has_text=name).filter(has_text="Published a post")).to_have_count(1)
    page.goto(f"{site.base}/desk/")
    page.get_by_role("link", name=re.compile("suspend a lost phone")).click()
    page.get_by_role("button", name=f"Suspend {name}").click()  # the second tap
    assert page.get_by_role("status").inner_text().startswith("Suspended")
    theirs.goto(f"{site.base}/desk/posts")
    assert theirs.url == f"{site.base}/desk/sign-in"
    page.goto(f"{site.base}/")
    assert name not in page.content()
    newcomer.close()
    keeper.close()


@SCRIPTS
def test_the_house_is_locked_and_opened_from_a_phone(
    site: Site, browser: Browser, keeper_name: str, *, scripts: bool
) -> None:
    keeper, page = phone(browser, scripts=scripts)
    sign_in(site, keeper, keeper_name)
    reader, public = phone(browser, scripts=scripts)
    public.goto(f"{site.base}/archive")
    try:
        page.goto(f"{site.base}/desk/")
        page.get_by_role("link", name=re.compile("^Lock")).click()
        page.get_by_role("button", name="Make 3 codes").click()
        code = page.get_by_role("status").locator("li .handle").first.inner_text()
        fits(page)
        page.get_by_role("button", name="Show the statement only").click()
        assert "Locked" in page.get_by_role("status").inner_text()
        fits(page)
        public.reload()
        expect(public.get_by_role("heading", name="Paused")).to_be_visible()
        public.get_by_role("link", name="Read the statement").click()
        assert "The quay is open again" in public.locator("main").inner_text()
        assert "Careful words" not in public.content()
        page.get_by_role("button", name="Open everything").click()
        assert "Opened" in page.get_by_role("status").inner_text()
        public.goto(f"{site.base}/archive")
        expect(public.get_by_role("heading", name="Paused")).to_have_count(0)

        public.goto(f"{site.base}/lock")
        public.get_by_label("Code").fill(code.lower())
        public.get_by_role("button", name="Lock now").click()
        expect(public.get_by_role("heading", name="Locked")).to_be_visible()
        page.reload()
        expect(page.get_by_text("Publishing is frozen.").first).to_be_visible()
    finally:
        site.terminal("lock", "0")
        site.terminal("lock", "code", "--discard")
        reader.close()
        keeper.close()
