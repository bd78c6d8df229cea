"""The page of one post, with the replies that were approved."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from server.base.errors import NotFound
from server.features.actors.model import OurActor
from server.features.posts.model import Post, State
from server.features.posts.views import answers_to_uri, thread
from server.features.posts.wording import best_text
from server.web.pages.choosing import call_line, excerpt_of, locales, title_of
from server.web.pages.fitting import fitting, of_reply
from server.web.pages.sharing import share_for
from server.web.pages.showing import before_of, older_query, profile_of
from server.web.shared.caching import Rendered, kept
from server.web.shared.documents import find_post, page_of_translation, post_answer, wants_document
from server.web.shared.language import PREFIX, language_of
from server.web.shared.pages import render
from server.web.shared.request import house_of

REPLIES_A_PAGE = 50
#: So many posts that follow in a thread are shown with it.
FOLLOWING = 50


async def post(request: Request) -> Response:
    """A post, or the page that says it was deleted."""
    house, public_id = house_of(request), request.path_params["public_id"]
    if wants_document(request):
        return await post_answer(request, house.actors.campaign(), public_id)
    after = before_of(request) or 0

    async def make() -> Rendered:
        return await _page(request, public_id, after)

    try:
        return await kept(request, ("page", public_id, str(after)), make)
    except NotFound:
        elsewhere = await page_of_translation(request, public_id)
        if elsewhere is None:
            raise
        return RedirectResponse(elsewhere, 302)


async def gone(request: Request, actor: OurActor) -> Rendered:
    """The page that says that a post was deleted."""
    html = render(request, "pages/gone.html", profile=await profile_of(request, actor))
    return Rendered.of(html, "text/html; charset=utf-8", status=410, vary="Accept")


async def _page(request: Request, public_id: str, after: int) -> Rendered:
    house = house_of(request)
    found = await find_post(request, public_id)
    actor = house.actors.by_id(found.actor_id)
    uri = house.addresses.post(actor.handle, public_id)
    if found.state is State.DELETED:
        return await gone(request, actor)
    if not found.readable:
        raise NotFound("There is nothing here.")
    alone = house.safety.statement_only
    heard = [] if alone else await house.conversation.replies(found, after)
    async with house.database.snapshot() as snapshot:
        of_thread = [] if alone else await thread(snapshot, found.thread_public_id)
        own = following(found, of_thread)[:FOLLOWING]
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
        keep=older_query(request),
        **_told(request, found),
        signatures=[] if alone else await house.signing.signatures(found),
        begins=next((one.public_id for one in of_thread if one.id < found.id), None),
        own=own,
        replies=replies,
        below=below,
        more=replies[-1].post.id if replies and more else None,
    )
    link = f'<{uri}>; rel="alternate"; type="application/activity+json"'
    return Rendered.of(html, "text/html; charset=utf-8", vary="Accept", link=link)


def _told(request: Request, found: Post) -> dict[str, object]:
    """What machines are told of a post, in the language of the page, and how to pass it on."""
    language = language_of(request)
    text = best_text(found, language)
    return {
        "title": title_of(found, text, language),
        "excerpt": excerpt_of(found, text),
        "told": text,
        "call_line": call_line(found, text),
        "locales": locales(found, text),
        "share": share_for(request, found, language),
    }


def following(found: Post, of_thread: list[Post]) -> list[Post]:
    """Our posts of a thread that answer a post, and those that answer them; oldest first, as they are given."""
    known, after = {found.id}, []
    for one in of_thread:
        if one.in_reply_to_post_id in known:
            known.add(one.id)
            after.append(one)
    return after


async def mastodon_shaped(request: Request) -> Response:
    """`/@handle/id`, as people from Mastodon guess it."""
    return RedirectResponse(f"{request.scope.get(PREFIX, '')}/p/{request.path_params['public_id']}", 301)


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route("/p/{public_id}", post), Route("/@{handle}/{public_id}", mastodon_shaped)]
