"""Drafts: the list, what one will look like, its hour, and saving by itself while somebody writes."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import available_timezones

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.base.errors import AppError, Conflict, Invalid
from server.base.local_time import Clocks, Twice
from server.features.access.model import Act, SignedIn
from server.features.posts.languages import carried
from server.features.posts.model import Draft, DraftState, KeptDraft
from server.features.publishing.writing import ChangedMeanwhile
from server.web.desk.call_form import read_hours, read_words
from server.web.desk.draft_form import Sheet, kept_pictures, number_field, read_draft, read_end, show_form
from server.web.desk.screen import back, desk_form, screen
from server.web.desk.write_screen import kept_as, looked_again, published
from server.web.shared.documents import find_post
from server.web.shared.language import said
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import signed_in


async def show(request: Request) -> Response:
    """What is being written, what waits, and what did not go out."""
    who = await signed_in(request)
    drafts = await house_of(request).drafting.drafts(who.who)
    return await screen(request, who, "drafts.html", here="more", drafts=drafts)


async def _kept(request: Request, who: SignedIn) -> KeptDraft:
    return await house_of(request).drafting.draft(who.who, request.path_params["name"])


async def preview(request: Request) -> Response:
    """A draft as it will look here and on Mastodon; nothing is published by looking."""
    who = await signed_in(request)
    kept = await _kept(request, who)
    draft, standing = kept.draft, await find_post(request, kept.edits) if kept.edits else None
    if standing is not None and not standing.deleted_at:
        draft = carried(draft, standing)
    seen = await house_of(request).previewing.preview(who.who, draft, kept.edits)
    key = house_of(request).random(12).hex()
    return await screen(request, who, "preview.html", here="write", kept=kept, seen=seen, post=seen.post, key=key)


async def publish(request: Request) -> Response:
    """Publish a draft as it was last seen; if its post was changed meanwhile, its form comes back and asks."""
    async with desk_form(request) as (form, who):
        key = text_field(form, "key")
        if key and await house_of(request).drafting.published(who.who, key) is not None:
            return back("/desk/posts", "published")
        kept = await _kept(request, who)
        if number_field(form, "version") not in {None, kept.version}:
            raise Conflict("Somebody has changed this draft meanwhile. Look at it again.")
        try:
            return await published(request, who, kept, key or None)
        except ChangedMeanwhile as error:
            sheet = await looked_again(request, Sheet.of(kept))
            return await show_form(request, who, sheet, error=str(error), status=error.status)


async def _planning(
    request: Request, who: SignedIn, kept: KeptDraft, *, when: str, zone: str, error: AppError | None = None
) -> Response:
    ours = house_of(request).actors.campaign().time_zone
    return await screen(
        request,
        who,
        "schedule.html",
        here="write",
        status=error.status if error else 200,
        kept=kept,
        when=when,
        chosen=zone,
        ours=ours,
        zones=sorted(available_timezones()),
        error=str(error) if error else "",
        twice=error.choices if isinstance(error, Twice) else (),
    )


async def show_schedule(request: Request) -> Response:
    """Choose an hour."""
    who = await signed_in(request)
    who.who.must(Act.PUBLISH)
    kept = await _kept(request, who)
    zone = house_of(request).actors.campaign().time_zone
    when = Clocks(zone=zone).wall(kept.publish_at) if kept.publish_at else ""
    return await _planning(request, who, kept, when=when, zone=zone)


async def schedule(request: Request) -> Response:
    """Let a draft wait for its hour."""
    async with desk_form(request) as (form, who):
        house, kept = house_of(request), await _kept(request, who)
        when, zone = text_field(form, "when"), text_field(form, "zone") or house.actors.campaign().time_zone
        try:
            second = {"first": False, "second": True}.get(text_field(form, "which"))
            at = Clocks(zone=zone).exact(when, second=second)
            draft = kept.draft if kept.edits else await house.previewing.complete(who.who, kept.draft)
            if draft != kept.draft:
                await house.drafting.keep(who.who, draft, name=kept.public_id, version=kept.version)
            kept = await house.drafting.schedule(who.who, kept.public_id, at)
        except (Invalid, Conflict) as error:
            return await _planning(request, who, kept, when=when, zone=zone, error=error)
    if kept.state is DraftState.REVIEW:
        return back("/desk/reviews", "asked")
    return back("/desk/drafts", "scheduled")


async def unschedule(request: Request) -> Response:
    """Back to being written."""
    async with desk_form(request) as (_, who):
        name = request.path_params["name"]
        await house_of(request).drafting.unschedule(who.who, name)
    return back(f"/desk/drafts/{name}", "unscheduled")


async def confirm_discard(request: Request) -> Response:
    """One step before words are gone."""
    who = await signed_in(request)
    return await screen(request, who, "discard.html", here="write", kept=await _kept(request, who))


async def discard(request: Request) -> Response:
    """Throw a draft away."""
    async with desk_form(request) as (_, who):
        await house_of(request).drafting.discard(who.who, request.path_params["name"])
    return back("/desk/drafts", "discarded")


async def save_by_itself(request: Request) -> Response:
    """Keep what the form holds, but for files; the answer is for the script beside the form."""
    async with desk_form(request) as (form, who):
        try:
            kept = await _saved(request, who, form)
        except AppError as error:
            return JSONResponse({"error": said(request, error.public)}, error.status)
    return JSONResponse({"url": f"/desk/drafts/{kept.public_id}", "version": kept.version})


async def _saved(request: Request, who: SignedIn, form: FormData) -> KeptDraft:
    house, edits = house_of(request), text_field(form, "edits")
    if "name" in request.path_params:
        sheet = Sheet.of(await _kept(request, who))
    elif edits:
        sheet = Sheet(draft=(await find_post(request, edits)).as_draft(), edits=edits)
    else:
        sheet = Sheet(draft=Draft(text="", language=house.actors.campaign().language))
    zone = house.actors.campaign().time_zone
    draft = read_words(form, read_draft(form, sheet.draft, new=not sheet.edits), zone)
    draft = read_hours(form, read_end(form, replace(draft, media=kept_pictures(form)), zone))
    return await kept_as(request, form, who, sheet, draft, by_itself=True)


def routes() -> list[Route]:
    """The paths of this file."""
    one = "/desk/drafts/{name}"
    return [
        Route("/desk/drafts", show, methods=["GET"]),
        Route("/desk/write/autosave", save_by_itself, methods=["POST"]),
        Route(f"{one}/autosave", save_by_itself, methods=["POST"]),
        Route(f"{one}/preview", preview, methods=["GET"]),
        Route(f"{one}/publish", publish, methods=["POST"]),
        Route(f"{one}/schedule", show_schedule, methods=["GET"]),
        Route(f"{one}/schedule", schedule, methods=["POST"]),
        Route(f"{one}/unschedule", unschedule, methods=["POST"]),
        Route(f"{one}/discard", confirm_discard, methods=["GET"]),
        Route(f"{one}/discard", discard, methods=["POST"]),
    ]
