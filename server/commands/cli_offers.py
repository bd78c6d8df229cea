"""`offers`: what readers offer who cannot come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from server.commands.cli import Console, cli, data_option, json_option, lines, show, text_or_stdin
from server.features.offers.model import Kind, OfferState

pass_console = click.make_pass_decorator(Console)


@cli.group()
def offers() -> None:
    """What readers offer who cannot come."""


def _line(one: dict[str, Any]) -> str:
    said = "; ".join(" ".join(value.split()) for value in one["fields"].values())
    return f"{one['name']}  {one['kind']}  {one['state']}  {one['language']}  {one['day']}  {said[:100]}"


@offers.command("list")
@click.option("--kind", type=click.Choice([str(one) for one in Kind]), help="Only of one kind.")
@click.option("--state", type=click.Choice([str(one) for one in OfferState]), help="Without it: all but spam.")
@click.option("--language", default="", help="Only in this language (a code such as fr).")
@click.option("--about", default="", help="Only for the call-out of this short code.")
@click.option("--page", type=int, default=0, help="The next ones: 1, 2 and so on.")
@data_option
@json_option
@pass_console
def offers_list(console: Console, /, data: Path | None, *, as_json: bool, **wanted: Any) -> None:
    """The queue: what waits first, the oldest first."""
    given = {name: value or ("" if name != "page" else 0) for name, value in wanted.items()}
    show(console.ask(data, "offers.list", **given), lines(_line, "No offers."), as_json=as_json)


def _whole(one: dict[str, Any]) -> str:
    found = [f"{one['kind']}, {one['state']}, in {one['language']}, came {one['day']}, deleted {one['deleted_on']}"]
    found += [f"{name}: {value}" for name, value in one["fields"].items()]
    found += [f"to reach them: {one['contact']}"] if one["contact"] else []
    found += [f"pictures: {one['pictures']} (on the Desk)"] if one["pictures"] else []
    found += [f"answered [{answer['language']}]: {answer['text']}" for answer in one["answers"]]
    found += [f"they added: {one['reply']}"] if one["reply"] else []
    return "\n".join(found)


@offers.command("show")
@click.argument("name")
@data_option
@json_option
@pass_console
def offers_show(console: Console, data: Path | None, name: str, *, as_json: bool) -> None:
    """All of the offer NAME."""
    show(console.ask(data, "offers.show", name=name), _whole, as_json=as_json)


@offers.command("answer")
@click.argument("name")
@click.argument("text")
@click.option("--lang", default="", help="The language of TEXT; without it, the one they read our pages in.")
@data_option
@json_option
@pass_console
def offers_answer(console: Console, data: Path | None, name: str, text: str, *, lang: str, as_json: bool) -> None:
    """Answer the offer NAME with TEXT (- reads it from another program); whoever has its code can read it."""
    value = console.ask(data, "offers.answer", name=name, text=text_or_stdin(text), language=lang)
    show(value, "Answered.", as_json=as_json)


@offers.command("release")
@click.argument("name")
@data_option
@json_option
@pass_console
def offers_release(console: Console, data: Path | None, name: str, *, as_json: bool) -> None:
    """Let anybody see to the offer NAME again."""
    show(console.ask(data, "offers.release", name=name), "Anybody can see to it now.", as_json=as_json)


@offers.command("spam")
@click.argument("names", nargs=-1, required=True)
@click.option("--undo", is_flag=True, help="Take them back from the spam.")
@data_option
@json_option
@pass_console
def offers_spam(console: Console, data: Path | None, names: tuple[str, ...], *, undo: bool, as_json: bool) -> None:
    """Put the offers NAMES aside; they are erased after two days, and their senders are told nothing."""
    value = console.ask(data, "offers.spam", names=names, undo=undo)
    said = "Put back" if undo else "Put aside"
    show(value, lambda one: f"{said}: {one['changed']}.", as_json=as_json)


@offers.command("ask")
@click.argument("kinds", nargs=-1, type=click.Choice([str(one) for one in Kind]))
@click.option("--all", "everything", is_flag=True, help="Ask for every kind.")
@click.option("--nothing", is_flag=True, help="Take the form off the pages.")
@data_option
@json_option
@pass_console
def offers_ask(
    console: Console, /, data: Path | None, *, kinds: tuple[str, ...], everything: bool, nothing: bool, as_json: bool
) -> None:
    """What readers can offer; with KINDS, --all or --nothing, choose it."""
    if bool(kinds) + everything + nothing > 1:
        raise click.UsageError("Either kinds, or --all, or --nothing.")
    chosen = [str(one) for one in Kind] if everything else list(kinds)
    verb, given = ("offers.ask", {"kinds": chosen}) if chosen or nothing else ("offers.asked", {})
    value = console.ask(data, verb, **given)
    show(value, lambda one: " ".join(one["kinds"]) if one["asks"] else "Nothing is asked for.", as_json=as_json)


@offers.command("delete")
@click.argument("names", nargs=-1, required=True)
@data_option
@json_option
@pass_console
def offers_delete(console: Console, data: Path | None, names: tuple[str, ...], *, as_json: bool) -> None:
    """Erase the offers NAMES, their pictures first."""
    show(console.ask(data, "offers.delete", names=names), lambda one: f"Erased: {one['deleted']}.", as_json=as_json)
