"""Who is signed in, and proof that a form is ours: a token in the form, and the Origin of the request."""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from server.base.errors import Forbidden, Unauthorised
from server.features.access.model import SignedIn
from server.web.shared.language import CHOSEN
from server.web.shared.request import house_of

COOKIE_SECONDS: Final = 30 * 24 * 3600


class NotSignedInError(Unauthorised):
    """A screen for organisers, asked for by nobody known."""


def cookie_name(*, secure: bool) -> str:
    """`__Host-` holds a cookie to this very origin; browsers refuse it without https."""
    return "__Host-callout" if secure else "callout"


def secret_of(request: Request) -> str:
    """The session secret that came along, or an empty text."""
    return request.cookies.get(cookie_name(secure=house_of(request).settings.secure), "")[:200]


async def signed_in(request: Request) -> SignedIn:
    """Who asks. Raises NotSignedInError."""
    secret = secret_of(request)
    found = await house_of(request).sign_in.session(secret) if secret else None
    if found is None:
        raise NotSignedInError("Sign in first.")
    request.scope[CHOSEN] = found.organiser.language
    return found


def check_origin(request: Request) -> None:
    """Raise Forbidden for a form that another site sent."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    base = urlsplit(house_of(request).settings.base_url)
    here = {base.netloc, request.headers.get("host", "")}
    if site in {"cross-site", "same-site"} or (origin is not None and urlsplit(origin).netloc not in here):
        raise Forbidden("This form came from another site. Open the Desk and try again.")


async def signed_in_form(request: Request, form: FormData) -> SignedIn:
    """Who sends this form. Raises NotSignedInError, or Forbidden when the form is not ours."""
    check_origin(request)
    who = await signed_in(request)
    token = form.get("csrf")
    if not isinstance(token, str) or not hmac.compare_digest(token.encode(), who.csrf.encode()):
        raise Forbidden("This form is from an earlier sign-in. Load the page again and repeat.")
    return who


def set_cookie(request: Request, response: Response, secret: str) -> None:
    """Sign this browser in."""
    secure = house_of(request).settings.secure
    response.set_cookie(
        cookie_name(secure=secure),
        secret,
        max_age=COOKIE_SECONDS,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def clear_cookie(request: Request, response: Response) -> None:
    """Sign this browser out."""
    secure = house_of(request).settings.secure
    response.delete_cookie(cookie_name(secure=secure), path="/", secure=secure, httponly=True, samesite="lax")
