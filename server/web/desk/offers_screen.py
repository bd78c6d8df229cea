"""What readers offer: the queue, one offer, and what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import AppError, Invalid
from server.base.language_names import NAMES
from server.features.access.model import SignedIn
from server.features.offers.desk import MAX_MARKED
from server.features.offers.fields import CONTACT, FIELDS, is_day
from server.features.offers.model import Kind, OfferState, Wanted
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, number_of, text_field
from server.web.shared.sessions import signed_in

HERE: Final = "/desk/offers"
MAX_PAGE_DIGITS: Final = 3
_NAME: Final = re.compile(r"[0-9a-z]{16}")
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9-]{1,12}")
_CODE: Final = re.compile(r"[0-9a-z]{4,12}")


def wanted_of(given: Mapping[str, Any]) -> Wanted:
    """The filter of an address or a form; what cannot be meant asks for nothing."""
    kind, state = given.get("kind", ""), given.get("state", "")
    language, about = str(given.get("language", "")), str(given.get("about", ""))
    return Wanted(
        kind=kind if kind in set(Kind) else "",
        state=state if state in set(OfferState) else "",
        language=language if _LANGUAGE.fullmatch(language) else "",
        about=about if _CODE.fullmatch(about) else "",
    )


def fields_of(wanted: Wanted) -> dict[str, str]:
    """A filter as the fields of a form or an address."""
    found = {"kind": wanted.kind, "state": wanted.state, "language": wanted.language, "about": wanted.about}
    return {name: value for name, value in found.items() if value}


def _query(wanted: Wanted, number: int = 0) -> str:
    fields = {**fields_of(wanted), **({"page": str(number)} if number else {})}
    return f"?{urlencode(fields)}" if fields else ""


async def queue(request: Request) -> Response:
    """A page of the queue."""
    who, house = await signed_in(request), house_of(request)
    wanted = wanted_of(request.query_params)
    number = number_of(request.query_params.get("page", ""), MAX_PAGE_DIGITS) or 0
    return await screen(
        request,
        who,
        "offers.html",
        here="more",
        wanted=wanted,
        carried=fields_of(wanted),
        queue=await house.offers.queue(who.who, wanted, number),
        newer=_query(wanted, number - 1) or HERE if number else "",
        older=_query(wanted, number + 1),
        fields=FIELDS,
        is_day=is_day,
        kinds=list(Kind),
        states=list(OfferState),
        names=NAMES,
    )


def _marked(form: FormData) -> list[str]:
    """Names that were marked one by one, or carried by the screen that asked once more."""
    given = [*(one for one in form.getlist("offer") if isinstance(one, str)), *text_field(form, "offers").split(",")]
    return list(dict.fromkeys(one for one in given if _NAME.fullmatch(one)))[: MAX_MARKED + 1]


async def decide(request: Request) -> Response:
    """An act about several offers. Erasing asks once more, and says how many."""
    house = house_of(request)
    async with desk_form(request, max_files=0) as (form, who):
        wanted, act = wanted_of(form), text_field(form, "do")
        names = _marked(form)
        match act:
            case "spam":
                await house.offers.put_aside(who.who, names)
                done = "put-aside"
            case "unspam":
                await house.offers.put_back(who.who, names)
                done = "offers-back"
            case "delete" | "delete-all" if text_field(form, "sure") != "1":
                found = await house.offers.names(who.who, wanted) if act == "delete-all" else names
                if not found:
                    raise Invalid("Mark at least one and choose what to do.")
                return await screen(
                    request, who, "offers_sure.html", here="more", names=found, carried=fields_of(wanted)
                )
            case "delete":
                await house.offers.delete(who.who, names)
                done = "offers-deleted"
            case _:
                raise Invalid("Mark at least one and choose what to do.")
    return back(f"{HERE}{_query(wanted)}", done)


async def show(request: Request) -> Response:
    """One offer."""
    who = await signed_in(request)
    return await _offer(request, who)


async def _offer(
    request: Request, who: SignedIn, *, text: str = "", language: str = "", error: str = "", status: int = 200
) -> Response:
    found = await house_of(request).offers.offer(who.who, request.path_params["offer"])
    return await screen(
        request,
        who,
        "offer.html",
        status=status,
        here="more",
        offer=found,
        fields=FIELDS[found.line.kind],
        contact=CONTACT,
        is_day=is_day,
        languages=list(NAMES.items()),
        names=NAMES,
        text=text,
        language=language or found.line.page_language,
        error=error,
    )


async def act(request: Request) -> Response:
    """What becomes of one offer."""
    house, name = house_of(request), request.path_params["offer"]
    async with desk_form(request, max_files=0) as (form, who):
        text, language = text_field(form, "text"), text_field(form, "language")
        try:
            done = await _acted(request, who, text_field(form, "do"), text, language)
        except AppError as error:
            if not text:
                raise
            await house.offers.offer(who.who, name)
            return await _offer(request, who, text=text, language=language, error=str(error), status=error.status)
    return back(HERE if done in {"offers-deleted", "put-aside"} else f"{HERE}/{name}", done)


async def _acted(request: Request, who: SignedIn, do: str, text: str, language: str) -> str:
    """Do it; what is said of it then."""
    offers, name = house_of(request).offers, request.path_params["offer"]
    match do:
        case "claim":
            await offers.claim(who.who, name)
            return "claimed"
        case "release":
            await offers.release(who.who, name)
            return "released"
        case "answer":
            await offers.answer(who.who, name, text, language)
            return "offer-answered"
        case "spam":
            await offers.put_aside(who.who, [name])
            return "put-aside"
        case "unspam":
            await offers.put_back(who.who, [name])
            return "offers-back"
        case "delete":
            await offers.delete(who.who, [name])
            return "offers-deleted"
        case _:
            raise Invalid("Choose what to do.")


async def picture(request: Request) -> Response:
    """A picture of an offer: here and nowhere else."""
    who = await signed_in(request)
    given = request.path_params
    body, mime = await house_of(request).offers.picture(who.who, given["offer"], given["number"])
    return Response(body, media_type=mime)


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route(HERE, queue, methods=["GET"]),
        Route(HERE, decide, methods=["POST"]),
        Route(f"{HERE}/{{offer}}", show, methods=["GET"]),
        Route(f"{HERE}/{{offer}}", act, methods=["POST"]),
        Route(f"{HERE}/{{offer}}/pictures/{{number:int}}", picture, methods=["GET"]),
    ]
