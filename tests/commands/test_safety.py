"""The lock, the team and the log from the command line."""

from __future__ import annotations

from tests.commands.conftest import Terminal


def test_the_lock_is_moved_and_says_how_it_stands(campaign: Terminal) -> None:
    assert campaign("lock").stdout == "level 0: open, everything works\n"
    assert campaign.json("lock", "2")["level"] == 2
    assert "paused" in campaign("lock").stdout
    again = campaign("lock", "2")
    assert (again.exit_code, again.stderr) == (1, "Error: It is locked just that far already.\n")
    refused = campaign("post", "Words")
    assert refused.exit_code == 1
    assert "frozen" in refused.stderr
    assert campaign("lock", "0").exit_code == 0
    assert campaign("post", "Words").exit_code == 0
    assert campaign("lock", "4").exit_code == 2


def test_codes_are_shown_once_and_listed_without_the_code(campaign: Terminal) -> None:
    made = campaign.json("lock", "code", "--level", "3", "--count", "2", "--note", "neighbour")
    assert len(made["codes"]) == 2
    assert made["address"] == "https://campaign.test/lock"
    listed = campaign("lock", "code").stdout
    assert listed.count("level 3") == 2
    assert made["codes"][0] not in listed
    assert campaign("lock", "code", "--level", "0").exit_code == 2
    assert campaign("lock", "code", "--discard").stdout == "2 codes discarded.\n"
    assert campaign("lock", "code").stdout == "No code waits.\n"


def test_roles_end_change_and_people_leave(campaign: Terminal) -> None:
    assert "/desk/enter/" in campaign("organiser", "invite", "wren", "--role", "editor", "--until", "2100-01-31").stdout
    assert campaign("organiser", "invite", "owl", "--until", "yesterday").exit_code == 1
    wren = next(one for one in campaign.json("organiser", "list") if one["name"] == "wren")
    assert (wren["role"], wren["last_day"], wren["ended"], wren["second_factor"]) == (
        "editor",
        "2100-01-31",
        False,
        False,
    )
    assert campaign("organiser", "role", "wren", "moderator").stdout == "wren is moderator.\n"
    assert campaign("organiser", "remove", "wren").exit_code == 0
    for words in (("remove", "first"), ("suspend", "first"), ("role", "first", "writer")):
        refused = campaign("organiser", *words)
        assert refused.exit_code == 1
        assert "last keyholder" in refused.stderr
    assert [one["name"] for one in campaign.json("organiser", "list")] == ["first"]


def test_the_log_tells_in_words_or_as_json(campaign: Terminal) -> None:
    campaign("organiser", "invite", "wren")
    text = campaign("audit").stdout
    assert "the console  Invited an organiser writer" in text
    assert "wren" not in text, "a subject is never a person"
    assert {"day", "by", "name", "act", "words", "subject"} == set(campaign.json("audit")[0])
