"""What a post said before, with the differences between one version and the next."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.catalogue import SOURCE
from server.base.errors import NotFound
from server.features.posts.calling import when, words_for
from server.features.posts.model_version import Version
from server.features.posts.views_parts import history
from server.features.posts.views_parts import removed as removed_of
from server.features.posts.wording import best_text
from server.features.reviews.difference import Piece, compare
from server.web.pages.showing import profile_of
from server.web.shared.caching import Rendered, kept
from server.web.shared.documents import find_post
from server.web.shared.language import language_of
from server.web.shared.pages import render
from server.web.shared.request import house_of

#: So many versions are compared, the newest ones.
VERSIONS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A version, and how it differs from the one before. `warned` if its words, or those that it took out, open on a tap."""

    version: Version
    warning: tuple[Piece, ...]
    words: tuple[Piece, ...]
    warned: bool


def _words(version: Version) -> str:
    text, call = version.text, version.call
    hours = when(call, words_for(text.language, SOURCE)) if call else ""
    return "\n".join(filter(None, (text.title, text.place, hours, text.source, text.needs, text.instead)))


def _changes(versions: list[Version]) -> list[Change]:
    """The newest first; the oldest one is whole."""
    found = [_change(after, before) for after, before in pairwise(versions)]
    return [*found, *(_change(last, None) for last in versions[-1:])]


def _change(version: Version, before: Version | None) -> Change:
    said, warned = (_words(before), before.text.warning) if before else (_words(version), version.text.warning)
    return Change(
        version=version,
        warning=compare(warned, version.text.warning),
        words=compare(said, _words(version)),
        warned=bool(version.text.warning or warned),
    )


async def changed(request: Request) -> Response:
    """What readers may know of a post's earlier words: those of a post that anybody may read."""
    public_id = request.path_params["public_id"]

    async def make() -> Rendered:
        house = house_of(request)
        post = await find_post(request, public_id)
        if not post.readable:
            raise NotFound("There is nothing here.")
        text = best_text(post, language_of(request))
        async with house.database.snapshot() as snapshot:
            versions = await history(snapshot, post.id, VERSIONS + 1, "" if text.state == "main" else text.language)
            removed = await removed_of(snapshot, post.id)
        profile = await profile_of(request, house.actors.by_id(post.actor_id))
        html = render(
            request,
            "pages/history.html",
            profile=profile,
            post=post,
            changes=_changes(versions[:VERSIONS]),
            more=len(versions) > VERSIONS,
            removed=removed,
        )
        return Rendered.of(html, "text/html; charset=utf-8")

    return await kept(request, ("history", public_id), make)


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route("/p/{public_id}/history", changed)]
