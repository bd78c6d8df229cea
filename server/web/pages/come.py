"""`/p/{id}/come`: what whoever can come does now. Nothing is asked and nothing is counted here: it is a page like any other."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from server.base.errors import NotFound
from server.features.posts.model import Post, State
from server.features.posts.wording import best_text
from server.web.pages.post import gone
from server.web.pages.sharing import share_for
from server.web.pages.showing import profile_of
from server.web.shared.caching import Rendered, kept
from server.web.shared.documents import find_post
from server.web.shared.language import PREFIX, language_of
from server.web.shared.pages import render
from server.web.shared.request import house_of


class _StandsNoMoreError(Exception):
    """Nobody should come any more."""


async def come(request: Request) -> Response:
    """What to do now; of a call-out that is over or cancelled its own page, which says so."""
    public_id = request.path_params["public_id"]

    async def make() -> Rendered:
        post = await find_post(request, public_id)
        if post.state is State.DELETED:
            return await gone(request, house_of(request).actors.by_id(post.actor_id))
        if not post.readable or post.call is None:
            raise NotFound("There is nothing here.")
        if not post.call.standing:
            raise _StandsNoMoreError
        return Rendered.of(await _page(request, post), "text/html; charset=utf-8")

    try:
        return await kept(request, ("come", public_id), make)
    except _StandsNoMoreError:
        return RedirectResponse(f"{request.scope.get(PREFIX, '')}/p/{public_id}", 302)


async def _page(request: Request, post: Post) -> str:
    house, language = house_of(request), language_of(request)
    agenda = house.actors.agenda()
    return render(
        request,
        "pages/come.html",
        profile=await profile_of(request, house.actors.by_id(post.actor_id)),
        post=post,
        text=best_text(post, language),
        share=share_for(request, post, language),
        agenda=house.addresses.acct(agenda.handle) if agenda else "",
        agenda_uri=house.actors.uri(agenda) if agenda else "",
    )


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route("/p/{public_id}/come", come)]
