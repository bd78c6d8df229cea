"""The conversation from the command line: what the Desk can do, too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.base.clock import system_clock
from server.base.settings import Settings
from server.compose import open_house
from server.features.posts.views import by_public_id
from tests.commands.conftest import Terminal, _run
from tests.features.flood import follows, says


@pytest.fixture
def spoken_to(campaign: Terminal) -> Terminal:
    """A campaign to which a brigade and two others spoke."""
    post = campaign.json("post", "Hello")

    async def speak() -> None:
        house = await open_house(
            replace(Settings.load(campaign.environ, campaign.data), min_free_bytes=0), system_clock
        )
        try:
            async with house.database.snapshot() as snapshot:
                found = await by_public_id(snapshot, post["id"])
            for number in range(5):
                await says(house, f"t{number}@mean{number % 2}.test", f"<p>Go home {number}</p>", found)
            await says(house, "lea@ami.test", "<p>Trois lits</p>", found, language="fr")
            await follows(house, "fan@kind.test")
            await says(house, "fan@kind.test", "<p>We come</p>", found)
        finally:
            await house.close()

    _run(speak())
    return campaign


def handles(terminal: Terminal, *words: str) -> list[str]:
    return [one["from"] for one in terminal.json("replies", *words)]


def test_replies_are_listed_by_choice_and_copies_are_one_line(spoken_to: Terminal) -> None:
    assert "(5 like this from 2 servers)" in spoken_to("replies").stdout
    assert handles(spoken_to, "--language", "fr") == ["lea@ami.test"]
    assert handles(spoken_to, "--server", "kind.test") == ["fan@kind.test"]
    assert handles(spoken_to, "--first") == ["lea@ami.test", "t4@mean0.test"]
    assert handles(spoken_to, "--kind", "mention") == []
    same = spoken_to.json("replies", "--server", "mean0.test")[0]["same"]
    assert len(handles(spoken_to, "--same", same)) == 5
    assert spoken_to("replies", "--same", same, "--hide-all").stdout == "Hidden: 5.\n"
    assert handles(spoken_to) == ["fan@kind.test", "lea@ami.test"]
    number = spoken_to.json("replies", "--language", "fr")[0]["number"]
    assert spoken_to("replies", "--approve", str(number)).stdout == "Approved.\n"
    assert handles(spoken_to, "--state", "approved") == ["lea@ami.test"]
    assert spoken_to("replies", "--server", "nowhere.test", "--hide-all").exit_code == 1
    assert spoken_to("replies", "--hide-all", "--approve-all").exit_code == 2


def test_servers_and_accounts_are_muted_and_heard_again(spoken_to: Terminal) -> None:
    assert spoken_to("mute", "mean0.test").stdout == "Muted mean0.test.\n"
    assert spoken_to("mute", "@lea@ami.test").exit_code == 0
    assert [one["label"] for one in spoken_to.json("mute")] == ["@lea@ami.test", "mean0.test"]
    assert handles(spoken_to) == ["fan@kind.test", "t3@mean1.test"]
    assert spoken_to("unmute", "mean0.test").exit_code == 0
    assert spoken_to("unmute", "mean0.test").exit_code == 1
    assert spoken_to("unmute", "@lea@ami.test").exit_code == 0
    assert spoken_to("mute").stdout == "Nobody is muted.\n"


def test_word_rules_are_looked_at_added_listed_and_removed(spoken_to: Terminal) -> None:
    assert spoken_to("words", "add", "GO home", "--look").stdout == "5 wait with these words.\n"
    assert spoken_to("words", "add", "GO home").stdout == "Hidden: 5.\n"
    spoken_to("words", "add", "address", "--hold")
    (hold, hide) = spoken_to.json("words", "list")
    assert (hold["act"], hide["words"]) == ("hold", "go home")
    assert spoken_to("words", "remove", str(hide["number"])).exit_code == 0
    assert spoken_to("words", "remove", str(hide["number"])).exit_code == 1
    assert spoken_to("words", "add", "!").exit_code == 1


def test_followers_are_found_by_name_and_counted_by_server(spoken_to: Terminal) -> None:
    assert spoken_to("followers", "--servers").stdout == "kind.test  1\n"
    assert [one["handle"] for one in spoken_to.json("followers", "--find", "fa")["page"]] == ["fan@kind.test"]
    assert spoken_to.json("followers", "--server", "far.test")["page"] == []
