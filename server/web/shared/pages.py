"""Templates: one environment, everything escaped, every string translatable, every text with its language and direction."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.utils import Namespace
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from server.base.bundled import bundled
from server.base.timestamps import to_wire
from server.web.shared.language import direction, install, language_of
from server.web.shared.request import house_of
from server.web.shared.text_only import carried, kilobytes, text_only, toggled
from server.web.shared.theme import theme

#: Where a request's scope carries the part of its path that chose a language, such as `/fa`.
PREFIX: Final = "callout.prefix"
#: What every page needs, and what only the Desk needs beside it.
SHEETS: Final = ("style", "desk")


@lru_cache(maxsize=len(SHEETS))
def style(name: str = "style") -> tuple[str, bytes]:
    """A stylesheet by its name: the path with its hash, and the bytes."""
    body = (bundled("templates") / f"{name}.css").read_bytes()
    return f"/{name}-{hashlib.blake2b(body, digest_size=6).hexdigest()}.css", body


@lru_cache(maxsize=32)
def script(name: str) -> tuple[str, bytes]:
    """A script of the Desk by its name: the path with its hash, and the bytes. Each is a module; the Desk works without any."""
    body = (bundled("templates") / "desk" / "scripts" / f"{name}.js").read_bytes()
    return f"/desk/scripts/{name}-{hashlib.blake2b(body, digest_size=6).hexdigest()}.js", body


@lru_cache(maxsize=1)
def scripts() -> frozenset[str]:
    """The names there are."""
    return frozenset(path.stem for path in (Path(bundled("templates")) / "desk" / "scripts").glob("*.js"))


def script_path(name: str) -> str:
    """Where a page finds a script."""
    return script(name)[0]


def warm() -> None:
    """Compile every template, so that no reader waits for it."""
    for name in environment().list_templates(extensions=["html"]):
        environment().get_template(name)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates of this installation."""
    made = Environment(
        loader=FileSystemLoader(Path(bundled("templates"))),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    install(made)
    made.filters.update(moment=to_wire, clean=Markup, kilobytes=kilobytes)
    made.globals.update(style_path=style()[0], script_path=script_path)
    return made


def render(request: Request, template: str, **values: Any) -> str:
    """A template with what all pages need."""
    house, plain = house_of(request), text_only(request) and template.startswith("pages/")
    campaign, language = house.actors.campaign(), language_of(request)
    html = (
        environment()
        .get_template(template)
        .render(
            lang=language,
            direction=direction(language),
            zone=campaign.time_zone,
            desk_style_path=style("desk")[0] if template.startswith("desk/") else "",
            theme_path=theme(campaign.accent)[0],
            path=lambda to: f"{request.scope.get(PREFIX, '')}{to}",
            addresses=house.addresses,
            lock=int(house.safety.level),
            text_only=plain,
            toggled=toggled(request),
            page_has=Namespace(pictures=False),
            **values,
        )
    )
    return carried(html, house.addresses.base) if plain else html


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """An HTML answer."""
    return HTMLResponse(render(request, template, status=status, **values), status)
