from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest

from federation.errors import BadSignature
from federation.signatures import key_id_of
from tests.federation import signing
from tests.federation.signing import (
    BODY,
    GET,
    POST,
    accepted,
    refused,
)

MD5 = base64.b64encode(hashlib.md5(BODY).digest()).decode()
SHA512 = base64.b64encode(hashlib.sha512(BODY).digest()).decode()
GOOD, BAD = signing.sha256(BODY), signing.sha256(b"other")


def test_a4_a_body_without_digest_is_refused() -> None:
    refused(signing.cavage(GET, headers=[("digest", "")]))
    refused(signing.cavage(POST, headers=[("digest", "")]))
    assert accepted(signing.cavage(GET, method="GET", body=b""))
    refused(signing.cavage(GET, method="GET", body=b"a body on a GET"))


def test_a5_a_digest_that_is_not_signed_is_refused() -> None:
    request = signing.cavage(GET)
    with pytest.raises(BadSignature):
        key_id_of(request)
    refused(request)


def test_a6_one_flipped_bit_in_the_body_is_refused() -> None:
    request = signing.cavage()
    for position in range(len(BODY)):
        body = bytearray(BODY)
        body[position] ^= 1
        refused(replace(request, body=bytes(body)))


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        (f"SHA-256={GOOD}", True),
        (f"sha-256={GOOD}", True),
        (f"Sha-256={GOOD}", True),
        (f"SHA-256={GOOD},SHA-512={SHA512}", True),
        (f"SHA-512={SHA512}, SHA-256={GOOD}", True),
        (f"MD5={MD5},SHA-256={GOOD}", True),
        (f"MD5={MD5}", False),
        (f"SHA-512={SHA512}", False),
        (f"SHA-256={base64.b64encode(hashlib.sha256(BODY).digest()[:31]).decode()}", False),
        (f"SHA-256={GOOD},SHA-256={BAD}", False),
        (f"SHA-256={BAD},SHA-256={GOOD}", False),
        (f"SHA-256={GOOD},sha-256={GOOD}", False),
        (f"SHA-256={GOOD},SHA-512={BAD}", False),
        (f"SHA-256={BAD}", False),
        (f"SHA-256={GOOD.rstrip('=')}", False),
        (f"SHA-256:{GOOD}", False),
        ("SHA-256=", False),
        ("SHA-256=" + "A" * 2_000, False),
    ],
)
def test_a7_only_one_sha256_digest_of_these_bytes_counts(value: str, fits: bool) -> None:
    request = signing.cavage(headers=[("digest", value)])
    if fits:
        assert accepted(request)
    else:
        refused(request)
