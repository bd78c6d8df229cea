from __future__ import annotations

import base64
import contextlib
import time
from functools import cache

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.errors import Malformed
from federation.identifiers import KeyId
from federation.keys import MAX_MULTIBASE_CHARS, MAX_PEM_CHARS, KeyPair, PublicKey
from tests.federation.signing import KEY_ID, ed25519_key, rsa_key
from tests.federation.vectors import draft_cavage_12_appendix_c, rfc9421_appendix_b

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
SPKI, PKCS1 = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PublicFormat.PKCS1


def multibase(data: bytes) -> str:
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "z" + "1" * (len(data) - len(data.lstrip(b"\0"))) + text


@cache
def rsa_of(bits: int) -> rsa.RSAPublicKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()


def pem(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, form: serialization.PublicFormat = SPKI) -> str:
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


@pytest.mark.parametrize("make", [rsa_key, ed25519_key])
def test_what_a_pair_signs_its_public_half_verifies(make: object) -> None:
    pair = make() if callable(make) else None
    assert isinstance(pair, KeyPair)
    signature = pair.sign(b"message")
    assert pair.public.verify(signature, b"message")
    assert not pair.public.verify(signature, b"massage")
    assert not pair.public.verify(signature[:-1], b"message")
    assert not pair.public.verify(b"", b"message")


@pytest.mark.parametrize("make", [rsa_key, ed25519_key])
def test_a_pair_survives_its_pem(make: object) -> None:
    pair = make() if callable(make) else None
    assert isinstance(pair, KeyPair)
    again = KeyPair.from_pem(KeyId("https://here.test/actor#main-key"), pair.private_pem())
    assert again.algorithm == pair.algorithm
    assert again.public_pem() == pair.public_pem()
    assert PublicKey.from_pem(pair.public_pem()).verify(again.sign(b"message"), b"message")
    assert PublicKey.from_pem(pair.public_pem()) == pair.public


def test_our_rsa_keys_have_2048_bits() -> None:
    key = rsa_key().public.key
    assert isinstance(key, rsa.RSAPublicKey)
    assert (key.key_size, key.public_numbers().e) == (2048, 65537)
    assert rsa_key().private_pem().startswith("-----BEGIN PRIVATE KEY-----\n")
    assert rsa_key().public_pem().startswith("-----BEGIN PUBLIC KEY-----\n")


@pytest.mark.parametrize(
    "change", [str, str.strip, lambda text: text.replace("\n", "\r\n"), lambda text: f"\n  {text}\n"]
)
@pytest.mark.parametrize("form", [SPKI, PKCS1])
def test_a_public_pem_is_read_in_each_form_it_is_sent(form: serialization.PublicFormat, change: object) -> None:
    key = rsa_of(2048)
    assert callable(change)
    read = PublicKey.from_pem(change(pem(key, form)))
    assert read.algorithm == "rsa"
    assert read.pem() == pem(key)


def test_the_pkcs1_key_of_rfc_9421_is_read() -> None:
    read = PublicKey.from_pem(rfc9421_appendix_b.TEST_KEY_RSA_PUBLIC)
    assert read.verify(KeyPair.from_pem(KEY_ID, rfc9421_appendix_b.TEST_KEY_RSA_PRIVATE).sign(b"m"), b"m")


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_rsa_keys_of_usual_size_are_read(bits: int) -> None:
    assert PublicKey.from_pem(pem(rsa_of(bits))).algorithm == "rsa"


@pytest.mark.parametrize("bits", [1024, 2040, 4104])
def test_rsa_keys_too_small_or_too_large_are_refused(bits: int) -> None:
    with pytest.raises(Malformed):
        PublicKey.from_pem(pem(rsa_of(bits)))


def test_a_key_made_to_be_slow_is_refused() -> None:
    modulus = rsa_of(2048).public_numbers().n
    for exponent, fits in ((3, True), (2**32 + 1, True), (2**33 + 1, False), (2**2000 + 1, False)):
        text = pem(rsa.RSAPublicNumbers(exponent, modulus).public_key())
        if fits:
            assert PublicKey.from_pem(text).algorithm == "rsa"
        else:
            with pytest.raises(Malformed):
                PublicKey.from_pem(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "key",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nключ\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\n" + "A" * MAX_PEM_CHARS + "\n-----END PUBLIC KEY-----",
        draft_cavage_12_appendix_c.PUBLIC_KEY,
        draft_cavage_12_appendix_c.PRIVATE_KEY,
        rfc9421_appendix_b.TEST_KEY_ECC_P256_PUBLIC,
        rfc9421_appendix_b.TEST_KEY_ED25519_PRIVATE,
    ],
)
def test_what_is_no_key_of_a_kind_we_use_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        PublicKey.from_pem(text)


@settings(deadline=None)
@given(
    st.binary(max_size=64)
    | st.binary(max_size=64).map(lambda tail: base64.b64decode("MIIBIjANBgkqhkiG9w0BAQEF") + tail)
)
def test_no_bytes_in_a_pem_raise_anything_else(data: bytes) -> None:
    body = base64.b64encode(data).decode()
    for kind in ("PUBLIC KEY", "RSA PUBLIC KEY"):
        with pytest.raises(Malformed):
            PublicKey.from_pem(f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----")


def test_a_pem_longer_than_any_key_is_not_looked_at() -> None:
    padded = rsa_key().public_pem().ljust(MAX_PEM_CHARS, "\n")
    assert PublicKey.from_pem(padded) == rsa_key().public
    with pytest.raises(Malformed):
        PublicKey.from_pem(padded + "\n")


def encrypted() -> str:
    return (
        ed25519_key()
        .private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"word"),
        )
        .decode()
    )


def other_kind() -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )


@pytest.mark.parametrize("make", [encrypted, other_kind, str, lambda: "ключ", lambda: rsa_key().public_pem()])
def test_what_is_no_private_key_of_ours_is_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(Malformed):
        KeyPair.from_pem(KEY_ID, make())


def test_ed25519_multikeys_are_read() -> None:
    key = ed25519_key().private.public_key()
    assert isinstance(key, ed25519.Ed25519PublicKey)
    text = multibase(b"\xed\x01" + key.public_bytes_raw())
    assert text.startswith("z6Mk")
    assert PublicKey.from_multibase(text) == ed25519_key().public


def test_the_multikey_printed_in_fep_521a_is_the_key_that_others_write_in_base64() -> None:
    key = PublicKey.from_multibase("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2")
    assert isinstance(key.key, ed25519.Ed25519PublicKey)
    in_base64 = base64.urlsafe_b64decode("7QGwDY2Tjn93PVFWWq02piP1NE9_XRlg-c8-jhJiDqKBDw==")
    assert b"\xed\x01" + key.key.public_bytes_raw() == in_base64
    assert key.algorithm == "ed25519"


def test_rsa_multikeys_are_read() -> None:
    key = rsa_of(4096)
    text = multibase(b"\x85\x24" + key.public_bytes(serialization.Encoding.DER, PKCS1))
    assert len(text) < MAX_MULTIBASE_CHARS
    assert PublicKey.from_multibase(text).pem() == pem(key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "z",
        "z1",
        "u" + base64.urlsafe_b64encode(b"\xed\x01" + bytes(32)).decode(),
        "z6Mk0",
        "zключ",
        multibase(b"\xed\x01" + bytes(31)),
        multibase(b"\xed\x01" + bytes(33)),
        multibase(b"\x85\x24" + bytes(64)),
        multibase(b"\x80\x24" + bytes(33)),
        multibase(b"\0\xed\x01" + bytes(32)),
        "z" + "2" * MAX_MULTIBASE_CHARS,
    ],
)
def test_what_is_no_multikey_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        PublicKey.from_multibase(text)


def test_a_multikey_in_another_base_is_not_guessed_at() -> None:
    text = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
    for base in ("Z", "u", "", "zz"):
        with pytest.raises(Malformed):
            PublicKey.from_multibase(base + text[1:])


def test_a_multikey_longer_than_any_key_is_not_decoded() -> None:
    # Decoding a million digits takes minutes.
    started = time.process_time()
    with pytest.raises(Malformed):
        PublicKey.from_multibase("z" * 1_000_000)
    assert time.process_time() - started < 2


def test_a_small_rsa_multikey_is_refused() -> None:
    with pytest.raises(Malformed):
        PublicKey.from_multibase(multibase(b"\x85\x24" + rsa_of(1024).public_bytes(serialization.Encoding.DER, PKCS1)))


@settings(deadline=None)
@given(st.text(alphabet=ALPHABET + "0Oz", max_size=80).map("z".__add__))
def test_no_text_for_a_multikey_raises_anything_else(text: str) -> None:
    with contextlib.suppress(Malformed):
        assert PublicKey.from_multibase(text).algorithm == "ed25519"


def test_no_key_material_stands_in_a_repr() -> None:
    for pair in (rsa_key(), ed25519_key()):
        assert repr(pair) == f"KeyPair(key_id={KEY_ID!r})"
        assert repr(pair.public) == f"PublicKey(algorithm={pair.algorithm!r})"
