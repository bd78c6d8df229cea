"""Commands about people: organisers, followers, blocks, replies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from server.commands.cli import Console, cli, data_option, json_option, lines, show
from server.features.access.model import Role

pass_console = click.make_pass_decorator(Console)


@cli.group()
def organiser() -> None:
    """Who may come in."""


@organiser.command("invite")
@click.argument("name")
@click.option("--role", type=click.Choice([str(role) for role in Role]), default=str(Role.WRITER))
@click.option("--until", default="", metavar="DAY", help="The last day of the role (2026-09-30); it ends by itself.")
@data_option
@json_option
@pass_console
def organiser_invite(console: Console, data: Path | None, name: str, role: str, until: str, *, as_json: bool) -> None:
    """Add somebody; prints a link that works once."""
    value = console.ask(data, "organiser.invite", name=name, role=role, until=until)
    show(value, lambda one: one["link"], as_json=as_json)


@organiser.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice([str(role) for role in Role]))
@click.option("--until", default="", metavar="DAY", help="The last day of the role (2026-09-30); else for good.")
@data_option
@json_option
@pass_console
def organiser_role(console: Console, data: Path | None, name: str, role: str, until: str, *, as_json: bool) -> None:
    """Give somebody another role, or another last day."""
    value = console.ask(data, "organiser.role", name=name, role=role, until=until)
    show(value, f"{name} is {role}{f' until {until}' if until else ''}.", as_json=as_json)


@organiser.command("remove")
@click.argument("name")
@data_option
@json_option
@pass_console
def organiser_remove(console: Console, data: Path | None, name: str, *, as_json: bool) -> None:
    """Erase somebody for good; the log keeps what was done, without the name."""
    show(console.ask(data, "organiser.remove", name=name), f"{name} is removed.", as_json=as_json)


@organiser.command("link")
@click.argument("name")
@data_option
@json_option
@pass_console
def organiser_link(console: Console, data: Path | None, name: str, *, as_json: bool) -> None:
    """A fresh link for somebody who lost the password."""
    show(console.ask(data, "organiser.link", name=name), lambda value: value["link"], as_json=as_json)


@organiser.command("suspend")
@click.argument("name")
@click.option("--undo", is_flag=True, help="Let them in again.")
@data_option
@json_option
@pass_console
def organiser_suspend(console: Console, data: Path | None, name: str, *, undo: bool, as_json: bool) -> None:
    """Shut somebody out, at once."""
    value = console.ask(data, "organiser.unsuspend" if undo else "organiser.suspend", name=name)
    show(value, f"{name} may come in again." if undo else f"{name} is shut out.", as_json=as_json)


@organiser.command("reset-factor")
@click.argument("name")
@data_option
@json_option
@pass_console
def organiser_reset_factor(console: Console, data: Path | None, name: str, *, as_json: bool) -> None:
    """Take app, passkeys and recovery codes from somebody who lost them. The password stays; they are signed out."""
    value = console.ask(data, "organiser.reset-factor", name=name)
    show(value, f"{name} signs in by password alone until they set up a second step.", as_json=as_json)


@organiser.command("sign-out")
@click.argument("name")
@data_option
@json_option
@pass_console
def organiser_sign_out(console: Console, data: Path | None, name: str, *, as_json: bool) -> None:
    """Sign somebody out everywhere, their apps too."""
    show(console.ask(data, "organiser.sign-out", name=name), f"{name} is signed out everywhere.", as_json=as_json)


@organiser.command("list")
@data_option
@json_option
@pass_console
def organiser_list(console: Console, data: Path | None, *, as_json: bool) -> None:
    """Everybody who may come in."""

    def line(one: dict[str, Any]) -> str:
        until = f"  until {one['last_day']}" if one["last_day"] else ""
        ended = "  ended" if one["ended"] else ""
        return f"{one['name']}  {one['role']}{until}{ended}{'  suspended' if one['suspended'] else ''}"

    show(console.ask(data, "organiser.list"), lines(line, "Nobody."), as_json=as_json)


@organiser.command("language")
@click.argument("name")
@click.argument("language", required=False, default="")
@data_option
@json_option
@pass_console
def organiser_language(console: Console, data: Path | None, name: str, language: str, *, as_json: bool) -> None:
    """The LANGUAGE of the Desk of NAME, such as fr; none leaves it to the browser."""
    value = console.ask(data, "organiser.language", name=name, language=language)
    show(value, f"The Desk of {name} speaks {language or 'as the browser asks'}.", as_json=as_json)


@cli.command()
@click.argument("name")
@click.option("--scopes", default="read write", help="What the token may do (`read write`).")
@data_option
@json_option
@pass_console
def token(console: Console, data: Path | None, name: str, scopes: str, *, as_json: bool) -> None:
    """A bearer token by which a script acts for the organiser NAME."""
    value = console.ask(data, "token", name=name, scopes=scopes.replace(",", " ").split())
    show(value, lambda one: one["token"], as_json=as_json)


@cli.command()
@click.option("--pending", is_flag=True, help="Those who ask.")
@click.option("--approve", type=int, metavar="NUMBER", help="Let one follow.")
@click.option("--remove", type=int, metavar="NUMBER", help="Remove or refuse one.")
@click.option("--before", type=int, default=None, help="The next page: the last number seen.")
@click.option("--server", default="", help="Only from this server.")
@click.option("--find", default="", help="Only those whose handle begins so.")
@click.option("--servers", is_flag=True, help="How many follow from which server.")
@data_option
@json_option
@pass_console
def followers(
    console: Console,
    /,
    data: Path | None,
    *,
    approve: int | None,
    remove: int | None,
    pending: bool,
    servers: bool,
    as_json: bool,
    **wanted: Any,
) -> None:
    """Who follows the campaign."""
    if approve is not None:
        show(console.ask(data, "followers.approve", number=approve), "They follow now.", as_json=as_json)
        return
    if remove is not None:
        show(console.ask(data, "followers.remove", number=remove), "Removed.", as_json=as_json)
        return
    if servers:
        counted = lines(lambda one: f"{one['host']}  {one['followers']}", "Nobody.")
        show(console.ask(data, "followers.servers"), counted, as_json=as_json)
        return

    def words(value: dict[str, Any]) -> str:
        page = "\n".join(f"{one['number']}  @{one['handle']}" for one in value["page"])
        return f"{value['followers']} followers, {value['following']} followed\n{page}".rstrip()

    show(
        console.ask(data, "followers", state="pending" if pending else "accepted", **wanted),
        words,
        as_json=as_json,
    )


@cli.command()
@data_option
@json_option
@pass_console
def following(console: Console, data: Path | None, *, as_json: bool) -> None:
    """Whom the campaign follows."""
    show(
        console.ask(data, "following"),
        lines(lambda one: f"@{one['handle']}  {one['state']}", "Nobody."),
        as_json=as_json,
    )


def _naming(name: str, argument: str, help_: str, done: str) -> None:
    @cli.command(name, help=help_)
    @click.argument("name", metavar=argument)
    @data_option
    @json_option
    @pass_console
    def command(console: Console, /, data: Path | None, as_json: bool, **given: str) -> None:
        show(console.ask(data, name, name=given["name"]), done, as_json=as_json)


_naming("follow", "HANDLE", "Follow an account, such as @name@their.server.", "Asked to follow.")
_naming("unfollow", "HANDLE", "Follow an account no more.", "No longer followed.")
_naming("unblock", "HOST|HANDLE", "Take a block back.", "No longer blocked.")


@cli.command()
@click.argument("name", metavar="[HOST|HANDLE]", required=False)
@click.option("--announce", is_flag=True, help="Tell the account's server by a Block; it may show them.")
@data_option
@json_option
@pass_console
def block(console: Console, data: Path | None, name: str | None, *, announce: bool, as_json: bool) -> None:
    """Block a server or an account; without a name, list what is blocked."""
    if name is None:
        show(console.ask(data, "blocks"), lines(lambda one: one["target"], "Nobody is blocked."), as_json=as_json)
        return
    show(
        console.ask(data, "block", name=name, announce=announce),
        lambda one: f"Blocked {one['blocked']}.",
        as_json=as_json,
    )
