"""Removing what a post said before, one step away from it."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.safe_html import to_text
from server.features.posts.model import Post
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of
from server.web.shared.sessions import signed_in

EXCERPT_CHARS: Final = 400


def forgotten(post: Post, done: str) -> Response:
    """Where to go on: to the translations, if there are any, as nobody but people can see whether they still say it."""
    if len(post.shown_texts) > 1:
        return back(f"/desk/posts/{post.public_id}/translations", "forgotten-but")
    return back("/desk/posts", done)


async def confirm(request: Request) -> Response:
    """One step before."""
    who = await signed_in(request)
    past = await house_of(request).forgetting.look(who.who, request.path_params["public_id"])
    post = past.post
    return await screen(
        request,
        who,
        "forget.html",
        here="posts",
        post=post,
        earlier=past.earlier,
        words=to_text(post.main.html).strip()[:EXCERPT_CHARS],
        others=post.shown_texts[1:],
    )


async def forget(request: Request) -> Response:
    """Do it."""
    async with desk_form(request) as (_, who):
        past = await house_of(request).forgetting.forget(who.who, request.path_params["public_id"])
    return forgotten(past.post, "forgotten")


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/desk/posts/{public_id}/forget", confirm, methods=["GET"]),
        Route("/desk/posts/{public_id}/forget", forget, methods=["POST"]),
    ]
