"""Commands about call-outs: new, how they stand, a list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from server.commands.cli import Console, cli, data_option, json_option, lines, show, text_or_stdin
from server.commands.cli_posts import draft_line, pictures, with_alt, with_media, without_review_option
from server.features.posts.model_call import CallState

pass_console = click.make_pass_decorator(Console)


@cli.group()
def call() -> None:
    """Call people to come: a place, an end, what is needed."""


@call.command("new")
@click.argument("title")
@click.option("--place", required=True, help="Where, in words that people there use.")
@click.option("--until", required=True, metavar="TIME", help="Such as 2026-01-31T18:00; then it is over by itself.")
@click.option("--from", "starts", default="", metavar="TIME", help="From when; without it, from now on.")
@click.option("--zone", default="", help="Time zone of these times, such as Europe/Paris; else the campaign's.")
@click.option("--text", default="", help="Why, and what happens there; `-` reads standard input.")
@click.option("--needs", default="", help="What is needed, one thing a line.")
@click.option("--instead", default="", help="What somebody can do who cannot come.")
@click.option("--urgent", is_flag=True)
@click.option("--point", default="", metavar="LAT,LON", help="The exact place; shown on our pages alone, then erased.")
@click.option("--point-until", default="", metavar="TIME", help="When it is erased; without it, at the end.")
@click.option("--lang", default="", help="Language of the words.")
@click.option("--warning", default="", help="Content warning.")
@with_media
@with_alt
@click.option("--key", default=None, help="Idempotency key: the same one publishes once.")
@without_review_option
@click.option("--draft", is_flag=True, help="Keep it as a draft; prints its name.")
@click.option("--at", default="", metavar="TIME", help="Publish it at this time by our clocks.")
@click.option("--expires", type=int, default=None, metavar="DAYS", help="Delete it everywhere after so many days.")
@data_option
@json_option
@pass_console
def call_new(
    console: Console, /, data: Path | None, title: str, text: str, lang: str, media: tuple[Path, ...], alt: tuple[str, ...],
    *, as_json: bool, **given: Any,
) -> None:  # fmt: skip
    """Publish a call-out with this TITLE; prints its address."""
    value = console.ask(
        data,
        "call.new",
        title=title,
        text=text_or_stdin(text) if text else "",
        language=lang,
        pictures=pictures(media, alt),
        **given,
    )
    show(value, lambda one: one["url"] if "url" in one else draft_line(one), as_json=as_json)


@call.command("state")
@click.argument("target")
@click.argument("state", type=click.Choice([str(one) for one in CallState]))
@click.option("--place", default="", help="Where it is now.")
@click.option("--from", "starts", default="", metavar="TIME", help="From when it is now.")
@click.option("--until", default="", metavar="TIME", help="Until when it is now.")
@click.option("--note", default="", help="Words of the post that says so; without them they are written for you.")
@click.option("--tell/--no-tell", default=None, help="Say it in a new post; as a rule when it moved or is cancelled.")
@without_review_option
@data_option
@json_option
@pass_console
def call_state(console: Console, /, data: Path | None, target: str, state: str, *, as_json: bool, **given: Any) -> None:
    """Let the call-out TARGET (address, id or code) be open, urgent, moved, over or cancelled."""
    value = console.ask(data, "call.state", target=target, state=state, **given)
    show(value, lambda one: f"{one['state']}  {one['news'] or one['url']}", as_json=as_json)


@call.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that are over or cancelled, too.")
@data_option
@json_option
@pass_console
def call_list(console: Console, data: Path | None, *, everything: bool, as_json: bool) -> None:
    """Open call-outs: code, state, end (UTC), place, title."""

    def line(one: dict[str, Any]) -> str:
        return f"{one['code']}  {one['state']}  until {one['ends_at']}  {one['place']}: {one['title']}"

    show(console.ask(data, "call.list", all=everything), lines(line, "Nobody is called."), as_json=as_json)
