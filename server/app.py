"""Routes, middleware, lifespan: a house that answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from server.base.errors import Unavailable
from server.base.log import event
from server.house import House
from server.web.client_api import statuses
from server.web.desk import (
    about_screen,
    account_screen,
    acting_screen,
    allies_screen,
    audit_screen,
    bench_screen,
    blocks_screen,
    call_screen,
    comfort_screen,
    conversation_screen,
    drafts_screen,
    entrance,
    followers_screen,
    forget_screen,
    front,
    home_screen,
    interaction,
    lock_screen,
    offer_form_screen,
    offers_screen,
    people_screen,
    policy_screen,
    posts_screen,
    profile_screen,
    quotes_screen,
    reactions_screen,
    reviews_screen,
    rules_screen,
    signing_screen,
    team_screen,
    translation_screen,
    translations_screen,
    write_screen,
)
from server.web.fediverse import actor, discovery, events, inbox, objects
from server.web.pages import (
    about,
    allies,
    assets,
    calendar,
    card,
    come,
    crawling,
    feeds,
    history,
    home,
    leaflet,
    lists,
    oembed,
    offer_answer,
    offers,
    onward,
    post,
    sharing,
    short,
)
from server.web.shared import errors
from server.web.shared.addressed import ByAddress
from server.web.shared.caching import Rendering
from server.web.shared.headers import SecurityHeaders
from server.web.shared.hot import Hot
from server.web.shared.locked import StatementOnly
from server.web.shared.pages import warm, warm_others


async def live(_: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")


async def ready(request: Request) -> Response:
    """The database answers too."""
    house: House = request.app.state.house
    try:
        async with house.database.snapshot() as snapshot:
            await snapshot.value("SELECT 1")
    except Unavailable:
        return PlainTextResponse("the database does not answer\n", 503)
    return PlainTextResponse("ok\n")


def _pages(house: House) -> list[BaseRoute]:
    """What readers open: each of these paths may have a language before it."""
    return [
        *feeds.routes(),
        *card.routes(),
        *sharing.routes(house),
        *short.routes(),
        *leaflet.routes(),
        *come.routes(),
        *offers.routes(house),
        *offer_answer.routes(house),
        *about.routes(),
        *allies.routes(),
        *calendar.routes(),
        *lists.routes(),
        *onward.routes(house),
        *post.routes(),
        *history.routes(),
        *home.routes(),
    ]


def _routes(house: House, door: inbox.InboxDoor, pages: list[BaseRoute]) -> list[BaseRoute]:
    """Every path, the busiest first."""
    return [
        *inbox.routes(door),
        Route("/livez", live),
        Route("/readyz", ready),
        *discovery.routes(),
        *actor.routes(),
        *objects.routes(),
        *events.routes(),
        *statuses.routes(),
        *entrance.routes(house),
        *account_screen.routes(),
        *front.routes(),
        *write_screen.routes(),
        *call_screen.routes(),
        *drafts_screen.routes(),
        *bench_screen.routes(),
        *posts_screen.routes(),
        *forget_screen.routes(),
        *translations_screen.routes(),
        *translation_screen.routes(),
        *signing_screen.routes(),
        *quotes_screen.routes(),
        *conversation_screen.routes(),
        *reactions_screen.routes(),
        *rules_screen.routes(),
        *followers_screen.routes(),
        *acting_screen.routes(),
        *allies_screen.routes(),
        *blocks_screen.routes(),
        *home_screen.routes(),
        *people_screen.routes(),
        *profile_screen.routes(),
        *about_screen.routes(),
        *comfort_screen.routes(),
        *team_screen.routes(),
        *lock_screen.routes(house),
        *audit_screen.routes(),
        *reviews_screen.routes(),
        *policy_screen.routes(),
        *offer_form_screen.routes(),
        *offers_screen.routes(),
        *interaction.routes(),
        *assets.routes(),
        *crawling.routes(),
        *oembed.routes(),
        *pages,
        *feeds.routes(),
        *allies.routes(),
        *lists.routes(),
        *onward.routes(house),
        *post.routes(),
        *history.routes(),
        *home.routes(),
    ]


def build_app(house: House, *, background: bool = True) -> Starlette:
    """The application of a house. With `background` it delivers and works while it serves."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(_watched(house)), asyncio.create_task(warm_others())] if background else []
        if background:
            warm()
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    rendering, door = Rendering(house.database, house.clock), inbox.InboxDoor(house)
    pages = _pages(house)
    app = Starlette(
        routes=_routes(house, door, pages),
        middleware=[
            Middleware(Hot, rendering=rendering),
            Middleware(SecurityHeaders, secure=house.settings.secure),
            Middleware(errors.LastResort),
            Middleware(inbox.Express, door=door),
            Middleware(ByAddress, public=pages),
            Middleware(StatementOnly),
        ],
        exception_handlers=errors.HANDLERS,
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.house = house
    app.state.rendering = rendering
    return app


async def _watched(house: House) -> None:
    """Run the background; if it ever ends by itself, say so and start it again."""
    while True:
        try:
            await house.run()
        except asyncio.CancelledError:
            raise
        except BaseExceptionGroup as group:
            event("background_failed", error=",".join(sorted({type(one).__name__ for one in group.exceptions})))
            await asyncio.sleep(2)
