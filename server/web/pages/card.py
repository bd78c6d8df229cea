"""The card of a post: a small page without script that others show in a frame of theirs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import NotFound
from server.features.posts.model import State
from server.features.posts.wording import told_text
from server.web.pages.choosing import call_line, excerpt_of
from server.web.shared.caching import Rendered, kept
from server.web.shared.documents import find_post
from server.web.shared.language import language_of
from server.web.shared.pages import render, style
from server.web.shared.request import house_of

WORDS_CHARS = 400


async def card(request: Request) -> Response:
    """A post in short, or that it was deleted."""
    public_id, language = request.path_params["public_id"], language_of(request)

    async def make() -> Rendered:
        return await _card(request, public_id, language)

    return await kept(request, ("card", public_id), make)


async def _card(request: Request, public_id: str, language: str) -> Rendered:
    house = house_of(request)
    post = await find_post(request, public_id)
    actor = house.actors.by_id(post.actor_id)
    gone = post.state is State.DELETED
    if not gone and not post.readable:
        raise NotFound("There is nothing here.")
    text = None if gone else told_text(post, language)
    html = render(
        request,
        "pages/card.html",
        actor=actor,
        handle=house.addresses.acct(actor.handle),
        post=post,
        text=text,
        line=call_line(post, text) if text else "",
        words=excerpt_of(post, text, WORDS_CHARS, line=False) if text else "",
        card_style_path=style("card")[0],
    )
    return Rendered.of(html, "text/html; charset=utf-8", status=410 if gone else 200)


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route("/p/{public_id}/card", card)]
