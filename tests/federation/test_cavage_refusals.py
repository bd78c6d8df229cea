from __future__ import annotations

import base64
import hmac
from dataclasses import replace
from typing import Any

import pytest

from federation.errors import BadSignature, FederationError, Malformed
from federation.keys import KeyPair
from federation.signatures import key_id_of, verify
from tests.federation import signing
from tests.federation.signing import (
    BODY,
    GET,
    HOST,
    KEY_ID,
    NOW,
    ORIGIN,
    POST,
    accepted,
    ed25519_key,
    header,
    refused,
    rsa_key,
    without,
)

GOOD = signing.sha256(BODY)

# What is refused, each beside an honest twin (THREATS 1A)


def test_a1_an_unsigned_request_is_refused() -> None:
    request = signing.cavage()
    assert accepted(request)
    with pytest.raises(BadSignature):
        key_id_of(replace(request, headers=without(request, "signature")))
    refused(replace(request, headers=without(request, "signature")))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x" * 65_536,
        'keyId="' + "x" * 65_536,
        'keyId="https://a.test/",keyId="https://b.test/"',
        'keyId="https://peer.test/ключ",signature="AAAA"',
        'keyId="https://a.test/"',
        'signature="AAAA"',
        'keyId="https://a.test/",signature="AAA"',
        'keyId="https://a.test/",signature="====",headers="a"',
        'keyId="https://a.test/",signature="AA-_"',
        'keyId="https://a.test/" signature="AAAA"',
        'keyId="https://a.test/,signature="AAAA"',
        'keyId=https://a.test/,signature="AAAA"',
        'keyId="https://a.test/\\"",signature="AAAA"',
        'keyId="https://a.test/",signature="AAAA",created=-1',
        'keyId="https://a.test/",signature="AAAA",created=1.5',
        'keyId="https://a.test/",signature="AAAA",headers="host host"',
        'keyId="https://a.test/",signature="AAAA",' + ",".join(f'x{chr(97 + n)}="1"' for n in range(16)),
        'keyId="https://a.test/",signature="AAAA",headers="' + " ".join(map(str, range(33))) + '"',
        "\x00",
        "Signature",
        ",",
    ],
)
def test_a3_garbage_in_the_header_is_refused(value: str) -> None:
    request = signing.cavage()
    broken = replace(request, headers=(*without(request, "signature"), ("signature", value)))
    refused(broken)
    with pytest.raises((BadSignature, Malformed)):
        key_id_of(broken)


@pytest.mark.parametrize("name", ["signature", "date", "digest", "host", "content-type", "content-length"])
def test_a3_a7_a10_a_header_sent_twice_is_refused(name: str) -> None:
    request = signing.cavage(
        (*POST, "content-type", "content-length"), headers=[("content-type", "a"), ("content-length", "15")]
    )
    assert accepted(request)
    twice = replace(request, headers=(*request.headers, (name, header(request, name))))
    refused(twice)
    with pytest.raises(BadSignature):
        key_id_of(twice)


@pytest.mark.parametrize("left_out", POST)
def test_a8_a9_a17_whatever_must_be_signed_is_missed(left_out: str) -> None:
    request = signing.cavage([name for name in POST if name != left_out])
    with pytest.raises(BadSignature):
        key_id_of(request)
    refused(request)


def test_a9_a_request_for_another_server_is_refused() -> None:
    replayed = signing.cavage(host="other.test")
    verify(replayed, rsa_key().public, NOW, "https://other.test")
    refused(replayed)
    refused(replace(replayed, host=HOST))
    refused(replace(signing.cavage(), host="other.test"))


def test_a9_the_port_is_part_of_the_host() -> None:
    request = signing.cavage(host="here.test:8443")
    verify(request, rsa_key().public, NOW, "https://here.test:8443")
    refused(request)


def test_a12_a_signature_for_one_inbox_does_not_open_another() -> None:
    assert accepted(signing.cavage(target="/users/alice/inbox"))
    refused(replace(signing.cavage(), target="/users/alice/inbox"))


def test_a13_a_query_beside_the_signed_path_is_seen_by_the_caller_only() -> None:
    # The door tolerates it for GETs; whoever serves an inbox refuses any query.
    assert accepted(replace(signing.cavage(), target="/inbox?x=1"))
    refused(replace(signing.cavage(target="/inbox?x=2"), target="/inbox?x=1"))


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "post"])
def test_a15_a_signature_for_another_method_is_refused(method: str) -> None:
    digest = ("digest", f"SHA-256={GOOD}")
    made_for_other = signing.cavage(POST, method=method, headers=[digest])
    if method != "post":
        refused(replace(made_for_other, method="POST"))
    assert accepted(made_for_other)


def test_a16_the_public_key_is_no_shared_secret() -> None:
    request = signing.cavage(algorithm="hmac-sha256")
    message = signing.cavage().fields()
    secret = rsa_key().public_pem().encode()
    text = "\n".join(
        ["(request-target): post /inbox", *(f"{name}: {message[name]}" for name in ("host", "date", "digest"))]
    )
    forged = base64.b64encode(hmac.new(secret, text.encode(), "sha256").digest()).decode()
    refused(signing.cavage(algorithm="hmac-sha256", signature=forged))
    refused(signing.cavage(algorithm="hs2019", signature=forged))
    with pytest.raises(BadSignature):
        key_id_of(request)


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "none", "rsa-sha1", "rsa-sha512", "ed25519", "RSA-SHA256", ""])
def test_a16_the_algorithm_must_be_one_of_an_rsa_key(algorithm: str) -> None:
    refused(signing.cavage(algorithm=algorithm))


def test_a16_an_ed25519_key_does_not_sign_as_rsa() -> None:
    refused(signing.cavage(key=ed25519_key(), algorithm="rsa-sha256"), ed25519_key())
    refused(signing.cavage(key=ed25519_key()), rsa_key())
    refused(signing.cavage(key=rsa_key()), ed25519_key())


@pytest.mark.parametrize("covered", [None, (), ("(created)",), ("date",)])
def test_a17_an_empty_or_default_cover_is_refused(covered: tuple[str, ...] | None) -> None:
    request = signing.cavage(covered, created=signing.seconds())
    with pytest.raises(BadSignature):
        key_id_of(request)
    refused(request)


def test_a_get_must_sign_target_host_and_time() -> None:
    assert accepted(signing.cavage(GET, method="GET", body=b""))
    for left_out in GET:
        refused(signing.cavage([name for name in GET if name != left_out], method="GET", body=b""))


def test_a_head_is_signed_like_a_get_and_an_empty_post_like_any_post() -> None:
    assert accepted(signing.cavage(GET, method="HEAD", body=b""))
    assert accepted(signing.cavage(POST, body=b""))
    refused(signing.cavage(GET, body=b""))


@pytest.mark.parametrize("extra", ['keyId="https://peer.test/users/bob#main-key"', 'x="1",x="1"', 'headers="host"'])
def test_a3_a_parameter_given_twice_spoils_a_sound_signature(extra: str) -> None:
    request = signing.cavage()
    once = ("signature", header(request, "signature") + ',x="1"')
    assert accepted(replace(request, headers=(*without(request, "signature"), once)))
    twice = ("signature", header(request, "signature") + "," + extra)
    refused(replace(request, headers=(*without(request, "signature"), twice)))


@pytest.mark.parametrize(("count", "fits"), [(16, True), (17, False)])
def test_a3_more_parameters_than_we_read_spoil_a_sound_signature(count: int, fits: bool) -> None:
    more: Any = {f"x{chr(97 + n)}": "1" for n in range(count - 4)}
    request = signing.cavage(**more)
    if fits:
        assert accepted(request)
    else:
        refused(request)


@pytest.mark.parametrize(("count", "fits"), [(32, True), (33, False)])
def test_a3_more_signed_headers_than_we_read_spoil_a_sound_signature(count: int, fits: bool) -> None:
    extra = [(f"x-{n}", "a") for n in range(count - len(POST))]
    request = signing.cavage((*POST, *dict(extra)), headers=extra)
    if fits:
        assert accepted(request)
    else:
        refused(request)


def test_a3_a_header_listed_twice_spoils_a_sound_signature() -> None:
    refused(signing.cavage((*POST, "host")))


def test_another_key_does_not_fit() -> None:
    refused(signing.cavage(), KeyPair.generate_rsa(KEY_ID))


def test_a_signed_header_that_is_not_there_is_refused() -> None:
    refused(signing.cavage((*POST, "x-missing")))
    refused(signing.cavage((*POST, "(secret)")))


@pytest.mark.parametrize("name", ["(created)", "(expires)"])
def test_a_pseudo_header_without_its_parameter_is_refused(name: str) -> None:
    refused(signing.cavage((*POST, name)))


def test_created_and_expires_are_not_for_algorithms_named_after_the_key() -> None:
    covered = (*POST, "(created)")
    assert accepted(signing.cavage(covered, created=signing.seconds()))
    refused(signing.cavage(covered, created=signing.seconds(), algorithm="rsa-sha256"))


@pytest.mark.parametrize("value", ["a\ndigest: b", "a\rb"])
def test_a_line_break_in_a_value_cannot_pass_for_another_line(value: str) -> None:
    assert accepted(signing.cavage((*POST, "x-note"), headers=[("x-note", "a")]))
    refused(signing.cavage((*POST, "x-note"), headers=[("x-note", value)]))


def test_a_header_named_like_a_pseudo_header_is_not_taken_for_it() -> None:
    covered = (*POST, "(created)")
    refused(signing.cavage(covered, headers=[("(created)", str(signing.seconds()))]))


def test_values_are_bytes_as_they_came() -> None:
    name = "Käthe".encode().decode("latin-1")
    request = signing.cavage((*POST, "x-note"), headers=[("x-note", "Käthe")])
    assert accepted(replace(request, headers=(("x-note", name), *without(request, "x-note"))))
    refused(signing.cavage((*POST, "x-note"), headers=[("x-note", "Кате")]))


@pytest.mark.parametrize("target", ["", "*", "https://here.test/inbox", "inbox"])
def test_a_target_that_is_no_path_is_refused(target: str) -> None:
    with pytest.raises(Malformed):
        verify(signing.cavage(target=target), rsa_key().public, NOW, ORIGIN)


def test_more_headers_than_we_read_are_refused() -> None:
    request = signing.cavage()
    filler = tuple((f"x-{n}", "") for n in range(128 - len(request.headers)))
    assert accepted(replace(request, headers=request.headers + filler))
    with pytest.raises(Malformed):
        key_id_of(replace(request, headers=(*request.headers, *filler, ("x", ""))))


@pytest.mark.parametrize(
    "key_id",
    [
        "acct:bob@peer.test",
        "data:text/plain,key",
        "file:///etc/passwd",
        "urn:uuid:1",
        "https://user@peer.test/key",
        "https:///key",
        "/key",
        "",
        "https://peer.test/" + "k" * 2_048,
    ],
)
def test_a23_a_key_id_that_is_no_http_address_is_refused(key_id: str) -> None:
    with pytest.raises(FederationError):
        key_id_of(signing.cavage(keyId=key_id))


@pytest.mark.parametrize(
    "key_id",
    [
        "https://peer.test/users/bob/main-key",
        "https://peer.test/users/bob#key",
        "http://127.0.0.1:8000/users/a#main-key",
    ],
)
def test_key_ids_of_every_usual_form_are_read(key_id: str) -> None:
    assert key_id_of(signing.cavage(keyId=key_id)) == key_id
