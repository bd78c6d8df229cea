"""What the campaign says of itself, how it is reached, and what becomes of those who read."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from server.base.errors import Forbidden, Invalid
from server.base.settings import Settings, SettingsError
from server.features.access.model import Role, Who
from server.features.actors.model import Profile
from server.features.publishing.about import MAX_STATEMENT_CHARS, security_address
from server.house import House
from tests.world import CONSOLE, World, signed_in

pytestmark = pytest.mark.anyio

BASE = "https://here.test"
SECURITY = f"{BASE}/.well-known/security.txt"


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test", "harbour")


async def page(world: World, path: str) -> str:
    answer = await world.get(f"{BASE}{path}")
    assert answer.status_code == 200, path
    return unescape(answer.text)


async def say(
    house: House, language: str = "en", *, statement: str = "", contact: str = "", security: str = ""
) -> None:
    await house.about.say(CONSOLE, language, statement=statement, contact=contact, security=security)


async def test_without_a_statement_the_short_description_stands_there(world: World, house: House) -> None:
    assert "has not written about itself yet" in await page(world, "/statement")
    profile = Profile(name="Open Harbour", bio="We keep the harbour open.")
    await house.acting.change_profile(CONSOLE, profile, await house.profiles.maker(profile))
    assert "We keep the harbour open." in await page(world, "/statement")


async def test_a_statement_is_shown_in_the_language_of_the_page_and_the_others_are_linked(
    world: World, house: House
) -> None:
    await say(house, statement="Who we are:\n\nheron & tern. https://example.org/more")
    await say(house, "fa", statement="ما که هستیم")
    shown = await page(world, "/statement")
    assert '<div class="words" lang="en" dir="ltr"><p>Who we are:</p>' in shown
    assert 'href="https://example.org/more"' in shown
    assert 'href="/statement?in=fa" lang="fa"' in shown
    other = await page(world, "/statement?in=fa")
    assert 'lang="fa" dir="rtl"' in other
    assert "ما که هستیم" in other
    assert 'href="/statement?in=en"' in other
    assert "Who we are" in await page(world, "/statement?in=xx")


async def test_a_new_word_is_seen_at_once_and_an_emptied_one_is_gone(world: World, house: House) -> None:
    await say(house, statement="First", contact="Signal: heron.01")
    assert "First" in await page(world, "/statement")
    assert "heron.01" in await page(world, "/contact")
    await say(house, statement="Second")
    assert "Second" in await page(world, "/statement")
    assert "heron.01" not in await page(world, "/contact")
    async with house.database.snapshot() as snapshot:
        assert await snapshot.value("SELECT count(*) FROM about_words") == 1


async def test_the_contact_page_names_the_handle_and_says_who_can_read_along(world: World, house: House) -> None:
    shown = await page(world, "/contact")
    assert "@harbour@here.test" in shown
    assert "the people who run your server" in shown


async def test_security_txt_is_there_once_somebody_is_named(world: World, house: House) -> None:
    assert (await world.get(SECURITY)).status_code == 404
    await say(house, security="heron@here.test")
    answer = await world.get(SECURITY)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"] == "mailto:heron@here.test"
    assert fields["Canonical"] == SECURITY
    assert fields["Preferred-Languages"] == "en"
    left = datetime.fromisoformat(fields["Expires"]) - world.clock()
    assert timedelta(days=170) < left < timedelta(days=365)
    assert "heron@here.test" in await page(world, "/contact")


@pytest.mark.parametrize(
    "bad", ["heron", "http://here.test/", "javascript:alert(1)", "https://here.test/a b", "x@y\nEvil: 1", "https://", "ö@here.test", "mailto:" + "x" * 400]
)  # fmt: skip
async def test_an_address_for_security_is_one_that_can_be_written_to(bad: str) -> None:
    with pytest.raises(Invalid):
        security_address(bad)


async def test_who_may_not_change_the_profile_changes_none_of_this(house: House) -> None:
    with pytest.raises(Forbidden):
        await house.about.say(Who(organiser_id=1, role=Role.WRITER), "en", statement="x", contact="", security="")
    with pytest.raises(Invalid):
        await say(house, statement="x" * (MAX_STATEMENT_CHARS + 1))
    with pytest.raises(Invalid):
        await say(house, statement="a\0b")
    with pytest.raises(Invalid):
        await say(house, "not a language", statement="x")


async def test_it_is_written_on_the_desk_one_language_at_a_time(world: World, house: House) -> None:
    async with signed_in(world, house) as organiser:
        given = {
            "language": "fr",
            "statement": "Qui nous sommes",
            "contact": "Signal",
            "security": "https://here.test/s",
        }
        answer = await organiser.post("/desk/about", given)
        assert answer.status_code == 200
        assert "Saved. Readers see it now." in answer.text
        assert "Qui nous sommes" in (await organiser.get("/desk/about?language=fr")).text
        assert "Qui nous sommes" not in (await organiser.get("/desk/about?language=en")).text
        refused = await organiser.post("/desk/about", {**given, "statement": "Kept words", "security": "nonsense"})
        assert refused.status_code == 422
        assert "Kept words" in refused.text, "what was written is not lost"
    assert "Qui nous sommes" in await page(world, "/statement")


async def test_the_privacy_page_tells_what_the_settings_say(world: World, house: House) -> None:
    shown = await page(world, "/privacy")
    for days in (house.settings.keep_messages_days, house.settings.keep_audit_days, 90):
        assert re.search(rf"after {days} days", shown)
    assert "keeps nothing of you" in shown
    assert "not encrypted" not in shown


async def test_readers_get_no_cookie_on_any_of_these(world: World, house: House) -> None:
    for path in ("/", "/statement", "/contact", "/privacy", "/search?q=x", "/interact"):
        assert "set-cookie" not in (await world.get(f"{BASE}{path}")).headers


@pytest.mark.parametrize("name", ["keep_messages_days", "keep_audit_days", "keep_offers_days"])
async def test_each_span_of_time_on_the_privacy_page_is_that_of_its_setting(world: World, name: str) -> None:
    settings: dict[str, Any] = {name: 17}
    await world.campaign("short.test", **settings)
    shown = (await world.get("https://short.test/privacy")).text
    assert len(re.findall(r"\b17 days\b", shown)) == 1


async def test_a_site_that_is_not_encrypted_says_so(world: World) -> None:
    await world.campaign("plain.test", base_url="http://plain.test")
    assert "this site is not encrypted" in (await world.get("http://plain.test/privacy")).text


@pytest.mark.parametrize("days", ["0", "-1", "3651", "99999999999"])
@pytest.mark.parametrize("name", ["MESSAGES", "AUDIT", "OFFERS"])
def test_nothing_is_kept_for_no_time_or_for_ever(tmp_path: Path, name: str, days: str) -> None:
    with pytest.raises(SettingsError, match="number of days"):
        Settings.load({f"CALLOUT_KEEP_{name}_DAYS": days}, tmp_path)
