"""`/interact`: follow, boost or answer from one's own server. The answer is a link to click, never a redirect to somewhere else."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import AppError
from server.house import House
from server.web.pages.showing import profile_of
from server.web.shared.caching import unkept
from server.web.shared.limits import RateLimit
from server.web.shared.pages import render
from server.web.shared.request import house_of, small_form_of, text_field
from server.web.shared.sessions import check_ours

TRIES, TRY_SECONDS = 20, 300
MAX_URI_CHARS: Final = 500


class Interact:
    """A form with one field, and what becomes of it; so many tries for each caller."""

    def __init__(self, house: House) -> None:
        self._limit = RateLimit(house.clock, count=TRIES, seconds=TRY_SECONDS)

    async def show(self, request: Request) -> Response:
        """The form, for the campaign itself or for a post of ours."""
        return await _page(request, _about(request, request.query_params.get("uri", "")))

    async def find(self, request: Request) -> Response:
        """Where the reader's server takes them."""
        try:
            check_ours(request)
            self._limit.take(request)
        except AppError as error:
            return await _page(request, _about(request, ""), error=str(error), status=error.status)
        async with small_form_of(request) as form:
            about, account = _about(request, text_field(form, "uri")), text_field(form, "account")
        try:
            house = house_of(request)
            following = about in {house.actors.uri(actor) for actor in house.actors.voices()}
            link = await house.onward.address(account, about, following=following)
        except AppError as error:
            return await _page(request, about, account=account, error=str(error), status=error.status)
        return await _page(request, about, account=account, link=link)


def _about(request: Request, uri: str) -> str:
    """An address of ours that names a post or the agenda, else the campaign."""
    house = house_of(request)
    ours = house.actors.campaign()
    local = house.addresses.local(uri[:MAX_URI_CHARS])
    if local is not None and local.kind == "post":
        return house.addresses.post(ours.handle, local.public_id)
    named = house.actors.by_uri(uri[:MAX_URI_CHARS])
    return house.actors.uri(named if named in house.actors.voices() else ours)


async def _page(
    request: Request, about: str, *, account: str = "", link: str = "", error: str = "", status: int = 200
) -> Response:
    house = house_of(request)
    actor = house.actors.campaign()
    local = house.addresses.local(about)
    is_post = local is not None and local.kind == "post"
    followed = house.actors.by_uri(about) or actor
    html = render(
        request,
        "pages/interact.html",
        keep=urlencode({"uri": about}),
        profile=await profile_of(request, actor),
        about=about,
        is_post=is_post,
        address=house.addresses.post_page(local.public_id)
        if local and is_post
        else f"@{house.addresses.acct(followed.handle)}",
        account=account,
        link=link,
        host=urlsplit(link).netloc,
        error=error,
    )
    return unkept(request, html, status)


def routes(house: House) -> list[Route]:
    """The paths of this file."""
    interact = Interact(house)
    return [
        Route("/interact", interact.show, methods=["GET"]),
        Route("/interact", interact.find, methods=["POST"]),
    ]
