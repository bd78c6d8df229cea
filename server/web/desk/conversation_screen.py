"""What others said to us, one list for all of it: filtered, equal texts as one line, decided about by one form."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from server.base.errors import Invalid
from server.features.access.model import SignedIn
from server.features.conversation.model import STATES, WORDS, Acted, Filter, Selection
from server.house import House
from server.web.desk.conversation_form import (
    MESSAGE_STATES,
    act_of,
    fields,
    filter_of,
    query,
    selection_of,
)
from server.web.desk.screen import desk_form, screen
from server.web.shared.request import house_of, number_of, text_field
from server.web.shared.sessions import signed_in

#: What is said after an act, by its verb.
SAID: Final = {
    "approved": "shown",
    "hidden": "hidden",
    "held": "put-back",
    "mute": "muted",
    "block": "blocked",
    "block-host": "blocked",
}
#: What is asked about once more before it is done, by verb and scope; hiding never is, as it is taken back as fast.
ASKED: Final = frozenset({("approved", "all"), ("mute", "all")})
SHOWN_AUTHORS: Final = 20
#: Of an act on so many lines the next screen can offer to take it back.
MAX_UNDONE: Final = 60


async def replies(request: Request) -> Response:
    """Replies, mentions and quotes, those that wait first."""
    return await _list(request, "replies")


async def messages(request: Request) -> Response:
    """Direct messages: for organisers only, never shown in public."""
    return await _list(request, "messages")


async def _list(request: Request, show: str) -> Response:
    who, house = await signed_in(request), house_of(request)
    wanted = filter_of(request.query_params, messages=show == "messages")
    listing = await house.moderation.listing(wanted, number_of(request.query_params.get("before", "")))
    return await screen(
        request,
        who,
        "conversation.html",
        here="conversation",
        show=show,
        wanted=wanted,
        kind=fields(wanted).get("kind", ""),
        fields=fields(wanted),
        narrowed=len(fields(wanted)) > 1,
        lines=listing.lines,
        older=query(wanted, before=listing.older) if listing.older else None,
        states=MESSAGE_STATES if show == "messages" else STATES,
        facets=await house.moderation.facets(wanted.state, ("direct",) if show == "messages" else WORDS),
        page=",".join(f"g{one.heard.same_text}" if one.copies > 1 else str(one.heard.post.id) for one in listing.lines),
        rules={rule.id: rule.words for rule in await house.rules.words()},
        query=lambda **changed: query(wanted, **changed),
        undo=_undo(request, wanted),
        left=request.query_params.get("left") == "1",
    )


def _undo(request: Request, wanted: Filter) -> dict[str, object] | None:
    """What the last act can be taken back by: the same lines, and the state that they had."""
    listed = request.query_params.get("undo", "")
    now = {"shown": "approved", "hidden": "hidden", "put-back": "held"}.get(request.query_params.get("done", ""))
    if not listed or now is None or now == wanted.state:
        return None
    return {"page": listed, "now": now, "back": wanted.state}


async def decide(request: Request) -> Response:
    """Do one thing to what was marked, to a page, a group, a server, or all that a filter finds."""
    async with desk_form(request) as (form, who):
        show = "messages" if text_field(form, "show") == "messages" else "replies"
        within = filter_of(form, messages=show == "messages")
        verb, scope, target = act_of(form)
        selection = selection_of(form, within, scope, target)
        sure = text_field(form, "sure") == "1"
        if not sure and ((verb, scope) in ASKED or verb == "block-host" or (verb == "block" and scope != "one")):
            return await _ask(request, who, form, verb, scope, selection)
        acted = await _act(house_of(request), who, verb, selection)
        came = filter_of({"state": text_field(form, "came")}, messages=False).state if text_field(form, "came") else ""
    return RedirectResponse(_onward(show, within, came, verb, selection, acted), 303)


async def _act(house: House, who: SignedIn, verb: str, selection: Selection) -> Acted:
    match verb:
        case "mute":
            return await house.moderation.mute_authors(who.who, selection)
        case "block":
            return await house.moderation.block_authors(who.who, selection)
        case "block-host":
            return await house.moderation.block_servers_of(who.who, selection)
        case _:
            return await house.moderation.decide(who.who, selection, verb)


def _onward(show: str, within: Filter, came: str, verb: str, selection: Selection, acted: Acted) -> str:
    """Back to the list as it was filtered; a group that was dealt with is left."""
    where = {**fields(within), "done": SAID[verb]}
    if came:
        where["state"] = came
    elif within.same and not selection.ids:
        del where["same"]
    lines = [*map(str, selection.ids), *(f"g{one}" for one in selection.same)]
    if not came and not selection.everything and len(lines) <= MAX_UNDONE:
        where["undo"] = ",".join(lines)
    if acted.more:
        where["left"] = "1"
    return f"/desk/conversation/{show}?{urlencode(where)}"


async def _ask(
    request: Request, who: SignedIn, form: FormData, verb: str, scope: str, selection: Selection
) -> Response:
    """Say what an act would do, before it is done."""
    house = house_of(request)
    authors = list((await house.moderation.authors(selection)).values())
    if not authors:
        raise Invalid("Mark at least one and choose what to do.")
    kept = [
        (name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in {"csrf", "sure"}
    ]
    return await screen(
        request,
        who,
        "conversation_sure.html",
        here="conversation",
        verb=verb,
        scope=scope,
        kept=kept,
        count=len(authors),
        authors=[handle for _, handle, _ in authors[:SHOWN_AUTHORS]],
        servers=await house.moderation.servers(selection) if verb == "block-host" else [],
    )


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/desk/conversation", replies, methods=["GET"]),
        Route("/desk/conversation/replies", replies, methods=["GET"]),
        Route("/desk/conversation/messages", messages, methods=["GET"]),
        Route("/desk/conversation/decide", decide, methods=["POST"]),
    ]
