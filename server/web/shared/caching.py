"""Rendered answers, kept until anything changes, plain and packed: each has an ETag, and a matching one costs 304."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from server.base.clock import Clock
from server.base.database import Database
from server.base.timestamps import from_text
from server.web.shared.language import PREFIX, language_of
from server.web.shared.packing import ENCODING, packed, takes_gzip
from server.web.shared.text_only import TEXT_ONLY, text_only

MAX_ENTRIES: Final = 2000
MAX_BYTES: Final = 32 * 1024 * 1024
#: Of so many dated answers it is remembered since when they are what they are.
MAX_DATED: Final = 500
#: Changes that no public answer shows; and those which may show a second late, as under a rain of likes they would leave nothing kept.
UNSEEN: Final = frozenset({"inboxes", "team", "drafts"})
SOFT: Final = frozenset({"counts", "followers", "actors"})
SOFT_SECONDS: Final = 1.0
#: Where a request's scope collects until when what was said of time in its answer is true.
UNTIL: Final = "callout.until"
#: Where a request's scope carries the answer that it was given from memory.
GIVEN: Final = "callout.rendered"


@dataclass(frozen=True, slots=True)
class Rendered:
    """An answer: bytes, type, status and how long others may keep it. `modified`: since when it is this one (UTC text), if that is told.

    From `valid_until` on it is not given any more though nothing changed: time has passed that it speaks of.
    """

    body: bytes
    content_type: str
    etag: str
    status: int = 200
    max_age: int = 0
    vary: str = ""
    link: str = ""
    cors: bool = False
    modified: str = ""
    valid_until: datetime | None = None
    packed: bytes = b""
    immutable: bool = False

    @classmethod
    def of(  # noqa: D102 - as the class
        cls,
        body: bytes | str,
        content_type: str,
        *,
        status: int = 200,
        max_age: int = 0,
        vary: str = "",
        link: str = "",
        cors: bool = False,
        modified: str = "",
        valid_until: datetime | None = None,
        immutable: bool = False,
    ) -> Rendered:
        data = body.encode() if isinstance(body, str) else body
        return cls(
            data,
            content_type,
            f'"{hashlib.blake2b(data, digest_size=12).hexdigest()}"',
            status,
            max_age,
            vary,
            link,
            cors,
            modified,
            valid_until,
            packed(data, content_type),
            immutable,
        )

    def chosen(self, *, gzip: bool) -> tuple[bytes, str, bool]:
        """Body and ETag for a reader who takes gzip or not, and whether it is packed: each representation has a tag of its own."""
        if gzip and self.packed:
            return self.packed, f'{self.etag[:-1]}-gzip"', True
        return self.body, self.etag, False

    @property
    def size(self) -> int:
        """Bytes that it takes in memory."""
        return len(self.body) + len(self.packed)

    def response(self, request: Request) -> Response:
        """The answer to this request, 304 if it has the same already."""
        kept = f"public, max-age={self.max_age}{', immutable' * self.immutable}" if self.max_age else "public, no-cache"
        headers = {"Cache-Control": kept}
        body, etag, encoded = self.chosen(gzip=takes_gzip(request.headers.get("accept-encoding", "").encode("latin-1")))
        if self.status == 200:
            headers["ETag"] = etag
        if self.modified:
            headers["Last-Modified"] = format_datetime(from_text(self.modified), usegmt=True)
        vary = ", ".join(filter(None, (self.vary, "Accept-Encoding" if self.packed else "")))
        if vary:
            headers["Vary"] = vary
        if self.link:
            headers["Link"] = self.link
        if self.cors:
            headers["Access-Control-Allow-Origin"] = "*"
        if self.status == 200 and self._is_held(request, etag):
            return Response(status_code=304, headers=headers)
        if encoded:
            headers["Content-Encoding"] = ENCODING
        return Response(body, self.status, headers, media_type=None if not self.content_type else self.content_type)

    def _is_held(self, request: Request, etag: str) -> bool:
        """RFC 9110, section 13.2.2: a date counts only where no ETag is given."""
        given = request.headers.get("if-none-match")
        if given is not None:
            return matches(given, etag)
        since = request.headers.get("if-modified-since")
        return bool(since and self.modified) and unchanged_since(since or "", self.modified)


def unchanged_since(given: str, modified: str) -> bool:
    """True if an If-Modified-Since header is not earlier than this UTC text."""
    try:
        return parsedate_to_datetime(given) >= from_text(modified).replace(microsecond=0)
    except (ValueError, TypeError):
        return False


def matches(given: str | None, etag: str) -> bool:
    """True if an If-None-Match header names this ETag."""
    if given is None:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in given[:2000].split(",")}
    return etag in tags or "*" in tags


class Rendering:
    """A bounded memory of answers by key, dropped whole when anything public changes, and one by one when their time is over."""

    def __init__(self, database: Database, clock: Clock, timer: Callable[[], float] = time.monotonic) -> None:
        self._known: OrderedDict[tuple[str, ...], Rendered] = OrderedDict()
        self._dated: OrderedDict[tuple[str, ...], Rendered] = OrderedDict()
        self._bytes = 0
        self._clock = clock
        self._timer = timer
        self._softly_at = -SOFT_SECONDS
        self._stale = False
        #: Grows whenever everything is dropped.
        self.generation = 0
        database.on_change(self._changed)

    def _changed(self, kind: str, subject: str) -> None:  # noqa: ARG002 - every change drops everything
        if kind in UNSEEN:
            return
        if kind in SOFT:
            self._stale = True
            self.refresh()
        else:
            self._drop()

    def refresh(self) -> None:
        """Drop what soft changes made stale, but not more often than once a second."""
        if self._stale and self._timer() - self._softly_at >= SOFT_SECONDS:
            self._softly_at = self._timer()
            self._drop()

    def _drop(self) -> None:
        self.generation += 1
        self._stale = False
        self._known.clear()
        self._bytes = 0

    def is_over(self, until: datetime | None) -> bool:
        """True if an answer that was valid until then is so no more. Most are valid until something changes: no clock is asked."""
        return until is not None and until <= self._clock()

    async def get(self, key: tuple[str, ...], make: Callable[[], Awaitable[Rendered]]) -> Rendered:
        """The answer for a key, made if it is not known. What was made while something changed is not kept."""
        self.refresh()
        known = self._known.get(key)
        if known is not None and not self.is_over(known.valid_until):
            self._known.move_to_end(key)
            return known
        generation = self.generation
        made = self._since_when(key, await make())
        if generation == self.generation and made.status == 200:
            before = self._known.pop(key, None)
            self._known[key] = made
            self._bytes += made.size - (before.size if before else 0)
            while len(self._known) > MAX_ENTRIES or self._bytes > MAX_BYTES:
                _, old = self._known.popitem(last=False)
                self._bytes -= old.size
        return made

    def _since_when(self, key: tuple[str, ...], made: Rendered) -> Rendered:
        """What was made anew and is the same as before has been so since then."""
        if not made.modified:
            return made
        before = self._dated.pop(key, made)
        found = replace(made, modified=before.modified) if before.etag == made.etag else made
        self._dated[key] = replace(found, body=b"", packed=b"")
        while len(self._dated) > MAX_DATED:
            self._dated.popitem(last=False)
        return found


async def kept(
    request: Request, key: tuple[str, ...], make: Callable[[], Awaitable[Rendered]], *, spoken: bool = True
) -> Response:
    """The answer for a key from the memory of this app, made if it is not known.

    What stands behind a key may depend on nothing of the request but path, query, Accept, whether gzip is taken and, if it is `spoken`,
    the language.
    """
    if spoken:
        key = (*key, request.scope.get(PREFIX, ""), language_of(request))
    if text_only(request):
        key = (*key, TEXT_ONLY)

    async def made() -> Rendered:
        answer = await make()
        until = [*request.scope.pop(UNTIL, []), *([answer.valid_until] if answer.valid_until else [])]
        return replace(answer, valid_until=min(until, default=None))

    found = await rendering_of(request).get(key, made)
    if found.status == 200:
        request.scope[GIVEN] = found
    return found.response(request)


def unkept(request: Request, html: str, status: int = 200) -> Response:
    """A page that answers one person and is kept nowhere. There must be no secret in it, as it is packed."""
    response = Rendered.of(html, "text/html; charset=utf-8", status=status).response(request)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def rendering_of(request: Request) -> Rendering:
    """The memory of this app."""
    found = request.app.state.rendering
    assert isinstance(found, Rendering)  # noqa: S101 - for the type checker
    return found
