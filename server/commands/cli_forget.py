"""Command about what posts said before: forget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from server.commands.cli import Console, cli, data_option, json_option, show

pass_console = click.make_pass_decorator(Console)


@cli.command()
@click.argument("target")
@data_option
@json_option
@pass_console
def forget(console: Console, data: Path | None, target: str, *, as_json: bool) -> None:
    """Remove all earlier versions of the post TARGET (address or id) for good; the post as it stands stays."""

    def words(one: dict[str, Any]) -> str:
        done = f"Earlier versions removed: {one['removed']}. Backups made before still hold them."
        there = ", ".join(one["translations"])
        return f"{done} Look at the translations that stand, too: {there}." if there else done

    show(console.ask(data, "forget", target=target), words, as_json=as_json)
