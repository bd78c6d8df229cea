"""The team: who is in, what each may do and until when, and who is out."""

from __future__ import annotations

from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import AppError, Forbidden, Invalid
from server.features.access.model import Act, Organiser, Role, SignedIn, Who
from server.features.access.until import end_of, last_day
from server.house import House
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import proved, signed_in

MAX_NAME_CHARS: Final = 100


async def team(request: Request) -> Response:
    """Organisers, for keyholders."""
    return await _screen(request, await signed_in(request))


async def _screen(request: Request, who: SignedIn, *, status: int = 200, **more: Any) -> Response:
    house = house_of(request)
    found = await house.access.organisers(who.who)
    zone = house.actors.campaign().time_zone
    values = {"link": None, "invited": None, "error": "", "typed": "", **more}
    days = {one.id: last_day(one.until, zone) for one in found if one.until}
    return await screen(
        request, who, "team.html", status=status, here="more", organisers=found, roles=list(Role), days=days, **values
    )


async def change(request: Request) -> Response:
    """Invite somebody, or change how an organiser stands."""
    house = house_of(request)
    async with desk_form(request) as (form, who):
        who.who.must(Act.ORGANISE)
        # Shutting a lost phone out must not wait for a code that may lie on it.
        if text_field(form, "act") != "suspend":
            await proved(request, who, form)
        name = text_field(form, "name").strip()[:MAX_NAME_CHARS]
        try:
            if text_field(form, "act") in {"invite", "link"}:
                link = await _link(house, who.who, name, form)
                return await _screen(request, who, link=f"{house.addresses.base}{link}", invited=name)
            done = await _change(house, who.who, name, form)
        except Forbidden:
            raise
        except AppError as error:
            typed = name if text_field(form, "act") == "invite" else ""
            return await _screen(request, who, status=error.status, error=str(error), typed=typed)
    onward = _where_from(form) if who.organiser.name != name else "/desk/"
    return back(onward, done)


def _where_from(form: FormData) -> str:
    return "/desk/lock" if text_field(form, "from") == "lock" else "/desk/team"


async def _link(house: House, who: Who, name: str, form: FormData) -> str:
    if text_field(form, "act") == "link":
        return await house.access.new_link(who, name)
    return await house.access.invite(who, name, *_role(house, form))


def _role(house: House, form: FormData) -> tuple[Role, str | None]:
    role = text_field(form, "role")
    if role not in set(Role):
        raise Invalid("Choose a role.")
    return Role(role), end_of(text_field(form, "until").strip(), house.actors.campaign().time_zone)


async def _change(house: House, who: Who, name: str, form: FormData) -> str:
    """Do it; the word that says so."""
    match text_field(form, "act"):
        case "suspend":
            await house.access.suspend(who, name)
            return "suspended"
        case "unsuspend":
            await house.access.unsuspend(who, name)
            return "let-in"
        case "reset-factor":
            await house.factors.reset(who, name)
            return "factor-reset"
        case "sign-out":
            await house.sessions.end_all(who, name)
            return "signed-out"
        case "role":
            await house.access.set_role(who, name, *_role(house, form))
            return "role"
        case "remove":
            if "sure" not in form:
                raise Invalid("Tick that you are sure. A removed organiser cannot be brought back.")
            await house.access.remove(who, name)
            return "left"
    raise Invalid("Choose what to do.")


def others(found: list[Organiser], who: SignedIn) -> list[Organiser]:
    """Everybody else who can be suspended."""
    return [one for one in found if one.active and one.id != who.organiser.id]


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route("/desk/team", team, methods=["GET"]), Route("/desk/team", change, methods=["POST"])]
