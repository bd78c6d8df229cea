"""The command about who quotes us."""

from __future__ import annotations

from pathlib import Path

import click

from server.commands.cli import Console, cli, data_option, json_option, lines, show

pass_console = click.make_pass_decorator(Console)


@cli.command()
@click.option("--state", type=click.Choice(["asked", "given", "refused"]), default="asked", help="Which ones.")
@click.option("--yes", type=int, multiple=True, metavar="NUMBER", help="They may.")
@click.option("--no", type=int, multiple=True, metavar="NUMBER", help="They may not.")
@click.option("--take-back", type=int, multiple=True, metavar="NUMBER", help="They may no longer.")
@data_option
@json_option
@pass_console
def quotes(
    console: Console,
    data: Path | None,
    state: str,
    yes: tuple[int, ...],
    no: tuple[int, ...],
    take_back: tuple[int, ...],
    *,
    as_json: bool,
) -> None:
    """Who asks to quote us, or does, and what we say to that."""
    for numbers, answer in ((yes, "yes"), (no, "no"), (take_back, "take-back")):
        for number in numbers:
            console.ask(data, "quotes.answer", number=number, answer=answer)
    found = console.ask(data, "quotes", state=state)
    show(found, lines(lambda one: f"{one['number']}  @{one['from']}  {one['uri']}", "Nothing."), as_json=as_json)
