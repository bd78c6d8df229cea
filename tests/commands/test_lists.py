"""Block lists, the allow-list and allies from the command line."""

from __future__ import annotations

from pathlib import Path

from tests.commands.conftest import Terminal


def test_a_list_is_looked_at_imported_exported_and_undone(campaign: Terminal, tmp_path: Path) -> None:
    listed = tmp_path / "bad.csv"
    listed.write_text("#domain,#severity\nbad.test,suspend\nloud.test,silence\nb*d.test,suspend\n")
    seen = campaign.json("blocks", "import", str(listed), "--preview")
    assert (seen["new"], seen["left_out"], seen["followers"]) == (1, 2, 0)
    assert campaign.json("blocks", "lists") == []
    done = campaign.json("blocks", "import", str(listed))
    assert done["blocked"] == 1
    assert "bad.test,suspend" in campaign("blocks", "export").stdout
    (one,) = campaign.json("blocks", "lists")
    assert (one["name"], one["blocks"]) == ("bad.csv", 1)
    assert campaign("blocks", "undo", str(one["number"])).exit_code == 0
    assert campaign.json("block") == []
    again = campaign("blocks", "undo", str(one["number"]))
    assert (again.exit_code, again.stderr.count("\n")) == (1, 1)


def test_a_file_that_is_no_list_is_refused_in_one_line(campaign: Terminal, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_bytes(b"\xff\xfe\x00")
    for name in (str(wrong), str(tmp_path / "missing.csv")):
        result = campaign("blocks", "import", name)
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert campaign("blocks", "subscribe", "https://127.0.0.1/list.csv").exit_code == 1


def test_the_allow_list_is_changed_and_turned(campaign: Terminal) -> None:
    assert campaign("allow", "--on").exit_code == 1
    assert campaign("allow", "friend.test", "--on").exit_code == 0
    assert campaign.json("allow")["on"] is True
    assert campaign("allow", "--off").exit_code == 0
    assert campaign("allow", "friend.test", "--remove").exit_code == 0
    assert campaign.json("allow") == {
        "on": False,
        "hosts": [],
        "shut_out": {"followers": 0, "following": [], "allies": []},
    }


def test_a_server_is_an_ally_until_it_is_taken_off(campaign: Terminal) -> None:
    assert campaign("ally", "ally.test", "--label", "Friends", "--show").exit_code == 0
    (one,) = campaign.json("ally")
    assert (one["label"], one["shown"]) == ("Friends", True)
    assert campaign("ally", "--remove", str(one["number"])).exit_code == 0
    assert campaign.json("ally") == []
    assert campaign("home").stdout.strip() == "Nothing yet."
    assert campaign("home", "--boost", "5").exit_code == 1
