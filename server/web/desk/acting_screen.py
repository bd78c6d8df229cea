"""Looking something up on other servers, and boosting, liking, answering, following or blocking it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from federation.errors import FederationError, Gone, KeyUnavailable, NotFound, Refused, Unreachable, UnsafeUrl
from server.base import errors
from server.base.errors import AppError, Invalid
from server.base.safe_html import to_text
from server.features.access.model import Act, SignedIn
from server.features.posts.model import Post
from server.features.posts.views import by_public_id
from server.features.remote.looking import Looking, spelled_out
from server.features.remote.model import RemoteActor, RemotePost
from server.house import House
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import signed_in

#: What a look-up came to, by the kind of failure; the last holds for all others.
WORDS: Final[dict[type[FederationError], str]] = {
    Unreachable: "Their server did not answer. Try again in a minute.",
    KeyUnavailable: "Too much is being fetched just now. Try again in a minute.",
    Gone: "That was deleted.",
    NotFound: "Their server knows nothing of that name or address. Check the spelling.",
    Refused: "Their server does not show this to us. It may be for followers only.",
    UnsafeUrl: "That cannot be looked up from here: it is blocked here, or not on the public internet.",
    FederationError: "There is neither an account nor a post of the fediverse.",
}
#: Where to go on after an act, by what the form says.
PLACES: Final = {
    "home": "/desk/home",
    "proposed": "/desk/home?show=proposed",
    "allies": "/desk/allies",
    "blocks": "/desk/blocks",
    "conversation": "/desk/conversation",
}


#: What each act needs, asked before anything is fetched.
NEEDS: Final = {
    "boost": Act.BOOST,
    "unboost": Act.BOOST,
    "like": Act.BOOST,
    "unlike": Act.BOOST,
    "follow": Act.FOLLOW,
    "unfollow": Act.FOLLOW,
    "block": Act.BLOCK,
    "block-host": Act.BLOCK,
    "unblock": Act.BLOCK,
    "mute": Act.MODERATE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found: a person, a post with its author, or a post of ours."""

    actor: RemoteActor | None = None
    post: RemotePost | None = None
    own: Post | None = None


async def find(house: House, text: str) -> Found:
    """A person by handle, or whatever stands at an address. Raises FederationError, Invalid, NotFound."""
    plain = spelled_out(text)
    if house.addresses.is_local(plain):
        return Found(own=await _own(house, plain))
    if plain.lower() in {house.addresses.acct(actor.handle).lower() for actor in house.actors.voices()}:
        raise Invalid("That is the campaign itself.")
    post, actor = await Looking(house.remote).find(plain)
    return Found(actor=actor, post=post)


async def _own(house: House, url: str) -> Post:
    local = house.addresses.local(url)
    if (local is not None and local.kind != "post") or url.rstrip("/") == house.addresses.base:
        raise Invalid("That is the campaign itself.")
    if local is None:
        raise errors.NotFound("There is no such post of ours.")
    async with house.database.snapshot() as snapshot:
        found = await by_public_id(snapshot, local.public_id)
    if found is None or not found.readable:
        raise errors.NotFound("There is no such post of ours.")
    return found


def words_for(error: FederationError) -> str:
    """What to tell an organiser whose look-up failed."""
    return next(words for kind, words in WORDS.items() if isinstance(error, kind))


async def look_up(request: Request) -> Response:
    """Look a handle or an address up."""
    who = await signed_in(request)
    text = request.query_params.get("q", "").strip()[:2000]
    return await show_found(request, who, text)


async def show_found(request: Request, who: SignedIn, text: str) -> Response:
    """The screen of what was found."""
    error, found = "", Found()
    house = house_of(request)
    if text:
        try:
            who.who.must(Act.READ)
            found = await find(house, text)
        except AppError as problem:
            error = str(problem)
        except FederationError as problem:
            error = words_for(problem)
    own = found.own
    return await screen(
        request,
        who,
        "lookup.html",
        here="more",
        q=text,
        error=error,
        post=found.post,
        actor=found.actor,
        own=own,
        own_words=" ".join(to_text(own.main.html).split())[:300] if own else "",
        own_uri=house.addresses.post(house.actors.campaign().handle, own.public_id) if own else "",
        ally=found.actor is not None and house.allies.is_ally(found.actor.uri),
        boosted={one.object_uri for one in await house.acting.our("our_boosts")},
        liked={one.object_uri for one in await house.acting.our("our_likes")},
        followed={tie.actor.uri: tie.state for tie in await house.followers.following()},
    )


async def act(request: Request) -> Response:
    """Do one thing to a post or a person."""
    house = house_of(request)
    async with desk_form(request) as (form, who):
        uri, what = text_field(form, "uri"), text_field(form, "act")
        if what in NEEDS:
            who.who.must(NEEDS[what])
        done = await _posts(house, who, what, uri) or await _people(house, who, what, uri)
        if done is None:
            raise Invalid("Choose what to do.")
        place = PLACES.get(text_field(form, "from"))
    if place is None:
        place = f"/desk/lookup?q={quote(uri, safe='')}" if what in {"boost", "like", "follow"} else "/desk/people"
    return back(place, done)


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
