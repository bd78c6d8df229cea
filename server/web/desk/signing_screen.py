"""Who signs a call-out, and who asks to."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import Invalid, NotFound
from server.features.posts.model import State
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.documents import find_post
from server.web.shared.request import house_of, number_of, text_field
from server.web.shared.sessions import signed_in


async def show(request: Request) -> Response:
    """Those that count, and those that do not (yet)."""
    who, house = await signed_in(request), house_of(request)
    post = await find_post(request, request.path_params["public_id"])
    if post.state is not State.LIVE or post.call is None:
        raise NotFound("There is no such call-out.")
    return await screen(
        request,
        who,
        "signatures.html",
        here="posts",
        post=post,
        signatures=await house.signing.signatures(post),
        others=await house.signing.others(who.who, post),
    )


async def decide(request: Request) -> Response:
    """Let a group sign, or take its signature off."""
    public_id = request.path_params["public_id"]
    async with desk_form(request) as (form, who):
        answer, actor_id = text_field(form, "answer"), number_of(text_field(form, "actor"))
        if answer not in {"yes", "no"} or actor_id is None:
            raise Invalid("Say yes or no.")
        await house_of(request).signing.decide(who.who, public_id, actor_id, counts=answer == "yes")
    return back(f"/desk/posts/{public_id}/signatures", "signs" if answer == "yes" else "signs-not")


def routes() -> list[Route]:
    """The paths of this file."""
    one = "/desk/posts/{public_id}/signatures"
    return [Route(one, show, methods=["GET"]), Route(one, decide, methods=["POST"])]
