"""The lock: on the Desk, and by a one-time code for whoever cannot come in."""

from __future__ import annotations

from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import AppError, Forbidden, Invalid
from server.features.access.model import Act, SignedIn
from server.features.posts.views import pinned
from server.features.safety.model import LockLevel
from server.house import House
from server.web.desk.screen import back, desk_form, screen
from server.web.desk.team_screen import others
from server.web.shared.limits import RateLimit
from server.web.shared.pages import page
from server.web.shared.request import house_of, small_form_of, text_field
from server.web.shared.sessions import ProofWantedError, check_origin, proved, signed_in

#: So many codes from one caller: enough for a shaking hand, nothing against 80 bits.
TRIES, TRY_SECONDS = 20, 300
CODES_AT_ONCE: Final = 3


async def show(request: Request) -> Response:
    """How far the house is locked, and what can be done."""
    return await _screen(request, await signed_in(request))


async def _screen(request: Request, who: SignedIn, *, status: int = 200, **more: Any) -> Response:
    house = house_of(request)
    since = await house.locking.since(who.who)
    keyholder, organiser = who.who.may(Act.UNLOCK), who.who.may(Act.ORGANISE)
    async with house.database.snapshot() as snapshot:
        statements = len(await pinned(snapshot, house.actors.campaign().id, statement=True))
    values = {"error": "", "made": (), "made_level": 0, **more}
    return await screen(
        request,
        who,
        "lock.html",
        status=status,
        here="lock",
        levels_to_choose=[int(level) for level in LockLevel if level != house.safety.level],
        since=since,
        statements=statements,
        codes=await house.locking.codes(who.who) if keyholder else [],
        team=others(await house.access.organisers(who.who), who) if organiser else [],
        at_once=CODES_AT_ONCE,
        **values,
    )


def _level(form: FormData, name: str = "level") -> LockLevel:
    text = text_field(form, name)
    if text not in {str(int(level)) for level in LockLevel}:
        raise Invalid("Choose a level.")
    return LockLevel(int(text))


async def move(request: Request) -> Response:
    """Lock further, or open."""
    house = house_of(request)
    async with desk_form(request) as (form, who):
        who.who.must(Act.LOCK)
        try:
            level, seen = _level(form), _level(form, "seen")
            if level < seen:
                await proved(request, who, form)
            await house.locking.set_level(who.who, level, seen=seen)
        except (Forbidden, ProofWantedError):
            raise
        except AppError as error:
            return await _screen(request, who, status=error.status, error=str(error))
    return back("/desk/lock", "locked" if level > seen else "unlocked")


async def change_codes(request: Request) -> Response:
    """Make codes, which are shown once, or make all of them worthless."""
    house = house_of(request)
    async with desk_form(request) as (form, who):
        who.who.must(Act.UNLOCK)
        await proved(request, who, form)
        try:
            if text_field(form, "act") == "discard":
                await house.locking.discard_codes(who.who)
                return back("/desk/lock", "codes-gone")
            level = _level(form)
            made = await house.locking.make_codes(who.who, level, CODES_AT_ONCE, text_field(form, "label"))
        except AppError as error:
            return await _screen(request, who, status=error.status, error=str(error))
        return await _screen(request, who, made=made, made_level=int(level))


class ByCode:
    """The unlinked page at which a code locks. It knows nobody, and says no more than that."""

    def __init__(self, house: House) -> None:
        self._limit = RateLimit(house.clock, count=TRIES, seconds=TRY_SECONDS)

    async def show(self, request: Request) -> Response:
        """The form."""
        return page(request, "desk/lock_code.html", error="", level=None)

    async def use(self, request: Request) -> Response:
        """Lock by a code. Looking uses nothing up; only a form of ours does."""
        self._limit.take(request)
        check_origin(request)
        async with small_form_of(request) as form:
            try:
                level = await house_of(request).locking.by_code(text_field(form, "code"))
            except Forbidden as error:
                return page(request, "desk/lock_code.html", status=error.status, error=str(error), level=None)
        return page(request, "desk/lock_code.html", error="", level=int(level))


def routes(house: House) -> list[Route]:
    """The paths of this file."""
    by_code = ByCode(house)
    return [
        Route("/desk/lock", show, methods=["GET"]),
        Route("/desk/lock", move, methods=["POST"]),
        Route("/desk/lock/codes", change_codes, methods=["POST"]),
        Route("/lock", by_code.show, methods=["GET"]),
        Route("/lock", by_code.use, methods=["POST"]),
    ]
