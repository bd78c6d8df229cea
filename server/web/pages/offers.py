"""`/offer`: "I cannot come, but...". First the kind, then its fields, then a code; no account, no script, no cookie."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from server.base.errors import AppError, NotFound, TooMany, Unavailable
from server.base.language_names import NAMES
from server.base.words import marked
from server.features.offers.fields import CONTACT, FIELDS, Unfilled
from server.features.offers.model import Asking, Kind, Sent
from server.features.offers.service import MAX_PICTURES
from server.features.offers.tickets import Expired
from server.house import House
from server.web.pages.offer_form import (
    MAX_OFFER_BYTES,
    Typed,
    code_of,
    draft_of,
    kind_of,
    typed,
    uploads_of,
)
from server.web.pages.showing import profile_of
from server.web.shared.language import language_of
from server.web.shared.limits import RateLimit
from server.web.shared.pages import render
from server.web.shared.request import SMALL_FORM_BYTES, form_of, house_of, number_of, text_field
from server.web.shared.sessions import check_ours

#: Tries and offers of one network: a camp or a shelter may share one address.
WINDOW_SECONDS: Final = 600
TRIES, OFFERS = 60, 12
#: Of all together, and of each kind, so that a flood of one leaves the others open.
HOUR_SECONDS: Final = 3600
ALL_OFFERS, KIND_OFFERS, PICTURES = 600, 240, 60
#: Bodies with pictures that are read at one time.
UPLOADS: Final = 6
_TOO_MANY: Final = marked(
    "Very many offers come right now. What you wrote is still here: send it again in a few minutes."
)
_YOUR_NETWORK: Final = marked(
    "Many offers came from your network. What you wrote is still here: send it again in ten minutes."
)
_NO_STORE: Final = {"Cache-Control": "private, no-store"}


async def shown(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page about offers, kept by nobody."""
    profile = await profile_of(request, house_of(request).actors.campaign())
    return HTMLResponse(render(request, template, profile=profile, **values), status, headers=_NO_STORE)


class OfferPages:
    """The form and its limits. Callers are counted under keys that live minutes; see RateLimit."""

    def __init__(self, house: House) -> None:
        clock = house.clock
        self._tries = RateLimit(clock, count=TRIES, seconds=WINDOW_SECONDS)
        self._each = RateLimit(clock, count=OFFERS, seconds=WINDOW_SECONDS)
        self._all = RateLimit(clock, count=ALL_OFFERS, seconds=HOUR_SECONDS)
        self._kinds = RateLimit(clock, count=KIND_OFFERS, seconds=HOUR_SECONDS)
        self._pictures = RateLimit(clock, count=PICTURES, seconds=HOUR_SECONDS)
        self._reading = 0

    async def show(self, request: Request) -> Response:
        """The kinds to choose from, or the form of one."""
        asking = await _asked(request)
        kind = kind_of(request.query_params.get("kind", ""))
        about = code_of(request.query_params.get("about", ""))
        if asking.locked:
            return await shown(request, "pages/offer_closed.html", status=503)
        if kind is None or kind not in asking.kinds:
            call = await house_of(request).offering.about(about) if about else None
            return await shown(request, "pages/offer.html", asking=asking, about=call, code=about if call else "")
        language = language_of(request)
        return await _form(request, asking, Typed(kind=kind, about=about, language=language))

    async def send(self, request: Request) -> Response:
        """Take an offer in; the code, or the form again with what is wrong."""
        check_ours(request)
        self._tries.take(request)
        asking = await _asked(request)
        with self._body(request) as most:
            async with form_of(request, max_files=MAX_PICTURES, max_bytes=most) as form:
                kind = kind_of(text_field(form, "kind"))
                if kind is None:
                    raise NotFound("This is not asked for here.")
                language = language_of(request)
                one = typed(form, kind, language)
                try:
                    draft = draft_of(form, one, language)
                    uploads = await uploads_of(form)
                    offering = house_of(request).offering
                    offering.check(one.token)
                    self._count(request, kind, len(uploads))
                    sent = await offering.send(one.token, draft, uploads)
                except AppError as error:
                    return await _again(request, asking, one, error)
        return await _sent(request, sent)

    @contextmanager
    def _body(self, request: Request) -> Iterator[int]:
        """How many bytes are read of this form: few unless it says that it brings more, and there is room for pictures now."""
        if (number_of(request.headers.get("content-length", "")) or 0) <= SMALL_FORM_BYTES:
            yield SMALL_FORM_BYTES
            return
        if self._reading >= UPLOADS:
            raise Unavailable("Many pictures come in right now. Go back, and send it again in a minute or without.")
        self._reading += 1
        try:
            yield MAX_OFFER_BYTES
        finally:
            self._reading -= 1

    def _count(self, request: Request, kind: Kind, pictures: int) -> None:
        """Raise TooMany for more than can be read."""
        if not self._each.free(request):
            raise TooMany(_YOUR_NETWORK, retry_after=WINDOW_SECONDS)
        room = self._kinds.free_for(kind.value) and self._all.free_for("all")
        if not room or not all(self._pictures.free_for("pictures") for _ in range(pictures)):
            raise TooMany(_TOO_MANY, retry_after=WINDOW_SECONDS)


async def _asked(request: Request) -> Asking:
    """What is asked for. Raises NotFound if nothing is."""
    asking = await house_of(request).offering.asking()
    if not asking.on:
        raise NotFound("This campaign does not ask for offers here.")
    return asking


async def _again(request: Request, asking: Asking, one: Typed, error: AppError) -> Response:
    """The form with everything that was typed, and why it was not taken."""
    problems = error.problems if isinstance(error, Unfilled) else {}
    token = "" if isinstance(error, Expired) else one.token
    answer = await _form(
        request, asking, replace(one, token=token, problems=problems, error=str(error)), status=error.status
    )
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


async def _form(request: Request, asking: Asking, one: Typed, *, status: int = 200) -> Response:
    house = house_of(request)
    call = await house.offering.about(one.about) if one.about else None
    return await shown(
        request,
        "pages/offer_form.html",
        status=status,
        asking=asking,
        form=one,
        fields=FIELDS[one.kind],
        contact=CONTACT,
        about=call,
        token=one.token or house.offering.ticket(),
        languages=list(NAMES.items()),
    )


async def _sent(request: Request, sent: Sent) -> Response:
    return await shown(request, "pages/offer_sent.html", sent=sent)


def routes(house: House) -> list[Route]:
    """The paths of this file."""
    pages = OfferPages(house)
    return [Route("/offer", pages.show, methods=["GET"]), Route("/offer", pages.send, methods=["POST"])]
