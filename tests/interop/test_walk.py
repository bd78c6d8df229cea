"""The cracked phone again: campaign and agenda are followed from somebody's own server, and the call-out comes there."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import WAIT_MS, chromium
from tests.interop.conftest import Campaign, FedifyPeer
from tests.processes import until

pytestmark = [pytest.mark.interop, pytest.mark.browser]

NEW = (
    *("call", "new", "Come to Calais", "--text", "The camps are to be cleared. #Calais", "--place", "near the port"),
    *("--from", "2035-10-01T10:00", "--until", "2035-10-02T18:00", "--zone", "Europe/Paris"),
    *("--needs", "Blankets", "--instead", "Tell others"),
)


def follow(page: Page, peer: FedifyPeer) -> None:
    """From our page to theirs by a link, and there by their button."""
    page.locator("#account").fill(peer.handle.removeprefix("@"))
    page.locator("main form button").last.click()
    page.locator('[role="status"] a.button').click()
    assert page.url.startswith(f"https://localhost:{peer.port}/authorize_interaction?uri=")
    page.get_by_role("button").click()
    expect(page.get_by_role("status")).to_have_text("You asked to follow.")


def test_both_are_followed_from_another_server_and_the_call_out_comes_changes_and_goes(
    campaign: Campaign, peer: FedifyPeer
) -> None:
    agenda = f"{campaign.base}/users/agenda"
    with chromium() as browser:
        phone = browser.new_context(
            java_script_enabled=False, viewport={"width": 360, "height": 740}, locale="fa-IR", ignore_https_errors=True
        )
        phone.set_default_timeout(WAIT_MS)
        page = phone.new_page()
        page.goto(f"{campaign.base}/fa/")
        page.locator('a[href="/fa/interact"]').click()
        follow(page, peer)
        page.goto(f"{campaign.base}/fa/calendar")
        page.locator('main a[href^="/fa/interact?uri="]').click()
        follow(page, peer)
        assert [one for one in phone.cookies() if "localhost" in one["domain"]] == []
        phone.close()

    following = {campaign.uri: "accepted", agenda: "accepted"}
    until(lambda: peer.state()["following"] == following, "both follows are accepted")
    counted = campaign.terminal.json("followers")
    assert (counted["followers"], counted["agenda_followers"]) == (1, 1)

    made = campaign.terminal.json(*NEW)
    name = made["url"].rpartition("/")[2]
    event_uri = f"{agenda}/events/{name}"

    def heard(uri: str, words: str) -> dict[str, Any]:
        def there() -> Any:
            found = peer.state()["objects"].get(uri, {})
            return found if words in found.get("content", "") else None

        found: dict[str, Any] = until(there, f"{words} is there")
        return found

    note, event = heard(made["uri"], "CALL-OUT - near the port"), heard(event_uri, "near the port")
    when = "Monday 1 October, 10:00 to Tuesday 2 October, 18:00 (Paris time, UTC+2)"
    for words in ("Come to Calais", "to be cleared", when, "Blankets", "Tell others", f"/c/{made['code']}"):
        assert words in note["content"]
    assert (event["type"], event["name"], event["location"]["name"]) == ("Event", "Come to Calais", "near the port")
    assert [one["id"] for one in (note, event)] == [made["uri"], event_uri]
    assert campaign.document(f"{agenda}/featured")["orderedItems"] == [event_uri]

    campaign.terminal.json("call", "state", made["code"], "cancelled")
    heard(made["uri"], "CANCELLED - do not come")
    assert heard(event_uri, "Cancelled")["name"] == "Cancelled \N{EM DASH} Come to Calais"
    assert campaign.document(f"{agenda}/featured")["orderedItems"] == []

    assert campaign.terminal("delete", name).exit_code == 0
    until(lambda: peer.state()["objects"] == {}, "nothing of it is left there, what said that it was cancelled neither")
