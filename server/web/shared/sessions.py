"""Who is signed in, who has lately proved it, and that a form is ours: a token in the form, and the Origin of the request."""

from __future__ import annotations

import hmac
import posixpath
import re
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from server.base.errors import Forbidden, Unauthorised
from server.base.timestamps import from_text
from server.features.access.model import SignedIn
from server.features.access.sessions import PROVED
from server.web.shared.language import CHOSEN
from server.web.shared.request import house_of

COOKIE_SECONDS: Final = 30 * 24 * 3600
MAX_PATH_CHARS: Final = 2000
_OF_DESK: Final = re.compile(r"/desk/[\w/.~%:@,;=&?+*()-]*", re.ASCII)
#: What the proof itself is asked by; it never travels on with the form that waits.
PROOF_FIELDS: Final = frozenset(
    {"csrf", "proof_password", "proof_code", "proof_step", "proof_credential", "proof_for", "proof_carries"}
)


class NotSignedInError(Unauthorised):
    """A screen for organisers, asked for by nobody known."""


class ProofWantedError(Unauthorised):
    """A dangerous act, asked for by somebody who has not proved lately who they are.

    `onward` is where to go after the proof; with `fields` they are sent there as a form, so that nothing is typed twice.
    """

    def __init__(self, who: SignedIn, onward: str, fields: tuple[tuple[str, str], ...] | None) -> None:
        super().__init__("Prove first that it is you.")
        self.who = who
        self.onward = onward
        self.fields = fields


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


def own_path(text: str) -> str:
    """A path of the Desk, as given in `next`; anything else becomes empty: nobody is led elsewhere by a link."""
    fits = _OF_DESK.fullmatch(text) and len(text) <= MAX_PATH_CHARS and "//" not in text
    path = posixpath.normpath(text.partition("?")[0])
    return text if fits and (path == "/desk" or path.startswith("/desk/")) else ""


def proved_lately(request: Request, who: SignedIn) -> bool:
    """True if the owner of this browser proved within ten minutes who it is; signing in is a proof, too."""
    return who.proved_at is not None and house_of(request).clock() - from_text(who.proved_at) < PROVED


async def proved(request: Request, who: SignedIn, form: FormData | None = None) -> None:
    """Go on only if who asks has proved lately who they are; to be called before a dangerous act or its screen.

    Else ProofWantedError leads to the screen that asks, and from there back: to this address, or, with a form, to the act itself.
    """
    if proved_lately(request, who):
        return
    query = f"?{request.url.query}" if request.url.query else ""
    fields = None
    if form is not None:
        texts = ((name, value) for name, value in form.multi_items() if isinstance(value, str))
        fields = tuple((name, value) for name, value in texts if name not in PROOF_FIELDS)
    raise ProofWantedError(who, f"{request.url.path}{query}", fields)


def check_ours(request: Request) -> None:
    """Raise Forbidden for a form of readers that another site lets its visitors send.

    They would flood us, or make us ask others, from networks of their own. Our pages refer nothing: browsers call their origin `null`.
    """
    here = {urlsplit(house_of(request).settings.base_url).netloc, request.headers.get("host", "")}
    origin = request.headers.get("origin", "null")
    foreign = origin != "null" and urlsplit(origin).netloc not in here
    if foreign or request.headers.get("sec-fetch-site", "same-origin") in {"cross-site", "same-site"}:
        raise Forbidden("This form came from another site. Open our page, and write it there.")


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
