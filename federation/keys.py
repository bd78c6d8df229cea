"""Key pairs of ours and public keys of others. Keys are RSA of 2048 to 4096 bits, or Ed25519; nothing else."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from federation.errors import Malformed
from federation.identifiers import KeyId

Algorithm = Literal["rsa", "ed25519"]

MIN_RSA_BITS, MAX_RSA_BITS, OUR_RSA_BITS = 2048, 4096, 2048
MAX_PEM_CHARS: Final = 4_096
MAX_MULTIBASE_CHARS: Final = 1_024
_PADDING: Final = padding.PKCS1v15()
_HASH: Final = hashes.SHA256()
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
#: Multicodec prefixes (unsigned varints of 0xed and 0x1205).
_MULTICODEC_ED25519, _MULTICODEC_RSA = b"\xed\x01", b"\x85\x24"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that checks signatures. Its type alone decides the algorithm, never a header."""

    key: rsa.RSAPublicKey | ed25519.Ed25519PublicKey = field(repr=False)
    algorithm: Algorithm

    @classmethod
    def from_pem(cls, pem: str) -> PublicKey:
        """Read SPKI or PKCS#1 PEM, with or without its last newline. Raises Malformed."""
        if len(pem) > MAX_PEM_CHARS:
            raise Malformed("key too long")
        try:
            key = serialization.load_pem_public_key(pem.strip().encode() + b"\n")
        except (ValueError, UnsupportedAlgorithm, UnicodeEncodeError):
            raise Malformed("not a public key") from None
        return cls._checked(key)

    @classmethod
    def from_multibase(cls, text: str) -> PublicKey:
        """Read a Multikey (FEP-521a): base58btc of an Ed25519 or RSA key. Raises Malformed."""
        data = _base58_decoded(text)
        try:
            if data.startswith(_MULTICODEC_ED25519):
                return cls(ed25519.Ed25519PublicKey.from_public_bytes(data[2:]), "ed25519")
            if data.startswith(_MULTICODEC_RSA):
                return cls._checked(serialization.load_der_public_key(_pkcs1_as_spki(data[2:])))
        except ValueError:
            raise Malformed("not a public key") from None
        raise Malformed("not a kind of key that is used here")

    @classmethod
    def _checked(cls, key: object) -> PublicKey:
        if isinstance(key, ed25519.Ed25519PublicKey):
            return cls(key, "ed25519")
        if isinstance(key, rsa.RSAPublicKey) and MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            return cls(key, "rsa")
        raise Malformed("not a kind of key that is used here")

    def pem(self) -> str:
        """SPKI PEM."""
        return self.key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode("ascii")

    def verify(self, signature: bytes, message: bytes) -> bool:
        """True if the signature is this key's over exactly these bytes."""
        try:
            if isinstance(self.key, rsa.RSAPublicKey):
                self.key.verify(signature, message, _PADDING, _HASH)
            else:
                self.key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key of ours, loaded once: reading a PEM costs as much as a hundred signatures."""

    key_id: KeyId
    private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate_rsa(cls, key_id: KeyId) -> KeyPair:
        """A fresh RSA pair."""
        return cls(key_id, rsa.generate_private_key(public_exponent=65537, key_size=OUR_RSA_BITS))

    @classmethod
    def generate_ed25519(cls, key_id: KeyId) -> KeyPair:
        """A fresh Ed25519 pair."""
        return cls(key_id, ed25519.Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, key_id: KeyId, pem: str) -> KeyPair:
        """Read a private key of our own making; the costly check of foreign keys is left out. Raises Malformed."""
        try:
            key = serialization.load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
        except (ValueError, TypeError):
            raise Malformed("not a private key") from None
        if not isinstance(key, (rsa.RSAPrivateKey, ed25519.Ed25519PrivateKey)):
            raise Malformed("not a kind of key that is used here")
        return cls(key_id, key)

    @property
    def algorithm(self) -> Algorithm:
        """What kind of key it is."""
        return "rsa" if isinstance(self.private, rsa.RSAPrivateKey) else "ed25519"

    def public(self) -> PublicKey:
        """The half to show."""
        return PublicKey(self.private.public_key(), self.algorithm)

    def public_pem(self) -> str:
        """The half to show, as SPKI PEM."""
        return self.public().pem()

    def private_pem(self) -> str:
        """PKCS#8 PEM, to be sealed before it is stored."""
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode("ascii")

    def sign(self, message: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256, or Ed25519."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(message, _PADDING, _HASH)
        return self.private.sign(message)


def _base58_decoded(text: str) -> bytes:
    if not text.startswith("z") or len(text) > MAX_MULTIBASE_CHARS:
        raise Malformed("not base58btc")
    number = 0
    for char in text[1:]:
        digit = _BASE58.find(char)
        if digit < 0:
            raise Malformed("not base58btc")
        number = number * 58 + digit
    zeros = len(text[1:]) - len(text[1:].lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _pkcs1_as_spki(der: bytes) -> bytes:
    pem = base64.encodebytes(der)
    key = serialization.load_pem_public_key(b"-----BEGIN RSA PUBLIC KEY-----\n" + pem + b"-----END RSA PUBLIC KEY-----\n")
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
