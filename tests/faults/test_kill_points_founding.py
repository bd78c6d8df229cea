"""kill -9 while a campaign is founded: the same command goes on where it was, and nothing is there by halves."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.commands.conftest import Terminal
from tests.faults.doomed import run_doomed
from tests.faults.killpoint import FOUNDING
from tests.loopback.campaign import SETTINGS, query, whole
from tests.processes import callout, free_port

INIT = ("--domain", "campaign.test", "--handle", "harbour", "--name", "Open Harbour")
#: Which time of which point: the schema has many statements, there are three actors, the rest is done once.
TIMES = {"half the schema": (1, 2, 40, 80)}
CASES = [(point, n) for point in FOUNDING for n in TIMES.get(point, (1, 2, 3) if "an actor" in point else (1,))]


@pytest.mark.parametrize(("point", "nth"), CASES)
def test_a_campaign_half_founded_is_founded_by_the_same_command(point: str, nth: int, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.environ |= SETTINGS
    words = ("init", "--data", str(terminal.data), *INIT)
    assert run_doomed(point, nth, terminal.environ, tmp_path / "init.log", *words), f"never came {point}"
    again = terminal("init", *INIT)
    assert again.exit_code == 0 or "There is a campaign here already" in again.output, again.output
    database = terminal.data / "callout.db"
    whole(database)
    keys = "SELECT count(*), count(DISTINCT actor_id) FROM actor_keys JOIN actors a ON a.id = actor_id"
    assert query(database, keys) == [(3, 3)], "each actor has its key"
    for file in ("secret.key", "callout.toml"):
        assert stat.S_IMODE((terminal.data / file).stat().st_mode) == 0o600
    _serves(terminal)


def _serves(terminal: Terminal) -> None:
    """It answers, an organiser gets in, and posts are signed with its key."""
    port = free_port()
    server = callout(terminal.data, port, terminal.environ)
    server.start()
    try:
        (organiser,) = terminal.json("organiser", "list")
        assert terminal.json("organiser", "link", organiser["name"])
        assert terminal.json("post", "The first")
    finally:
        assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()
