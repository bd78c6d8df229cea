"""Whom we leave talking, and the words that decide at once."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import AppError, Invalid
from server.features.access.model import SignedIn
from server.features.conversation.model import Acted
from server.features.conversation.store_rules import MUTES_PAGE
from server.features.conversation.words import MAX_RULE_CHARS, MAX_RULES
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, number_of, text_field
from server.web.shared.sessions import signed_in


async def rules(request: Request) -> Response:
    """Word rules and mutes."""
    return await _show(request, await signed_in(request))


async def _show(
    request: Request,
    who: SignedIn,
    *,
    text: str = "",
    act: str = "hide",
    found: Acted | None = None,
    error: str = "",
    status: int = 200,
) -> Response:
    house = house_of(request)
    mutes = await house.rules.mutes(number_of(request.query_params.get("before", "")))
    return await screen(
        request,
        who,
        "rules.html",
        status=status,
        here="conversation",
        show="rules",
        words=await house.rules.words(),
        mutes=mutes,
        older=mutes[-1].id if len(mutes) >= MUTES_PAGE else None,
        text=text,
        act=act,
        found=found,
        error=error,
        max_chars=MAX_RULE_CHARS,
        max_rules=MAX_RULES,
    )


async def words(request: Request) -> Response:
    """Look what a rule would find, add it, or remove one."""
    house = house_of(request)
    async with desk_form(request) as (form, who):
        what, text, act = text_field(form, "do"), text_field(form, "words").strip(), text_field(form, "act", "hide")
        verb, _, number = what.partition(":")
        try:
            match verb:
                case "look":
                    return await _show(request, who, text=text, act=act, found=await house.rules.preview(text))
                case "add":
                    await house.rules.add_words(who.who, text, act)
                    return back("/desk/conversation/rules", "rule-added")
                case "remove":
                    await house.rules.remove_words(who.who, number_of(number) or 0)
                    return back("/desk/conversation/rules", "rule-removed")
                case _:
                    raise Invalid("Choose what to do.")
        except AppError as error:
            if verb == "remove":
                raise
            return await _show(request, who, text=text, act=act, error=error.public, status=error.status)


async def mutes(request: Request) -> Response:
    """Mute a server by name, or listen again to somebody."""
    house = house_of(request)
    async with desk_form(request) as (form, who):
        verb, target = text_field(form, "do"), text_field(form, "target").strip()[:2000]
        match verb:
            case "mute":
                try:
                    await house.moderation.mute_server(who.who, target)
                except Invalid as error:
                    return await _show(request, who, error=error.public, status=error.status)
                return back("/desk/conversation/rules", "muted")
            case "unmute":
                await house.rules.unmute(who.who, target)
                return back("/desk/conversation/rules", "unmuted")
    raise Invalid("Choose what to do.")


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/desk/conversation/rules", rules, methods=["GET"]),
        Route("/desk/conversation/rules/words", words, methods=["POST"]),
        Route("/desk/conversation/rules/mutes", mutes, methods=["POST"]),
    ]
