"""What waits for a second pair of eyes, and one of them as closely as it will be seen outside."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import AppError, Invalid, NotFound
from server.features.access.model import Act, SignedIn
from server.features.reviews.model import ReviewAct
from server.features.reviews.service import MAX_NOTE_CHARS
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, number_of, text_field
from server.web.shared.sessions import signed_in

HERE: Final = "/desk/reviews"


def _number(request: Request) -> int:
    number = number_of(request.path_params["review"])
    if number is None:
        raise NotFound("There is no such review (any more).")
    return number


async def show_all(request: Request) -> Response:
    """For me, for others, sent back."""
    who, house = await signed_in(request), house_of(request)
    waiting = await house.reviews.waiting(who.who)
    return await screen(
        request,
        who,
        "reviews.html",
        here="desk",
        mine=[one for one in waiting if one.mine],
        others=[one for one in waiting if not one.mine],
        sent_back=await house.reviews.sent_back(who.who),
        reviewers=await house.reviews.reviewers(who.who),
        may_choose=who.who.may(Act.POLICY),
    )


async def _one(request: Request, who: SignedIn, *, error: str = "", status: int = 200, note: str = "") -> Response:
    house = house_of(request)
    look = await house.reviewing.look(who.who, _number(request))
    async with house.database.snapshot() as snapshot:
        now = snapshot.now
    return await screen(
        request,
        who,
        "review.html",
        here="desk",
        status=status,
        look=look,
        review=look.review,
        late=look.kept is not None and look.kept.publish_at is not None and look.kept.publish_at <= now,
        may_break=who.who.may(Act.BREAK_GLASS),
        max_note=MAX_NOTE_CHARS,
        error=error,
        note=note,
    )


async def show(request: Request) -> Response:
    """One of them."""
    return await _one(request, await signed_in(request))


async def _approve(request: Request, form: FormData, who: SignedIn) -> str:
    house, number = house_of(request), _number(request)
    act = (await house.reviewing.look(who.who, number)).review.act
    post = await house.reviewing.approve(who.who, number, text_field(form, "seen"))
    if act is ReviewAct.AFTER:
        return "looked"
    if act is ReviewAct.DELETE:
        return "deleted"
    if post is None:
        return "approved-for-later"
    return "edited" if act is ReviewAct.EDIT else "published"


async def _decide(request: Request, form: FormData, who: SignedIn) -> str:
    house, number = house_of(request), _number(request)
    match text_field(form, "act"):
        case "approve":
            return await _approve(request, form, who)
        case "refuse":
            await house.reviews.refuse(who.who, number, text_field(form, "note"))
            return "sent-back"
        case "withdraw":
            await house.reviews.withdraw(who.who, number)
            return "withdrawn"
        case "break-glass":
            await house.reviewing.break_glass(who.who, number, text_field(form, "seen"), text_field(form, "note"))
            return "broke-glass"
        case _:
            raise Invalid("Choose what to do.")


async def decide(request: Request) -> Response:
    """Approve, send back, take back, or do it now and be looked at afterwards."""
    async with desk_form(request) as (form, who):
        try:
            done = await _decide(request, form, who)
        except NotFound:
            raise
        except AppError as error:
            note = text_field(form, "note")
            return await _one(request, who, error=str(error), status=error.status, note=note)
    return back(HERE, done)


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route(HERE, show_all, methods=["GET"]),
        Route(f"{HERE}/{{review}}", show, methods=["GET"]),
        Route(f"{HERE}/{{review}}", decide, methods=["POST"]),
    ]
