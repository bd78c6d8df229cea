"""Coming in and going out."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from server.base.errors import AppError, Invalid, NotFound, TooMany, Unauthorised
from server.base.words import marked
from server.features.access.model_factors import SecondFactorWanted
from server.features.access.passwords import MIN_PASSWORD_CHARS
from server.house import House
from server.web.desk.screen import desk_form
from server.web.shared.limits import RateLimit
from server.web.shared.pages import page
from server.web.shared.request import house_of, small_form_of, text_field
from server.web.shared.sessions import MAX_PATH_CHARS, check_origin, clear_cookie, own_path, secret_of, set_cookie

ATTEMPTS, ATTEMPT_SECONDS = 30, 300
#: A caller's first try in so long is looked at even while others make the account wait.
FIRST_TRY_SECONDS: Final = 3600
#: So many of these for one name, from wherever they come: addresses are cheap.
FIRST_TRIES_OF_A_NAME: Final = 10
OLD_LINK: Final = marked("This link was used or is older than a day. Ask a keyholder for a new one.")


class Entrance:
    """Sign-in by link, by password and second step, and by passkey; so many tries for each caller."""

    def __init__(self, house: House) -> None:
        self._limit = RateLimit(house.clock, count=ATTEMPTS, seconds=ATTEMPT_SECONDS)
        self._first_try = RateLimit(house.clock, count=1, seconds=FIRST_TRY_SECONDS)
        self._of_name = RateLimit(house.clock, count=FIRST_TRIES_OF_A_NAME, seconds=FIRST_TRY_SECONDS)

    async def show_link(self, request: Request) -> Response:
        """The page behind a one-time link. Looking uses nothing up: previewers look, too."""
        self._limit.take(request)
        organiser = await house_of(request).sign_in.link_holds(request.path_params["secret"][:200])
        if organiser is None:
            raise NotFound(OLD_LINK)
        return page(request, "desk/enter.html", name=organiser.name, error="", least=MIN_PASSWORD_CHARS)

    async def use_link(self, request: Request) -> Response:
        """Set the password and sign in."""
        self._limit.take(request)
        check_origin(request)
        secret, house = request.path_params["secret"][:200], house_of(request)
        organiser = await house.sign_in.link_holds(secret)
        if organiser is None:
            raise NotFound(OLD_LINK)
        async with small_form_of(request) as form:
            try:
                session = await house.sign_in.enter(secret, new_password(form))
            except SecondFactorWanted as wanted:
                return await _second(request, wanted.step, "")
            except Invalid as error:
                values = {"name": organiser.name, "error": str(error), "least": MIN_PASSWORD_CHARS}
                return page(request, "desk/enter.html", status=422, **values)
        return await _in(request, session, "/desk/")

    async def show_sign_in(self, request: Request) -> Response:
        """The sign-in page."""
        return page(request, "desk/sign_in.html", error="", onward=_onward(request.query_params.get("next", "")))

    async def sign_in(self, request: Request) -> Response:
        """Sign in by name and password."""
        self._limit.take(request)
        check_origin(request)
        async with small_form_of(request) as form:
            onward = _onward(text_field(form, "next"))
            try:
                name, password = text_field(form, "name").strip()[:100], text_field(form, "password")
                patient = self._first_try.free(request) and self._of_name.free_for(name)
                session = await house_of(request).sign_in.by_password(name, password, patient=patient)
            except SecondFactorWanted as wanted:
                return await _second(request, wanted.step, onward)
            except (Unauthorised, TooMany, Invalid) as error:
                return page(request, "desk/sign_in.html", status=error.status, error=str(error), onward=onward)
        return await _in(request, session, onward or "/desk/")

    async def second(self, request: Request) -> Response:
        """The second step: a code, a recovery code or a passkey."""
        self._limit.take(request)
        check_origin(request)
        async with small_form_of(request) as form:
            onward, step = _onward(text_field(form, "next")), text_field(form, "step")
            sign_in = house_of(request).sign_in
            try:
                if credential := text_field(form, "credential"):
                    session = await sign_in.by_second_passkey(step, credential)
                else:
                    session = await sign_in.by_code(step, text_field(form, "code"))
            except (Unauthorised, TooMany) as error:
                return await _second(request, step, onward, error)
        return await _in(request, session, onward or "/desk/")

    async def second_options(self, request: Request) -> Response:
        """What a device needs to be the second step, for the script."""
        self._limit.take(request)
        check_origin(request)
        async with small_form_of(request) as form:
            asked = await house_of(request).passkeys.ask_second(text_field(form, "step"))
        return JSONResponse({"step": asked.step, "options": asked.options})

    async def passkey(self, request: Request) -> Response:
        """Sign in by a passkey alone."""
        self._limit.take(request)
        check_origin(request)
        async with small_form_of(request) as form:
            onward = _onward(text_field(form, "next"))
            try:
                session = await house_of(request).sign_in.by_passkey(
                    text_field(form, "step"), text_field(form, "credential")
                )
            except Unauthorised as error:
                return page(request, "desk/sign_in.html", status=error.status, error=str(error), onward=onward)
        return await _in(request, session, onward or "/desk/")

    async def passkey_options(self, request: Request) -> Response:
        """What a device needs to sign in, for the script."""
        self._limit.take(request)
        check_origin(request)
        asked = await house_of(request).passkeys.ask()
        return JSONResponse({"step": asked.step, "options": asked.options})


def new_password(form: FormData) -> str:
    """The new password, typed twice. Raises Invalid."""
    if text_field(form, "password") != text_field(form, "again"):
        raise Invalid("The two passwords are not the same.")
    return text_field(form, "password")


def _onward(text: str) -> str:
    """Where to go after signing in: a path of the Desk or the interaction page, nothing else."""
    if text.startswith("/authorize_interaction?") and "\\" not in text and len(text) <= MAX_PATH_CHARS:
        return text
    return own_path(text)


async def _second(request: Request, step: str, onward: str, error: AppError | None = None) -> Response:
    """The screen of the second step; the sign-in page if that step waits no more."""
    factors = await house_of(request).sign_in.second_step(step)
    status, words = (error.status, str(error)) if error else (200, "")
    if factors is None:
        return page(request, "desk/sign_in.html", status=status, error=words, onward=onward)
    values = {"step": step, "factors": factors, "onward": onward, "error": words}
    return page(request, "desk/second.html", status=status, **values)


async def _in(request: Request, session: str, path: str) -> Response:
    """Into the Desk under a new session; one that this browser had before ends."""
    if secret := secret_of(request):
        await house_of(request).sign_in.sign_out(secret)
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


def routes(house: House) -> list[Route]:
    """The paths of this file."""
    entrance = Entrance(house)
    return [
        Route("/desk/enter/{secret}", entrance.show_link, methods=["GET"]),
        Route("/desk/enter/{secret}", entrance.use_link, methods=["POST"]),
        Route("/desk/sign-in", entrance.show_sign_in, methods=["GET"]),
        Route("/desk/sign-in", entrance.sign_in, methods=["POST"]),
        Route("/desk/sign-in/second", entrance.second, methods=["POST"]),
        Route("/desk/sign-in/second/options", entrance.second_options, methods=["POST"]),
        Route("/desk/sign-in/passkey", entrance.passkey, methods=["POST"]),
        Route("/desk/sign-in/passkey/options", entrance.passkey_options, methods=["POST"]),
        Route("/desk/sign-out", sign_out, methods=["POST"]),
    ]
