"""`init`, `serve`, `worker`, `migrate`, `doctor`, `backup`, `restore`, `demo`: the house itself."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from server.base.database.migrate import migrate as migrate_database
from server.base.database.migrate import open_database
from server.base.log import set_up
from server.base.sealing import write_private
from server.base.settings import Settings
from server.commands import backup as backups
from server.commands.cli import Console, cli, data_option, json_option, show
from server.commands.control import owned
from server.commands.demo import demo as run_demo
from server.commands.doctor import Finding, examine
from server.commands.founding import found
from server.commands.serve import serve as serve_house
from server.commands.serve import work
from server.commands.verbs.table import Refused
from server.features.actors.service import checked_handle

LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
pass_console = click.make_pass_decorator(Console)


def _base_url(domain: str) -> str:
    if "://" in domain:
        return domain.rstrip("/")
    local = domain.partition(":")[0] in LOOPBACK or domain.startswith("[::1]")
    return f"{'http' if local else 'https'}://{domain}"


@cli.command()
@click.option("--domain", required=True, help="Where the campaign will live: campaign.example. It can never change.")
@click.option(
    "--handle", required=True, help="The name before the @: letters a-z, digits, underscore. It can never change."
)
@click.option("--name", required=True, help="The campaign's name as people read it.")
@click.option("--language", default="en", help="The language it writes in most (en).")
@click.option("--time-zone", default="UTC", help="Its time zone (UTC).")
@click.option("--organiser", default="first", help="What to call the first organiser; need not be a real name.")
@data_option
@json_option
@pass_console
def init(console: Console, /, data: Path | None, *, as_json: bool, domain: str, **words: str) -> None:
    """Make a campaign: data folder, keys, first organiser."""
    base_url = console.environ.get("CALLOUT_BASE_URL") or _base_url(domain)
    first = Console(environ={**console.environ, "CALLOUT_BASE_URL": base_url}, clock=console.clock, run=console.run)
    settings = first.settings(data)
    link = console.do(_found(console, settings, words))
    handle = f"@{words['handle']}@{settings.handle_domain or base_url.partition('://')[2]}"
    value = {"handle": handle, "home": f"{base_url}/", "link": link}
    show(
        value,
        f"{words['name']} is {handle}\nSign in when the server runs (`callout serve` starts it; the link works once):\n  {link}",
        as_json=as_json,
    )


async def _found(console: Console, settings: Settings, words: dict[str, str]) -> str:
    checked_handle(words["handle"])  # before the data folder is made: a refusal leaves nothing behind
    async with owned(settings, console.clock) as house:
        toml = settings.data / "callout.toml"
        if not toml.exists():  # before the campaign: whoever is killed in between calls `init` again
            write_private(toml, f"base_url = {json.dumps(settings.base_url)}\n")
        return await found(house, **words)


@cli.command()
@click.option("--host", help="Address to listen on (127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on (8000).")
@data_option
@pass_console
def serve(console: Console, data: Path | None, host: str | None, port: int | None) -> None:
    """Answer, deliver and work, until stopped."""
    settings = console.settings(data, host=host, port=port)
    set_up(settings.log_level)
    console.do(serve_house(settings, console.clock, say=True))


@cli.command()
@data_option
@pass_console
def worker(console: Console, data: Path | None) -> None:
    """Deliver and work only, beside servers that share a PostgreSQL database."""
    settings = console.settings(data)
    set_up(settings.log_level)
    console.do(work(settings, console.clock))


@cli.command()
@data_option
@json_option
@pass_console
def migrate(console: Console, data: Path | None, *, as_json: bool) -> None:
    """Bring the database up to date after an upgrade (`serve` does so, too)."""
    steps = console.do(_migrate(console, console.settings(data)))
    show(steps, lambda value: "\n".join(value) or "The database is up to date.", as_json=as_json)


async def _migrate(console: Console, settings: Settings) -> list[str]:
    database = await open_database(settings, console.clock)
    try:
        return await migrate_database(database)
    finally:
        await database.close()


@cli.command()
@data_option
@json_option
@pass_console
def doctor(console: Console, data: Path | None, *, as_json: bool) -> None:
    """Check address, folder, disk, database, clock, TLS and WebFinger; exit 1 if something is bad."""
    settings = console.settings(data)
    if not settings.data.is_dir():
        raise click.ClickException(f"There is no folder {settings.data}. Make a campaign with `callout init`.")
    findings = console.do(_examine(console, settings, as_json=as_json))
    if as_json:
        click.echo(json.dumps([{"name": one.name, "level": one.level, "words": one.words} for one in findings]))
    if any(one.level == "bad" for one in findings):
        raise click.exceptions.Exit(1)


async def _examine(console: Console, settings: Settings, *, as_json: bool) -> list[Finding]:
    findings = []
    async for one in examine(settings, console.clock):
        findings.append(one)
        if not as_json:
            click.echo(f"{one.level:>4}  {one.name}: {one.words}")
    return findings


def _progress(label: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{label} {done}{f'/{total}' if total else ''}   ", err=True, nl=False)


def _passphrase(console: Console, file: Path | None, *, twice: bool) -> str:
    if file is not None:
        return file.read_text().strip()
    given = console.environ.get("CALLOUT_BACKUP_PASSPHRASE")
    if given:
        return given
    if not sys.stdin.isatty():
        raise click.UsageError("Give the passphrase by --passphrase-file or CALLOUT_BACKUP_PASSPHRASE.")
    return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=twice))


def _passphrase_option(command: Callable[..., Any]) -> Callable[..., Any]:
    kind = click.Path(path_type=Path, exists=True, dir_okay=False)
    return click.option("--passphrase-file", type=kind, help="File with the passphrase in it.")(command)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_passphrase_option
@data_option
@json_option
@pass_console
def backup(console: Console, data: Path | None, *, as_json: bool, file: Path, passphrase_file: Path | None) -> None:
    """Write everything into one encrypted FILE, while the server may go on."""
    settings = console.settings(data)
    if not settings.data.is_dir():
        raise click.ClickException(f"There is no folder {settings.data}.")
    words = _passphrase(console, passphrase_file, twice=True)
    value = console.do(backups.back_up(settings, console.clock, file, words, _progress))
    show(
        value,
        lambda one: f"{file}: {one['rows']} rows, {one['pictures']} pictures. Keep the passphrase elsewhere.",
        as_json=as_json,
    )


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@_passphrase_option
@data_option
@json_option
@pass_console
def restore(console: Console, data: Path | None, *, as_json: bool, file: Path, passphrase_file: Path | None) -> None:
    """Put everything of FILE back into an empty data folder."""
    settings = console.settings(data)
    words = _passphrase(console, passphrase_file, twice=False)
    value = console.do(backups.restore(settings, console.clock, file, words, _progress))
    show(
        value, lambda one: f"{one['rows']} rows, {one['pictures']} pictures. Now run `callout serve`.", as_json=as_json
    )


@cli.command()
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("demo"), help="Where both live (./demo)."
)
@click.option("--once", is_flag=True, help="Stop when the story is told instead of waiting for Ctrl-C.")
@pass_console
def demo(console: Console, folder: Path, *, once: bool) -> None:
    """Two campaigns on this machine find, follow, boost and answer each other."""

    async def told() -> Any:
        try:
            await run_demo(folder, console.environ, say=click.echo, stay=not once)
        except TimeoutError as error:
            raise Refused(str(error)) from None

    console.do(told())
