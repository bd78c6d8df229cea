"""Short addresses of call-outs: what people type from a leaflet, or what their camera reads."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from server.base.errors import NotFound
from server.base.ids import typed_code
from server.features.callouts.views_codes import public_id_of
from server.features.posts.model import State
from server.web.pages.post import gone
from server.web.shared.documents import find_post
from server.web.shared.language import PREFIX
from server.web.shared.request import house_of

#: How long others may remember where a code leads.
MAX_AGE: Final = 3600
_NOTHING: Final = "No call-out has this address. Look at the last six signs once more."


async def short(request: Request) -> Response:
    """On to the page of the call-out, in the language of the address if it names one.

    302 and no 308: oldest phones and the previews of cameras know it, and a browser that remembers it for good gains nothing.
    """
    house = house_of(request)
    code = typed_code(request.path_params["code"])
    async with house.database.snapshot() as snapshot:
        public_id = await public_id_of(snapshot, code) if code else None
    if public_id is None:
        raise NotFound(_NOTHING)
    post = await find_post(request, public_id)
    if post.state is State.DELETED:
        return (await gone(request, house.actors.by_id(post.actor_id))).response(request)
    if not post.readable:
        raise NotFound(_NOTHING)
    page = f"{request.scope.get(PREFIX, '')}/p/{public_id}"
    return RedirectResponse(page, 302, {"Cache-Control": f"public, max-age={MAX_AGE}"})


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route("/c/{code}", short)]
