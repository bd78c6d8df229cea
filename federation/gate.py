"""The gate for JSON of strangers: bytes in, one bounded object out. Nothing behind it checks sizes again."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

from federation.errors import Malformed, TooLarge

Document = dict[str, Any]

MAX_BODY_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 32
MAX_NODES: Final = 20_000
MAX_STRING_CHARS: Final = 400_000
MAX_NUMBER_CHARS: Final = 30
_SURROGATE_OR_NUL: Final = re.compile("[\\ud800-\\udfff\\x00]")
#: Possessive, and an unfinished string reaches to the end: one pass, whatever comes.
_STRING_OR_BRACKET: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_OPEN: Final = frozenset((b"[", b"{"))


def _refuse_constant(_: str) -> NoReturn:
    raise Malformed("not a number")


def _integer(text: str) -> int:
    if len(text) > MAX_NUMBER_CHARS:
        raise Malformed("a number too long")
    return int(text)


def _float(text: str) -> float:
    if len(text) > MAX_NUMBER_CHARS:
        raise Malformed("a number too long")
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise Malformed("a number too large")
    return number


def _object(pairs: list[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("a key came twice")
    return found


def _check_depth(body: bytes) -> None:
    """Depth and number of brackets before the parser, whose own recursion an attacker could exhaust."""
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(body):
        token = match.group()
        if token in _OPEN:
            depth += 1
            if depth > MAX_DEPTH:
                raise TooLarge("nested too deep")
        elif token[:1] != b'"':
            depth -= 1


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_refuse_constant, parse_int=_integer, parse_float=_float
)


def read_json(body: bytes) -> Document:
    """The one JSON object in the bytes (strict UTF-8, no duplicate keys, bounded). Raises Malformed or TooLarge."""
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge("too many bytes")
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        _check_depth(body)
    try:
        text = body.decode("utf-8")
        found = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(found, dict):
        raise Malformed("not an object")
    if "\\u" in text or "\x00" in text or len(body) > MAX_NODES:
        _check_values(found)
    return found


def _check_values(document: Document) -> None:
    nodes = 0
    pending: list[Any] = [document]
    while pending:
        value = pending.pop()
        nodes += 1
        if nodes > MAX_NODES:
            raise TooLarge("too many parts")
        if isinstance(value, str):
            if len(value) > MAX_STRING_CHARS or _SURROGATE_OR_NUL.search(value):
                raise Malformed("characters that are none")
        elif isinstance(value, dict):
            pending.extend(value.keys())
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
