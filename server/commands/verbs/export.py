"""Everything that the campaign made, as open files in one zip: for the archive, or for another program."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import msgspec

from federation.render import render_actor, render_note
from server.features.posts.activities import note
from server.features.posts.model import Audience, Post
from server.features.posts.views import for_desk
from server.house import House

PAGE: Final = 100


async def _posts(house: House) -> AsyncIterator[Post]:
    before = None
    actor = house.actors.campaign()
    while True:
        async with house.database.snapshot() as snapshot:
            found = await for_desk(snapshot, actor.id, before, PAGE)
        for post in found:
            yield post
        if len(found) < PAGE:
            return
        before = found[-1].id


def _table(heading: list[str], lines: list[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([heading, *lines])
    return text.getvalue()


class Export(msgspec.Struct, frozen=True):
    """Where to, and whether followers come along."""

    path: str
    followers: bool = False


async def export(house: House, args: Export) -> dict[str, Any]:
    """Write the zip; how much is in it. Direct posts stay out; followers come along only if asked for: they are people at risk."""
    actor, path = house.actors.campaign(), Path(args.path)
    part = path.with_name(path.name + ".part")
    count = 0
    media: set[str] = set()
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("actor.json", render_actor(await house.profiles.document(actor)))
        with archive.open("outbox.jsonl", "w") as lines:
            async for post in _posts(house):
                if post.audience is Audience.DIRECT:
                    continue
                lines.write(render_note(note(post, actor.handle, house.addresses)) + b"\n")
                media |= {f"{picture.public_id}.{picture.extension}" for picture in post.pictures}
                count += 1
        for name in sorted(media):
            archive.write(house.media.path(name), f"media/{name}")
        ties = await house.followers.following()
        archive.writestr("following_accounts.csv", _table(["Account address"], [[one.actor.handle] for one in ties]))
        blocks = await house.safety.blocks()
        archive.writestr(
            "blocked_domains.csv", _table(["#domain"], [[one.target] for one in blocks if one.kind == "host"])
        )
        archive.writestr(
            "blocked_accounts.csv", _table(["Account address"], [[one.target] for one in blocks if one.kind == "actor"])
        )
        if args.followers:
            archive.writestr(
                "followers.csv", _table(["Account address"], [[handle] for handle in await _followers(house)])
            )
    part.replace(path)
    return {"posts": count, "pictures": len(media), "file": str(path)}


async def _followers(house: House) -> list[str]:
    found: list[str] = []
    before = None
    while page := await house.followers.followers("accepted", before):
        found += [tie.actor.handle for tie in page]
        before = page[-1].id
    return found
