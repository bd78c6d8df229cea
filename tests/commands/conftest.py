from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from server.__main__ import COMMANDS
from server.base.clock import system_clock
from server.commands.cli import Console, cli

Run = Callable[..., Result]
assert COMMANDS, "importing them hangs the commands onto the group"


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    """A command has an event loop of its own, wherever it is called from."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


class Terminal:
    """A shell in a folder of its own: each call is one `callout` command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.environ: dict[str, str] = {"CALLOUT_SENDERS": "0", "CALLOUT_MIN_FREE_BYTES": "0"}

    def __call__(self, *words: str, data: Path | None = None, text: str | None = None) -> Result:
        console = Console(environ=self.environ, clock=system_clock, run=_run)
        place = ["--data", str(data or self.data)] if words[0] not in {"demo", "--help"} else []
        return CliRunner().invoke(cli, [*words, *place], obj=console, input=text)

    def json(self, *words: str, **more: Any) -> Any:
        """What a command says as JSON; it must succeed."""
        result = self(*words, "--json", **more)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


@pytest.fixture
def campaign(terminal: Terminal) -> Terminal:
    """A terminal with a campaign in its data folder."""
    made = terminal("init", "--domain", "campaign.test", "--handle", "harbour", "--name", "Open Harbour")
    assert made.exit_code == 0, made.output
    return terminal
