"""New call-outs, and how a call-out stands: one choice, then one form for what that choice needs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import AppError, Gone, Misfilled, NotFound
from server.base.timestamps import to_text
from server.features.access.model import Act, SignedIn
from server.features.posts.model import Post
from server.features.posts.model_call import STANDING, CallState, DraftCall
from server.features.publishing.calling import in_state
from server.features.reviews.model import ReviewWanted
from server.web.desk.call_form import Refused, blank, read_hours, values
from server.web.desk.draft_form import Sheet, number_field, show_form
from server.web.desk.screen import back, desk_form, screen
from server.web.desk.write_screen import taken
from server.web.shared.documents import find_post
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import signed_in

#: Of these people must hear, so a post of its own says it unless somebody unticks the box.
TOLD: Final = frozenset({CallState.MOVED, CallState.CANCELLED})


def _blank(request: Request) -> Sheet:
    campaign = house_of(request).actors.campaign()
    return Sheet(draft=blank(campaign.language, campaign.time_zone), action="/desk/call")


async def show(request: Request) -> Response:
    """An empty form."""
    who = await signed_in(request)
    who.who.must(Act.WRITE)
    return await show_form(request, who, _blank(request))


async def write(request: Request) -> Response:
    """What an empty form became."""
    async with desk_form(request) as (form, who):
        return await taken(request, form, who, _blank(request))


async def _standing(request: Request) -> Post:
    post = await find_post(request, request.path_params["public_id"])
    if post.deleted_at:
        raise Gone("This post was deleted.")
    if post.call is None:
        raise NotFound("There is nothing here.")
    return post


def _chosen(text: str) -> CallState | None:
    return CallState(text) if text in set(CallState) else None


async def show_state(request: Request) -> Response:
    """How it stands and what it can become, or the form of one of these."""
    who = await signed_in(request)
    who.who.must(Act.PUBLISH)
    post = await _standing(request)
    return await _form(request, who, post, _chosen(request.query_params.get("to", "")), None)


async def _form(
    request: Request,
    who: SignedIn,
    post: Post,
    to: CallState | None,
    call: DraftCall | None,
    *,
    error: AppError | None = None,
    form: FormData | None = None,
) -> Response:
    draft, refused = in_state(post, to or CallState.OPEN, call=call), None
    if isinstance(error, Misfilled) and form is not None:
        refused = Refused(error=error, at=to_text(house_of(request).clock()), typed=form)
    said = text_field(form, "said") if form is not None else ""
    return await screen(
        request,
        who,
        "call_state.html",
        here="posts",
        status=error.status if error else 200,
        post=post,
        to=to,
        hours=to in STANDING,
        told="tell" in form if form is not None else to in TOLD,
        said=said,
        error=str(error) if error else "",
        **values(draft, refused),
    )


async def change(request: Request) -> Response:
    """Let it stand otherwise."""
    async with desk_form(request) as (form, who):
        who.who.must(Act.PUBLISH)
        post, to = await _standing(request), _chosen(text_field(form, "to"))
        if to is None:
            return await _form(request, who, post, None, None)
        said = text_field(form, "said").strip()
        call = None
        try:
            call = _moved(form, post, to)
            await house_of(request).calling.set_state(
                who.who,
                post.public_id,
                to,
                said=said if "tell" in form else None,
                call=call,
                seen=number_field(form, "seen"),
            )
        except ReviewWanted:
            return back("/desk/reviews", "asked")
        except AppError as error:
            return await _form(request, who, post, to, call, error=error, form=form)
    return back("/desk/posts", "call-state")


def _moved(form: FormData, post: Post, to: CallState) -> DraftCall | None:
    """Where and when it is now. Raises Misfilled."""
    draft = in_state(post, to, call=None)
    if "place" not in form or draft.call is None:
        return draft.call
    return read_hours(form, in_state(post, to, call=_placed(form, draft.call))).call


def _placed(form: FormData, call: DraftCall) -> DraftCall:
    place = text_field(form, "place").strip()
    # Where it was exactly says nothing about where it is now.
    return replace(call, place=place, point=call.point if place == call.place else None)


def routes() -> list[Route]:
    """The paths of this file."""
    state = "/desk/posts/{public_id}/state"
    return [
        Route("/desk/call", show, methods=["GET"]),
        Route("/desk/call", write, methods=["POST"]),
        Route(state, show_state, methods=["GET"]),
        Route(state, change, methods=["POST"]),
    ]
