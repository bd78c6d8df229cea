"""The command about who signs a call-out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from server.commands.cli import Console, cli, data_option, json_option, lines, show

pass_console = click.make_pass_decorator(Console)


def _line(one: dict[str, Any]) -> str:
    return f"{one['number']}  {'signs' if one['counts'] else 'asks'}  {one['from']}  by {one['by']}  {one['name']}"


@cli.command()
@click.argument("post")
@click.option("--let", type=int, metavar="NUMBER", help="Let this group sign.")
@click.option("--off", type=int, metavar="NUMBER", help="Take the signature of this group off.")
@data_option
@json_option
@pass_console
def signatures(
    console: Console, data: Path | None, post: str, let: int | None, off: int | None, *, as_json: bool
) -> None:
    """Who signs a call-out, and who asks to; let a group sign, or take it off."""
    if let is not None and off is not None:
        raise click.UsageError("Let one sign, or take one off.")
    if let is not None:
        show(console.ask(data, "signatures.decide", target=post, number=let, answer="yes"), "Counted.", as_json=as_json)
    elif off is not None:
        value = console.ask(data, "signatures.decide", target=post, number=off, answer="no")
        show(value, "Taken off.", as_json=as_json)
    else:
        show(console.ask(data, "signatures", target=post), lines(_line, "Nobody yet."), as_json=as_json)
