"""`?text=1`: the same pages without pictures, which become links that say their size; it stays chosen from page to page."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request

from server.web.shared.language import PREFIX

NAME: Final = "text"
#: The mark of such an answer among those that are kept.
TEXT_ONLY: Final = f"{NAME}=1"
#: Links and forms of a page, which are ours: nobody else's words stand in these marks unescaped.
_LINK: Final = re.compile(r'(<a\b[^>]*?\bhref="|<form\b[^>]*?\baction=")([^"]*)"([^>]*)>')
#: Stands in the link that takes the choice back.
BACK: Final = " data-pictures"
#: What has no version without pictures: the Desk, feeds, files, documents.
_NO_PAGE: Final = re.compile(r"/(desk|media|users|actor)\b|/[^?]*\.[a-z]{2,5}(\?|$)")


def text_only(request: Request) -> bool:
    """True if the reader asked for pages without pictures."""
    return request.query_params.get(NAME) == "1"


def toggled(request: Request, page: str) -> str:
    """The same page the other way: `page` is its path with all of the query that it depends on, as it is shown to others, too."""
    path = f"{request.scope.get(PREFIX, '')}{page}"
    return path if text_only(request) else f"{path}{'&' if '?' in page else '?'}{TEXT_ONLY}"


def kilobytes(size: int) -> int:
    """A size as people read it, in kilobytes, at least one."""
    return max(1, round(size / 1000))


def carried(html: str, base: str) -> str:
    """A page whose links and forms to other pages of ours keep the choice. `base` is where we are reached."""

    def marked(found: re.Match[str]) -> str:
        before, address, after = found.groups()
        path = (
            address.removeprefix(base) if address.startswith((f"{base}/", f"{base}?")) or address == base else address
        )
        if (
            not (path == "" or path.startswith(("/", "?")))
            or path.startswith("//")
            or _NO_PAGE.match(path)
            or BACK in after
        ):
            return found[0]
        if before.startswith("<form") and 'method="get"' in f"{before}{after}":
            return f'{found[0]}<input type="hidden" name="{NAME}" value="1">'
        page, mark, place = address.partition("#")
        joint = "&amp;" if "?" in page else "?"
        return f'{before}{page}{joint}{TEXT_ONLY}{mark}{place}"{after}>'

    return _LINK.sub(marked, html)
