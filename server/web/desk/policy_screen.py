"""How many pairs of eyes each kind of post wants."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import Invalid
from server.features.access.model import Act
from server.features.reviews.model import Kind
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import proved, signed_in

HERE: Final = "/desk/policy"
_CHOICES: Final = {"": None, "1": 1, "2": 2}


async def show(request: Request) -> Response:
    """What holds, for keyholders."""
    who, house = await signed_in(request), house_of(request)
    who.who.must(Act.POLICY)
    return await screen(
        request,
        who,
        "policy.html",
        here="more",
        choices=await house.reviews.choices(who.who),
        reviewers=await house.reviews.reviewers(who.who),
    )


async def choose(request: Request) -> Response:
    """Save all of it."""
    async with desk_form(request) as (form, who):
        chosen: dict[Kind, int | None] = {}
        for kind in Kind:
            if kind.value not in form:
                continue
            text = text_field(form, kind.value)
            if text not in _CHOICES:
                raise Invalid("Choose one or two pairs of eyes.")
            chosen[kind] = _CHOICES[text]
        who.who.must(Act.POLICY)
        await proved(request, who, form)
        await house_of(request).reviews.choose(who.who, chosen)
    return back(HERE, "policy")


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route(HERE, show, methods=["GET"]), Route(HERE, choose, methods=["POST"])]
