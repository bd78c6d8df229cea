"""Commands about the second pair of eyes: what waits, deciding it, and what needs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from server.commands.cli import Console, cli, data_option, json_option, lines, show
from server.features.reviews.model import Kind

pass_console = click.make_pass_decorator(Console)


@cli.group()
def reviews() -> None:
    """What waits for a second pair of eyes."""


def _line(one: dict[str, Any]) -> str:
    hour = f"  for {one['publish_at']}" if one["publish_at"] else ""
    return (
        f"{one['number']}  {one['act']}  {one['asked_by'] or 'command line'}  {one['asked_on']}{hour}  {one['words']}"
    )


@reviews.command("list")
@data_option
@json_option
@pass_console
def reviews_list(console: Console, data: Path | None, *, as_json: bool) -> None:
    """What waits, the oldest first."""
    show(console.ask(data, "reviews.list"), lines(_line, "Nothing waits."), as_json=as_json)


def _whole(one: dict[str, Any]) -> str:
    found = [f"{one['act']}, {one['state']}, asked by {one['asked_by'] or 'the command line'}"]
    if one["reason"]:
        found.append(f"It could not wait because: {one['reason']}")
    for text in one["texts"]:
        found += ["", f"[{text['language']}] {text['title']}".rstrip(), *([text["warning"]] if text["warning"] else [])]
        found.append(text["text"])
    found += [f"picture {picture['file']}: {picture['alt'] or 'no description'}" for picture in one["pictures"]]
    found += ["", *(f"{change['field']}: {change['text']}" for change in one["changed"])] if one["changed"] else []
    found += [f"look twice: {sign['sign']} {sign['found']}".rstrip() for sign in one["look_twice"]]
    if one["state"] == "open":
        found += ["", f"To approve exactly this: callout reviews approve {one['number']} {one['seen']}"]
    return "\n".join(found)


@reviews.command("show")
@click.argument("number", type=int)
@data_option
@json_option
@pass_console
def reviews_show(console: Console, data: Path | None, number: int, *, as_json: bool) -> None:
    """Everything about the review NUMBER."""
    show(console.ask(data, "reviews.show", number=number), _whole, as_json=as_json)


@reviews.command("approve")
@click.argument("number", type=int)
@click.argument("version")
@data_option
@json_option
@pass_console
def reviews_approve(console: Console, data: Path | None, number: int, version: str, *, as_json: bool) -> None:
    """Let NUMBER happen, if it still is the VERSION that `reviews show` printed."""
    value = console.ask(data, "reviews.approve", number=number, seen=version)
    show(value, lambda one: one["url"] or "Approved.", as_json=as_json)


@reviews.command("refuse")
@click.argument("number", type=int)
@click.argument("note")
@data_option
@json_option
@pass_console
def reviews_refuse(console: Console, data: Path | None, number: int, note: str, *, as_json: bool) -> None:
    """Send NUMBER back; NOTE says what should be changed."""
    show(console.ask(data, "reviews.refuse", number=number, note=note), "Sent back.", as_json=as_json)


@cli.command()
@click.argument("kind", required=False, type=click.Choice([str(one) for one in Kind]))
@click.argument("eyes", required=False, type=click.Choice(["1", "2", "default"]))
@data_option
@json_option
@pass_console
def policy(console: Console, data: Path | None, kind: str | None, eyes: str | None, *, as_json: bool) -> None:
    """What needs a second pair of eyes; with KIND and EYES (1, 2, default), choose it."""
    if kind is not None and eyes is None:
        raise click.UsageError("Say how many pairs of eyes: 1, 2 or default.")
    number = 0 if eyes in {None, "default"} else int(eyes or 0)
    found = console.ask(data, "policy.choose", kind=kind, eyes=number) if kind else console.ask(data, "policy")

    def words(one: dict[str, Any]) -> str:
        return f"{one['kind']}  {one['eyes']}{'' if one['chosen'] else '  (default)'}"

    show(found, lines(words, ""), as_json=as_json)
