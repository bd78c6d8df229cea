"""The same page in every language there is: what the chooser and the head of a page are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.requests import Request

from server.base.catalogue import known, languages
from server.base.language_names import language_name
from server.base.spoken import direction

_PATH_SAFE: Final = "/@:!$&'()*+,;=~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """A language by its own name, and the path of the page in it."""

    code: str
    name: str
    direction: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Everywhere:
    """A page in all languages; `path` is where it has none."""

    path: str
    tongues: tuple[Tongue, ...]


def everywhere(request: Request, keep: str | None = "") -> Everywhere:
    """The page of this request in all languages; `keep` is the part of its query that it depends on. None: home instead."""
    path = "/" if keep is None else quote(request.scope["path"], safe=_PATH_SAFE)
    here = f"{path}?{keep}" if keep else path
    return Everywhere(
        path=here,
        tongues=tuple(
            Tongue(code=code, name=language_name(code), direction=direction(code), path=f"/{code}{here}")
            for code in languages()
        ),
    )


def has_pages(language: str) -> bool:
    """True for a language (a tag) that our pages speak."""
    return known(language) is not None


def page_in(language: str, path: str) -> str:
    """The path of a post's page in a language. If no page speaks it, where its words stand on the page in the reader's own."""
    code = known(language)
    return f"/{code}{path}" if code else f"{path}#in-{language}"
