"""Commands about posts and drafts: publish, schedule, edit, correct, delete, boost, like, pin, queue, export."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from server.commands.cli import Console, cli, data_option, json_option, lines, show, text_or_stdin
from server.features.posts.model import Audience

pass_console = click.make_pass_decorator(Console)


#: Where the boxes of a command are kept until its pictures are read.
_BOXES = f"{__name__}.boxes"


def _cover(context: click.Context, _: click.Parameter, given: tuple[str, ...]) -> None:
    """Boxes by the number of their picture."""
    boxes: dict[int, list[list[str]]] = {}
    for one in given:
        number, colon, box = one.rpartition(":")
        parts = box.split(",")
        if len(parts) != 4 or (colon and not number.isdecimal()):
            raise click.UsageError(
                "--cover is LEFT,TOP,WIDTH,HEIGHT in percent, or 2:LEFT,TOP,WIDTH,HEIGHT for the second --media."
            )
        boxes.setdefault(int(number or 1), []).append(parts)
    context.meta[_BOXES] = boxes


def pictures(files: tuple[Path, ...], alts: tuple[str, ...]) -> list[dict[str, Any]]:
    """The pictures of a command with their words and boxes."""
    boxes = click.get_current_context().meta.get(_BOXES, {})
    if any(not 1 <= number <= len(files) for number in boxes):
        raise click.UsageError("--cover names a picture that no --media gives.")
    if len(alts) > len(files):
        raise click.UsageError("There are more --alt than --media.")
    padded = [*alts, *[""] * (len(files) - len(alts))]
    return [
        {"data": base64.b64encode(file.read_bytes()).decode(), "alt": alt, "cover": boxes.get(number, [])}
        for number, (file, alt) in enumerate(zip(files, padded, strict=True), 1)
    ]


with_media = click.option(
    "--media",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    help="A picture; up to four.",
)
without_review_option = click.option(
    "--without-review", metavar="REASON", help="Do not wait for a second pair of eyes; it is looked at afterwards."
)
forget_option = click.option(
    "--forget", is_flag=True, help="Do not keep the old words in the public history: all earlier versions go for good."
)
_covered = click.option(
    "--cover",
    multiple=True,
    callback=_cover,
    expose_value=False,
    metavar="[N:]LEFT,TOP,WIDTH,HEIGHT",
    help="Fill a box of picture N (the first one) with black before it is kept; in percent.",
)


def with_alt(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--alt` and `--cover`."""
    alt = click.option("--alt", multiple=True, help="What the picture shows; in the order of --media.")
    return alt(_covered(command))


@cli.command()
@click.argument("text")
@click.option("--lang", default="", help="Language of the words.")
@click.option("--visibility", type=click.Choice([str(one) for one in Audience]), default=str(Audience.PUBLIC))
@click.option("--warning", default="", help="Content warning.")
@click.option("--sensitive", is_flag=True, help="Hide the pictures until they are tapped.")
@with_media
@with_alt
@click.option("--reply-to", default="", help="Address of the post that this answers.")
@click.option("--key", default=None, help="Idempotency key: the same one publishes once.")
@without_review_option
@click.option("--draft", is_flag=True, help="Keep it as a draft; prints its name.")
@click.option(
    "--at", default="", metavar="TIME", help="Publish it at this time, such as 2026-01-31T18:00 by our clocks."
)
@click.option("--expires", type=int, default=None, metavar="DAYS", help="Delete it everywhere after so many days.")
@click.option("--own-notes", is_flag=True, help="Each translation is a post of its own, below this one.")
@data_option
@json_option
@pass_console
def post(
    console: Console, data: Path | None, text: str, lang: str, visibility: str, warning: str,
    media: tuple[Path, ...], alt: tuple[str, ...], *, reply_to: str, key: str | None, without_review: str | None,
    at: str, expires: int | None, draft: bool, sensitive: bool, own_notes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Publish TEXT (`-` reads standard input); prints the address of the post."""
    later = draft or bool(at)
    value = console.ask(
        data,
        "drafts.keep" if later else "post",
        text=text_or_stdin(text),
        language=lang,
        audience=visibility,
        warning=warning,
        sensitive=sensitive,
        pictures=pictures(media, alt),
        reply_to=reply_to,
        key=key,
        without_review=without_review,
        at=at,
        expires=expires,
        own_notes=own_notes,
    )
    show(value, draft_line if later else lambda one: one["url"], as_json=as_json)


def _published_line(one: dict[str, Any]) -> str:
    return one["url"] or "It now waits for a second pair of eyes."


def draft_line(one: dict[str, Any]) -> str:
    """A draft on one line."""
    first = " ".join(one["text"].split())[:60]
    when = f"  {one['publish_at']}" if one["publish_at"] else ""
    return f"{one['name']}  {one['state']}{when}  {first}  {one['problem']}".rstrip()


@cli.command()
@click.argument("target")
@click.argument("text")
@click.option("--lang", default="")
@click.option("--warning", default="")
@click.option("--sensitive", is_flag=True)
@click.option("--minor", is_flag=True, help="Only spelling: translations stay good.")
@forget_option
@with_media
@with_alt
@without_review_option
@data_option
@json_option
@pass_console
def edit(
    console: Console, data: Path | None, target: str, text: str, lang: str, warning: str,
    media: tuple[Path, ...], alt: tuple[str, ...], without_review: str | None, *, sensitive: bool, minor: bool,
    forget: bool, as_json: bool,
) -> None:  # fmt: skip
    """Replace the words of the post TARGET (address or id) by TEXT; its pictures stay unless new ones are given."""
    value = console.ask(
        data,
        "edit",
        target=target,
        text=text_or_stdin(text),
        language=lang,
        warning=warning,
        sensitive=sensitive,
        pictures=pictures(media, alt),
        without_review=without_review,
        minor=minor,
        forget=forget,
    )
    show(value, lambda one: one["url"], as_json=as_json)


@cli.command()
@click.argument("target")
@click.argument("text")
@click.option("--note", required=True, help="What was wrong, and what is right: the words of the new post.")
@click.option("--lang", default="")
@click.option("--warning", default="")
@forget_option
@data_option
@json_option
@pass_console
def correct(
    console: Console, data: Path | None, target: str, text: str, note: str, lang: str, warning: str, *,
    forget: bool, as_json: bool,
) -> None:  # fmt: skip
    """Replace the words of the post TARGET by TEXT, and say so in a new post, whose address is printed."""
    value = console.ask(
        data,
        "correct",
        target=target,
        text=text_or_stdin(text),
        note=note,
        language=lang,
        warning=warning,
        forget=forget,
    )
    show(value, _published_line, as_json=as_json)


@cli.group()
def drafts() -> None:
    """What is being written and what waits for its hour."""


@drafts.command("list")
@data_option
@json_option
@pass_console
def drafts_list(console: Console, data: Path | None, *, as_json: bool) -> None:
    """All drafts: name, state, hour (UTC), first words."""
    show(console.ask(data, "drafts.list"), lines(draft_line, "Nothing is being written."), as_json=as_json)


@drafts.command("publish")
@click.argument("name")
@data_option
@json_option
@pass_console
def drafts_publish(console: Console, data: Path | None, name: str, *, as_json: bool) -> None:
    """Publish the draft NAME; prints the address of the post."""
    value = console.ask(data, "drafts.publish", name=name)
    show(value, _published_line, as_json=as_json)


@drafts.command("discard")
@click.argument("name")
@data_option
@json_option
@pass_console
def drafts_discard(console: Console, data: Path | None, name: str, *, as_json: bool) -> None:
    """Throw the draft NAME away."""
    show(console.ask(data, "drafts.discard", name=name), "Thrown away.", as_json=as_json)


@drafts.command("schedule")
@click.argument("name")
@click.argument("at", required=False, default="", metavar="[TIME]")
@data_option
@json_option
@pass_console
def drafts_schedule(console: Console, data: Path | None, name: str, at: str, *, as_json: bool) -> None:
    """Publish the draft NAME at TIME, such as 2026-01-31T18:00 by our clocks; without a time it waits for none any more."""
    show(console.ask(data, "drafts.schedule", name=name, at=at), draft_line, as_json=as_json)


@cli.command()
@click.argument("target")
@without_review_option
@data_option
@json_option
@pass_console
def delete(console: Console, data: Path | None, target: str, without_review: str | None, *, as_json: bool) -> None:
    """Delete the post TARGET (address or id), here and everywhere it went."""
    show(
        console.ask(data, "delete", target=target, without_review=without_review),
        "Deleted. Other servers are asked to delete it too.",
        as_json=as_json,
    )


@cli.command()
@click.argument("target")
@data_option
@json_option
@pass_console
def status(console: Console, data: Path | None, target: str, *, as_json: bool) -> None:
    """How many servers have the post TARGET."""

    def words(one: dict[str, Any]) -> str:
        return f"{one['delivered']}/{one['expected']}, {one['retrying']} retrying, {one['given_up']} gone"

    show(console.ask(data, "status", target=target), words, as_json=as_json)


def _reacting(name: str, help_: str, done: str, undone: str) -> None:
    @cli.command(name, help=help_)
    @click.argument("target")
    @click.option("--undo", is_flag=True, help="Take it back.")
    @data_option
    @json_option
    @pass_console
    def command(console: Console, data: Path | None, target: str, *, undo: bool, as_json: bool) -> None:
        show(console.ask(data, name, target=target, undo=undo), undone if undo else done, as_json=as_json)


_reacting("boost", "Boost the post at the address TARGET to our followers.", "Boosted.", "Taken back.")
_reacting("like", "Like the post at the address TARGET.", "Liked.", "Taken back.")
_reacting("pin", "Pin our post TARGET to the profile.", "Pinned.", "No longer pinned.")


@cli.group()
def queue() -> None:
    """What waits to be delivered."""


@queue.command("list")
@data_option
@json_option
@pass_console
def queue_list(console: Console, data: Path | None, *, as_json: bool) -> None:
    """What waits, server by server."""

    def line(one: dict[str, Any]) -> str:
        return f"{one['host']}  {one['waiting']} waiting  {one['attempts']} tries  next {one['next_at']}  {one['reason']}".rstrip()

    show(console.ask(data, "queue.list"), lines(line, "Nothing waits."), as_json=as_json)


@queue.command("retry")
@click.argument("host", required=False, default="")
@data_option
@json_option
@pass_console
def queue_retry(console: Console, data: Path | None, host: str, *, as_json: bool) -> None:
    """Try what waits (for one server, or all) now."""
    show(
        console.ask(data, "queue.retry", host=host), lambda one: f"{one['waiting']} will be tried now.", as_json=as_json
    )


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--followers", "with_followers", is_flag=True, help="Include who follows: a list of people at risk.")
@data_option
@json_option
@pass_console
def export(console: Console, data: Path | None, file: Path, *, with_followers: bool, as_json: bool) -> None:
    """Write all posts, pictures and lists into FILE, a zip of open formats."""
    value = console.ask(data, "export", path=str(file.absolute()), followers=with_followers)
    show(value, lambda one: f"{one['file']}: {one['posts']} posts, {one['pictures']} pictures.", as_json=as_json)
