from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from federation.errors import BadSignature, FederationError, Malformed
from federation.signatures import key_id_of, rfc9421, verify
from tests.federation import signing
from tests.federation.signing import (
    BODY,
    NOW,
    ORIGIN,
    accepted,
    ed25519_key,
    header,
    refused,
    rsa_key,
    without,
)

SECOND = timedelta(seconds=1)
FEDIFY = ("@method", "@target-uri", "@authority", "host", "date", "content-digest")
DATE = ("date", signing.date())

# What is refused (THREATS 1A, rows 28 and 29)


@pytest.mark.parametrize("left_out", ["@method", "@target-uri", "content-digest"])
def test_a28_whatever_must_be_signed_is_missed(left_out: str) -> None:
    covered = [name for name in ("@method", "@target-uri", "content-digest") if name != left_out]
    request = signing.rfc9421(covered)
    with pytest.raises(BadSignature):
        key_id_of(request)
    refused(request)


def test_a28_created_is_missed() -> None:
    request = signing.rfc9421(created=None)
    with pytest.raises(BadSignature):
        key_id_of(request)
    refused(request)


@pytest.mark.parametrize("alg", ["hmac-sha256", "rsa-pss-sha512", "rsa-sha256", "ed25519", ""])
def test_a28_the_algorithm_must_be_the_keys(alg: str) -> None:
    assert accepted(signing.rfc9421(alg="rsa-v1_5-sha256"))
    refused(signing.rfc9421(alg=alg))
    if alg != "ed25519":
        with pytest.raises(BadSignature):
            key_id_of(signing.rfc9421(alg=alg))


def test_a28_an_ed25519_key_does_not_sign_as_rsa() -> None:
    refused(signing.rfc9421(key=ed25519_key(), alg="rsa-v1_5-sha256"), ed25519_key())
    assert accepted(signing.rfc9421(key=ed25519_key(), alg="ed25519"), ed25519_key())


@pytest.mark.parametrize(("created", "expires"), [(3601, None), (-3601, None), (0, -1), (0, 43201)])
def test_a28_the_time_is_judged_as_in_the_other_dialect(created: int, expires: int | None) -> None:
    end = None if expires is None else signing.seconds(expires * SECOND)
    refused(signing.rfc9421(created=signing.seconds(created * SECOND), expires=end))
    assert accepted(signing.rfc9421(created=signing.seconds(3600 * SECOND), expires=signing.seconds(3601 * SECOND)))


def test_a28_a_signed_date_is_judged_too() -> None:
    refused(signing.rfc9421(FEDIFY, headers=[("date", signing.date(-timedelta(hours=2)))]))
    refused(signing.rfc9421(FEDIFY))


@pytest.mark.parametrize(("count", "fits"), [(32, True), (33, False)])
def test_more_components_than_we_read_spoil_a_sound_signature(count: int, fits: bool) -> None:
    extra = [(f"x-{n}", "a") for n in range(count - 3)]
    request = signing.rfc9421(("@method", "@target-uri", "content-digest", *dict(extra)), headers=extra)
    if fits:
        assert accepted(request)
    else:
        refused(request)


def test_a28_two_labels_are_refused() -> None:
    request = signing.rfc9421()
    name, value = "signature-input", header(request, "signature-input")
    two = value + ", " + value.replace("sig1", "sig2")
    refused(replace(request, headers=(*without(request, name), (name, two))))
    refused(replace(request, headers=(*request.headers, (name, value))))
    name, value = "signature", header(request, "signature")
    refused(replace(request, headers=(*without(request, name), (name, value + ", " + value.replace("sig1", "sig2")))))
    refused(replace(request, headers=(*without(request, name), (name, value.replace("sig1", "sig2")))))


@pytest.mark.parametrize(
    "value", ["", "sig1", "sha-256", 'sha-256="x"', "SHA-256=:AAAA:", "sha-256=:AA AA:", "sha-256=:AAAA:;a"]
)
def test_a28_a_content_digest_that_is_no_dictionary_is_malformed(value: str) -> None:
    with pytest.raises(Malformed):
        verify(signing.rfc9421(headers=[("content-digest", value)]), rsa_key().public, NOW, ORIGIN)


def test_a28_a_content_digest_of_other_bytes_is_refused() -> None:
    refused(signing.rfc9421(headers=[("content-digest", f"sha-256=:{signing.sha256(b'other')}:")]))
    refused(signing.rfc9421(headers=[("content-digest", "sha-512=:AAAA:")]))
    refused(replace(signing.rfc9421(), body=BODY + b" "))


def test_a29_the_newer_dialect_wins_where_both_are_there() -> None:
    cavage, newer = signing.cavage(), signing.rfc9421()
    assert accepted(cavage)
    broken = ("signature-input", header(newer, "signature-input"))
    refused(replace(cavage, headers=(*cavage.headers, broken)))
    refused(replace(cavage, headers=(*cavage.headers, ("signature-input", ""))))
    both = (*without(newer, "signature"), ("signature", header(cavage, "signature")))
    refused(replace(newer, headers=both))


def test_a_missing_signature_beside_its_input_is_refused() -> None:
    request = signing.rfc9421()
    refused(replace(request, headers=without(request, "signature")))


def test_another_method_target_host_or_origin_is_refused() -> None:
    request = signing.rfc9421()
    for changed in (
        replace(request, method="PUT"),
        replace(request, target="/users/a/inbox"),
        replace(request, target="/inbox?x"),
        replace(request, host="other.test", headers=without(request, "host")),
    ):
        refused(changed)
    with pytest.raises(BadSignature):
        verify(request, rsa_key().public, NOW, "http://here.test")


@pytest.mark.parametrize("covered", ["x-missing", "@status", "@nonsense"])
def test_a_covered_component_that_is_not_there_is_refused(covered: str) -> None:
    refused(signing.rfc9421(("@method", "@target-uri", "content-digest", covered)))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "sig1",
        "sig1=()",
        'sig1=("@method" "@target-uri" "content-digest")',
        'sig1=("@method"  "@target-uri" "content-digest");created=1;keyid="https://a.test/"',
        'sig1=("@method" "@method");created=1;keyid="https://a.test/"',
        'sig1=("@method";req "@target-uri");created=1;keyid="https://a.test/"',
        'sig1=("@METHOD");created=1;keyid="https://a.test/"',
        'sig1=(@method);created=1;keyid="https://a.test/"',
        'sig1=("@method");created=01;keyid="https://a.test/"',
        'sig1=("@method");created=1.5;keyid="https://a.test/"',
        'sig1=("@method");created="1";keyid="https://a.test/"',
        'sig1=("@method");created=1;created=1;keyid="https://a.test/"',
        'sig1=("@method");created=1; keyid="https://a.test/"',
        'sig1=("@method");created=1;keyid=https://a.test/',
        'sig1=("@method");created=1;keyid=7',
        'sig1=("@method");created=1;keyid="https://a.test/\\n"',
        'sig1=("@method");created=1;keyid="https://a.test/ключ"',
        'sig1=("@method");created=1;keyid="https://a.test/";other="x"',
        'sig1=("@method");created=1;keyid="https://a.test/";flag',
        'SIG1=("@method");created=1;keyid="https://a.test/"',
        'sig1="@method";created=1;keyid="https://a.test/"',
        "sig1=(" + " ".join(f'"x{n}"' for n in range(33)) + ');created=1;keyid="https://a.test/"',
        'sig1=("@method");created=1;keyid="' + "x" * 5_000 + '"',
    ],
)
def test_garbage_in_signature_input_is_malformed(value: str) -> None:
    sound = 'sig1=("@method" "@target-uri");created=1;keyid="https://a.test/(b)"'
    assert rfc9421.parse(sound, "sig1=:AAAA:").key_id == "https://a.test/(b)"
    with pytest.raises(Malformed):
        rfc9421.parse(value, "sig1=:AAAA:")


@pytest.mark.parametrize("value", ["", "sig1", "sig1=AAAA", "sig1=:AAA:", "sig1=:A A:", "sig1=:AAAA:;a", "sig2=:AAAA:"])
def test_garbage_in_signature_is_malformed(value: str) -> None:
    with pytest.raises(Malformed):
        rfc9421.parse('sig1=("@method" "@target-uri");created=1;keyid="https://a.test/"', value)


def test_a23_a_keyid_that_is_no_http_address_is_refused() -> None:
    assert key_id_of(signing.rfc9421(keyid="https://peer.test/users/bob/main-key")).endswith("/main-key")
    for key_id in ("acct:bob@peer.test", "data:,x", "", "test-key-rsa"):
        with pytest.raises(FederationError):
            key_id_of(signing.rfc9421(keyid=key_id))
