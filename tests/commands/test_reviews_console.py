"""The second pair of eyes from the command line."""

from __future__ import annotations

from tests.commands.conftest import Terminal


def only(terminal: Terminal) -> int:
    (line,) = terminal.json("reviews", "list")
    return int(line["number"])


def test_a_policy_is_chosen_shown_and_taken_back(campaign: Terminal) -> None:
    assert "update  1  (default)" in campaign("policy").stdout
    assert "update  2\n" in campaign("policy", "update", "2").stdout
    assert "update  1  (default)" in campaign("policy", "update", "default").stdout
    assert campaign("policy", "update").exit_code == 2
    assert campaign("policy", "nothing", "2").exit_code == 2


def test_the_command_line_waits_too_and_does_not_approve_itself(campaign: Terminal) -> None:
    campaign("policy", "update", "2")
    waits = campaign("post", "Come to 12 Harbour Street")
    assert waits.exit_code == 1
    assert "It waits for a second pair of eyes." in waits.stderr
    number = only(campaign)
    shown = campaign("reviews", "show", str(number)).stdout
    assert "Come to 12 Harbour Street" in shown
    assert "look twice: place 12 Harbour Street" in shown
    own = campaign("reviews", "approve", str(number), "1")
    assert own.exit_code == 1
    assert "Somebody else must look" in own.stderr
    assert campaign("reviews", "refuse", str(number), "No").exit_code == 1


def test_breaking_the_glass_is_said_and_waits_for_a_look(campaign: Terminal) -> None:
    campaign("policy", "update", "2")
    url = campaign("post", "Come now", "--without-review", "They are here").stdout.strip()
    assert url.startswith("https://campaign.test/p/")
    assert campaign("edit", url, "Come at once").exit_code == 1
    assert campaign("edit", url, "Come at once", "--without-review", "They are here").exit_code == 0
    assert campaign("delete", url).exit_code == 1
    assert campaign("delete", url, "--without-review", "A face").exit_code == 0
    left = campaign.json("reviews", "list")
    assert [one["act"] for one in left] == ["after"] * 3
    assert campaign("post", "Come now", "--without-review", " ").exit_code == 1


def test_a_review_that_is_not_there_is_refused_in_words(campaign: Terminal) -> None:
    assert campaign("reviews", "list").stdout == "Nothing waits.\n"
    gone = campaign("reviews", "show", "12")
    assert (gone.exit_code, gone.stderr) == (1, "Error: There is no such review (any more).\n")
