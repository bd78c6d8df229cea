"""Whatever JSON a stranger makes up: a whole value of ours comes of it, or one of our own errors."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.activities import Activity, Unknown
from federation.authority import authorise
from federation.errors import FederationError, NotAuthorised, TooLarge
from federation.gate import read_json
from federation.objects import ACTOR_TYPES, NOTE_TYPES, Note
from federation.parse import parse_activity, parse_object, peek
from federation.parse_actor import parse_actor, parse_key_document
from federation.parse_note import parse_note, parse_tombstone
from federation.render import render_activity, render_note
from tests.federation.documents import ALICE, BOB, ODD, OURS, POST, PUBLIC, activity, is_complete, note, person

VERBS = tuple(get_args(Activity))
SOUND: tuple[dict[str, Any], ...] = (
    note(),
    note(type="Question", oneOf=[{"name": "yes", "replies": {"totalItems": 3}}], endTime="2026-09-28T09:30:12Z"),
    note(
        attachment=[
            {"type": "Image", "url": {"href": BOB}, "mediaType": "image/png", "focalPoint": [0, 0], "width": 1}
        ],
        tag=[{"type": "Mention", "href": ALICE, "name": "@a"}, {"type": "Hashtag", "name": "#a"}],
        contentMap={"en": "x"},
        url=[{"type": "Link", "mediaType": "text/html", "href": BOB}],
        interactionPolicy={"canQuote": {"automaticApproval": [PUBLIC]}},
        likes={"id": POST, "totalItems": 1},
    ),
    note(type="Article", summaryMap={}, nameMap={}, summary="s", name="n", inReplyTo=OURS, quote={"id": OURS}),
    person(),
    person(
        icon={"url": [{"href": BOB}], "name": "x"},
        image=BOB,
        attachment=[{"type": "PropertyValue"}],
        alsoKnownAs=[],
        movedTo=ALICE,
    ),
    person(assertionMethod=[{"id": BOB, "controller": BOB, "publicKeyMultibase": "z"}], webfinger="", published=""),
    {"id": POST, "type": "Tombstone", "formerType": "Note", "deleted": "2026-09-28T09:30:12Z"},
    *(activity(verb.__name__, object=OURS, target=ALICE, to=PUBLIC, cc=[], published="", content="") for verb in VERBS),
    *(activity(verb.__name__, object=note(), instrument=POST, result=POST) for verb in VERBS),
    activity("Update", object=person()),
)
KEYS = sorted({key for document in SOUND for key in document} | {"href", "value", "owner", "totalItems", "mediaType"})
KINDS = sorted(ACTOR_TYPES | NOTE_TYPES | {verb.__name__ for verb in VERBS} | {"Tombstone", "Mention", "Hashtag"})
LEAVES = (
    st.sampled_from(ODD)
    | st.sampled_from((ALICE, BOB, OURS, POST, PUBLIC, "2026-09-28T09:30:12Z", "bob", f"{BOB}/inbox"))
    | st.sampled_from(KINDS)
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=40)
    | st.from_regex(r"https?://[a-z.:@\[\]0-9]{1,12}/[!-~]{0,12}", fullmatch=True)
    | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:.]{5,12}(Z|[+-]\d\d:?\d\d)?", fullmatch=True)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=8,
)
PARTS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5)


def spoilt(value: Any, odd: Any) -> Iterator[Any]:
    """The document with something odd in place of one of its parts, for each part, however deep."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        for other in (odd, *spoilt(part, odd)):
            copy = value.copy()
            copy[key] = other
            yield copy


def _spoilt_somewhere(sound: dict[str, Any], odd: Any, where: int, more: dict[str, Any]) -> dict[str, Any]:
    every: list[dict[str, Any]] = list(spoilt(sound, odd))
    return every[where % len(every)] | more


DOCUMENTS = st.builds(_spoilt_somewhere, st.sampled_from(SOUND), VALUES, st.integers(0, 99), PARTS)
PARSERS: list[Callable[[dict[str, Any]], object]] = [
    peek,
    parse_activity,
    parse_object,
    parse_actor,
    parse_note,
    parse_tombstone,
    parse_key_document,
]


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.__name__)
def test_no_part_of_a_sound_document_may_be_odd_enough_to_fell_a_parser(
    parser: Callable[[dict[str, Any]], object],
) -> None:
    for sound, odd in itertools.product(SOUND, ODD):
        for document in spoilt(sound, odd):
            with suppress(FederationError):
                assert is_complete(parser(document))


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.__name__)
@settings(max_examples=200, deadline=None)
@given(document=DOCUMENTS | PARTS)
def test_a_parser_gives_a_whole_value_or_one_of_our_errors(
    parser: Callable[[dict[str, Any]], object], document: dict[str, Any]
) -> None:
    with suppress(FederationError):
        assert is_complete(parser(document))


@settings(max_examples=200, deadline=None)
@given(DOCUMENTS)
def test_whatever_was_parsed_can_be_judged_and_written_again(document: dict[str, Any]) -> None:
    try:
        found = parse_object(read_json(json.dumps(document).encode()))
    except FederationError:
        return
    if isinstance(found, Note):
        assert parse_note(json.loads(render_note(found))).id == found.id
    elif isinstance(found, VERBS) and not isinstance(found, Unknown):
        with suppress(NotAuthorised, TooLarge):
            authorise(found, found.actor)
            assert json.loads(render_activity(found))["actor"] == found.actor
