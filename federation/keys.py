"""Key pairs of ours and public keys of others. Keys are RSA of 2048 to 4096 bits, or Ed25519; nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from federation.errors import Malformed
from federation.identifiers import KeyId

__all__ = ["Algorithm", "KeyPair", "PublicKey"]

Algorithm = Literal["rsa", "ed25519"]

OUR_RSA_BITS: Final = 2_048
MIN_RSA_BITS: Final = 2_048
MAX_RSA_BITS: Final = 4_096
#: 65537 has 17 bits. A long exponent makes one verification as dear as forty.
MAX_RSA_EXPONENT_BITS: Final = 33
MAX_PEM_CHARS: Final = 4_096
#: A key of MAX_RSA_BITS takes about 720; decoding base58 is quadratic.
MAX_MULTIBASE_CHARS: Final = 1_024

_PADDING: Final = padding.PKCS1v15()
_HASH: Final = hashes.SHA256()
_SPKI: Final = serialization.PublicFormat.SubjectPublicKeyInfo
_BASE58: Final = {
    char: digit for digit, char in enumerate("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
}
#: Multicodec prefixes: the unsigned varints of 0xed and 0x1205.
_MULTICODEC_ED25519: Final = b"\xed\x01"
_MULTICODEC_RSA: Final = b"\x85\x24"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that checks signatures. Its type alone decides the algorithm, never a header."""

    key: rsa.RSAPublicKey | ed25519.Ed25519PublicKey = field(repr=False)
    algorithm: Algorithm

    @classmethod
    def from_pem(cls, pem: str) -> PublicKey:
        """Read SPKI or PKCS#1 PEM, with or without its last newline. Raises Malformed."""
        if len(pem) > MAX_PEM_CHARS:
            raise Malformed("a key too long")
        try:
            key = serialization.load_pem_public_key(pem.strip().encode("ascii"))
        except (ValueError, UnsupportedAlgorithm):
            raise Malformed("not a public key") from None
        return _checked(key)

    @classmethod
    def from_multibase(cls, text: str) -> PublicKey:
        """Read a Multikey (FEP-521a): base58btc of a multicodec prefix and a key. Raises Malformed."""
        data = _base58_decoded(text)
        try:
            if data.startswith(_MULTICODEC_ED25519):
                return cls(ed25519.Ed25519PublicKey.from_public_bytes(data[2:]), "ed25519")
            if data.startswith(_MULTICODEC_RSA):
                return _checked(serialization.load_der_public_key(data[2:]))
        except (ValueError, UnsupportedAlgorithm):
            raise Malformed("not a public key") from None
        raise Malformed("not a kind of key that is used here")

    def pem(self) -> str:
        """SPKI PEM."""
        return self.key.public_bytes(serialization.Encoding.PEM, _SPKI).decode("ascii")

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Say whether the signature is this key's over exactly these bytes."""
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
    """A key of ours, loaded once and kept: reading a private PEM costs more than signing."""

    key_id: KeyId
    private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate_rsa(cls, key_id: KeyId) -> KeyPair:
        """Make a fresh RSA pair; takes about a tenth of a second, so not on the event loop."""
        return cls(key_id, rsa.generate_private_key(public_exponent=65537, key_size=OUR_RSA_BITS))

    @classmethod
    def generate_ed25519(cls, key_id: KeyId) -> KeyPair:
        """Make a fresh Ed25519 pair."""
        return cls(key_id, ed25519.Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, key_id: KeyId, pem: str) -> KeyPair:
        """Read a key of our own making: the check against crafted ones, 35 ms, is left out. Raises Malformed."""
        try:
            key = serialization.load_pem_private_key(pem.encode("ascii"), None, unsafe_skip_rsa_key_validation=True)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise Malformed("not a private key") from None
        if not isinstance(key, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
            raise Malformed("not a kind of key that is used here")
        return cls(key_id, key)

    @property
    def algorithm(self) -> Algorithm:
        """What kind of key it is."""
        return "rsa" if isinstance(self.private, rsa.RSAPrivateKey) else "ed25519"

    @property
    def public(self) -> PublicKey:
        """The half to show."""
        return PublicKey(self.private.public_key(), self.algorithm)

    def public_pem(self) -> str:
        """The half to show, as SPKI PEM."""
        return self.public.pem()

    def private_pem(self) -> str:
        """PKCS#8 PEM in the clear, to be sealed before it is stored."""
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode("ascii")

    def sign(self, message: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256, or Ed25519. The interpreter is free for other threads meanwhile."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(message, _PADDING, _HASH)
        return self.private.sign(message)


def _checked(key: object) -> PublicKey:
    if isinstance(key, ed25519.Ed25519PublicKey):
        return PublicKey(key, "ed25519")
    if isinstance(key, rsa.RSAPublicKey) and MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        if key.public_numbers().e.bit_length() > MAX_RSA_EXPONENT_BITS:
            raise Malformed("a key made to be slow")
        return PublicKey(key, "rsa")
    raise Malformed("not a kind of key that is used here")


def _base58_decoded(text: str) -> bytes:
    if not text.startswith("z") or len(text) > MAX_MULTIBASE_CHARS:
        raise Malformed("not base58btc")
    digits = text[1:]
    number = 0
    for char in digits:
        digit = _BASE58.get(char)
        if digit is None:
            raise Malformed("not base58btc")
        number = number * 58 + digit
    zeros = len(digits) - len(digits.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
