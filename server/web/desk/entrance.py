"""Coming in and going out."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from server.base.errors import AppError, Invalid, NotFound, TooMany, Unauthorised
from server.compose import House
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.limits import RateLimit
from server.web.shared.pages import page
from server.web.shared.request import form_of, house_of, text_field
from server.web.shared.sessions import check_origin, clear_cookie, secret_of, set_cookie, signed_in

ATTEMPTS, ATTEMPT_SECONDS = 30, 300
MAX_NEXT_CHARS: Final = 2000


class Entrance:
    """Sign-in by link and by password; so many tries for each caller."""

    def __init__(self, house: House) -> None:
        self._limit = RateLimit(house.clock, count=ATTEMPTS, seconds=ATTEMPT_SECONDS)

    async def show_link(self, request: Request) -> Response:
        """The page behind a one-time link. Looking uses nothing up: previewers look, too."""
        self._limit.take(request)
        organiser = await house_of(request).sign_in.link_holds(request.path_params["secret"][:200])
        if organiser is None:
            raise NotFound("This link was used or is older than a day. Ask a keyholder for a new one.")
        return page(request, "desk/enter.html", name=organiser.name, error="")

    async def use_link(self, request: Request) -> Response:
        """Set the password and sign in."""
        self._limit.take(request)
        check_origin(request)
        secret, house = request.path_params["secret"][:200], house_of(request)
        organiser = await house.sign_in.link_holds(secret)
        if organiser is None:
            raise NotFound("This link was used or is older than a day. Ask a keyholder for a new one.")
        async with form_of(request) as form:
            try:
                session = await house.sign_in.enter(secret, _password(form))
            except Invalid as error:
                return page(request, "desk/enter.html", status=422, name=organiser.name, error=str(error))
        return _in(request, session, "/desk/")

    async def show_sign_in(self, request: Request) -> Response:
        """The sign-in page."""
        return page(request, "desk/sign_in.html", error="", onward=_onward(request.query_params.get("next", "")))

    async def sign_in(self, request: Request) -> Response:
        """Sign in by name and password."""
        self._limit.take(request)
        check_origin(request)
        async with form_of(request) as form:
            onward = _onward(text_field(form, "next"))
            try:
                name, password = text_field(form, "name").strip()[:100], text_field(form, "password")
                session = await house_of(request).sign_in.by_password(name, password)
            except (Unauthorised, TooMany, Invalid) as error:
                return page(request, "desk/sign_in.html", status=error.status, error=str(error), onward=onward)
        return _in(request, session, onward or "/desk/")


def _password(form: FormData) -> str:
    """The new password, typed twice. Raises Invalid."""
    if text_field(form, "password") != text_field(form, "again"):
        raise Invalid("The two passwords are not the same.")
    return text_field(form, "password")


def _onward(text: str) -> str:
    """Where to go after signing in: a path of the Desk or the interaction page, nothing else."""
    fits = text.startswith(("/desk/", "/authorize_interaction?")) and "\\" not in text and len(text) <= MAX_NEXT_CHARS
    return text if fits else ""


def _in(request: Request, session: str, path: str) -> Response:
    response = RedirectResponse(path, 303)
    set_cookie(request, response, session)
    return response


async def sign_out(request: Request) -> Response:
    """End this session."""
    async with desk_form(request) as (_, _who):
        await house_of(request).sign_in.sign_out(secret_of(request))
    response = RedirectResponse("/", 303)
    clear_cookie(request, response)
    return response


async def show_account(request: Request) -> Response:
    """One's own password."""
    return await screen(request, await signed_in(request), "account.html", error="")


async def change_password(request: Request) -> Response:
    """Change one's own password; other browsers are signed out."""
    async with desk_form(request) as (form, who):
        try:
            await house_of(request).sign_in.change_password(
                who.organiser, secret_of(request), text_field(form, "old"), _password(form)
            )
        except AppError as error:
            return await screen(request, who, "account.html", status=error.status, error=str(error))
    return back("/desk/account", "password")


def routes(house: House) -> list[Route]:
    """The paths of this file."""
    entrance = Entrance(house)
    return [
        Route("/desk/enter/{secret}", entrance.show_link, methods=["GET"]),
        Route("/desk/enter/{secret}", entrance.use_link, methods=["POST"]),
        Route("/desk/sign-in", entrance.show_sign_in, methods=["GET"]),
        Route("/desk/sign-in", entrance.sign_in, methods=["POST"]),
        Route("/desk/sign-out", sign_out, methods=["POST"]),
        Route("/desk/account", show_account, methods=["GET"]),
        Route("/desk/account", change_password, methods=["POST"]),
    ]
