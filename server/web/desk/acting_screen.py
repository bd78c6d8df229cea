"""Looking something up on other servers, and boosting, liking, answering, following or blocking it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from federation.errors import FederationError, WrongDocument
from federation.objects import Actor, Note
from server.base.errors import AppError, Invalid
from server.compose import House
from server.features.access.model import Act, SignedIn
from server.features.remote.model import RemoteActor, RemotePost
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import signed_in

Found = tuple[RemotePost | None, RemoteActor]
_NOTHING = "Nothing was found there. Check the spelling; the other server may not answer just now."


async def find(house: House, text: str) -> Found:
    """A person by handle, or whatever stands at an address. Raises FederationError, Invalid."""
    if not text.startswith(("https://", "http://")):
        return None, await house.remote.actor_by_handle(text.removeprefix("@"))
    if house.addresses.is_local(text):
        raise Invalid("That is the campaign itself.")
    thing = await house.remote.fetch_object(text)
    if isinstance(thing, Actor):
        return None, await house.remote.actor(thing.id)
    if isinstance(thing, Note):
        return await house.remote.post(thing.id)
    raise WrongDocument("neither a person nor a post")


async def look_up(request: Request) -> Response:
    """Look a handle or an address up."""
    who = await signed_in(request)
    text = request.query_params.get("q", "").strip()[:2000]
    return await show_found(request, who, text)


async def show_found(request: Request, who: SignedIn, text: str) -> Response:
    """The screen of what was found."""
    error, post, actor = "", None, None
    if text:
        try:
            who.who.must(Act.READ)
            post, actor = await find(house_of(request), text)
        except AppError as problem:
            error = str(problem)
        except FederationError:
            error = _NOTHING
    acting = house_of(request).acting
    boosted = {one.object_uri for one in await acting.our("our_boosts")}
    liked = {one.object_uri for one in await acting.our("our_likes")}
    followed = {tie.actor.uri: tie.state for tie in await house_of(request).followers.following()}
    return await screen(
        request,
        who,
        "lookup.html",
        here="more",
        q=text,
        error=error,
        post=post,
        actor=actor,
        boosted=boosted,
        liked=liked,
        followed=followed,
    )


async def act(request: Request) -> Response:
    """Do one thing to a post or a person."""
    house = house_of(request)
    async with desk_form(request) as (form, who):
        uri, what = text_field(form, "uri"), text_field(form, "act")
        done = await _posts(house, who, what, uri) or await _people(house, who, what, uri)
        if done is None:
            raise Invalid("Choose what to do.")
        if text_field(form, "came") == "conversation":
            return back("/desk/conversation", done)
    return back("/desk/lookup" if what in {"boost", "like", "follow"} else "/desk/people", done)


async def _posts(house: House, who: SignedIn, what: str, uri: str) -> str | None:
    match what:
        case "boost":
            post, author = await house.remote.post(uri)
            await house.acting.boost(who.who, post, author)
            return "boosted"
        case "like":
            post, author = await house.remote.post(uri)
            await house.acting.like(who.who, post, author)
            return "liked"
        case "unboost" | "unlike":
            await house.acting.take_back(who.who, "our_boosts" if what == "unboost" else "our_likes", uri)
            return "taken-back"
    return None


async def _people(house: House, who: SignedIn, what: str, uri: str) -> str | None:
    match what:
        case "follow":
            await house.followers.follow(who.who, await house.remote.actor(uri))
            return "followed"
        case "unfollow":
            await house.followers.unfollow(who.who, await house.remote.actor(uri))
            return "unfollowed"
        case "block":
            await house.moderation.block_actor(who.who, await house.remote.actor(uri))
            return "blocked"
        case "mute":
            await house.moderation.mute_actor(who.who, await house.remote.actor(uri))
            return "muted"
        case "block-host":
            await house.moderation.block_server(who.who, uri)
            return "blocked"
        case "unblock":
            await house.acting.unblock(who.who, uri)
            return "unblocked"
    return None


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route("/desk/lookup", look_up, methods=["GET"]), Route("/desk/act", act, methods=["POST"])]
