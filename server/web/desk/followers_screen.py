"""Who follows, who asks to, and from which servers."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import Invalid
from server.web.desk.conversation_form import filter_of
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, number_of, text_field
from server.web.shared.sessions import signed_in


async def followers(request: Request) -> Response:
    """A page of followers or of those who ask: of all, of one server, or found by name."""
    who, house, given = await signed_in(request), house_of(request), request.query_params
    state = "pending" if given.get("state") == "pending" else "accepted"
    text = given.get("q", "").strip()[:300]
    name = text.removeprefix("@").lower()
    server = filter_of(given, messages=False).server
    if name and "@" not in name and "." in name:
        server = filter_of({"server": name}, messages=False).server
    if text and not server:
        found, older = await house.followers.named(text), None
    else:
        found, older = await house.followers.page(state, server, number_of(given.get("before", "")))
    return await screen(
        request,
        who,
        "followers.html",
        here="conversation" if state == "pending" else "more",
        show="pending" if state == "pending" else "",
        state=state,
        q=text,
        server=server,
        found=found,
        older=older,
        count=(await house.followers.counts(house.actors.campaign().id))[0],
        agenda=await _agenda(request) if state == "accepted" else None,
        lost=await house.followers.lost_with(server.partition(":")[0]) if server else 0,
        approving=house.actors.campaign().approves_followers,
    )


async def _agenda(request: Request) -> tuple[str, int] | None:
    """The handle of the agenda and how many follow it: a number, as nobody has to look after them."""
    house = house_of(request)
    agenda = house.actors.agenda()
    return (house.addresses.acct(agenda.handle), (await house.followers.counts(agenda.id))[0]) if agenda else None


async def servers(request: Request) -> Response:
    """How many follow from which server."""
    who, house = await signed_in(request), house_of(request)
    count = (await house.followers.counts(house.actors.campaign().id))[0]
    found = await house.followers.servers()
    return await screen(request, who, "followers_servers.html", here="more", servers=found, count=count)


async def decide(request: Request) -> Response:
    """Let the marked ones follow, or refuse or remove them; `one` names one by its own button, `page` all of a page."""
    async with desk_form(request) as (form, who):
        verb, _, target = text_field(form, "act").partition(":")
        given = [target] if target.isdigit() else form.getlist("id")
        if target == "page":
            given = list(text_field(form, "page").split(","))
        ids = [number for one in given if isinstance(one, str) and (number := number_of(one))]
        if verb not in {"approve", "remove"} or not ids:
            raise Invalid("Mark at least one and choose what to do.")
        await house_of(request).followers.decide(who.who, ids, accept=verb == "approve")
        pending = text_field(form, "state") == "pending"
    return back(
        "/desk/followers?state=pending" if pending else "/desk/followers",
        "approved" if verb == "approve" else "removed",
    )


async def block(request: Request) -> Response:
    """Block the server that was looked at."""
    async with desk_form(request) as (form, who):
        await house_of(request).moderation.block_server(who.who, text_field(form, "server").partition(":")[0])
    return back("/desk/followers/servers", "blocked")


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/desk/followers", followers, methods=["GET"]),
        Route("/desk/followers", decide, methods=["POST"]),
        Route("/desk/followers/servers", servers, methods=["GET"]),
        Route("/desk/followers/block", block, methods=["POST"]),
    ]
