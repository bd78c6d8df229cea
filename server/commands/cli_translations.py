"""Commands about languages: translate a post, see what is missing, choose what the campaign speaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from server.commands.cli import Console, cli, data_option, json_option, lines, show, text_or_stdin

pass_console = click.make_pass_decorator(Console)


@cli.command()
@click.argument("target")
@click.argument("language")
@click.argument("text")
@click.option("--title", default=None)
@click.option("--warning", default=None)
@click.option("--place", default=None, help="Where, of a call-out.")
@click.option("--needs", default=None, help="What is needed, of a call-out.")
@click.option("--instead", default=None, help="What to do instead of coming, of a call-out.")
@click.option("--approve", is_flag=True, help="Let readers have it.")
@click.option("--without-review", metavar="REASON", help="Do not wait for a second pair of eyes.")
@data_option
@json_option
@pass_console
def translate(
    console: Console, data: Path | None, target: str, language: str, text: str, *, title: str | None, warning: str | None,
    place: str | None, needs: str | None, instead: str | None, approve: bool, without_review: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Translate the post TARGET into LANGUAGE as TEXT (`-` reads standard input)."""
    value = console.ask(
        data,
        "translate",
        target=target,
        language=language,
        text=text_or_stdin(text),
        title=title,
        warning=warning,
        place=place,
        needs=needs,
        instead=instead,
        approve=approve,
        without_review=without_review,
    )
    show(value, lambda one: f"{one['language']}  {one['state']}  {one['url']}", as_json=as_json)


def _post(one: dict[str, Any]) -> str:
    states = [
        f"{side['language']} {side['state']}{' (in work)' if side['in_work'] else ''}" for side in one["translations"]
    ]
    suggested = [
        f"    {line['number']}  {line['language'] or '?'}  {line['state']}  @{line['from']}"
        for line in one["suggestions"]
    ]
    return "\n".join([f"{one['url']}  {one['language']} main{''.join(f'  {state}' for state in states)}", *suggested])


@cli.command()
@click.argument("target", required=False, default="")
@data_option
@json_option
@pass_console
def translations(console: Console, data: Path | None, target: str, *, as_json: bool) -> None:
    """The languages of the post TARGET, or of open call-outs and the newest posts."""
    show(console.ask(data, "translations", target=target), lines(_post, "Nothing published yet."), as_json=as_json)


@cli.command()
@click.argument("languages", nargs=-1)
@data_option
@json_option
@pass_console
def languages(console: Console, data: Path | None, languages: tuple[str, ...], *, as_json: bool) -> None:
    """What the campaign speaks, in its order; with LANGUAGES (en fr ar ...), choose it."""
    chosen = {"languages": list(languages)} if languages else {}
    found = console.ask(data, "languages.choose" if languages else "languages", **chosen)
    show(found, " ".join, as_json=as_json)
