"""The Desk as it suits whoever sits at it: its language, and the keys that lead around."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.web.desk.screen import back, desk_form, screen
from server.web.shared.language import shown_languages
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import signed_in


async def language(request: Request) -> Response:
    """Choose the language of one's own Desk."""
    who = await signed_in(request)
    return await screen(
        request, who, "language.html", here="more", chosen=who.organiser.language, languages=shown_languages()
    )


async def choose(request: Request) -> Response:
    """Keep the choice."""
    async with desk_form(request) as (form, who):
        await house_of(request).preferences.choose_language(who.who, text_field(form, "language"))
    return back("/desk/language", "language")


async def keys(request: Request) -> Response:
    """The keys and what each does."""
    return await screen(request, await signed_in(request), "keys.html", here="more")


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/desk/language", language, methods=["GET"]),
        Route("/desk/language", choose, methods=["POST"]),
        Route("/desk/keys", keys, methods=["GET"]),
    ]
