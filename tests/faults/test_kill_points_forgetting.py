"""kill -9 while earlier versions of a post are erased: all of them are there or none, and the same command makes an end of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.conftest import Terminal
from tests.faults.doomed import run_doomed
from tests.faults.killpoint import FORGETTING
from tests.flows.test_outbound import picture
from tests.loopback.campaign import query, whole

INIT = ("--domain", "campaign.test", "--handle", "harbour", "--name", "Open Harbour")
NAME = "Zarafshan"
#: Only here the words are gone already; the files of a picture are left for the sweep.
DONE = "after that commit, before the files go"


def versions(terminal: Terminal) -> list[str]:
    rows = query(
        terminal.data / "callout.db",
        "SELECT t.source FROM texts t JOIN post_revisions r ON r.id = t.revision_id ORDER BY r.number",
    )
    return [row[0] for row in rows]


def holding(terminal: Terminal) -> list[str]:
    """The files of the data folder in which the name stands."""
    return [one.name for one in terminal.data.rglob("*") if one.is_file() and NAME.encode() in one.read_bytes()]


@pytest.mark.parametrize("point", FORGETTING)
def test_a_server_killed_while_it_forgets_has_all_or_nothing(point: str, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    assert terminal("init", *INIT).exit_code == 0
    file = tmp_path / "picture.png"
    file.write_bytes(picture())
    made = terminal.json("post", f"Come to {NAME}", "--media", str(file), "--alt", NAME)
    media = terminal.data / "media"
    assert any(media.rglob("*.*"))
    terminal.json("edit", made["url"], "Come to the quay", "--media", str(file), "--alt", "A quay")
    words = ("edit", made["url"], "Come at ten", "--forget", "--media", str(file), "--alt", "A quay")
    assert run_doomed(point, 1, terminal.environ, tmp_path / "log", *words, "--data", str(terminal.data))
    whole(terminal.data / "callout.db")
    before = [f"Come to {NAME}", "Come to the quay"]
    assert versions(terminal) == (["Come at ten"] if point == DONE else before)
    assert terminal("forget", made["id"]).exit_code == 0
    assert versions(terminal) == (["Come at ten"] if point == DONE else before[1:])
    assert holding(terminal) == []
