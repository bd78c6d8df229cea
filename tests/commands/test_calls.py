"""Call-outs from the command line."""

from __future__ import annotations

import pytest

from tests.commands.conftest import Terminal

NEW = [
    "call",
    "new",
    "Come on Friday",
    "--place",
    "near the port",
    "--until",
    "2199-10-02T18:00",
    "--zone",
    "Europe/Paris",
]


def test_a_call_out_is_made_changed_and_listed(campaign: Terminal) -> None:
    made = campaign.json(*NEW, "--needs", "Tents", "--instead", "Lend a car", "--from", "2199-10-01T10:00+00:00")
    assert (made["state"], made["ends_at"], made["starts_at"]) == (
        "open",
        "2199-10-02T16:00:00Z",
        "2199-10-01T10:00:00Z",
    )
    assert made["short"].endswith(f"/c/{made['code']}")
    moved = campaign.json("call", "state", made["short"], "moved", "--place", "the bridge")
    assert (moved["state"], moved["place"], moved["sequence"]) == ("moved", "the bridge", 1)
    assert moved["news"]
    over = campaign.json("call", "state", made["code"], "over")
    assert (over["state"], over["news"]) == ("over", None)
    assert campaign.json("call", "list") == []
    assert [one["code"] for one in campaign.json("call", "list", "--all")] == [made["code"]]
    assert "Nobody is called." in campaign("call", "list").output


def test_a_draft_of_one_is_kept(campaign: Terminal) -> None:
    kept = campaign.json(*NEW, "--from", "2199-10-01T10:00+00:00", "--draft")
    assert kept["state"] == "draft"
    assert campaign.json("call", "list", "--all") == []
    assert campaign.json("drafts", "publish", kept["name"])["url"]
    assert len(campaign.json("call", "list")) == 1


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--until", "1999-01-01T10:00"], "The end is past"),
        (["--until", "soon"], "Write the time as"),
        (["--zone", "Nowhere"], "Choose a time zone"),
        (["--place", ""], "Say where"),
        (["--point", "here"], "two numbers"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(campaign: Terminal, more: list[str], words: str) -> None:
    refused = campaign(*NEW, *more)
    assert refused.exit_code == 1
    assert words in refused.output


def test_what_is_no_call_out_has_no_state(campaign: Terminal) -> None:
    post = campaign.json("post", "Words")
    refused = campaign("call", "state", post["id"], "over")
    assert refused.exit_code == 1
    assert "no call-out" in refused.output
