"""What the campaign says of itself, how it is reached, what becomes of those who read: /statement, /contact, /privacy, security.txt."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from server.base.errors import NotFound
from server.base.language_names import NAMES
from server.features.remote.service import FORGET_AFTER
from server.web.pages.showing import profile_of
from server.web.shared.caching import Rendered, kept
from server.web.shared.language import language_of
from server.web.shared.pages import render
from server.web.shared.request import house_of

#: Whoever reads security.txt later asks again (RFC 9116 advises less than a year).
SECURITY_DAYS: Final = 180
_HTML: Final = "text/html; charset=utf-8"


def _wanted(request: Request) -> str:
    """The language that a link of these pages chose."""
    return request.query_params.get("in", "")[:35]


def _chosen(request: Request, said: dict[str, str]) -> str:
    """The language of what is shown: as wanted, else that of the page, else the campaign's own, else any."""
    ours = house_of(request).actors.campaign().language
    return next((one for one in (_wanted(request), language_of(request), ours) if one in said), next(iter(said), ""))


async def _words(request: Request, purpose: str) -> Response:
    async def make() -> Rendered:
        house = house_of(request)
        words = await house.about.words()
        said = words.statement if purpose == "statement" else words.contact
        language = _chosen(request, said)
        html = render(
            request,
            f"pages/{purpose}.html",
            profile=await profile_of(request, house.actors.campaign()),
            language=language,
            words=house.profiles.bio_html(said.get(language, "")),
            others=[(one, NAMES.get(one, one)) for one in said if one != language],
            security=words.security,
        )
        return Rendered.of(html, _HTML)

    return await kept(request, (purpose, _wanted(request)), make)


async def statement(request: Request) -> Response:
    """The campaign about itself; its short description where it wrote no more."""
    return await _words(request, "statement")


async def contact(request: Request) -> Response:
    """How to reach the campaign."""
    return await _words(request, "contact")


async def privacy(request: Request) -> Response:
    """What is kept of whom and for how long, from the settings that are in force."""

    async def make() -> Rendered:
        house = house_of(request)
        html = render(
            request,
            "pages/privacy.html",
            profile=await profile_of(request, house.actors.campaign()),
            settings=house.settings,
            forget_days=FORGET_AFTER.days,
        )
        return Rendered.of(html, _HTML)

    return await kept(request, ("privacy",), make)


async def security(request: Request) -> Response:
    """`security.txt` (RFC 9116), where the campaign names somebody to tell."""
    house = house_of(request)
    address = (await house.about.words()).security
    if not address:
        raise NotFound("There is nothing at this address.")
    day = house.clock().replace(hour=0, minute=0, second=0, microsecond=0)
    expires = f"{day + timedelta(days=SECURITY_DAYS):%Y-%m-%dT%H:%M:%SZ}"
    body = (
        f"Contact: {address}\nExpires: {expires}\nPreferred-Languages: {house.actors.campaign().language}\n"
        f"Canonical: {house.addresses.base}/.well-known/security.txt\n"
    )
    return PlainTextResponse(body, headers={"Cache-Control": "public, max-age=3600"})


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/statement", statement),
        Route("/contact", contact),
        Route("/privacy", privacy),
        Route("/.well-known/security.txt", security),
    ]
