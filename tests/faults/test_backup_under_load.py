"""Backups while everything is being written: each is one moment, whole, and a server runs on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.commands.conftest import Terminal
from tests.faults.conftest import LONG
from tests.faults.promises import HALVES
from tests.faults.test_killing import Writer
from tests.loopback.campaign import Campaign, query, whole
from tests.loopback.sink import Sink
from tests.processes import callout, free_port, until

PASSPHRASE = {"CALLOUT_BACKUP_PASSPHRASE": "three plain words"}
POSTS = "SELECT count(*) FROM posts WHERE state = 'live'"


def test_each_backup_under_load_is_one_whole_moment(
    campaign: Campaign, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    with Sink(20) as sink:
        campaign.followed_by(sink)
        campaign.terminal.environ |= PASSPHRASE
        writers = [Writer(campaign, f"writer-{number}") for number in range(4)]
        for writer in writers:
            writer.start()
        made = []
        for number in range(20 if LONG else 3):
            file = tmp_path / f"{number}.backup"
            before = campaign.count(POSTS)
            campaign.terminal.json("backup", str(file))
            made.append((file, before, campaign.count(POSTS)))
            until(lambda after=made[-1][2]: campaign.count(POSTS) > after, "writing goes on")  # type: ignore[misc]
        campaign.server.kill()
        for writer in writers:
            writer.join()
        for file, before, after in made:
            terminal = Terminal(tmp_path / file.stem)
            terminal.environ |= PASSPHRASE
            terminal.json("restore", str(file))
            database = terminal.data / "callout.db"
            whole(database)
            assert [query(database, sql)[0][0] for sql in HALVES] == [0] * len(HALVES)
            assert before <= query(database, POSTS)[0][0] <= after
        _lives_on(campaign, terminal, sink)
    figure(f"{len(made)} backups while posts went from {made[0][1]} to {made[-1][2]}: each restored, whole, one moment")


def _lives_on(campaign: Campaign, terminal: Terminal, sink: Sink) -> None:
    """A server on the restored folder delivers what the lost one had not."""
    terminal.environ |= campaign.terminal.environ
    there = callout(terminal.data, free_port(), terminal.environ)
    there.start()
    try:
        queue = "SELECT (SELECT count(*) FROM deliveries) + (SELECT count(*) FROM fanouts WHERE done = 0)"
        until(lambda: query(terminal.data / "callout.db", queue)[0][0] == 0, "the queue of the backup is delivered")
        sink.forget()
        terminal.json("post", "From the new machine")
        until(lambda: len(sink.creates) == sink.crowd.count, "all followers hear of it")
    finally:
        assert there.stop() == 0
