"""Commands for bad days: the lock, codes that lock, and the log of who did what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from server.commands.cli import Console, cli, data_option, json_option, lines, show

pass_console = click.make_pass_decorator(Console)
_STANDS = (
    "open, everything works",
    "publishing is frozen",
    "publishing is frozen, replies and new followers are paused",
    "the public sees the pinned statement only",
)


def _stands(value: dict[str, Any]) -> str:
    return f"level {value['level']}: {_STANDS[value['level']]}"


@cli.group(invoke_without_command=True, subcommand_metavar="[LEVEL | code]")
@data_option
@json_option
@click.pass_context
def lock(context: click.Context, data: Path | None, *, as_json: bool) -> None:
    """Lock the house to LEVEL 0 to 3, or say how far it is locked.

    0 open; 1 publishing frozen; 2 replies and new followers paused too; 3 the pinned statement only.
    """
    if context.invoked_subcommand is None:
        show(context.find_object(Console).ask(data, "lock"), _stands, as_json=as_json)  # type: ignore[union-attr]


def _to(level: int) -> None:
    @lock.command(str(level), help=f"Level {level}: {_STANDS[level]}.")
    @data_option
    @json_option
    @pass_console
    def command(console: Console, data: Path | None, *, as_json: bool) -> None:
        show(console.ask(data, "lock", level=level), _stands, as_json=as_json)


for _number in range(len(_STANDS)):
    _to(_number)


@lock.command("code")
@click.option("--level", type=click.IntRange(1, 3), help="Make codes that lock so far.")
@click.option("--count", type=click.IntRange(1, 10), default=1, show_default=True, help="How many.")
@click.option("--note", default="", help="Who carries them (not a real name).")
@click.option("--discard", is_flag=True, help="Make every code worthless.")
@data_option
@json_option
@pass_console
def lock_code(
    console: Console, data: Path | None, level: int | None, count: int, note: str, *, discard: bool, as_json: bool
) -> None:
    """Codes that lock once, without an account; without options, list those that wait."""
    if discard:
        value = console.ask(data, "lock.codes.discard")
        show(value, lambda one: f"{one['discarded']} codes discarded.", as_json=as_json)
    elif level is None:
        found = console.ask(data, "lock.codes")
        show(
            found,
            lines(lambda one: f"level {one['level']}  since {one['since']}  {one['label']}".rstrip(), "No code waits."),
            as_json=as_json,
        )
    else:
        made = console.ask(data, "lock.codes.make", level=level, count=count, label=note)
        words = f"Each locks once, to level {level}, at {made['address']} - write them down, they are not shown again:"
        show(made, lambda one: "\n".join([words, *one["codes"]]), as_json=as_json)


@cli.command()
@data_option
@json_option
@pass_console
def audit(console: Console, data: Path | None, *, as_json: bool) -> None:
    """Who did what, by day, newest first."""
    by = {"left": "somebody who left", "code": "a one-time code", "console": "the console"}

    def line(one: dict[str, str]) -> str:
        return f"{one['day']}  {one['name'] or by[one['by']]}  {one['words']} {one['subject']}".rstrip()

    show(console.ask(data, "audit"), lines(line, "Nothing was done yet."), as_json=as_json)
