"""What the forms and addresses of the conversation say: a filter, and what an act is about. Nothing in them is believed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from starlette.datastructures import FormData

from server.base.errors import Invalid
from server.features.conversation.model import MAX_MARKED, STATES, WORDS, Filter, Selection
from server.web.shared.request import number_of, text_field

VERBS: Final = (*STATES, "mute", "block", "block-host")
#: A message is new or read: it is never shown.
MESSAGE_STATES: Final = ("held", "hidden")
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9-]{1,35}")
_SERVER: Final = re.compile(r"[A-Za-z0-9.:\[\]-]{1,260}")
_SAME: Final = re.compile(r"[0-9a-f]{16}")


def _matching(pattern: re.Pattern[str], text: Any) -> str:
    return text if isinstance(text, str) and pattern.fullmatch(text) else ""


def filter_of(given: Mapping[str, Any], *, messages: bool) -> Filter:
    """The filter of an address or a form; what cannot be meant asks for nothing."""
    state, kind = given.get("state", ""), given.get("kind", "")
    states = MESSAGE_STATES if messages else STATES
    kinds = ("direct",) if messages else (kind,) if kind in WORDS else WORDS
    return Filter(
        state=state if state in states else "held",
        kinds=kinds,
        language=_matching(_LANGUAGE, given.get("language")),
        server=_matching(_SERVER, given.get("server")),
        first=given.get("first") == "1",
        same=_matching(_SAME, given.get("same")),
    )


def fields(wanted: Filter) -> dict[str, str]:
    """A filter as the fields of a form or an address."""
    found = {"state": wanted.state, "language": wanted.language, "server": wanted.server, "same": wanted.same}
    found["first"] = "1" if wanted.first else ""
    found["kind"] = wanted.kinds[0] if len(wanted.kinds) == 1 and wanted.kinds[0] in WORDS else ""
    return {name: value for name, value in found.items() if value}


def query(wanted: Filter, **changed: str | int | None) -> str:
    """The address of a filter, some of it changed; empty values are left out."""
    given: dict[str, str | int | None] = {**fields(wanted), **changed}
    return "?" + urlencode({name: value for name, value in given.items() if value not in {"", None}})


def act_of(form: FormData) -> tuple[str, str, str]:
    """The verb, the scope and the target of the button that was pressed. Raises Invalid."""
    verb, _, rest = text_field(form, "decide").partition(":")
    scope, _, target = rest.partition(":")
    if verb not in VERBS:
        raise Invalid("Mark at least one and choose what to do.")
    return verb, scope or "marked", target


def selection_of(form: FormData, within: Filter, scope: str, target: str) -> Selection:
    """What an act is about. Raises Invalid for nothing."""
    match scope:
        case "one":
            found = Selection(ids=_ids([target]))
        case "group":
            found = Selection(same=_groups([target]), within=within)
        case "server":
            server = _matching(_SERVER, target)
            only = Filter(state=within.state, kinds=within.kinds, server=server)
            found = Selection(within=only, everything=bool(server))
        case "page":
            listed = text_field(form, "page").split(",")
            found = Selection(
                ids=_ids(listed), same=_groups([one[1:] for one in listed if one[:1] == "g"]), within=within
            )
        case "all":
            found = Selection(within=within, everything=True)
        case _:
            ids, groups = form.getlist("id"), form.getlist("group")
            found = Selection(ids=_ids(ids), same=_groups(groups), within=within)
    if not (found.ids or found.same or found.everything):
        raise Invalid("Mark at least one and choose what to do.")
    return found


def _ids(given: list[Any]) -> tuple[int, ...]:
    numbers = (number_of(one) for one in given[:MAX_MARKED] if isinstance(one, str))
    return tuple(dict.fromkeys(number for number in numbers if number))


def _groups(given: list[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in given[:MAX_MARKED] if _matching(_SAME, one)))
