"""A callout that is to be killed at a point (see killpoint.py), and an ordinary one after it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.loopback.campaign import Campaign
from tests.processes import Served, answers, callout

ROOT = Path(__file__).resolve().parents[2]


class Doomed(Served):
    """A callout that will kill itself at a point; it may do so before it answers."""

    def __init__(self, point: str, nth: int, words: list[str], environ: dict[str, str], url: str, log: Path) -> None:
        command = [sys.executable, "-m", "tests.faults.killpoint", point, str(nth), *words]
        super().__init__(command, {**environ, "PYTHONPATH": str(ROOT)}, lambda: answers(url), log)

    @property
    def over(self) -> bool:
        assert self.process is not None
        return self.process.poll() is not None

    def _ready(self) -> bool:
        return self.over or self.ready()

    def died(self) -> None:
        assert self.process is not None
        assert self.process.wait(10) == -signal.SIGKILL, self.log.read_text()[-2000:]


def doomed(campaign: Campaign, point: str, nth: int) -> Doomed:
    """The campaign's server, to be killed there."""
    words = ["serve", "--data", str(campaign.terminal.data), "--port", str(campaign.port)]
    url = f"http://127.0.0.1:{campaign.port}/livez"
    return Doomed(point, nth, words, campaign.terminal.environ, url, campaign.server.log)


def started(campaign: Campaign) -> float:
    """Start an ordinary server; in how many seconds it answers."""
    campaign.server = callout(campaign.terminal.data, campaign.port, campaign.terminal.environ)
    begun = time.monotonic()
    campaign.server.start()
    return time.monotonic() - begun


def run_doomed(point: str, nth: int, environ: dict[str, str], log: Path, *words: str) -> bool:
    """One command, to be killed there; True if it was, False if it ended well before it came to that."""
    command = Doomed(point, nth, [*words], environ, "", log)
    with log.open("ab") as out:
        ended = subprocess.run(
            command.command, env={**os.environ, **command.environ}, stdout=out, stderr=out, check=False, timeout=60
        ).returncode
    assert ended in {0, -signal.SIGKILL}, log.read_text()[-2000:]
    return ended != 0
