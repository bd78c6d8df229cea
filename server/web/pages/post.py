"""The page of one post, with the replies that were approved."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from server.base.errors import NotFound
from server.features.posts.model import State
from server.features.posts.views import answers_to, answers_to_uri
from server.web.pages.fitting import fitting, of_reply
from server.web.pages.home import before_of
from server.web.pages.showing import excerpt, profile_of, title
from server.web.shared.caching import Rendered, kept
from server.web.shared.documents import find_post, post_answer, wants_document
from server.web.shared.pages import render
from server.web.shared.request import house_of

REPLIES_A_PAGE = 50


async def post(request: Request) -> Response:
    """A post, or the page that says it was deleted."""
    house, public_id = house_of(request), request.path_params["public_id"]
    if wants_document(request):
        return await post_answer(request, house.actors.campaign(), public_id)
    after = before_of(request) or 0

    async def make() -> Rendered:
        return await _page(request, public_id, after)

    return await kept(request, ("page", public_id, str(after)), make)


async def _page(request: Request, public_id: str, after: int) -> Rendered:
    house = house_of(request)
    found = await find_post(request, public_id)
    actor = house.actors.by_id(found.actor_id)
    uri = house.addresses.post(actor.handle, public_id)
    if found.state is State.DELETED:
        html = render(request, "pages/gone.html", profile=await profile_of(request, actor))
        return Rendered.of(html, "text/html; charset=utf-8", status=410, vary="Accept")
    if not found.readable:
        raise NotFound("There is nothing here.")
    alone = house.safety.statement_only
    heard = [] if alone else await house.conversation.replies(found, after)
    async with house.database.snapshot() as snapshot:
        own = [] if alone else await answers_to(snapshot, found.id)
        replies, more = fitting(heard, of_reply, beside=[found, *own], most=REPLIES_A_PAGE)
        answers = await answers_to_uri(snapshot, [one.post.uri for one in replies])
    below: dict[str, list[object]] = {}
    for answer in answers:
        if answer.readable and answer.in_reply_to:
            below.setdefault(answer.in_reply_to, []).append(answer)
    html = render(
        request,
        "pages/post.html",
        profile=await profile_of(request, actor),
        post=found,
        uri=uri,
        title=title(found),
        excerpt=excerpt(found),
        own=own,
        replies=replies,
        below=below,
        more=replies[-1].post.id if replies and more else None,
    )
    link = f'<{uri}>; rel="alternate"; type="application/activity+json"'
    return Rendered.of(html, "text/html; charset=utf-8", vary="Accept", link=link)


async def mastodon_shaped(request: Request) -> Response:
    """`/@handle/id`, as people from Mastodon guess it."""
    return RedirectResponse(house_of(request).addresses.post_page(request.path_params["public_id"]), 301)


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route("/p/{public_id}", post), Route("/@{handle}/{public_id}", mastodon_shaped)]
