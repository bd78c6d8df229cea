"""`replies`, `mute`, `unmute`, `words`: what others say, and what becomes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from server.commands.cli import Console, cli, data_option, json_option, lines, show

pass_console = click.make_pass_decorator(Console)


@cli.command()
@click.option("--state", type=click.Choice(["held", "approved", "hidden"]), default="held")
@click.option("--direct", is_flag=True, help="Direct messages instead.")
@click.option("--kind", type=click.Choice(["reply", "mention", "quote"]), help="Only of one kind.")
@click.option("--server", default="", help="Only from this server.")
@click.option("--language", default="", help="Only in this language (a code such as fr).")
@click.option("--first", is_flag=True, help="Only first contacts.")
@click.option("--same", default="", help="Only one group of equal texts, by the name that --json shows.")
@click.option("--before", type=int, default=None, help="The next page: the last number seen.")
@click.option("--approve", type=int, multiple=True, metavar="NUMBER")
@click.option("--hide", type=int, multiple=True, metavar="NUMBER")
@click.option("--hide-all", is_flag=True, help="Hide all that the other options find.")
@click.option("--approve-all", is_flag=True, help="Show all that the other options find.")
@data_option
@json_option
@pass_console
def replies(
    console: Console,
    /,
    data: Path | None,
    *,
    as_json: bool,
    approve: tuple[int, ...],
    hide: tuple[int, ...],
    hide_all: bool,
    approve_all: bool,
    **wanted: Any,
) -> None:
    """What others said, and what becomes of it."""
    if hide_all and approve_all:
        raise click.UsageError("Either hide all or approve all.")
    for numbers, decided in ((approve, "approved"), (hide, "hidden")):
        if numbers:
            done = console.ask(data, "replies.decide", numbers=numbers, state=decided)
            show(done, f"{decided.capitalize()}.", as_json=as_json)
    if hide_all or approve_all:
        decided = "hidden" if hide_all else "approved"
        wanted["kind"] = wanted["kind"] or ""
        done = console.ask(data, "replies.decide", of=wanted, state=decided)
        show(done, lambda one: f"{decided.capitalize()}: {one['decided']}.", as_json=as_json)
    elif not approve and not hide:
        wanted["kind"] = wanted["kind"] or ""
        show(console.ask(data, "replies", **wanted), lines(_line, "Nothing."), as_json=as_json)


def _line(one: dict[str, Any]) -> str:
    copies = f"  ({one['copies']} like this from {one['servers']} servers)" if one["copies"] > 1 else ""
    return f"{one['number']}  @{one['from']}  {one['uri']}{copies}"


@cli.command()
@click.argument("name", metavar="[HOST|HANDLE]", required=False)
@data_option
@json_option
@pass_console
def mute(console: Console, data: Path | None, name: str | None, *, as_json: bool) -> None:
    """Hide whatever a server or an account says, without telling them; without a name, list who is muted."""
    if name is None:
        words = lines(lambda one: str(one["label"] or one["target"]), "Nobody is muted.")
        show(console.ask(data, "mutes"), words, as_json=as_json)
        return
    show(console.ask(data, "mute", name=name), lambda one: f"Muted {one['muted']}.", as_json=as_json)


@cli.command()
@click.argument("name", metavar="HOST|HANDLE")
@data_option
@json_option
@pass_console
def unmute(console: Console, data: Path | None, name: str, *, as_json: bool) -> None:
    """Listen again; what was hidden stays hidden."""
    show(console.ask(data, "unmute", name=name), "No longer muted.", as_json=as_json)


@cli.group("words")
def word_rules() -> None:
    """Words that hide or hold whatever has them."""


@word_rules.command("add")
@click.argument("words")
@click.option("--hold", is_flag=True, help="Let it wait, whoever says it, instead of hiding it.")
@click.option("--look", is_flag=True, help="Only say how many of what waits have these words.")
@data_option
@json_option
@pass_console
def words_add(console: Console, data: Path | None, words: str, *, hold: bool, look: bool, as_json: bool) -> None:
    """A rule for WORDS, whole words in this order; one that hides is used on what waits already, too."""
    value = console.ask(data, "words.add", words=words, act="hold" if hold else "hide", look=look)
    said = (lambda one: f"{one['found']} wait with these words.") if look else (lambda one: f"Hidden: {one['hidden']}.")
    show(value, said, as_json=as_json)


@word_rules.command("list")
@data_option
@json_option
@pass_console
def words_list(console: Console, data: Path | None, *, as_json: bool) -> None:
    """All rules."""
    words = lines(lambda one: f"{one['number']}  {one['act']}  {one['words']}", "No rules.")
    show(console.ask(data, "words"), words, as_json=as_json)


@word_rules.command("remove")
@click.argument("number", type=int)
@data_option
@json_option
@pass_console
def words_remove(console: Console, data: Path | None, number: int, *, as_json: bool) -> None:
    """A rule counts no more; what it hid stays hidden."""
    show(console.ask(data, "words.remove", number=number), "Removed.", as_json=as_json)
