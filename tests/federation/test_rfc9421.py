from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import http_message_signatures
import pytest
from cryptography.hazmat.primitives import serialization
from http_message_signatures import algorithms

from federation.errors import BadSignature, FederationError, Malformed
from federation.identifiers import KeyId, origin_of
from federation.keys import KeyPair, PublicKey
from federation.signatures import SignedRequest, body_digest, key_id_of, rfc9421, sign_rfc9421, verify
from tests.federation import signing
from tests.federation.signing import (
    BODY,
    KEY_ID,
    NOW,
    ORIGIN,
    accepted,
    ed25519_key,
    refused,
    rsa_key,
)
from tests.federation.vectors import rfc9421_appendix_b as appendix_b

SECOND = timedelta(seconds=1)
FEDIFY = ("@method", "@target-uri", "@authority", "host", "date", "content-digest")
DATE = ("date", signing.date())

# The published vectors


def vector_request(case: appendix_b.Case) -> SignedRequest:
    signature = (
        ("signature-input", f"{case.label}={case.parameters}"),
        ("signature", f"{case.label}=:{case.signature}:"),
    )
    return SignedRequest(
        method="POST",
        target=appendix_b.TARGET,
        host="example.com",
        headers=(*appendix_b.HEADERS, *signature),
        body=appendix_b.BODY,
    )


def vector_base(case: appendix_b.Case) -> bytes:
    request = vector_request(case)
    fields = request.fields()
    found = rfc9421.parse(fields["signature-input"], fields["signature"])
    return rfc9421.signature_base(request, origin_of(appendix_b.ORIGIN), found, fields)


READ = [case for case in appendix_b.CASES if case.base is not None]
NOT_READ = [case for case in appendix_b.CASES if case.base is None]


@pytest.mark.parametrize("case", READ, ids=lambda case: case.section)
def test_the_published_signature_bases_are_ours_too(case: appendix_b.Case) -> None:
    assert case.base is not None
    assert vector_base(case) == case.base.encode()


@pytest.mark.parametrize("case", READ, ids=lambda case: case.section)
def test_the_published_signatures_hold_over_our_bases(case: appendix_b.Case) -> None:
    pss = serialization.load_pem_public_key(appendix_b.TEST_KEY_RSA_PSS_PUBLIC.encode())
    ed25519 = serialization.load_pem_public_key(appendix_b.TEST_KEY_ED25519_PUBLIC.encode())
    secret = base64.b64decode(appendix_b.TEST_SHARED_SECRET)
    other_library: Any = algorithms
    checks = {
        "rsa-pss-sha512": other_library.RSA_PSS_SHA512(public_key=pss),
        "hmac-sha256": other_library.HMAC_SHA256(public_key=secret),
        "ed25519": other_library.ED25519(public_key=ed25519),
    }
    checks[case.algorithm].verify(base64.b64decode(case.signature), vector_base(case))
    with pytest.raises(Exception):  # noqa: B017 - each of the three has its own
        checks[case.algorithm].verify(base64.b64decode(case.signature), vector_base(case) + b" ")


def test_the_published_ed25519_signature_is_made_and_checked_by_our_keys() -> None:
    case = READ[-1]
    key = PublicKey.from_pem(appendix_b.TEST_KEY_ED25519_PUBLIC)
    assert key.verify(base64.b64decode(case.signature), vector_base(case))
    pair = KeyPair.from_pem(KeyId("test-key-ed25519"), appendix_b.TEST_KEY_ED25519_PRIVATE)
    assert base64.b64encode(pair.sign(vector_base(case))).decode() == case.signature


@pytest.mark.parametrize("case", NOT_READ, ids=lambda case: case.section)
def test_components_of_responses_and_components_with_parameters_are_refused(case: appendix_b.Case) -> None:
    with pytest.raises((BadSignature, Malformed)):
        vector_base(case)


@pytest.mark.parametrize("case", appendix_b.CASES, ids=lambda case: case.section)
def test_none_of_the_published_requests_signs_enough_for_us(case: appendix_b.Case) -> None:
    with pytest.raises(FederationError):
        key_id_of(vector_request(case))


# A second implementation, in both directions


class Message:
    """What the other library takes for a request."""

    def __init__(self, method: str, url: str, headers: dict[str, str], body: bytes) -> None:
        self.method, self.url, self.headers, self.body = method, url, headers, body


def resolver(pair: KeyPair) -> http_message_signatures.MappingKeyResolver:
    return http_message_signatures.MappingKeyResolver(
        public_keys={pair.key_id: pair.public.key}, private_keys={pair.key_id: pair.private}
    )


def algorithm(pair: KeyPair) -> Any:
    return algorithms.RSA_V1_5_SHA256 if pair.algorithm == "rsa" else algorithms.ED25519


@pytest.mark.parametrize("make", [rsa_key, ed25519_key])
@pytest.mark.parametrize("url", ["https://here.test/inbox", "https://here.test/a%2Fb?c=%20d&e", "https://here.test"])
def test_another_library_accepts_what_we_sign(make: Any, url: str) -> None:
    pair, now = make(), datetime.now(UTC)
    headers = sign_rfc9421(pair, "POST", url, BODY, now, content_type="application/activity+json")
    checker = http_message_signatures.HTTPMessageVerifier(
        signature_algorithm=algorithm(pair), key_resolver=resolver(pair)
    )
    (result,) = checker.verify(Message("POST", url, headers, BODY), body=BODY)
    assert result.label == "sig1"
    assert set(result.covered_components) >= {'"@method"', '"@target-uri"', '"content-digest"', '"content-type"'}
    with pytest.raises(http_message_signatures.InvalidSignature):
        checker.verify(Message("POST", url + "x", headers, BODY), body=BODY)


@pytest.mark.parametrize("make", [rsa_key, ed25519_key])
@pytest.mark.parametrize(
    "covered", [("@method", "@target-uri"), ("@target-uri", "@path", "@query", "@scheme", "@method")]
)
@pytest.mark.parametrize("include_alg", [True, False])
def test_we_accept_what_another_library_signs(make: Any, covered: tuple[str, ...], include_alg: bool) -> None:
    pair, now = make(), datetime.now(UTC)
    message = Message("POST", "https://here.test/inbox?a=b", {"Host": "here.test"}, BODY)
    signer = http_message_signatures.HTTPMessageSigner(signature_algorithm=algorithm(pair), key_resolver=resolver(pair))
    signer.sign(
        message,
        key_id=pair.key_id,
        created=now,
        covered_component_ids=covered,
        include_alg=include_alg,
        body=BODY,
        tag='a"b',
    )
    lower = tuple((name.lower(), value) for name, value in message.headers.items())
    request = SignedRequest(method="POST", target="/inbox?a=b", host="here.test", headers=lower, body=BODY)
    verify(request, pair.public, now, ORIGIN)
    assert key_id_of(request) == pair.key_id
    with pytest.raises(BadSignature):
        verify(replace(request, target="/inbox?a=c"), pair.public, now, ORIGIN)


# What honest servers send


@pytest.mark.parametrize("make", [rsa_key, ed25519_key])
def test_mastodons_profile_and_fedifys_are_accepted(make: Any) -> None:
    assert accepted(signing.rfc9421(key=make()), make())
    assert accepted(signing.rfc9421(FEDIFY, headers=[DATE], key=make()), make())


@pytest.mark.parametrize("make", [rsa_key, ed25519_key])
@pytest.mark.parametrize("content_type", [None, "application/activity+json"])
def test_what_we_sign_is_accepted(make: Any, content_type: str | None) -> None:
    headers = sign_rfc9421(make(), "POST", "https://here.test/inbox?x", BODY, NOW, content_type=content_type)
    lower = tuple((name.lower(), value) for name, value in headers.items())
    assert accepted(
        SignedRequest(method="POST", target="/inbox?x", host=headers["Host"], headers=lower, body=BODY), make()
    )


def test_a_signed_get_is_accepted() -> None:
    headers = sign_rfc9421(rsa_key(), "GET", "https://here.test", None, NOW)
    assert set(headers) == {"Host", "Date", "Signature-Input", "Signature"}
    lower = tuple((name.lower(), value) for name, value in headers.items())
    request = SignedRequest(method="GET", target="/", host="here.test", headers=lower)
    assert accepted(request)
    refused(replace(request, body=b"a body that nobody signed"))


def test_our_post_has_the_shape_that_mastodon_reads() -> None:
    headers = sign_rfc9421(rsa_key(), "POST", "https://here.test:8443/inbox", BODY, NOW)
    assert headers["Host"] == "here.test:8443"
    assert headers["Content-Digest"] == f"sha-256=:{signing.sha256(BODY)}:"
    assert headers["Signature-Input"] == (
        'sig1=("@method" "@target-uri" "content-digest")'
        f';created={signing.seconds()};keyid="{KEY_ID}";alg="rsa-v1_5-sha256"'
    )
    given = sign_rfc9421(rsa_key(), "POST", "https://here.test:8443/inbox", None, NOW, digest=body_digest(BODY))
    assert given == headers


def test_a_post_of_nothing_signs_the_digest_of_nothing() -> None:
    headers = sign_rfc9421(rsa_key(), "POST", "https://here.test/inbox", None, NOW)
    lower = tuple((name.lower(), value) for name, value in headers.items())
    assert accepted(SignedRequest(method="POST", target="/inbox", host="here.test", headers=lower, body=b""))


def test_every_derived_component_of_a_request_can_be_signed() -> None:
    every = ("@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query", "content-digest")
    assert accepted(signing.rfc9421(every, target="/inbox?a=b"))
    assert accepted(signing.rfc9421(every))


def test_nonce_tag_and_expires_are_read() -> None:
    assert accepted(signing.rfc9421(nonce="abc", tag='a\\"b\\\\', expires=signing.seconds(60 * SECOND)))
