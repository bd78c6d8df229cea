"""The command line as people and scripts use it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from PIL import Image

from tests.commands.conftest import Terminal


def test_init_says_the_handle_and_a_link(terminal: Terminal) -> None:
    made = terminal("init", "--domain", "campaign.test", "--handle", "harbour", "--name", "Open Harbour")
    assert made.exit_code == 0
    assert "@harbour@campaign.test" in made.stdout
    assert "https://campaign.test/desk/enter/" in made.stdout


def test_what_init_writes_is_for_its_owner_alone(campaign: Terminal) -> None:
    for path in [campaign.data, *campaign.data.iterdir()]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_second_init_is_refused(campaign: Terminal) -> None:
    again = campaign("init", "--domain", "campaign.test", "--handle", "other", "--name", "Other")
    assert again.exit_code == 1
    assert "already" in again.stderr
    assert campaign.json("followers") == {"followers": 0, "agenda_followers": 0, "following": 0, "page": []}


@pytest.mark.parametrize("handle", ["Has-Dash", "with space", "admin", "", "x" * 31, "ünder"])
def test_a_handle_that_peers_would_refuse_is_refused(terminal: Terminal, handle: str) -> None:
    made = terminal("init", "--domain", "campaign.test", "--handle", handle, "--name", "Name")
    assert made.exit_code == 1
    assert made.stderr.count("\n") == 1
    assert not terminal.data.exists()


def test_the_address_can_never_change(campaign: Terminal) -> None:
    campaign.environ["CALLOUT_BASE_URL"] = "https://elsewhere.test"
    result = campaign("post", "Hello")
    assert result.exit_code == 1
    assert "https://campaign.test" in result.stderr


def test_a_post_is_published_edited_and_deleted(campaign: Terminal) -> None:
    url = campaign("post", "Hello #harbour").stdout.strip()
    assert url.startswith("https://campaign.test/p/")
    edited = campaign.json("edit", url, "Hello again")
    assert edited["url"] == url
    assert campaign.json("status", url)["expected"] == 0
    assert campaign("delete", edited["id"]).exit_code == 0
    gone = campaign("delete", url)
    assert gone.exit_code == 1
    assert gone.stderr == "Error: This post was deleted.\n"


def test_a_post_can_come_from_standard_input_with_pictures(campaign: Terminal, tmp_path: Path) -> None:
    picture = tmp_path / "wall.png"
    Image.new("RGB", (64, 64), "red").save(picture)
    words = ["--media", str(picture), "--alt", "A red wall", "--lang", "de", "--warning", "Color"]
    made = campaign.json("post", "-", *words, text="From a pipe\n")
    assert made["uri"] == f"https://campaign.test/users/harbour/posts/{made['id']}"
    assert len(list((campaign.data / "media").rglob("*.*"))) == 3


def test_the_same_key_publishes_once(campaign: Terminal) -> None:
    first = campaign.json("post", "Once", "--key", "k1")
    assert campaign.json("post", "Once", "--key", "k1") == first


def test_organisers_come_and_go(campaign: Terminal) -> None:
    assert "/desk/enter/" in campaign("organiser", "invite", "eve", "--role", "editor").stdout
    assert [(one["name"], one["role"]) for one in campaign.json("organiser", "list")] == [
        ("first", "keyholder"),
        ("eve", "editor"),
    ]
    assert campaign("organiser", "suspend", "eve").exit_code == 0
    assert campaign.json("organiser", "list")[1]["suspended"] is True
    assert campaign("organiser", "suspend", "eve", "--undo").exit_code == 0
    assert "/desk/enter/" in campaign("organiser", "link", "eve").stdout
    assert campaign("organiser", "suspend", "first").exit_code == 1


def test_a_token_is_a_line_of_its_own(campaign: Terminal) -> None:
    made = campaign("token", "first", "--scopes", "write:statuses read")
    assert made.exit_code == 0
    assert len(made.stdout.strip().split()) == 1
    assert campaign("token", "nobody").exit_code == 1
    assert campaign("token", "first", "--scopes", "all").exit_code == 1


def test_servers_are_blocked_and_unblocked(campaign: Terminal) -> None:
    assert campaign("block", "Bad.Example").exit_code == 0
    assert [one["target"] for one in campaign.json("block")] == ["bad.example"]
    assert campaign("unblock", "bad.example").exit_code == 0
    assert campaign.json("block") == []
    assert campaign("unblock", "bad.example").exit_code == 1


def test_an_empty_queue_says_so(campaign: Terminal) -> None:
    assert campaign("queue", "list").stdout == "Nothing waits.\n"
    assert campaign.json("queue", "retry") == {"waiting": 0}


def test_a_server_that_nobody_finds_is_one_line(campaign: Terminal) -> None:
    for words in (
        ("follow", "@a@127.0.0.1"),
        ("follow", "not a handle"),
        ("post", "x", "--reply-to", "https://127.0.0.1/x"),
    ):
        result = campaign(*words)
        assert result.exit_code == 1, words
        assert result.stderr.startswith("Error: ")
        assert result.stderr.count("\n") == 1


def test_wrong_usage_is_exit_two(campaign: Terminal) -> None:
    for words in (("post",), ("nonsense",), ("organiser", "invite", "eve", "--role", "king"), ("block", "a", "b")):
        assert campaign(*words).exit_code == 2, words


def test_without_a_campaign_everything_says_what_to_do(terminal: Terminal) -> None:
    for words in (("serve",), ("post", "x"), ("followers",)):
        result = terminal(*words)
        assert result.exit_code == 1, words
        assert "Traceback" not in result.output


def test_migrate_has_nothing_to_do(campaign: Terminal) -> None:
    assert campaign("migrate").stdout == "The database is up to date.\n"


def test_a_setting_that_nobody_knows_is_named(campaign: Terminal) -> None:
    (campaign.data / "callout.toml").write_text('base_url = "https://campaign.test"\ncolour = "red"\n')
    result = campaign("followers")
    assert result.exit_code == 1
    assert "colour" in result.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("LOG_LEVEL", "DEBUG"), ("PORT", "x"), ("ALLOW_NETWORKS", "home"), ("BASE_URL", "campaign"), ("SENDERS", "-1")],
)
def test_a_setting_that_cannot_be_is_one_line(campaign: Terminal, name: str, value: str) -> None:
    campaign.environ[f"CALLOUT_{name}"] = value
    result = campaign("followers")
    assert result.exit_code == 1
    assert f"CALLOUT_{name}" in result.stderr
    assert result.stderr.count("\n") == 1
