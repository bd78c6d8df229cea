"""Templates: one environment, everything escaped, every string translatable, every text with its language and direction."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from jinja2.utils import Namespace
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from server.base.bundled import bundled
from server.base.language_names import language_name
from server.base.spoken import direction, turned
from server.base.timestamps import to_text, to_wire
from server.features.posts.calling import said
from server.features.posts.languages import pictures_in
from server.features.posts.wording import best_text, other_texts, same_language, warned_text
from server.web.shared import countdown
from server.web.shared.caching import UNTIL
from server.web.shared.chooser import everywhere, has_pages, page_in
from server.web.shared.language import PREFIX, install, language_of, of_desk
from server.web.shared.request import house_of
from server.web.shared.text_only import carried, kilobytes, text_only, toggled
from server.web.shared.theme import theme

#: Compiling a template takes some milliseconds, in which nobody is answered: rare ones wait until little else is done.
BETWEEN_SECONDS: Final = 0.1
QUIET_SHARE: Final = 0.05
FIRST_TEMPLATES: Final = (
    *("pages/home.html", "pages/post.html", "pages/call.html", "pages/error.html"),
    # What these are made of: else the first page to be shown compiles it.
    *("base.html", "pages/layout.html", "pages/parts.html", "pages/languages.html"),
    *("pages/share_box.html", "pages/microdata.html", "pages/signed.html"),
)
#: What every page needs, what only the Desk needs beside it, all that the card in others' pages needs, and what paper needs alone.
SHEETS: Final = ("style", "desk", "card", "leaflet")


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
    """Compile what most readers open first, so that none of them waits for it."""
    for name in FIRST_TEMPLATES:
        environment().get_template(name)


async def warm_others() -> None:
    """Compile all other templates, one after the other, in the moments when nobody needs the processor."""
    for name in environment().list_templates(extensions=["html"]):
        await _quiet()
        environment().get_template(name)


async def _quiet() -> None:
    """Until this process did next to nothing for a moment."""
    used = BETWEEN_SECONDS
    while used > QUIET_SHARE * BETWEEN_SECONDS:
        before = time.process_time()
        await asyncio.sleep(BETWEEN_SECONDS)
        used = time.process_time() - before


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
    countdown.install(made)
    made.filters.update(moment=to_wire, clean=Markup, said=lambda post, addresses: said(post, post.main, addresses))
    made.filters.update(
        ours=ours,
        without=without,
        turned=turned,
        best=best_text,
        others=other_texts,
        same=same_language,
        warned=warned_text,
    )
    made.filters.update(has_pages=has_pages, page_in=page_in, kilobytes=kilobytes, pictures=pictures_in)
    made.globals.update(style_path=style()[0], script_path=script_path, language_name=language_name)
    return made


@pass_context
def ours(context: Context, text: str) -> str:
    """Words of ours whose tags lead to pages in the reader's language."""
    base, prefix = context["addresses"].base, context["path"]("")
    return text.replace(f'href="{base}/tags/', f'href="{base}{prefix}/tags/') if prefix else text


@pass_context
def without(context: Context, text: str, public_id: str) -> str:
    """Words without the last paragraph, where it is nothing but the address of this post of ours; whole if none is named."""
    if not public_id:
        return text
    page = re.escape(context["addresses"].post_page(public_id))
    return re.sub(rf'<p><a href="{page}"[^>]*>[^<]*</a></p>\Z', "", text)


def render(request: Request, template: str, *, keep: str | None = "", **values: Any) -> str:
    """A template with what all pages need.

    `keep` is the part of the query that the page depends on, as the chooser of languages keeps it; with None that one leads home.
    """
    house, plain = house_of(request), text_only(request) and template.startswith("pages/")
    campaign, language = house.actors.campaign(), language_of(request)
    shown = None if of_desk(request.scope) else everywhere(request, keep)
    html = (
        environment()
        .get_template(template)
        .render(
            lang=language,
            direction=direction(language),
            zone=campaign.time_zone,
            now=to_text(house.clock()),
            true_until=request.scope.setdefault(UNTIL, []),
            desk_style_path=style("desk")[0] if template.startswith("desk/") else "",
            theme_path=theme(campaign.accent)[0],
            campaign_name=campaign.name,
            path=lambda to: f"{request.scope.get(PREFIX, '')}{to}",
            everywhere=shown,
            addresses=house.addresses,
            lock=int(house.safety.level),
            text_only=plain,
            toggled=toggled(request, shown.path) if shown else "",
            page_has=Namespace(pictures=False),
            **values,
        )
    )
    return carried(html, house.addresses.base) if plain else html


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """An HTML answer."""
    return HTMLResponse(render(request, template, status=status, **values), status)
