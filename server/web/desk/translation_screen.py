"""One translation beside its original: written, approved, thrown away."""

from __future__ import annotations

from dataclasses import replace

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from server.base.errors import AppError, Gone, Invalid, NotFound
from server.features.access.model import Act, SignedIn
from server.features.media.model import MediaItem
from server.features.posts import limits
from server.features.posts.model import Draft, DraftMedia, DraftText
from server.features.publishing.model_translations import Panel, Side
from server.web.desk.draft_form import number_field, pictures_of
from server.web.desk.screen import back, desk_form, screen
from server.web.desk.translations_screen import home_of, panel_of
from server.web.shared.request import house_of, number_of, text_field
from server.web.shared.sessions import signed_in


def _side(request: Request, panel: Panel) -> Side:
    """The language that the path names; one that nobody chose may be translated into as well."""
    language = limits.checked_language(request.path_params["language"])
    found = panel.side(language)
    if found is not None:
        return found
    version = panel.kept.version if panel.kept else 0
    return Side(
        language=language,
        state="missing",
        text=None,
        in_work=False,
        version=version,
        seen="",
        changed=False,
        own=False,
    )


async def _pictures(request: Request, panel: Panel, text: DraftText) -> list[tuple[MediaItem, str, str]]:
    """The pictures of a post, what each shows in the original, and in the translation."""
    draft = Draft(text="", language=panel.main.language, media=panel.main.alts)
    alts = {one.public_id: one.alt for one in text.alts}
    return [(item, alt, alts.get(item.public_id, "")) for item, alt in await pictures_of(request, draft)]


async def _shown(
    request: Request,
    who: SignedIn,
    panel: Panel,
    side: Side,
    text: DraftText,
    *,
    suggestion: int | None = None,
    error: AppError | None = None,
) -> Response:
    return await screen(
        request,
        who,
        "translation.html",
        here="posts" if panel.post and not panel.kept else "write",
        status=error.status if error else 200,
        error=str(error) if error else "",
        panel=panel,
        side=side,
        text=text,
        home=home_of(panel),
        pictures=await _pictures(request, panel, text),
        suggestion=suggestion,
        may_approve=who.who.may(Act.APPROVE_TRANSLATION),
        may_break=who.who.may(Act.BREAK_GLASS) and panel.kept is None,
        max_chars=limits.MAX_TEXT_CHARS,
    )


async def show(request: Request) -> Response:
    """The form; `?suggestion=` fills it with what somebody suggests."""
    who = await signed_in(request)
    panel = await panel_of(request, who)
    side = _side(request, panel)
    text = side.text or DraftText(language=side.language, text="")
    number = request.query_params.get("suggestion", "")
    found = next((one for one in panel.suggestions if str(one.id) == number and one.state != "held"), None)
    if found is not None:
        text = replace(text, text=found.words)
    return await _shown(request, who, panel, side, text, suggestion=found.id if found else None)


def _suggestion(form: FormData) -> int | None:
    """The inner id of the suggestion that the words were taken from."""
    return number_of(text_field(form, "suggestion"))


def _read(form: FormData, panel: Panel, language: str) -> DraftText:
    alts = ((one.public_id, text_field(form, f"alt-{one.public_id}").strip()) for one in panel.main.alts)
    return DraftText(
        language=language,
        text=text_field(form, "text").strip(),
        title=text_field(form, "title").strip(),
        warning=text_field(form, "warning").strip(),
        place=text_field(form, "place").strip(),
        needs=text_field(form, "needs").strip(),
        instead=text_field(form, "instead").strip(),
        alts=tuple(DraftMedia(public_id=name, alt=alt) for name, alt in alts if alt),
    )


async def act(request: Request) -> Response:
    """Save, approve, discard, or take away from readers; whatever goes wrong, the words come back."""
    async with desk_form(request) as (form, who):
        panel = await panel_of(request, who)
        side = _side(request, panel)
        doing = text_field(form, "do", "save")
        text = _read(form, panel, side.language)
        try:
            done = await _done(request, form, who, panel, side, text, doing)
        except (NotFound, Gone):
            raise
        except AppError as error:
            fresh = await panel_of(request, who)
            words = text if doing in {"save", "save-approve"} else (side.text or text)
            number = _suggestion(form)
            return await _shown(request, who, fresh, _side(request, fresh), words, suggestion=number, error=error)
    if doing == "save":
        return RedirectResponse(f"{home_of(panel)}/{side.language}?done={done}", 303)
    return back(home_of(panel), done)


async def _done(
    request: Request, form: FormData, who: SignedIn, panel: Panel, side: Side, text: DraftText, doing: str
) -> str:
    match doing:
        case "save":
            await _save(request, form, who, panel, text)
            return "translation-kept"
        case "save-approve":
            await _save(request, form, who, panel, text)
            now = (await panel_of(request, who)).side(side.language)
            return await _approve(request, who, panel, side, now.seen if now else "")
        case "approve":
            return await _approve(request, who, panel, side, text_field(form, "seen"))
        case "at-once":
            reason = text_field(form, "reason")
            return await _approve(request, who, panel, side, text_field(form, "seen"), reason)
        case "discard" if panel.kept:
            await house_of(request).translating_drafts.discard(who.who, panel.name, side.language)
            return "translation-discarded"
        case "discard":
            await house_of(request).translating.discard(who.who, panel.name, side.language)
            return "translation-discarded"
        case "take-down" if not panel.kept:
            await house_of(request).translating.take_down(who.who, panel.name, side.language)
            return "translation-down"
        case _:
            raise Invalid("Choose what to do.")


async def _save(request: Request, form: FormData, who: SignedIn, panel: Panel, text: DraftText) -> None:
    house, version = house_of(request), number_field(form, "version")
    if panel.kept:
        await house.translating_drafts.save(who.who, panel.name, text, version)
    else:
        suggestion = _suggestion(form)
        await house.translating.save(who.who, panel.name, text, version, suggestion)


async def _approve(
    request: Request, who: SignedIn, panel: Panel, side: Side, seen: str, reason: str | None = None
) -> str:
    house = house_of(request)
    if panel.kept:
        await house.translating_drafts.approve(who.who, panel.name, side.language, seen)
        return "translation-ready"
    await house.translating.approve(who.who, panel.name, side.language, seen, reason=reason)
    return "translation-approved"


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route(f"{one}/translations/{{language}}", handler, methods=[method])
        for one in ("/desk/posts/{public_id}", "/desk/drafts/{name}")
        for method, handler in (("GET", show), ("POST", act))
    ]
