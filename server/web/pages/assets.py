"""Files: the stylesheet and the Desk's scripts under the hash of their bytes, pictures under random names."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from functools import lru_cache
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from server.base.errors import NotFound
from server.base.pictures import MIMES
from server.web.shared.caching import Rendered, matches
from server.web.shared.pages import SHEETS, script, scripts, style
from server.web.shared.request import house_of
from server.web.shared.theme import theme

DAY: Final = 24 * 3600
FOREVER: Final = 365 * DAY
_NAME: Final = re.compile(r"[a-z0-9]{8,64}(?:(?:\.small)?\.(jpg|png)|\.small\.(avif))")


def sheet(name: str) -> Callable[[Request], Awaitable[Response]]:
    """The path of a stylesheet; an older hash gets today's."""

    async def given(request: Request) -> Response:
        path, body = style(name)
        return _asset(body, "text/css", fresh=request.url.path == path).response(request)

    return given


@lru_cache(maxsize=64)
def _asset(body: bytes, content_type: str, *, fresh: bool) -> Rendered:
    """Packed once; only under the hash of its bytes it stays for ever."""
    return Rendered.of(body, content_type, max_age=FOREVER if fresh else 0, immutable=fresh)


async def theme_sheet(request: Request) -> Response:
    """The campaign's colour; an older hash gets today's."""
    path, body = theme(house_of(request).actors.campaign().accent)
    return _asset(body, "text/css", fresh=request.url.path == path).response(request)


async def desk_script(request: Request) -> Response:
    """A script of the Desk. They are the same for everybody and hold no data; an older hash gets today's."""
    name = request.path_params["name"]
    if name not in scripts():
        raise NotFound("There is no such script.")
    path, body = script(name)
    return _asset(body, "text/javascript", fresh=request.url.path == path).response(request)


async def picture(request: Request) -> Response:
    """A picture of ours."""
    name = request.path_params["name"]
    found = _NAME.fullmatch(name)
    try:
        path = house_of(request).media.path(name)
        file = await asyncio.to_thread(path.stat) if found else None
    except FileNotFoundError:
        file = None
    if found is None or file is None:
        raise NotFound("This picture is not here (any more).")
    headers = {
        "Cache-Control": f"public, max-age={FOREVER}, immutable",
        "Access-Control-Allow-Origin": "*",
        "ETag": f'"{name}"',
        # When somebody chose it is nobody's business.
        "Last-Modified": formatdate(file.st_mtime // DAY * DAY, usegmt=True),
    }
    if matches(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return FileResponse(path, headers=headers, media_type=MIMES[found[1] or found[2]], stat_result=file)


async def favicon(request: Request) -> Response:
    """The avatar serves as the icon."""
    house = house_of(request)
    item = await house.media.by_id(house.actors.campaign().avatar_media_id)
    if item is None:
        return Response(status_code=204, headers={"Cache-Control": "public, max-age=3600"})
    return RedirectResponse(house.addresses.media(item.public_id, item.small_extension, small=True), 302)


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        *(Route(f"/{name}-{{hash}}.css", sheet(name)) for name in SHEETS),
        Route("/theme-{hash}.css", theme_sheet),
        Route("/desk/scripts/{name}-{hash}.js", desk_script),
        Route("/media/{name}", picture),
        Route("/favicon.ico", favicon),
    ]
