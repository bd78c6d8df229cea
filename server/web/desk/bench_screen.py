"""The media bench: the pictures of a draft, covering, focal points. Every act is a form; the scripts only make it pleasant."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from server.base.errors import AppError, Conflict, Invalid
from server.base.pictures import MAX_BYTES, MIMES, Box, Picture
from server.features.access.model import SignedIn
from server.features.media.boxes import MAX_BOXES, box_of, focus_of, shares_of
from server.features.media.model import MediaItem
from server.features.posts.limits import MAX_ALT_CHARS, MAX_PICTURES
from server.features.posts.model import DraftMedia, KeptDraft
from server.web.desk.draft_form import number_field
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import signed_in

#: Rows of numbers that stand empty for those without a script.
SPARE_ROWS: Final = 3
#: The shapes that others cut pictures to: a card in a timeline, a square in a grid.
CROPS: Final = ((16, 9), (1, 1))
Row = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """A cut-out in pixels of the small version."""

    left: float
    top: float
    width: float
    height: float
    ratio: str


def _path(name: str, picture: str = "", what: str = "") -> str:
    return "/".join(["/desk/drafts", name, "pictures", *(part for part in (picture, what) if part)])


def _version(form: FormData) -> int:
    number = number_field(form, "version")
    if number is None:
        raise Invalid("The form did not come through. Open the draft again.")
    return number


# -- all pictures of a draft -----------------------------------------------------------------------------------------------


async def _bench(
    request: Request, who: SignedIn, *, error: AppError | None = None, typed: dict[str, str] | None = None
) -> Response:
    name = request.path_params["name"]
    kept, laid = await house_of(request).bench.laid(who.who, name)
    words = {one.public_id: (typed or {}).get(one.public_id, one.alt) for one in laid}
    return await screen(
        request,
        who,
        "bench.html",
        here="write",
        status=error.status if error else 200,
        kept=kept,
        laid=laid,
        words=words,
        described=sum(bool(one.alt.strip()) for one in laid),
        free=MAX_PICTURES - len(laid),
        most=MAX_PICTURES,
        max_alt=MAX_ALT_CHARS,
        error=error.public if error else "",
        conflict=isinstance(error, Conflict),
    )


async def show(request: Request) -> Response:
    """The pictures of a draft."""
    return await _bench(request, await signed_in(request))


def _typed(form: FormData) -> list[DraftMedia]:
    names = [one for one in form.getlist("order") if isinstance(one, str)]
    return [DraftMedia(public_id=one, alt=text_field(form, f"alt-{one}").strip()) for one in names]


def _moved(pictures: list[DraftMedia], act: str, picture: str) -> list[DraftMedia]:
    """What a button asks for: one place up or down, or away."""
    places = {one.public_id: place for place, one in enumerate(pictures)}
    if picture not in places or act not in {"up", "down", "remove"}:
        return pictures
    left = list(pictures)
    one = left.pop(places[picture])
    if act != "remove":
        left.insert(max(0, places[picture] + (1 if act == "down" else -1)), one)
    return left


async def _uploads(form: FormData) -> list[bytes]:
    files = [one for one in form.getlist("pictures") if isinstance(one, UploadFile) and one.filename]
    if len(files) > MAX_PICTURES:
        raise Invalid("A post shows at most %(max)s pictures. Choose fewer.", max=MAX_PICTURES)
    read = [await one.read(MAX_BYTES + 1) for one in files]
    return [data for data in read if data]


async def arrange(request: Request) -> Response:
    """Whatever button was pressed: words and order are kept too, so that nothing typed is lost."""
    name = request.path_params["name"]
    async with desk_form(request) as (form, who):
        typed = _typed(form)
        act, _, picture = text_field(form, "do").partition(":")
        try:
            kept = await house_of(request).bench.arrange(
                who.who,
                name,
                _moved(typed, act, picture),
                version=_version(form),
                sensitive="sensitive" in form,
                uploads=await _uploads(form),
            )
        except AppError as error:
            if error.status == 404:
                raise
            return await _bench(request, who, error=error, typed={one.public_id: one.alt for one in typed})
    if act in {"cover", "focus"} and picture in {one.public_id for one in kept.draft.media}:
        return RedirectResponse(_path(name, picture, act), 303)
    if act == "words":
        return back(f"/desk/drafts/{name}", "pictures")
    return back(_path(name), "pictures")


async def file(request: Request) -> Response:
    """A picture of a draft for whoever writes it: kept by no browser and no proxy, unlike published ones."""
    who = await signed_in(request)
    params = request.path_params
    _, item = await house_of(request).bench.picture(who.who, params["name"], params["picture"])
    small = params["size"] == "small"
    return FileResponse(
        house_of(request).media.file(item, small=small), media_type=item.small_mime if small else item.mime
    )


# -- covering --------------------------------------------------------------------------------------------------------------


def _rows(form: FormData) -> list[Row]:
    columns = [
        [one if isinstance(one, str) else "" for one in form.getlist(name)]
        for name in ("left", "top", "width", "height")
    ]
    rows = [(left, top, width, height) for left, top, width, height in zip_longest(*columns, fillvalue="")]
    return [row for row in rows if any(text.strip() for text in row)]


def _boxes(rows: list[Row]) -> list[Box]:
    return [box_of(*row) for row in rows]


def _drawable(rows: list[Row]) -> list[Box]:
    """Those boxes that can be shown: a form that is refused shows the others."""
    shown = []
    for row in rows:
        try:
            shown.append(box_of(*row))
        except Invalid:
            continue
    return shown


def _data_url(picture: Picture) -> str:
    return f"data:{MIMES[picture.small_extension]};base64,{base64.b64encode(picture.small).decode()}"


async def _covering(
    request: Request, who: SignedIn, *, rows: list[Row], look: Picture | None = None, error: AppError | None = None
) -> Response:
    kept, item = await _one(request, who)
    spare = min(MAX_BOXES, len(rows) + SPARE_ROWS) - len(rows)
    return await screen(
        request,
        who,
        "cover.html",
        here="write",
        status=error.status if error else 200,
        kept=kept,
        item=item,
        alt=_alt(kept, item),
        rows=[*rows, *([("", "", "", "")] * spare)],
        boxes=_drawable(rows),
        most=MAX_BOXES,
        look=_data_url(look) if look else "",
        look_size=(look.small_width, look.small_height) if look else (0, 0),
        error=error.public if error else "",
    )


async def _one(request: Request, who: SignedIn) -> tuple[KeptDraft, MediaItem]:
    return await house_of(request).bench.picture(who.who, request.path_params["name"], request.path_params["picture"])


def _alt(kept: KeptDraft, item: MediaItem) -> str:
    return next((one.alt for one in kept.draft.media if one.public_id == item.public_id), "")


async def show_cover(request: Request) -> Response:
    """Where to draw boxes."""
    return await _covering(request, await signed_in(request), rows=[])


async def cover(request: Request) -> Response:
    """Cover for good, or show how it will look."""
    name, picture = request.path_params["name"], request.path_params["picture"]
    async with desk_form(request) as (form, who):
        rows = _rows(form)
        bench = house_of(request).bench
        try:
            boxes = _boxes(rows)
            if text_field(form, "do") == "look":
                return await _covering(request, who, rows=rows, look=await bench.look(who.who, name, picture, boxes))
            await bench.cover(who.who, name, picture, boxes, version=_version(form))
        except (Invalid, Conflict) as error:
            return await _covering(request, who, rows=rows, error=error)
    return back(_path(name), "covered")


# -- focal point -----------------------------------------------------------------------------------------------------------


def _crops(item: MediaItem, left: float, top: float) -> list[Crop]:
    """What others show of a picture that they cut: the point stays in sight, at the same share of what is cut off."""
    crops = []
    for wide, high in CROPS:
        scale = min(item.small_width / wide, item.small_height / high)
        width, height = round(wide * scale, 1), round(high * scale, 1)
        x, y = round((item.small_width - width) * left, 1), round((item.small_height - height) * top, 1)
        crops.append(Crop(left=x, top=y, width=width, height=height, ratio=f"{wide}:{high}"))
    return crops


async def _focusing(
    request: Request, who: SignedIn, *, given: tuple[str, str] | None = None, error: AppError | None = None
) -> Response:
    kept, item = await _one(request, who)
    focus = item.focus
    if given is not None and error is None:
        focus = focus_of(*given)
    left, top = shares_of(focus)
    return await screen(
        request,
        who,
        "focus.html",
        here="write",
        status=error.status if error else 200,
        kept=kept,
        item=item,
        alt=_alt(kept, item),
        left=left,
        top=top,
        given=given or (f"{left * 100:g}", f"{top * 100:g}"),
        crops=_crops(item, left, top),
        error=error.public if error else "",
    )


async def show_focus(request: Request) -> Response:
    """Where to choose the point."""
    return await _focusing(request, await signed_in(request))


async def focus(request: Request) -> Response:
    """Keep the point, or show what a cut would leave."""
    name, picture = request.path_params["name"], request.path_params["picture"]
    async with desk_form(request) as (form, who):
        given = (text_field(form, "left"), text_field(form, "top"))
        try:
            point = focus_of(*given)
            if text_field(form, "do") == "look":
                return await _focusing(request, who, given=given)
            await house_of(request).bench.focus(who.who, name, picture, point, version=_version(form))
        except (Invalid, Conflict) as error:
            return await _focusing(request, who, given=given, error=error)
    return back(_path(name), "focused")


def routes() -> list[Route]:
    """The paths of this file."""
    all_, one = "/desk/drafts/{name}/pictures", "/desk/drafts/{name}/pictures/{picture}"
    return [
        Route(all_, show, methods=["GET"]),
        Route(all_, arrange, methods=["POST"]),
        Route(f"{one}/cover", show_cover, methods=["GET"]),
        Route(f"{one}/cover", cover, methods=["POST"]),
        Route(f"{one}/focus", show_focus, methods=["GET"]),
        Route(f"{one}/focus", focus, methods=["POST"]),
        Route(f"{one}/{{size}}", file, methods=["GET"]),
    ]
