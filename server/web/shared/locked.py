"""At the last level of the lock the public sees the pinned statement; all else waits behind a calm page until it is opened again."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from server.base.ids import typed_code
from server.features.posts.views import pinned
from server.web.shared.errors import paused
from server.web.shared.request import house_of
from server.web.shared.sessions import NotSignedInError, signed_in

#: What stays open: who we are and our keys, the pages that show what is pinned alone, the Desk, the code that locks, health.
#: Whatever is not named here is paused, so that a page added later is, too.
_OPEN: Final = re.compile(
    r"/|/@[^/]+|/actor(/\w+)?|/users/[^/]+(/(followers|following|featured))?|/feed\.(atom|rss|json)|/desk(/.*)?|/lock"
    r"|/(style|card|theme|leaflet)-\w+\.css|/robots\.txt|/favicon\.ico|/livez|/readyz|/metrics|/\.well-known/.*|/nodeinfo.*"
    r"|/oauth/.*|/authorize_interaction"
)
#: What may be sent all the same: to the inboxes, the Desk, the lock, and by whoever has a token. Forms of readers show posts beside them.
_TAKEN: Final = re.compile(
    r"/inbox|/actor/inbox|/users/[^/]+/inbox|/desk(/.*)?|/lock|/api/.*|/oauth/.*|/authorize_interaction"
)
#: A post, under each of its addresses, on paper and as an event too; open while it is pinned.
_POST: Final = re.compile(
    r"/p/(\w+)(?:/card|/leaflet)?|/@[^/]+/(\w+)|/users/[^/]+/(?:posts|events)/(\w+)(?:/likes|/shares)?"
)
_SHORT: Final = re.compile(r"/c/([^/]+)")
_PICTURE: Final = re.compile(r"/media/([a-z0-9]+)(?:\.small)?\.\w+")


class StatementOnly:
    """ASGI middleware. Pages that were remembered went with the change of the level, so it may stand behind them.

    503 and not 404 or 410: other servers keep their copies and ask again, and nothing is lost when the lock is opened.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102 - ASGI
        if scope["type"] != "http" or not scope["app"].state.house.safety.statement_only:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if await _is_open(request):
            await self._app(scope, receive, send)
        else:
            await paused(request)(scope, receive, send)


async def _is_open(request: Request) -> bool:
    path = request.scope["path"]
    if request.method not in {"GET", "HEAD"}:
        return _TAKEN.fullmatch(path) is not None
    if _OPEN.fullmatch(path):
        return True
    post, picture, short = _POST.fullmatch(path), _PICTURE.fullmatch(path), _SHORT.fullmatch(path)
    if post:
        return next(name for name in post.groups() if name) in await _statement(request)
    if short:
        return typed_code(short[1]) in await _statement(request)
    if picture:
        return picture[1] in await _statement(request) or await _is_organiser(request)
    return path.startswith("/api/") and "authorization" in request.headers


async def _statement(request: Request) -> set[str]:
    """Public ids of the pinned posts, with their short codes, and of every picture that may be seen with them."""
    house = house_of(request)
    actor = house.actors.campaign()
    async with house.database.snapshot() as snapshot:
        posts = await pinned(snapshot, actor.id, statement=True)
    faces = [await house.media.by_id(one) for one in (actor.avatar_media_id, actor.header_media_id)]
    return {
        *(post.public_id for post in posts),
        *(post.call.code for post in posts if post.call),
        *(picture.public_id for post in posts for picture in post.pictures),
        *(face.public_id for face in faces if face),
    }


async def _is_organiser(request: Request) -> bool:
    try:
        await signed_in(request)
    except NotSignedInError:
        return False
    return True
