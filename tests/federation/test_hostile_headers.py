from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.errors import BadSignature, Malformed
from federation.signatures import SignedRequest, cavage, digests, key_id_of, rfc9421, times, verify
from federation.signatures.request import MAX_SIGNATURE_CHARS
from tests.federation import signing
from tests.federation.signing import HOST, NOW, ORIGIN, ed25519_key, rsa_key

#: A generous guard, not a figure: what is quadratic takes minutes at this length.
LONG, SECONDS = 1_000_000, 2.0

HEADER_TEXT = st.text(alphabet='abkeyIdsigntur="\\,;:()= \t09@-/+\x00\n\u0436', max_size=120) | st.text(max_size=60)
NAMES = st.sampled_from(
    ["signature", "signature-input", "digest", "content-digest", "date", "host", "(created)", "(request-target)", "x"]
)
PIECES = st.sampled_from(
    [
        'keyId="https://a.test/"',
        'headers="(request-target) host date digest"',
        'headers="(request-target) host (created) (expires) digest"',
        'algorithm="hs2019"',
        'signature="AAAA"',
        "created=1790415012",
        'created="1790415012"',
        "expires=1790415013",
        "expires=99999999999",
        'sig1=("@method" "@target-uri" "content-digest")',
        ";created=1790415012",
        ';keyid="https://a.test/"',
        "sig1=:AAAA:",
        f"SHA-256={signing.sha256(b'')}",
        f"sha-256=:{signing.sha256(b'')}:",
        signing.date(),
        HOST,
        ",",
        " ",
    ]
)
VALUES = HEADER_TEXT | st.lists(PIECES, max_size=8).map("".join) | st.lists(PIECES, max_size=8).map(",".join)


@settings(deadline=None)
@given(
    method=st.sampled_from(["POST", "GET", "post", ""]),
    target=st.sampled_from(["/inbox", "/inbox?a", "", "*"]) | HEADER_TEXT,
    host=st.just(HOST) | HEADER_TEXT,
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=10),
    body=st.binary(max_size=20),
)
def test_no_header_raises_anything_but_the_two_refusals(
    method: str, target: str, host: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    request = SignedRequest(method=method, target=target, host=host, headers=tuple(headers), body=body)
    for key in (rsa_key(), ed25519_key()):
        with pytest.raises((BadSignature, Malformed)):
            verify(request, key.public, NOW, ORIGIN)
    with contextlib.suppress(BadSignature, Malformed):
        assert key_id_of(request)


@settings(deadline=None)
@given(HEADER_TEXT | VALUES)
def test_no_part_of_a_header_raises_anything_but_the_two_refusals(text: str) -> None:
    readers: list[Callable[[], object]] = [
        lambda: cavage.parse(text),
        lambda: rfc9421.parse(text, "sig1=:AAAA:"),
        lambda: rfc9421.parse('sig1=("@method");created=1;keyid="a"', text),
        lambda: digests.check_digest(text, b""),
        lambda: digests.check_content_digest(text, b""),
        lambda: times.read_http_date(text),
        lambda: times.read_unix_time(text),
    ]
    for read in readers:
        with contextlib.suppress(BadSignature, Malformed):
            read()


@settings(deadline=None)
@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 31)))
def test_every_date_that_we_write_is_read_as_the_same_second(moment: datetime) -> None:
    at = moment.replace(microsecond=0, tzinfo=UTC)
    assert times.read_http_date(times.http_date(at)) == at.timestamp()


@pytest.mark.parametrize(
    "text",
    [
        "a" * LONG,
        '"' * LONG,
        "\\" * LONG,
        "," * LONG,
        "a=" * (LONG // 2),
        'a="' * (LONG // 3),
        'a="",' * (LONG // 5),
        "sig1=(" + '"a" ' * (LONG // 4),
        "sig1=(" + " " * LONG + ")",
        "sig1=()" + ";a" * (LONG // 2),
        'sig1=();keyid="' + '\\"' * (LONG // 2),
        "sig1=:" + "A" * LONG,
        " " * LONG,
        "Signature " * (LONG // 10),
    ],
    ids=lambda text: text[:12],
)
def test_long_hostile_headers_are_refused_at_once(text: str) -> None:
    started = time.process_time()
    for read in (
        cavage.parse,
        lambda text: rfc9421.parse(text, "sig1=:AAAA:"),
        lambda text: rfc9421.parse("sig1=()", text),
        lambda text: digests.check_digest(text, b""),
        lambda text: digests.check_content_digest(text, b""),
        times.read_http_date,
        times.read_unix_time,
    ):
        with pytest.raises((BadSignature, Malformed)):
            read(text)
    # Without the limits too: the expressions themselves must not try anything twice.
    for expression in (cavage._PARAMETER, rfc9421._INPUT, rfc9421._PARAMETER, rfc9421._SIGNATURE, digests._MEMBER):
        expression.match(text)
        expression.fullmatch(text, 7)
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("excess", [0, 1])
def test_the_limits_on_length_hold_at_the_last_character(excess: int) -> None:
    signature = 'keyId="https://a.test/",signature="AAAA",pad="'
    signature += "x" * (MAX_SIGNATURE_CHARS - len(signature) - 1 + excess) + '"'
    given = 'sig1=();keyid="https://a.test/";tag="'
    given += "x" * (MAX_SIGNATURE_CHARS - len(given) - 1 - len("sig1=:AAAA:") + excess) + '"'
    digest = f"SHA-256={signing.sha256(b'')},MD5="
    digest += "x" * (digests.MAX_DIGEST_HEADER_CHARS - len(digest) + excess)
    for read in (
        lambda: cavage.parse(signature),
        lambda: rfc9421.parse(given, "sig1=:AAAA:"),
        lambda: digests.check_digest(digest, b""),
    ):
        with pytest.raises(Malformed) if excess else contextlib.nullcontext():
            read()


def test_a_hundred_repeated_headers_are_joined_in_one_go() -> None:
    request = signing.cavage()
    many = tuple(("x-a", "b" * 8_000) for _ in range(120))
    started = time.process_time()
    verify(
        SignedRequest(method="POST", target="/inbox", host=HOST, headers=request.headers + many, body=request.body),
        rsa_key().public,
        NOW,
        ORIGIN,
    )
    assert time.process_time() - started < SECONDS
