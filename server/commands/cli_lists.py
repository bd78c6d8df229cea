"""Commands about block lists, the allow-list, allies and the home timeline."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from server.base.errors import AppError
from server.commands.cli import Console, cli, data_option, json_option, lines, show
from server.features.safety.lists import MAX_LIST_BYTES, decoded

pass_console = click.make_pass_decorator(Console)


@cli.group()
def blocks() -> None:
    """Lists of servers to block."""


def _told(value: dict[str, Any]) -> str:
    said = [
        f"{value['new']} new, {value['known']} blocked already, {value['left_out']} left out.",
        f"Followers that this cuts off: {value['followers']}.",
        *(f"  {one['host']}  {one['followers']}" for one in value["servers"]),
    ]
    if value["following"]:
        said.append(f"You follow there: {', '.join(value['following'])}")
    if value["allies"]:
        said.append(f"ALLIES there: {', '.join(value['allies'])}")
    if "number" in value:
        said.append(f"Blocked {value['blocked']} as list {value['number']}.")
    return "\n".join(said)


@blocks.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--name", default="", help="Your name for it.")
@click.option("--limits", is_flag=True, help="Also servers that the list only limits.")
@click.option("--all", "everybody", is_flag=True, help="Also servers of allies and of people you follow.")
@click.option("--preview", is_flag=True, help="Only say what it would do.")
@data_option
@json_option
@pass_console
def blocks_import(
    console: Console,
    data: Path | None,
    file: Path,
    name: str,
    *,
    limits: bool,
    everybody: bool,
    preview: bool,
    as_json: bool,
) -> None:
    """Block what stands in FILE: Mastodon's CSV, or one server a line (- for standard input)."""
    try:
        if str(file) == "-":
            text = decoded(sys.stdin.buffer.read(MAX_LIST_BYTES + 1))
        else:
            with file.open("rb") as opened:
                text = decoded(opened.read(MAX_LIST_BYTES + 1))
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None
    except AppError as error:
        raise click.ClickException(str(error)) from None
    args = {"text": text, "name": name or file.name, "limits": limits, "preview": preview, "all": everybody}
    show(console.ask(data, "blocks.import", **args), _told, as_json=as_json)


@blocks.command("subscribe")
@click.argument("url")
@click.option("--name", default="", help="Your name for it.")
@click.option("--all", "everybody", is_flag=True, help="Also servers of allies and of people you follow.")
@click.option("--preview", is_flag=True, help="Only say what it would do.")
@data_option
@json_option
@pass_console
def blocks_subscribe(
    console: Console, data: Path | None, url: str, name: str, *, everybody: bool, preview: bool, as_json: bool
) -> None:
    """Fetch the list at URL once a day and block what stands in it."""
    value = console.ask(data, "blocks.subscribe", url=url, name=name, preview=preview, all=everybody)
    show(value, _told, as_json=as_json)


@blocks.command("export")
@data_option
@json_option
@pass_console
def blocks_export(console: Console, data: Path | None, *, as_json: bool) -> None:
    """All blocked servers as Mastodon imports them."""
    show(console.ask(data, "blocks.export"), lambda value: value["csv"].rstrip("\n"), as_json=as_json)


@blocks.command("lists")
@data_option
@json_option
@pass_console
def blocks_lists(console: Console, data: Path | None, *, as_json: bool) -> None:
    """The lists, by number."""

    def line(one: dict[str, Any]) -> str:
        return f"{one['number']}  {one['name']}  {one['blocks']}  {one['url'] or ''}  {one['problem']}".rstrip()

    show(console.ask(data, "blocks.lists"), lines(line, "No list."), as_json=as_json)


@blocks.command("undo")
@click.argument("number", type=int)
@data_option
@json_option
@pass_console
def blocks_undo(console: Console, data: Path | None, number: int, *, as_json: bool) -> None:
    """Take back all that a list blocked, and forget the list."""
    value = console.ask(data, "blocks.undo", number=number)
    show(value, lambda one: f"Unblocked {one['unblocked']} of “{one['name']}”.", as_json=as_json)


@cli.command()
@click.argument("host", required=False)
@click.option("--on", "switch", flag_value="on", help="Let in only the servers on the list.")
@click.option("--off", "switch", flag_value="off", help="Let everybody in again.")
@click.option("--remove", is_flag=True, help="Take HOST off the list.")
@data_option
@json_option
@pass_console
def allow(
    console: Console, data: Path | None, host: str | None, switch: str | None, *, remove: bool, as_json: bool
) -> None:
    """The allow-list: put HOST on it, turn it on or off; without either, show it."""
    if host is not None:
        value = console.ask(data, "allow.remove" if remove else "allow", name=host)
        show(value, f"{host} is {'no longer ' if remove else ''}on the list.", as_json=as_json)
    if switch is not None:
        value = console.ask(data, f"allow.{switch}")
        said = (
            "Only servers on the list may talk with you now."
            if switch == "on"
            else "Everybody may talk with you again."
        )
        show(value, said, as_json=as_json)
    if host is None and switch is None:
        show(console.ask(data, "allow.list"), _allowed, as_json=as_json)


def _allowed(value: dict[str, Any]) -> str:
    out = value["shut_out"]
    names = [*out["allies"], *out["following"]]
    head = f"{'on' if value['on'] else 'off'}; not on it: {out['followers']} followers"
    return "\n".join([f"{head}{', ' if names else ''}{', '.join(names)}", *value["hosts"]])


@cli.command()
@click.argument("name", metavar="[HANDLE|HOST]", required=False)
@click.option("--label", default="", help="The name to show.")
@click.option("--show", "shown", is_flag=True, help="Show them on the public page of allies.")
@click.option("--remove", type=int, metavar="NUMBER", help="No longer an ally.")
@data_option
@json_option
@pass_console
def ally(
    console: Console, data: Path | None, name: str | None, label: str, remove: int | None, *, shown: bool, as_json: bool
) -> None:
    """Make an account or a whole server an ally; without a name, list them."""
    if remove is not None:
        show(console.ask(data, "unally", number=remove), "No longer an ally.", as_json=as_json)
    elif name is not None:
        value = console.ask(data, "ally", name=name, label=label, shown=shown)
        show(value, "An ally from now on.", as_json=as_json)
    else:

        def line(one: dict[str, Any]) -> str:
            return f"{one['number']}  {one['label']}  {one['target']}{'  shown' if one['shown'] else ''}"

        show(console.ask(data, "allies"), lines(line, "No allies."), as_json=as_json)


@cli.command()
@click.option("--proposed", is_flag=True, help="Only call-outs of allies that wait for a yes or no.")
@click.option("--before", type=int, default=None, help="The next page: the last number seen.")
@click.option("--boost", type=int, metavar="NUMBER", help="Boost one.")
@click.option("--dismiss", type=int, metavar="NUMBER", help="Let a proposed one be.")
@data_option
@json_option
@pass_console
def home(
    console: Console,
    data: Path | None,
    before: int | None,
    boost: int | None,
    dismiss: int | None,
    *,
    proposed: bool,
    as_json: bool,
) -> None:
    """What those the campaign follows say, for boosting."""
    if boost is not None:
        show(console.ask(data, "home.boost", number=boost), "Boosted.", as_json=as_json)
    elif dismiss is not None:
        show(console.ask(data, "home.dismiss", number=dismiss), "Left as it is.", as_json=as_json)
    else:

        def line(one: dict[str, Any]) -> str:
            return f"{one['number']}  @{one['from']}  {one['uri']}{'  proposed' if one['proposed'] else ''}"

        show(console.ask(data, "home", proposed=proposed, before=before), lines(line, "Nothing yet."), as_json=as_json)
