from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.errors import Malformed, TooLarge
from federation.gate import MAX_BODY_BYTES, MAX_DEPTH, MAX_NODES, MAX_NUMBER_CHARS, MAX_STRING_CHARS, read_json

WORDS = st.text(max_size=20).map(lambda words: words.replace("\x00", "0"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


def nested(depth: int, opening: str, closing: str) -> bytes:
    """An object whose innermost brackets lie so deep."""
    between = '"a":' if opening == "{" else ""
    inside = between.join([opening] * (depth - 1)) + closing * (depth - 1)
    return f'{{"a":{inside}}}'.encode()


def padded(size: int) -> bytes:
    """A sound document of exactly so many bytes."""
    frame = b'{"a":["' + b'","' * 3 + b'"]}'
    filler, rest = divmod(size - len(frame), 4)
    parts = [b"x" * (filler + (rest if index == 0 else 0)) for index in range(4)]
    return b'{"a":["' + b'","'.join(parts) + b'"]}'


def test_an_object_comes_through_as_it_is() -> None:
    body = '{"a": ["ü", 1, -2.5, true, false, null, {}], "b": {"c": "\\u00fc\\n"}}'.encode()
    assert read_json(body) == {"a": ["ü", 1, -2.5, True, False, None, {}], "b": {"c": "ü\n"}}


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(WORDS, JSON, max_size=5), st.booleans())
def test_whatever_json_can_say_comes_through(document: dict[str, Any], ascii_only: bool) -> None:
    assert read_json(json.dumps(document, ensure_ascii=ascii_only).encode()) == document


@pytest.mark.parametrize("body", [b"[]", b'"a"', b"1", b"null", b"true", b'[{"a":1}]'])
def test_only_an_object_is_a_document(body: bytes) -> None:
    with pytest.raises(Malformed, match="not an object"):
        read_json(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"}",
        b"{}{}",
        b"{} x",
        b'{"a":1,}',
        b'{"a":[1,]}',
        b"{'a':1}",
        b"{a:1}",
        b'{"a":1 /* no */}',
        b'{"a":"unfinished',
        b'{"a":"\\',
        b'{"a":"\\x41"}',
        b'{"a":"\\u12"}',
        b'{"a":"line\nbreak"}',
        b'{"a":"\x01"}',
        b'{"a":"\x00"}',
        b'{"a":01}',
        b'{"a":+1}',
        b'{"a":.5}',
        b'{"a":0x10}',
        b'{"a":1_000}',
        b"<!doctype html><title>no</title>",
        b'\xef\xbb\xbf{"a":1}',
    ],
)
def test_what_is_nearly_json_is_not_json(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_json(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":"\xff"}',
        b'{"a":"\xc3"}',
        b'{"a":"\xc0\xaf"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xf4\x90\x80\x80"}',
        '{"a":1}'.encode("utf-16"),
        '{"a":1}'.encode("utf-32-be"),
        '{"a":"é"}'.encode("latin-1"),
    ],
    ids=["lone", "cut", "overlong", "surrogate", "beyond", "utf-16", "utf-32", "latin-1"],
)
def test_bytes_that_are_no_utf8_are_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_json(body)


@pytest.mark.parametrize(
    "value", ['"\\ud800"', '"\\udfff x"', '"\\ude00\\ud83d"', '"\\u0000"', '{"\\ud800":1}', '["a",{"b":["\\u0000"]}]']
)
def test_characters_that_are_none_are_refused_wherever_they_stand(value: str) -> None:
    with pytest.raises(Malformed):
        read_json(f'{{"a":{value}}}'.encode())


def test_an_escaped_pair_is_one_character() -> None:
    assert read_json(b'{"a":"\\ud83d\\ude00"}') == {"a": "\U0001f600"}


@pytest.mark.parametrize(
    "body", [b'{"a":1,"a":1}', b'{"id":"x","\\u0069d":"y"}', b'{"a":{"b":1,"b":2}}', b'{"a":[{"b":1,"c":2,"b":3}]}']
)
def test_a_key_that_comes_twice_spoils_the_document(body: bytes) -> None:
    with pytest.raises(Malformed, match="twice"):
        read_json(body)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e400", "1" * 31, "0." + "1" * 30])
def test_numbers_that_no_one_means_are_refused(number: str) -> None:
    with pytest.raises(Malformed, match="number"):
        read_json(f'{{"a":{number}}}'.encode())


def test_numbers_of_ordinary_length_are_exact() -> None:
    longest = "9" * MAX_NUMBER_CHARS
    assert read_json(f'{{"a":{longest},"b":1e-999,"c":-0}}'.encode()) == {"a": int(longest), "b": 0.0, "c": 0}


def test_a_document_may_be_as_large_as_the_limit_and_no_larger() -> None:
    assert len(read_json(padded(MAX_BODY_BYTES))["a"]) == 4
    with pytest.raises(TooLarge, match="bytes"):
        read_json(padded(MAX_BODY_BYTES + 1))


@pytest.mark.parametrize("pair", ["[]", "{}"])
def test_a_document_may_be_as_deep_as_the_limit_and_no_deeper(pair: str) -> None:
    assert read_json(nested(MAX_DEPTH, *pair))
    with pytest.raises(TooLarge, match="deep"):
        read_json(nested(MAX_DEPTH + 1, *pair))


@pytest.mark.parametrize("body", [b"[" * MAX_BODY_BYTES, b'{"a":' * (MAX_BODY_BYTES // 5), b"[{" * 100_000])
def test_a_tower_of_brackets_is_refused_before_it_is_climbed(body: bytes) -> None:
    with pytest.raises(TooLarge, match="deep"):
        read_json(body)


def test_brackets_inside_strings_are_no_depth() -> None:
    words = "[{" * 1_000 + '"' + "\\" + "[" * 100
    assert read_json(json.dumps({"a": words, "b": [[]] * 40}).encode()) == {"a": words, "b": [[]] * 40}


def test_an_escaped_quote_does_not_hide_depth() -> None:
    with pytest.raises(TooLarge, match="deep"):
        read_json(b'{"a":"\\\\","b":' + b"[" * 40 + b"]" * 40 + b"}")


@pytest.mark.parametrize("tail", [b'\\"' * 450_000, b'\\"' * 450_000 + b"\\", b'"' * 900_001, b'"' + b"\\" * 900_000])
def test_unfinished_strings_are_read_once_not_once_for_each_quote(tail: bytes) -> None:
    # Read anew from each quote, this would outlast every timeout of the suite.
    with pytest.raises(Malformed):
        read_json(b"[]" * (MAX_DEPTH + 1) + tail)


def test_a_document_of_too_many_parts_is_refused() -> None:
    enough = MAX_NODES - 3
    assert len(read_json(b'{"a":[' + b"1,".join([b""] * enough) + b"1]}")["a"]) == enough
    with pytest.raises(TooLarge, match="parts"):
        read_json(b'{"a":[' + b"1," * enough + b"1]}")
    with pytest.raises(TooLarge, match="parts"):
        read_json(json.dumps({str(number): 0 for number in range(MAX_NODES // 2)}).encode())


def test_one_string_may_not_fill_the_document() -> None:
    assert len(read_json(b'{"a":"' + b"x" * MAX_STRING_CHARS + b'"}')["a"]) == MAX_STRING_CHARS
    with pytest.raises(Malformed):
        read_json(b'{"a":"' + b"x" * (MAX_STRING_CHARS + 1) + b'"}')
    with pytest.raises(Malformed):
        read_json(b'{"' + b"x" * (MAX_STRING_CHARS + 1) + b'":1}')


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200) | st.text('{}[]",:\\u0d8 truefalsn1e.-', max_size=80).map(str.encode))
def test_no_bytes_raise_anything_but_malformed(body: bytes) -> None:
    try:
        document = read_json(body)
    except Malformed:
        return
    assert document == json.loads(body)


def test_a_refusal_repeats_nothing_that_came() -> None:
    for body in (b'{"secret":', b'{"secret":NaN}', b'{"secret":1,"secret":2}', b'"secret"'):
        with pytest.raises(Malformed) as refused:
            read_json(body)
        assert "secret" not in str(refused.value)
        assert refused.value.__cause__ is None
