"""The command line: words in, one verb, words out. Exit 0 done, 1 refused (one line on stderr), 2 wrong usage."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from server.base.clock import Clock
from server.base.database.migrate import NewerSchemaError
from server.base.errors import AppError
from server.base.lockfile import HeldElsewhereError
from server.base.log import set_up
from server.base.settings import Settings, SettingsError
from server.commands.control import ask
from server.commands.verbs.table import Refused

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """What every command is given: the environment, the clock, and how to run."""

    environ: dict[str, str]
    clock: Clock
    run: Callable[[Coroutine[Any, Any, Any]], Any] = asyncio.run

    def settings(self, data: Path | None, **changed: Any) -> Settings:
        """The settings of a data folder. Raises click errors."""
        try:
            loaded = Settings.load(self.environ, data)
        except SettingsError as error:
            raise click.ClickException(str(error)) from None
        return replace(loaded, **{name: value for name, value in changed.items() if value is not None})

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something; refusals become one line and exit 1."""
        try:
            return self.run(work)  # type: ignore[no-any-return]
        except (Refused, SettingsError, AppError, NewerSchemaError) as error:
            raise click.ClickException(str(error)) from None
        except HeldElsewhereError:
            raise click.ClickException("Another callout process works on this data folder.") from None
        except KeyboardInterrupt:
            raise click.Abort from None

    def ask(self, data: Path | None, verb: str, **args: Any) -> Any:
        """Let the server, or this process, do one verb."""
        return self.do(ask(self.settings(data), self.clock, verb, args))


def show(value: Any, words: str | Callable[[Any], str], *, as_json: bool) -> None:
    """Say what came out: for scripts, or for people."""
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False))
        return
    text = words if isinstance(words, str) else words(value)
    if text:
        click.echo(text)


def lines(of: Callable[[dict[str, Any]], str], nothing: str) -> Callable[[list[dict[str, Any]]], str]:
    """Words for a list: a line each."""
    return lambda value: "\n".join(of(one) for one in value) if value else nothing


def text_or_stdin(text: str) -> str:
    """The words of the command line, or of standard input for `-`."""
    return sys.stdin.read() if text == "-" else text


def data_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--data DIR`."""
    return click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Data folder (./data).")(
        command
    )


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Say it as JSON.")(command)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="callout", message="callout %(version)s")
def cli() -> None:
    """A campaign's own voice on the fediverse."""
    os.umask(0o077)  # what we write is for whoever runs it
    set_up("WARNING")
