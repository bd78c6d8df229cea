"""Drafts and corrections from the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.commands.conftest import Terminal


def test_a_draft_is_kept_listed_scheduled_and_published(campaign: Terminal) -> None:
    made = campaign.json("post", "Come to the quay", "--draft", "--warning", "Sea")
    assert (made["state"], made["publish_at"]) == ("draft", None)
    assert "Come to the quay" in campaign("drafts", "list").stdout
    day = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}"
    planned = campaign.json("drafts", "schedule", made["name"], f"{day}T18:00+02:00")
    assert (planned["state"], planned["publish_at"]) == ("scheduled", f"{day}T16:00:00Z")
    assert campaign.json("drafts", "schedule", made["name"])["state"] == "draft"
    url = campaign("drafts", "publish", made["name"]).stdout.strip()
    assert url.startswith("https://campaign.test/p/")
    assert campaign.json("drafts", "list") == []
    again = campaign("drafts", "publish", made["name"])
    assert (again.exit_code, again.stderr) == (1, "Error: This draft is not here any more.\n")


def test_a_post_for_later_waits_for_its_hour(campaign: Terminal) -> None:
    at = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}T18:00"
    made = campaign.json("post", "Tonight", "--at", at, "--expires", "7")
    assert (made["state"], made["publish_at"]) == ("scheduled", f"{at}:00Z")
    assert campaign("drafts", "discard", made["name"]).stdout == "Thrown away.\n"


@pytest.mark.parametrize("at", ["tomorrow", "2020-01-01T10:00", "2026-13-01T10:00"])
def test_an_hour_that_is_none_is_refused(campaign: Terminal, at: str) -> None:
    refused = campaign("post", "Tonight", "--at", at)
    assert refused.exit_code == 1
    assert refused.stderr.count("\n") == 1


def test_a_correction_makes_a_new_post(campaign: Terminal) -> None:
    old = campaign.json("post", "Meet at the quay")
    new = campaign.json("correct", old["url"], "Meet at the bridge", "--note", "Not the quay.")
    assert new["url"] != old["url"]
    assert campaign("correct", old["id"], "Bridge").exit_code == 2
    assert campaign("correct", old["id"], "Bridge", "--note", " ").exit_code == 1
    assert campaign.json("drafts", "list") == []
