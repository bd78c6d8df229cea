"""Blocks, block lists and the allow-list."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from federation.errors import FederationError
from server.base.errors import AppError, Invalid, NotFound
from server.features.access.model import Act, SignedIn
from server.features.publishing.model import Preview
from server.features.safety.lists import MAX_LIST_BYTES, decoded
from server.features.safety.model import BlockList
from server.house import House
from server.web.desk.acting_screen import words_for
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, number_of, text_field
from server.web.shared.sessions import signed_in

PAGE: Final = 100


async def blocks(request: Request) -> Response:
    """What is blocked."""
    return await _blocks(request, await signed_in(request))


async def _blocks(request: Request, who: SignedIn, error: str = "", name: str = "") -> Response:
    house = house_of(request)
    words, before = request.query_params.get("q", ""), request.query_params.get("before", "")
    found = await house.blocking.page(who.who, words, number_of(before))
    lists = {one.id: one.name for one in await house.blocking.lists(who.who)}
    return await screen(
        request,
        who,
        "blocks.html",
        here="more",
        status=422 if error else 200,
        show="blocks",
        error=error,
        name=name,
        q=words,
        blocks=found,
        lists=lists,
        counts=await house.blocking.counts(),
        older=found[-1].id if len(found) == PAGE else None,
    )


async def block(request: Request) -> Response:
    """Block a server or an account, or take a block back."""
    house = house_of(request)
    async with desk_form(request) as (form, who):
        name = text_field(form, "name").strip()
        if text_field(form, "act") == "unblock":
            await house.acting.unblock(who.who, text_field(form, "target"))
            return back("/desk/blocks", "unblocked")
        try:
            who.who.must(Act.BLOCK)
            if "@" in name or "://" in name:
                actor = await house.remote.actor(name) if "://" in name else await house.remote.actor_by_handle(name)
                await house.moderation.block_actor(who.who, actor)
            else:
                await house.moderation.block_server(who.who, name)
        except FederationError as problem:
            return await _blocks(request, who, words_for(problem), name)
        except Invalid as problem:
            return await _blocks(request, who, str(problem), name)
    return back("/desk/blocks", "blocked")


# -- lists ------------------------------------------------------------------------------------------------------------------


async def lists(request: Request) -> Response:
    """The lists."""
    return await _lists(request, await signed_in(request))


async def _lists(request: Request, who: SignedIn, error: str = "") -> Response:
    found = await house_of(request).blocking.lists(who.who)
    return await screen(
        request,
        who,
        "block_lists.html",
        here="more",
        status=422 if error else 200,
        show="lists",
        error=error,
        lists=found,
    )


async def _pasted(form: FormData) -> str:
    given = form.get("file")
    if isinstance(given, UploadFile) and given.filename:
        return decoded(await given.read(MAX_LIST_BYTES + 1))
    return text_field(form, "pasted")


async def look(request: Request) -> Response:
    """What a list would do, before it does it."""
    house = house_of(request)
    async with desk_form(request) as (form, who):
        name, url = text_field(form, "name").strip(), text_field(form, "url").strip()
        try:
            if url:
                preview = await house.blocking.look_at(who.who, url)
            else:
                limits = bool(text_field(form, "limits"))
                preview = await house.blocking.preview(who.who, await _pasted(form), limits=limits)
        except FederationError as problem:
            return await _lists(request, who, words_for(problem))
        except AppError as problem:
            return await _lists(request, who, str(problem))
        return await _preview(request, who, preview, name=name, url=url)


async def _preview(
    request: Request, who: SignedIn, preview: Preview, *, name: str, url: str, again: BlockList | None = None
) -> Response:
    return await screen(
        request,
        who,
        "block_preview.html",
        here="more",
        show="lists",
        preview=preview,
        name=name,
        url=url,
        again=again,
    )


async def apply(request: Request) -> Response:
    """Block what the preview showed."""
    async with desk_form(request) as (form, who):
        hosts = text_field(form, "hosts").split()
        url = text_field(form, "url")
        spare = bool(text_field(form, "spare"))
        await house_of(request).blocking.apply(who.who, text_field(form, "name"), hosts, url=url, spare=spare)
    return back("/desk/blocks/lists", "listed")


async def change(request: Request) -> Response:
    """Undo a list, or look at what it would add by now."""
    house, list_id = house_of(request), request.path_params["list_id"]
    async with desk_form(request) as (form, who):
        if text_field(form, "act") == "undo":
            await house.blocking.undo(who.who, list_id)
            return back("/desk/blocks/lists", "list-undone")
        try:
            found, preview = await house.blocking.look_again(who.who, list_id)
        except FederationError as problem:
            return await _lists(request, who, words_for(problem))
        except (Invalid, NotFound) as problem:
            return await _lists(request, who, str(problem))
        return await _preview(request, who, preview, name=found.name, url=found.url or "", again=found)


async def export(request: Request) -> Response:
    """Our blocks as others import them."""
    who = await signed_in(request)
    text = await house_of(request).blocking.export(who.who)
    headers = {"Content-Disposition": 'attachment; filename="blocks.csv"', "Cache-Control": "no-store"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


# -- the allow-list ---------------------------------------------------------------------------------------------------------


async def allow_list(request: Request) -> Response:
    """Who may come in while the allow-list is on."""
    return await _allow_list(request, await signed_in(request))


async def _allow_list(request: Request, who: SignedIn, error: str = "", name: str = "") -> Response:
    house = house_of(request)
    return await screen(
        request,
        who,
        "allow_list.html",
        here="more",
        status=422 if error else 200,
        show="allow",
        error=error,
        name=name,
        hosts=await house.allowing.hosts(who.who),
        cut=await house.allowing.preview(who.who),
        on=house.safety.allowing,
    )


async def change_allow_list(request: Request) -> Response:
    """Put a server on, take one off, or turn the whole on or off."""
    house = house_of(request)
    async with desk_form(request) as (form, who):
        name, act = text_field(form, "name"), text_field(form, "act")
        try:
            await _change_allow_list(house, who, act, name)
        except Invalid as problem:
            return await _allow_list(request, who, str(problem), name)
    return back("/desk/blocks/allow", f"allow-{act}" if act in {"on", "off"} else "saved")


async def _change_allow_list(house: House, who: SignedIn, act: str, name: str) -> None:
    match act:
        case "allow":
            await house.allowing.allow(who.who, name)
        case "allow-known":
            await house.allowing.allow_known(who.who)
        case "disallow":
            await house.allowing.disallow(who.who, name)
        case "on" | "off":
            await house.allowing.switch(who.who, on=act == "on")
        case _:
            raise Invalid("Choose what to do.")


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/desk/blocks", blocks, methods=["GET"]),
        Route("/desk/blocks", block, methods=["POST"]),
        Route("/desk/blocks/lists", lists, methods=["GET"]),
        Route("/desk/blocks/lists", look, methods=["POST"]),
        Route("/desk/blocks/lists/apply", apply, methods=["POST"]),
        Route("/desk/blocks/lists/{list_id:int}", change, methods=["POST"]),
        Route("/desk/blocks/export.csv", export, methods=["GET"]),
        Route("/desk/blocks/allow", allow_list, methods=["GET"]),
        Route("/desk/blocks/allow", change_allow_list, methods=["POST"]),
    ]
