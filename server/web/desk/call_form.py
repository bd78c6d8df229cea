"""The fields of a call-out in a form: a form, not a paragraph. Hours are typed by the clocks of the zone that stands beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import available_timezones

from starlette.datastructures import FormData

from server.base.errors import Invalid, Misfilled
from server.base.local_time import Clocks
from server.features.posts.limits_call import MAX_INSTEAD_CHARS, MAX_NEEDS_CHARS, MAX_PLACE_CHARS, degrees, problems
from server.features.posts.model import Draft, Kind
from server.features.posts.model_call import CallState, DraftCall, Point
from server.web.shared.request import text_field


def blank(language: str, zone: str) -> Draft:
    """An empty call-out."""
    return Draft(text="", language=language, kind=Kind.CALL_OUT, call=DraftCall(ends_at="", time_zone=zone, place=""))


def read_words(form: FormData, draft: Draft, zone: str) -> Draft:
    """The draft with what the form says but for its hours; unchanged if it is no form of a call-out."""
    if "call" not in form:
        return draft
    call = draft.call or DraftCall(ends_at="", time_zone=zone, place="")
    call = replace(
        call,
        place=text_field(form, "place").strip(),
        needs=text_field(form, "needs").strip(),
        instead=text_field(form, "instead").strip(),
    )
    stands = text_field(form, "state")
    call = _in_state(call, stands) if "state" in form else replace(call, urgent="urgent" in form)
    kind = draft.kind if draft.correction is not None else Kind.CALL_OUT
    return replace(draft, kind=kind, title=text_field(form, "title").strip(), call=call)


def _in_state(call: DraftCall, text: str) -> DraftCall:
    """In the state that was chosen; none leaves it as it stands when the edit goes out."""
    if not text:
        return replace(call, state=None)
    try:
        return call.in_state(CallState(text))
    except ValueError:
        raise Invalid("Choose how the call-out stands.") from None


def read_hours(form: FormData, draft: Draft) -> Draft:
    """The draft with the hours and the exact place of its call-out as the form has them. Raises Misfilled."""
    if draft.call is None or "until" not in form:
        return draft
    clocks = _clocks(form, draft.call.time_zone)
    # Of an hour that comes twice: from the first, until the second. Nobody comes too late by it.
    starts = _moment(form, "starts", clocks, second=False)
    call = replace(draft.call, time_zone=clocks.zone, starts_at=starts or None)
    call = replace(call, ends_at=_moment(form, "until", clocks, second=True))
    if "point" in form:
        call = replace(call, point=_point(form, clocks, call.ends_at))
    elif call.point is not None and call.ends_at:
        # A form without the exact place may bring the end forward: it is shown no longer than that.
        call = replace(call, point=replace(call.point, until=min(call.point.until, call.ends_at)))
    return replace(draft, call=call)


def _clocks(form: FormData, otherwise: str) -> Clocks:
    try:
        return Clocks(zone=text_field(form, "zone") or otherwise)
    except Invalid as error:
        raise Misfilled(error.public.message, field="zone") from None


def _moment(form: FormData, name: str, clocks: Clocks, *, second: bool) -> str:
    typed = text_field(form, name)
    if not typed:
        return ""
    try:
        return clocks.exact(typed, second=second)
    except Invalid as error:
        raise Misfilled(error.public.message, field=name, **error.public.given) from None


def _point(form: FormData, clocks: Clocks, ends_at: str) -> Point | None:
    typed = text_field(form, "point").strip()
    if not typed:
        return None
    try:
        latitude, longitude = (degrees(part) for part in typed.replace(";", ",").split(","))
    except ValueError:
        raise Misfilled("Write the exact place as two numbers, such as 50.9668, 1.8622.", field="point") from None
    until = _moment(form, "point_until", clocks, second=False) or ends_at
    return Point(latitude=latitude, longitude=longitude, until=until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a form comes back: one field, all that is wrong at a time, and what was typed, which stays."""

    error: Misfilled
    at: str
    typed: FormData

    def wrong(self, draft: Draft) -> dict[str, str]:
        """What is wrong, by field; the first of each."""
        every = [*reversed([one for one in problems(draft, self.at) if not self._unread(one, draft)]), self.error]
        return {one.field: one.public for one in every}

    def _unread(self, problem: Misfilled, draft: Draft) -> bool:
        """True if it says that there is no end only because another hour could not be read."""
        typed = text_field(self.typed, "until").strip()
        return problem.field == "until" and bool(typed) and draft.call is not None and not draft.call.ends_at


def values(draft: Draft, refused: Refused | None = None) -> dict[str, Any]:
    """What the template of the form is given."""
    call = draft.call
    if call is None:
        return {"call": None}
    clocks = Clocks(zone=call.time_zone)
    point = call.point
    typed = ("starts", "until", "point", "point_until")
    kept = {name: text_field(refused.typed, name) for name in typed if name in refused.typed} if refused else {}
    return {
        "call": call,
        "starts": clocks.wall(call.starts_at) if call.starts_at else "",
        "until": clocks.wall(call.ends_at) if call.ends_at else "",
        "point": f"{point.latitude}, {point.longitude}" if point else "",
        "point_until": clocks.wall(point.until) if point and point.until else "",
        "zones": sorted(available_timezones()),
        "states": list(CallState),
        "max_place": MAX_PLACE_CHARS,
        "max_needs": MAX_NEEDS_CHARS,
        "max_instead": MAX_INSTEAD_CHARS,
        "wrong": refused.wrong(draft) if refused else {},
        **kept,
    }
