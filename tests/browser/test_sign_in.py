"""Coming in with a second step, in a real browser: an app without any script, and a passkey on a virtual authenticator."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Browser, BrowserContext, Page, expect

from server.features.access import totp
from tests.browser.conftest import WAIT_MS, Site

PHRASE = "three plain words"
HOST_KEY = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip


def invited(site: Site, context: BrowserContext, name: str) -> Page:
    """Somebody new, who came in by a link."""
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto(site.terminal("organiser", "invite", name).stdout.strip().split()[-1])
    page.get_by_label("New password").fill(PHRASE)
    page.get_by_label("Once more").fill(PHRASE)
    page.get_by_role("button", name="Set the password and sign in").click()
    expect(page).to_have_url(f"{site.base}/desk/")
    return page


def out(site: Site, page: Page) -> None:
    page.goto(f"{site.base}/desk/more")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{site.base}/")


def by_password(site: Site, page: Page, name: str, path: str = "/desk/sign-in") -> None:
    page.goto(f"{site.base}{path}")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PHRASE)
    page.get_by_role("button", name="Sign in").click()


def code(secret: str, step: int = 0) -> str:
    return totp.code_at(secret, int(time.time()) // totp.STEP_SECONDS + step)


def test_without_a_script_an_app_is_set_up_and_asked_for(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = invited(site, context, "mint")
    page.goto(f"{site.base}/desk/account")
    page.get_by_role("button", name="Set an app up").click()
    picture = page.get_by_role("img", name=re.compile("QR code"))
    assert picture.evaluate("one => one.naturalWidth") > 100, "the policy of the page lets it be seen"
    page.get_by_text("The app cannot see the picture").click()
    secret = page.locator(".handle").inner_text().replace(" ", "")
    page.get_by_label("Code that the app shows now").fill("000000")
    page.get_by_role("button", name="Ask for codes from now on").click()
    expect(page.get_by_role("alert")).to_contain_text("not the code")
    # The code of the step before: the one of now is left for signing in.
    page.get_by_label("Code that the app shows now").fill(code(secret, -1))
    page.get_by_role("button", name="Ask for codes from now on").click()
    recovery = [one.inner_text() for one in page.locator("li.handle").all()]
    assert len(recovery) == 10
    page.get_by_role("link", name="I have them").click()
    out(site, page)

    by_password(site, page, "mint")
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_label("Code").fill(code(secret))
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{site.base}/desk/")
    out(site, page)

    by_password(site, page, "mint", "/desk/sign-in?next=/desk/account")
    page.get_by_label("Code").fill(recovery[3])
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{site.base}/desk/account")
    expect(page.get_by_text("9 codes are left")).to_be_visible()
    context.close()


def test_a_passkey_is_made_and_opens_the_desk_without_a_password(site: Site, browser: Browser) -> None:
    context = browser.new_context()
    page = invited(site, context, "fern")
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    key = device.send("WebAuthn.addVirtualAuthenticator", {"options": HOST_KEY})["authenticatorId"]
    page.goto(f"{site.base}/desk/account")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name of the device").fill("Blue phone")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    (kept,) = device.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"]
    assert (kept["rpId"], kept["isResidentCredential"]) == ("localhost", True)
    assert kept.get("userName", "Blue phone") == "Blue phone", "no name that is known inside"
    out(site, page)

    page.goto(f"{site.base}/desk/sign-in")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{site.base}/desk/")
    out(site, page)

    by_password(site, page, "fern")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{site.base}/desk/")

    page.goto(f"{site.base}/desk/prove?next=/desk/account")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{site.base}/desk/account")
    page.get_by_role("button", name="Forget this passkey").click()
    expect(page.get_by_text("That passkey is forgotten")).to_be_visible()
    out(site, page)
    page.goto(f"{site.base}/desk/sign-in")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_be_visible()
    context.close()
