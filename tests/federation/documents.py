"""Documents as peers send them, and a check that what was made of one is of the type it says, all the way down."""

from __future__ import annotations

import types
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

BOB = "https://peer.test/users/bob"
ALICE = "https://our.test/u/alice"
POST = "https://peer.test/notes/1"
OURS = "https://our.test/p/1"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
PEM = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"

#: Values of every wrong kind, to be put where something else is meant.
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    10**29,
    "",
    " ",
    "\u202e\u2066evil",
    "no url",
    "javascript:alert(1)",
    "https://",
    "https://peer.test/a b",
    "https://user@peer.test/",
    "x" * 5_000,
    [],
    [None],
    [[]],
    [[BOB]],
    [BOB, BOB],
    [{}],
    {},
    {"id": None},
    {"id": [BOB]},
    {"id": {"id": BOB}},
    {"type": []},
    {"type": ["Note"], "mediaType": ["text/html"], "href": {}, "name": [], "url": {"mediaType": {}, "href": BOB}},
    {"a": {"b": {"c": [1, {"d": None}]}}},
)


def activity(kind: str, **more: Any) -> dict[str, Any]:
    """An activity of bob's about our post; a value of None leaves the key out."""
    base: dict[str, Any] = {"id": "https://peer.test/activities/1", "type": kind, "actor": BOB, "object": OURS}
    return {key: value for key, value in (base | more).items() if value is not None}


def note(**more: Any) -> dict[str, Any]:
    """A note of bob's; a value of None leaves the key out."""
    base: dict[str, Any] = {
        "id": POST,
        "type": "Note",
        "attributedTo": BOB,
        "to": [PUBLIC],
        "cc": [f"{BOB}/followers"],
        "content": "<p>Hello</p>",
        "published": "2026-09-28T09:30:12Z",
    }
    return {key: value for key, value in (base | more).items() if value is not None}


def person(**more: Any) -> dict[str, Any]:
    """Bob; a value of None leaves the key out."""
    base: dict[str, Any] = {
        "id": BOB,
        "type": "Person",
        "preferredUsername": "bob",
        "inbox": f"{BOB}/inbox",
        "outbox": f"{BOB}/outbox",
        "followers": f"{BOB}/followers",
        "endpoints": {"sharedInbox": "https://peer.test/inbox"},
        "publicKey": {"id": f"{BOB}#main-key", "owner": BOB, "publicKeyPem": PEM},
    }
    return {key: value for key, value in (base | more).items() if value is not None}


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _is(value: object, hint: Any) -> bool:
    hint = getattr(hint, "__supertype__", hint)
    origin, options = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_is(value, option) for option in options)
    if origin is tuple and isinstance(value, tuple):
        if options[-1] is ...:
            return all(_is(one, options[0]) for one in value)
        return len(value) == len(options) and all(map(_is, value, options))
    if hint is datetime and isinstance(value, datetime):
        return value.utcoffset() == timedelta(0) and value.microsecond == 0
    if not isinstance(hint, type) or type(value) is not hint:
        return False
    if is_dataclass(hint):
        return all(_is(getattr(value, field.name), _hints(hint)[field.name]) for field in fields(hint))
    return True


def is_complete(value: object) -> bool:
    """True if every field, however deep, holds exactly what its annotation says; times are in UTC to the second."""
    return _is(value, type(value))
