"""Templates: one environment, everything escaped, every string translatable, every text with its language and direction."""

from __future__ import annotations

import gettext
import hashlib
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from server.base.bundled import bundled
from server.base.timestamps import from_text, to_wire
from server.web.shared.request import house_of

RIGHT_TO_LEFT: Final = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
STYLE: Final = "style.css"


def direction(language: str) -> str:
    """`rtl` or `ltr` by the language's script."""
    return "rtl" if language.partition("-")[0].lower() in RIGHT_TO_LEFT else "ltr"


def _there(context: Context, text: str) -> datetime:
    return from_text(text).astimezone(ZoneInfo(context.get("zone", "UTC")))


@pass_context
def day(context: Context, text: str) -> str:
    """A stored time as a day people read, in the campaign's time zone."""
    moment = _there(context, text)
    return f"{moment.day} {moment:%B %Y}"


def on_day(text: str) -> str:
    """A stored day as people read it; a day alone has no time zone."""
    found = date.fromisoformat(text)
    return f"{found.day} {found:%B %Y}"


@pass_context
def minute(context: Context, text: str) -> str:
    """A stored time as day and minute, in the campaign's time zone, which is named."""
    moment = _there(context, text)
    name = moment.tzname() or ""
    return f"{day(context, text)}, {moment:%H:%M} {name if name.isalpha() else f'UTC{name}'}"


def month(text: str) -> str:
    """`2026-01` as people read it."""
    return f"{datetime.strptime(text, '%Y-%m'):%B %Y}"  # noqa: DTZ007 - a month has no zone


def many(count: int) -> str:
    """A count that ends at 999, as nobody counts further for it."""
    return str(count) if count < 1_000 else "999+"


@lru_cache(maxsize=1)
def style() -> tuple[str, bytes]:
    """The stylesheet: the path with its hash, and the bytes."""
    body = (bundled("templates") / STYLE).read_bytes()
    return f"/style-{hashlib.blake2b(body, digest_size=6).hexdigest()}.css", body


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
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(gettext.NullTranslations(), newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(
        day=day, on_day=on_day, minute=minute, month=month, many=many, moment=to_wire, dir=direction, clean=Markup
    )
    made.globals.update(style_path=style()[0], script_path=script_path)
    return made


def render(request: Request, template: str, **values: Any) -> str:
    """A template with what all pages need."""
    house = house_of(request)
    language = "en"
    return (
        environment()
        .get_template(template)
        .render(
            lang=language,
            direction=direction(language),
            zone=house.actors.campaign().time_zone,
            addresses=house.addresses,
            lock=int(house.safety.level),
            **values,
        )
    )


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """An HTML answer."""
    return HTMLResponse(render(request, template, status=status, **values), status)
