"""Erasing earlier words from the command line."""

from __future__ import annotations

from tests.commands.conftest import Terminal


def test_what_a_post_said_before_is_erased(campaign: Terminal) -> None:
    made = campaign.json("post", "Meet at the quay")
    campaign.json("edit", made["url"], "Meet at the bridge")
    assert (
        campaign("forget", made["url"]).stdout == "Earlier versions removed: 1. Backups made before still hold them.\n"
    )
    assert campaign.json("forget", made["id"]) == {"id": made["id"], "removed": 0, "translations": []}
    nowhere = campaign("forget", "https://elsewhere.test/p/1")
    assert (nowhere.exit_code, nowhere.stderr) == (1, "Error: That is no post of this campaign.\n")


def test_an_edit_and_a_correction_can_forget_at_once(campaign: Terminal) -> None:
    made = campaign.json("post", "Meet at the quay")
    campaign.json("edit", made["url"], "Meet at the bridge", "--forget")
    campaign.json("correct", made["url"], "Meet at the tower", "--note", "Elsewhere.", "--forget")
    assert campaign.json("forget", made["id"])["removed"] == 0


def test_whoever_forgets_is_told_which_translations_stand(campaign: Terminal) -> None:
    made = campaign.json("post", "Meet at the quay")
    campaign.json("translate", made["url"], "ar", "تعالوا", "--approve")
    assert "Look at the translations that stand, too: ar." in campaign("forget", made["id"]).stdout
