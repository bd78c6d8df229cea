from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from federation.errors import BadSignature, Malformed
from federation.identifiers import KeyId
from federation.keys import KeyPair, PublicKey
from federation.signatures import (
    CavageSigner,
    SignedRequest,
    body_digest,
    cavage,
    http_date,
    sign_cavage,
    verify,
)
from tests.federation import signing
from tests.federation.signing import (
    BODY,
    GET,
    HOST,
    KEY_ID,
    NOW,
    POST,
    accepted,
    ed25519_key,
    header,
    refused,
    rsa_key,
    without,
)
from tests.federation.vectors import draft_cavage_12_appendix_c as appendix_c

SECOND = timedelta(seconds=1)

# The published vectors


def vector_key() -> PublicKey:
    key = serialization.load_pem_public_key(appendix_c.PUBLIC_KEY.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    return PublicKey(key, "rsa")


def vector_request(case: appendix_c.Case) -> SignedRequest:
    listed = "" if case.listed is None else f',headers="{case.listed}"'
    value = f'keyId="https://peer.test/key",algorithm="rsa-sha256"{listed},signature="{case.signature}"'
    return SignedRequest(
        method=appendix_c.METHOD,
        target=appendix_c.TARGET,
        host=appendix_c.HOST,
        headers=(*appendix_c.HEADERS, ("signature", value)),
        body=appendix_c.BODY,
    )


@pytest.mark.parametrize("case", appendix_c.CASES, ids=lambda case: case.section)
def test_the_published_signing_strings_and_signatures_are_ours_too(case: appendix_c.Case) -> None:
    request = vector_request(case)
    found = replace(cavage.parse(header(request, "signature")), covered=tuple((case.listed or "date").split()))
    made = cavage.signing_string(request.method, request.target, found, request.fields())
    assert made == case.signing_string.encode()
    assert vector_key().verify(found.signature, made)
    private = serialization.load_pem_private_key(appendix_c.PRIVATE_KEY.encode(), None)
    assert isinstance(private, rsa.RSAPrivateKey)
    assert base64.b64encode(KeyPair(KEY_ID, private).sign(made)).decode() == case.signature


def test_the_published_request_with_all_headers_signed_is_accepted_at_its_time() -> None:
    then = datetime.fromtimestamp(appendix_c.SIGNED_AT, UTC)
    verify(vector_request(appendix_c.CASES[2]), vector_key(), then, "https://example.com")


@pytest.mark.parametrize("case", appendix_c.CASES[:2], ids=lambda case: case.section)
def test_the_published_requests_that_sign_no_digest_are_refused(case: appendix_c.Case) -> None:
    with pytest.raises(BadSignature):
        verify(
            vector_request(case), vector_key(), datetime.fromtimestamp(appendix_c.SIGNED_AT, UTC), "https://example.com"
        )


# What honest servers send


@pytest.mark.parametrize(
    "covered",
    [
        pytest.param(POST, id="plain"),
        pytest.param(("(request-target)", "host", "date", "content-type", "digest"), id="Mastodon"),
        pytest.param(("(request-target)", "date", "host", "digest"), id="Misskey"),
        pytest.param(("(request-target)", "content-length", "date", "digest", "host"), id="Akkoma"),
        pytest.param(("(request-target)", "date", "content-length", "digest", "host"), id="Friendica"),
        pytest.param(("(request-target)", "host", "date", "digest", "accept"), id="Mastodon before 4.5.8"),
        pytest.param(("(request-target)", "Host", "Date", "Digest"), id="capitals in the list"),
    ],
)
def test_what_each_kind_of_server_signs_is_accepted(covered: tuple[str, ...]) -> None:
    extra = (("content-type", "application/activity+json"), ("content-length", "15"), ("accept", "*/*"))
    assert accepted(signing.cavage([name.lower() for name in covered], headers=extra))
    # The names in the string that is signed are lower case however the list spells them.
    lower = signing.cavage([name.lower() for name in covered], headers=extra)
    value = header(lower, "signature").replace(" ".join(covered).lower(), " ".join(covered))
    assert accepted(replace(lower, headers=(*without(lower, "signature"), ("signature", value))))


@pytest.mark.parametrize("algorithm", ["hs2019", "rsa-sha256", None])
def test_an_rsa_key_signs_under_any_of_its_names(algorithm: str | None) -> None:
    assert accepted(signing.cavage(algorithm=algorithm))


@pytest.mark.parametrize("algorithm", ["hs2019", "ed25519", None])
def test_an_ed25519_key_signs_under_any_of_its_names(algorithm: str | None) -> None:
    assert accepted(signing.cavage(key=ed25519_key(), algorithm=algorithm), ed25519_key())


def test_the_value_may_begin_with_the_word_signature() -> None:
    request = signing.cavage()
    spelled = ("signature", "Signature " + header(request, "signature"))
    assert accepted(replace(request, headers=(*without(request, "signature"), spelled)))


def test_blanks_after_commas_are_read() -> None:
    request = signing.cavage()
    spelled = ("signature", header(request, "signature").replace('",', '" , '))
    assert accepted(replace(request, headers=(*without(request, "signature"), spelled)))


def test_created_and_expires_stand_in_for_the_date_as_lemmy_signs_them() -> None:
    covered = ("(request-target)", "(created)", "(expires)", "host", "digest")
    assert accepted(signing.cavage(covered, created=signing.seconds(), expires=signing.seconds(10 * SECOND)))


def test_the_query_may_be_signed_or_left_out_as_misskey_does() -> None:
    assert accepted(signing.cavage(GET, method="GET", body=b"", target="/users/a/outbox?page=true"))
    path = "/users/a/outbox"
    assert accepted(signing.cavage(GET, method="GET", body=b"", target=f"{path}?page=true", signed_target=path))
    refused(signing.cavage(GET, method="GET", body=b"", target="/a?page=1", signed_target="/a?page=2"))


def test_a_get_may_sign_the_digest_of_an_empty_body_as_bridgy_does() -> None:
    digest = ("digest", f"SHA-256={signing.sha256(b'')}")
    assert accepted(signing.cavage(POST, method="GET", body=b"", headers=[digest]))
    wrong = ("digest", f"SHA-256={signing.sha256(b'x')}")
    refused(signing.cavage(POST, method="GET", body=b"", headers=[wrong]))


def test_a_repeated_header_is_signed_as_one_line() -> None:
    request = signing.cavage((*POST, "via"), headers=[("via", "1.1 a, 1.1 b")])
    lines = (("via", "1.1 a"), ("via", "1.1 b"), *without(request, "via"))
    assert accepted(replace(request, headers=lines))


def test_a_header_that_was_not_signed_may_come_and_go() -> None:
    request = signing.cavage()
    assert accepted(replace(request, headers=(*request.headers, ("x-forwarded-for", "a"), ("x-forwarded-for", "b"))))


def test_the_case_of_the_host_does_not_matter() -> None:
    assert accepted(signing.cavage(host="Here.TEST"))


# Signing


def received(
    headers: dict[str, str], *, method: str = "POST", target: str = "/inbox", body: bytes = BODY
) -> SignedRequest:
    lower = tuple((name.lower(), value) for name, value in headers.items())
    return SignedRequest(method=method, target=target, host=headers["Host"], headers=lower, body=body)


@pytest.mark.parametrize("key", [rsa_key, ed25519_key])
@pytest.mark.parametrize("content_type", [None, "application/activity+json"])
def test_what_we_sign_is_accepted(key: object, content_type: str | None) -> None:
    pair = key() if callable(key) else None
    assert isinstance(pair, KeyPair)
    headers = sign_cavage(pair, "POST", "https://here.test/inbox#x", BODY, NOW, content_type=content_type)
    assert headers.get("Content-Type") == content_type
    assert accepted(received(headers), pair)


def test_a_signed_get_is_accepted() -> None:
    headers = sign_cavage(rsa_key(), "GET", "https://here.test/users/a?page=1", None, NOW)
    assert set(headers) == {"Host", "Date", "Signature"}
    assert accepted(received(headers, method="GET", target="/users/a?page=1", body=b""))


def test_our_post_has_the_shape_that_every_receiver_reads() -> None:
    headers = sign_cavage(rsa_key(), "POST", "https://here.test/inbox", BODY, NOW)
    assert headers["Host"] == "here.test"
    assert headers["Date"] == "Mon, 28 Sep 2026 09:30:12 GMT"
    assert headers["Digest"] == f"SHA-256={signing.sha256(BODY)}"
    start = f'keyId="{KEY_ID}",algorithm="rsa-sha256",headers="(request-target) host date digest",signature="'
    assert headers["Signature"].startswith(start)
    assert headers["Signature"].endswith('"')


def test_a_post_of_nothing_signs_the_digest_of_nothing() -> None:
    headers = sign_cavage(rsa_key(), "POST", "https://here.test/inbox", None, NOW)
    assert accepted(received(headers, body=b""))


def test_the_port_is_signed_only_if_it_is_not_the_schemes_own() -> None:
    assert sign_cavage(rsa_key(), "GET", "https://here.test:443/", None, NOW)["Host"] == "here.test"
    assert sign_cavage(rsa_key(), "GET", "http://127.0.0.1:8001/", None, NOW)["Host"] == "127.0.0.1:8001"


def test_one_digest_serves_for_many_hosts() -> None:
    digest = body_digest(BODY)
    plain = sign_cavage(rsa_key(), "POST", "https://here.test/inbox", BODY, NOW)
    assert sign_cavage(rsa_key(), "POST", "https://here.test/inbox", None, NOW, digest=digest) == plain
    fast = CavageSigner(rsa_key()).headers(host=HOST, target="/inbox", date=http_date(NOW), digest=digest)
    assert fast == plain


def test_an_unusable_address_is_not_signed_for() -> None:
    with pytest.raises(Malformed):
        sign_cavage(rsa_key(), "POST", "ftp://here.test/inbox", BODY, NOW)


def test_nothing_of_key_or_body_stands_in_a_repr() -> None:
    request = signing.cavage()
    assert header(request, "signature") not in repr(request)
    assert "Like" not in repr(request)
    assert KeyId(KEY_ID) in repr(rsa_key())
    assert "PRIVATE" not in repr(rsa_key())
    assert "object at" not in repr(rsa_key())
