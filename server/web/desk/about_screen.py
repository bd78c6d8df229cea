"""What the pages /statement and /contact say, one language at a time."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import AppError
from server.features.access.model import Act
from server.features.publishing.about import MAX_CONTACT_CHARS, MAX_SECURITY_CHARS, MAX_STATEMENT_CHARS
from server.house import House
from server.web.desk.draft_form import LANGUAGES
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import signed_in

HERE: Final = "/desk/about"
_LIMITS: Final = {"statement": MAX_STATEMENT_CHARS, "contact": MAX_CONTACT_CHARS, "security": MAX_SECURITY_CHARS}


async def _values(house: House, language: str) -> dict[str, Any]:
    words = await house.about.words()
    known = dict(LANGUAGES)
    others = [one for one in {**words.statement, **words.contact} if one not in known]
    return {
        "language": language,
        "languages": [*LANGUAGES, *((one, one) for one in others)],
        "written": {*words.statement, *words.contact},
        "given": {
            "statement": words.statement.get(language, ""),
            "contact": words.contact.get(language, ""),
            "security": words.security,
        },
        "limits": _LIMITS,
        "error": "",
    }


def _language(house: House, asked: str) -> str:
    known = {code for code, _ in LANGUAGES}
    return asked if asked in known else house.actors.campaign().language


async def show(request: Request) -> Response:
    """What stands in one language."""
    who, house = await signed_in(request), house_of(request)
    who.who.must(Act.PROFILE)
    values = await _values(house, _language(house, request.query_params.get("language", "")))
    return await screen(request, who, "about.html", here="more", **values)


async def save(request: Request) -> Response:
    """Replace it."""
    house = house_of(request)
    async with desk_form(request, max_files=0) as (form, who):
        who.who.must(Act.PROFILE)
        language = _language(house, text_field(form, "language"))
        given = {name: text_field(form, name).strip() for name in _LIMITS}
        try:
            await house.about.say(who.who, language, **given)
        except AppError as error:
            values = {**await _values(house, language), "given": given, "error": str(error)}
            return await screen(request, who, "about.html", here="more", status=error.status, **values)
    return back(f"{HERE}?language={language}", "about")


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route(HERE, show, methods=["GET"]), Route(HERE, save, methods=["POST"])]
