"""Proving who one is before a dangerous act."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from server.base.errors import AppError
from server.features.access.model import SignedIn
from server.web.desk.screen import desk_form
from server.web.shared.proof import SCREEN, ask_proof
from server.web.shared.request import SMALL_FORM_BYTES, house_of, text_field
from server.web.shared.sessions import PROOF_FIELDS, ProofWantedError, own_path, secret_of, signed_in


async def show(request: Request) -> Response:
    """Ask, and go on to `next` afterwards."""
    who = await signed_in(request)
    onward = own_path(request.query_params.get("next", "")) or "/desk/"
    return await ask_proof(request, ProofWantedError(who, onward, None), status=200)


async def prove(request: Request) -> Response:
    """Take password and code, or a passkey; then do what waited."""
    async with desk_form(request, max_files=0, max_bytes=SMALL_FORM_BYTES) as (form, who):
        onward = own_path(text_field(form, "proof_for")) or "/desk/"
        carries = bool(text_field(form, "proof_carries"))
        try:
            await _check(request, form, who)
        except AppError as error:
            texts = ((name, value) for name, value in form.multi_items() if isinstance(value, str))
            fields = tuple((name, value) for name, value in texts if name not in PROOF_FIELDS) if carries else None
            wanted = ProofWantedError(who, onward, fields)
            return await ask_proof(request, wanted, error=str(error), status=error.status)
    return RedirectResponse(onward, 307 if carries else 303)


async def _check(request: Request, form: FormData, who: SignedIn) -> None:
    sessions, secret = house_of(request).sessions, secret_of(request)
    if credential := text_field(form, "proof_credential"):
        await sessions.prove_by_passkey(who.organiser, secret, text_field(form, "proof_step"), credential)
    else:
        await sessions.prove(who.organiser, secret, text_field(form, "proof_password"), text_field(form, "proof_code"))


async def options(request: Request) -> Response:
    """What a device needs to show a passkey, for the script."""
    async with desk_form(request, max_files=0, max_bytes=SMALL_FORM_BYTES) as (_, who):
        asked = await house_of(request).passkeys.ask_to_prove(who.organiser)
    return JSONResponse({"step": asked.step, "options": asked.options})


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route(SCREEN, show, methods=["GET"]),
        Route(SCREEN, prove, methods=["POST"]),
        Route(f"{SCREEN}/options", options, methods=["POST"]),
    ]
