"""All translations: what is to be done, the languages of one post or draft, suggestions, and what the campaign speaks."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from server.base.errors import AppError, Invalid
from server.base.language_names import NAMES
from server.base.safe_html import to_text
from server.features.access.model import Act, SignedIn
from server.features.posts.limits import MAX_TRANSLATIONS, checked_language
from server.features.publishing.model_translations import Panel
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import signed_in

EXCERPT_CHARS: Final = 140
#: So many posts beside the call-outs that stand.
RECENT: Final = 20
#: So many empty fields follow the languages that were chosen.
ROOM: Final = 3


async def show_all(request: Request) -> Response:
    """Call-outs that stand and the newest posts, each with what is to be done about its languages."""
    who, house = await signed_in(request), house_of(request)
    todo = await house.translating.todo(who.who, RECENT)
    words = {one.post.id: " ".join(to_text(one.post.main.html).split())[:EXCERPT_CHARS] for one in todo}
    return await screen(request, who, "translations_all.html", here="more", todo=todo, words=words)


async def panel_of(request: Request, who: SignedIn) -> Panel:
    """The panel of the post or draft that the path names."""
    house = house_of(request)
    if "public_id" in request.path_params:
        return await house.translating.panel(who.who, request.path_params["public_id"])
    return await house.translating_drafts.panel(who.who, request.path_params["name"])


def home_of(panel: Panel) -> str:
    """Where the panel of a post or draft is."""
    return f"/desk/{'drafts' if panel.kept else 'posts'}/{panel.name}/translations"


async def show(request: Request) -> Response:
    """The languages of one post or draft."""
    who = await signed_in(request)
    panel = await panel_of(request, who)
    asked = request.query_params.get("language", "")
    if asked:
        return RedirectResponse(f"{home_of(panel)}/{checked_language(asked)}", 303)
    there = {panel.main.language, *(side.language for side in panel.sides)}
    return await screen(
        request,
        who,
        "translations.html",
        here="posts" if panel.post and not panel.kept else "write",
        panel=panel,
        home=home_of(panel),
        others=sorted((code, name) for code, name in NAMES.items() if code not in there),
    )


async def decide_suggestion(request: Request) -> Response:
    """Let a stranger's suggestion in, or throw one away."""
    house, name, number = house_of(request), request.path_params["public_id"], request.path_params["number"]
    async with desk_form(request) as (form, who):
        who.who.must(Act.WRITE)
        match text_field(form, "do"):
            case "let-in":
                await house.translating.let_in(who.who, name, number)
                done = "suggestion-in"
            case "dismiss":
                await house.translating.dismiss(who.who, name, number)
                done = "suggestion-gone"
            case _:
                raise Invalid("Choose what to do.")
    return back(f"/desk/posts/{name}/translations", done)


async def _languages(request: Request, who: SignedIn, chosen: list[str], error: AppError | None = None) -> Response:
    main = house_of(request).actors.campaign().language
    names = {**NAMES, **{code: NAMES.get(code, code) for code in [*chosen, main]}}
    return await screen(
        request,
        who,
        "languages.html",
        here="more",
        status=error.status if error else 200,
        error=str(error) if error else "",
        chosen=[*chosen, *[""] * ROOM][:MAX_TRANSLATIONS],
        main=main,
        names=sorted(names.items()),
    )


async def show_languages(request: Request) -> Response:
    """What the campaign speaks, in its order."""
    who = await signed_in(request)
    who.who.must(Act.PROFILE)
    return await _languages(request, who, list(house_of(request).actors.campaign().languages))


async def choose_languages(request: Request) -> Response:
    """Choose it."""
    async with desk_form(request) as (form, who):
        who.who.must(Act.PROFILE)
        chosen = [text_field(form, f"language{number}") for number in range(1, MAX_TRANSLATIONS + 1)]
        chosen = [code for code in chosen if code]
        try:
            await house_of(request).translating.choose_languages(who.who, chosen)
        except Invalid as error:
            return await _languages(request, who, chosen, error)
    return back("/desk/languages", "languages")


def routes() -> list[Route]:
    """The paths of this file."""
    one = "/desk/posts/{public_id}/translations"
    return [
        Route("/desk/translations", show_all, methods=["GET"]),
        Route("/desk/languages", show_languages, methods=["GET"]),
        Route("/desk/languages", choose_languages, methods=["POST"]),
        Route(one, show, methods=["GET"]),
        Route(f"{one}/suggestions/{{number:int}}", decide_suggestion, methods=["POST"]),
        Route("/desk/drafts/{name}/translations", show, methods=["GET"]),
    ]
