"""One's own account: password, second factors, recovery codes, and the browsers that are signed in."""

from __future__ import annotations

import segno
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from server.base.errors import AppError, Invalid
from server.features.access.model import SignedIn
from server.features.access.passwords import MIN_PASSWORD_CHARS
from server.web.desk import prove_screen
from server.web.desk.entrance import new_password
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import proved, secret_of, signed_in

HOME = "/desk/account"


async def show(request: Request) -> Response:
    """Everything by which one comes in."""
    return await _account(request, await signed_in(request))


async def _account(request: Request, who: SignedIn, error: AppError | None = None) -> Response:
    house = house_of(request)
    return await screen(
        request,
        who,
        "account.html",
        status=error.status if error else 200,
        error=str(error) if error else "",
        factors=await house.factors.state(who.organiser.id),
        sessions=await house.sessions.of(who.organiser, secret_of(request)),
    )


async def show_password(request: Request) -> Response:
    """The form of a new password."""
    who = await signed_in(request)
    await proved(request, who)
    return await screen(request, who, "password.html", error="", least=MIN_PASSWORD_CHARS)


async def change_password(request: Request) -> Response:
    """Change one's own password; other browsers are signed out."""
    async with desk_form(request) as (form, who):
        await proved(request, who, form)
        try:
            await house_of(request).sign_in.change_password(who.organiser, secret_of(request), new_password(form))
        except Invalid as error:
            values = {"error": str(error), "least": MIN_PASSWORD_CHARS}
            return await screen(request, who, "password.html", status=error.status, **values)
    return back(HOME, "password")


async def begin_totp(request: Request) -> Response:
    """Make a secret for an app, and go on to its QR code."""
    async with desk_form(request) as (form, who):
        await proved(request, who, form)
        await house_of(request).factors.begin_totp(who.organiser)
    return RedirectResponse(f"{HOME}/app", 303)


async def show_totp(request: Request) -> Response:
    """The QR code, the same as text, and a field for the first code."""
    who = await signed_in(request)
    await proved(request, who)
    return await _totp(request, who)


async def _totp(request: Request, who: SignedIn, error: AppError | None = None) -> Response:
    secret, address = await house_of(request).factors.totp_to_confirm(who.organiser)
    drawn = segno.make(address, error="m", micro=False)
    return await screen(
        request,
        who,
        "app.html",
        status=error.status if error else 200,
        error=str(error) if error else "",
        qr=drawn.svg_data_uri(scale=5, border=4, dark="#000", light="#fff"),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        address=address,
    )


async def confirm_totp(request: Request) -> Response:
    """The first code of the app: from now on it is asked for."""
    async with desk_form(request) as (form, who):
        await proved(request, who, form)
        try:
            codes = await house_of(request).factors.confirm_totp(who.organiser, text_field(form, "code"))
        except AppError as error:
            return await _totp(request, who, error)
    return await _codes(request, who, codes) if codes else back(HOME, "totp-on")


async def end_totp(request: Request) -> Response:
    """No codes of an app any more."""
    async with desk_form(request) as (form, who):
        await proved(request, who, form)
        await house_of(request).factors.end_totp(who.organiser)
    return back(HOME, "totp-off")


async def passkey_options(request: Request) -> Response:
    """What a device needs to make a passkey, for the script."""
    async with desk_form(request) as (form, who):
        await proved(request, who, form)
        asked = await house_of(request).passkeys.ask_for_new(who.organiser, text_field(form, "name"))
    return JSONResponse({"step": asked.step, "options": asked.options})


async def show_passkey(request: Request) -> Response:
    """The form that makes a passkey."""
    who = await signed_in(request)
    await proved(request, who)
    return await screen(request, who, "passkey.html", error="")


async def add_passkey(request: Request) -> Response:
    """Take in a passkey that a device made."""
    async with desk_form(request) as (form, who):
        await proved(request, who, form)
        try:
            codes = await house_of(request).passkeys.add(
                who.organiser, text_field(form, "step"), text_field(form, "credential"), text_field(form, "name")
            )
        except AppError as error:
            return await screen(request, who, "passkey.html", status=error.status, error=str(error))
    return await _codes(request, who, codes) if codes else back(HOME, "passkey-on")


async def remove_passkey(request: Request) -> Response:
    """Forget a passkey."""
    async with desk_form(request) as (form, who):
        await proved(request, who, form)
        await house_of(request).passkeys.remove(who.organiser, request.path_params["passkey_id"])
    return back(HOME, "passkey-off")


async def new_codes(request: Request) -> Response:
    """Fresh recovery codes, shown this once."""
    async with desk_form(request) as (form, who):
        await proved(request, who, form)
        codes = await house_of(request).factors.renew_codes(who.organiser)
    return await _codes(request, who, codes)


async def _codes(request: Request, who: SignedIn, codes: tuple[str, ...]) -> Response:
    return await screen(request, who, "codes.html", codes=codes)


async def change_session(request: Request) -> Response:
    """Name one of one's browsers, or sign one or all others out."""
    sessions = house_of(request).sessions
    async with desk_form(request) as (form, who):
        public_id = text_field(form, "session")[:64]
        match text_field(form, "act"):
            case "name":
                await sessions.rename(who.organiser, public_id, text_field(form, "name"))
                return back(HOME, "named")
            case "end":
                await sessions.end(who.organiser, public_id)
            case "end-others":
                await sessions.end_others(who.organiser, secret_of(request))
            case _:
                raise Invalid("Choose what to do.")
    return back(HOME, "session-ended")


def routes() -> list[Route]:
    """The paths of this file, and of the proof that most of them ask for."""
    return [
        Route(HOME, show, methods=["GET"]),
        Route(f"{HOME}/password", show_password, methods=["GET"]),
        Route(f"{HOME}/password", change_password, methods=["POST"]),
        Route(f"{HOME}/app", show_totp, methods=["GET"]),
        Route(f"{HOME}/app", confirm_totp, methods=["POST"]),
        Route(f"{HOME}/app/begin", begin_totp, methods=["POST"]),
        Route(f"{HOME}/app/end", end_totp, methods=["POST"]),
        Route(f"{HOME}/passkeys", show_passkey, methods=["GET"]),
        Route(f"{HOME}/passkeys", add_passkey, methods=["POST"]),
        Route(f"{HOME}/passkeys/options", passkey_options, methods=["POST"]),
        Route(f"{HOME}/passkeys/{{passkey_id:int}}/remove", remove_passkey, methods=["POST"]),
        Route(f"{HOME}/codes", new_codes, methods=["POST"]),
        Route(f"{HOME}/sessions", change_session, methods=["POST"]),
        *prove_screen.routes(),
    ]
