"""Offers from the command line."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.base.settings import Settings
from server.compose import open_house
from tests.commands.conftest import Terminal
from tests.conftest import FakeClock
from tests.features.test_media import drawn
from tests.features.test_offers import draft


async def _sent(data: Path) -> str:
    """A reader's offer, with a picture; its code."""
    clock = FakeClock(datetime.now(UTC) - timedelta(minutes=1))
    house = await open_house(Settings.load({}, data), clock)
    try:
        token = house.offering.ticket()
        clock.forward(timedelta(seconds=10))
        return (await house.offering.send(token, draft(), (drawn("PNG"),))).code
    finally:
        await house.close()


@pytest.fixture
def code(campaign: Terminal) -> str:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _sent(campaign.data)).result()


def only(terminal: Terminal, *words: str) -> str:
    (one,) = terminal.json("offers", "list", *words)
    return str(one["name"])


def test_offers_are_listed_shown_answered_and_erased(campaign: Terminal, code: str) -> None:
    name = only(campaign, "--kind", "car", "--state", "waiting")
    assert campaign.json("offers", "list", "--language", "ti") == []
    assert f"{name}  car  waiting  fr" in campaign("offers", "list").stdout
    assert campaign("offers", "answer", name, "-", "--lang", "fr", text="À neuf heures").stdout == "Answered.\n"
    shown = campaign("offers", "show", name).stdout
    for words in ("start: Lille", "to reach them: kestrel.42", "pictures: 1", "answered [fr]: À neuf heures"):
        assert words in shown
    assert code not in shown
    assert campaign.json("offers", "show", name)["state"] == "answered"
    assert campaign.json("offers", "delete", name) == {"deleted": 1}
    assert campaign("offers", "list").stdout == "No offers.\n"
    assert not [one for one in (campaign.data / "offers").rglob("*") if one.is_file()]
    gone = campaign("offers", "show", name)
    assert (gone.exit_code, "not here any more" in gone.stderr) == (1, True)


def test_an_offer_is_given_back_and_put_aside(campaign: Terminal, code: str) -> None:
    name = only(campaign)
    assert campaign("offers", "release", name).exit_code == 1, "nobody sees to it"
    campaign("offers", "answer", name, "Come")
    assert campaign("offers", "release", name).exit_code == 0
    assert only(campaign, "--state", "waiting") == name
    assert campaign("offers", "spam", name).stdout == "Put aside: 1.\n"
    assert campaign.json("offers", "list") == []
    assert campaign.json("offers", "spam", name, "--undo") == {"changed": 1}
    assert only(campaign) == name
    assert code


def test_what_is_asked_for_is_chosen(campaign: Terminal) -> None:
    assert campaign("offers", "ask").stdout == "bed car food translation skill idea report other\n"
    assert campaign.json("offers", "ask", "bed", "car")["kinds"] == ["bed", "car"]
    assert campaign("offers", "ask", "--nothing").stdout == "Nothing is asked for.\n"
    assert not campaign.json("offers", "ask")["asks"]
    assert campaign("offers", "ask", "--all").stdout.startswith("bed car")
    assert campaign("offers", "ask", "bed", "--all").exit_code == 2


def test_what_cannot_be_meant_is_refused(campaign: Terminal) -> None:
    assert campaign("offers", "list", "--kind", "boat").exit_code == 2
    assert campaign("offers", "delete").exit_code == 2
    assert campaign("offers", "answer", "nothing", "Words").exit_code == 1


def test_a_backup_brings_offers_back_with_their_sealed_pictures(campaign: Terminal, code: str, tmp_path: Path) -> None:
    campaign.environ["CALLOUT_BACKUP_PASSPHRASE"] = "three plain words"
    file, there = tmp_path / "all.callout", tmp_path / "there"
    assert campaign.json("backup", str(file))["pictures"] == 1
    campaign.json("restore", str(file), data=there)
    name = only(campaign)
    assert campaign.json("offers", "show", name, data=there) == campaign.json("offers", "show", name)
    (old,), (new,) = ([one for one in (data / "offers").rglob("*") if one.is_file()] for data in (campaign.data, there))
    assert (old.name, old.read_bytes()) == (new.name, new.read_bytes())
