"""`/offer/answer`: what became of an offer, for whoever has its code. The code travels in forms only, never in an address."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import AppError, Invalid, TooMany
from server.features.access.locking import normal_code
from server.features.offers.model import Looked
from server.features.offers.tickets import CODE_GROUPS, GROUP_CHARS
from server.house import House
from server.web.pages.offers import shown
from server.web.shared.limits import RateLimit
from server.web.shared.request import house_of, small_form_of, text_field
from server.web.shared.sessions import check_ours

LOOKS, WINDOW_SECONDS = 30, 600
ALL_LOOKS: Final = 5_000
#: What was typed is shown again up to here.
MAX_CODE_CHARS: Final = 60
MAX_WORDS_CHARS: Final = 10_000


class AnswerPages:
    """The form for the code, and what may be done with it; so many looks for each caller."""

    def __init__(self, house: House) -> None:
        self._each = RateLimit(house.clock, count=LOOKS, seconds=WINDOW_SECONDS)
        self._all = RateLimit(house.clock, count=ALL_LOOKS, seconds=WINDOW_SECONDS)

    async def show(self, request: Request) -> Response:
        """The empty form."""
        return await _page(request)

    async def look(self, request: Request) -> Response:
        """Look, add a message, or delete."""
        code = ""
        try:
            check_ours(request)
            if not self._each.free(request) or not self._all.free_for("all"):
                raise TooMany("Many codes were tried from your network. Wait ten minutes.", retry_after=WINDOW_SECONDS)
            async with small_form_of(request) as form:
                code, act = text_field(form, "code")[:MAX_CODE_CHARS], text_field(form, "act")
                text = text_field(form, "text")[:MAX_WORDS_CHARS]
            return await _done(request, code, act, text)
        except AppError as error:
            answer = await _page(request, code=code, error=str(error), status=error.status)
            if error.retry_after is not None:
                answer.headers["Retry-After"] = str(error.retry_after)
            return answer


async def _done(request: Request, code: str, act: str, text: str) -> Response:
    house = house_of(request)
    if len(normal_code(code)) != CODE_GROUPS * GROUP_CHARS:
        raise Invalid("A code has four groups of four letters and digits.")
    if act == "delete":
        await house.offering.take_back(code)
        return await _page(request, done="deleted")
    if act != "reply":
        return await _page(request, code=code, looked=await house.offering.look(code))
    try:
        await house.offering.reply(code, text)
    except Invalid as error:
        looked = await house.offering.look(code)
        return await _page(request, code=code, looked=looked, text=text, error=str(error), status=error.status)
    return await _page(request, code=code, looked=await house.offering.look(code), done="replied")


async def _page(
    request: Request,
    *,
    code: str = "",
    looked: Looked | None = None,
    done: str = "",
    text: str = "",
    error: str = "",
    status: int = 200,
) -> Response:
    return await shown(
        request,
        "pages/offer_answer.html",
        status=status,
        code=code,
        looked=looked,
        done=done,
        text=text,
        error=error,
    )


def routes(house: House) -> list[Route]:
    """The paths of this file."""
    pages = AnswerPages(house)
    return [
        Route("/offer/answer", pages.show, methods=["GET"]),
        Route("/offer/answer", pages.look, methods=["POST"]),
    ]
