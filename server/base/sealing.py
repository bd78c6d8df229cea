"""Secrets at rest: sealed with a key that lies outside of the database (`data/secret.key`, mode 0600)."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

KEY_BYTES, NONCE_BYTES = 32, 12
_CONTEXT: Final = b"callout sealed 1"
_MARKS: Final = b"callout marks 1"


class UnsealError(Exception):
    """The secret was sealed with another key, or was changed."""


class Sealer:
    """Seal and unseal texts and pictures with ChaCha20-Poly1305, and mark what must be found again without being readable."""

    def __init__(self, key: bytes, random: Callable[[int], bytes] = os.urandom) -> None:
        self._cipher = ChaCha20Poly1305(key)
        self._marks = hashlib.blake2b(_MARKS, key=key, digest_size=KEY_BYTES).digest()
        self._random = random

    def mark(self, purpose: str, data: bytes) -> bytes:
        """32 bytes that are the same for the same data and purpose, and say nothing without the key outside of the database."""
        return hashlib.blake2b(purpose.encode() + b"\0" + data, key=self._marks, digest_size=32).digest()

    def seal(self, text: str) -> str:
        """Ciphertext in base64, different every time."""
        return self.seal_bytes(text.encode())

    def seal_bytes(self, data: bytes) -> str:
        """The same for bytes."""
        nonce = self._random(NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, data, _CONTEXT)).decode("ascii")

    def unseal(self, sealed: str) -> str:
        """The text again. Raises UnsealError."""
        return self.unseal_bytes(sealed).decode()

    def unseal_bytes(self, sealed: str) -> bytes:
        """The bytes again. Raises UnsealError."""
        data = base64.b64decode(sealed)
        try:
            return self._cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], _CONTEXT)
        except InvalidTag:
            raise UnsealError("sealed with another key: is data/secret.key the right one?") from None


def read_or_make_key(path: Path, random: Callable[[int], bytes] = os.urandom) -> bytes:
    """The key in the file; made at first use, readable by its owner only, durable before it is used."""
    try:
        return base64.b64decode(path.read_text().strip(), validate=True)
    except FileNotFoundError:
        key = random(KEY_BYTES)
    write_private(path, base64.b64encode(key).decode("ascii") + "\n")
    return key


def write_private(path: Path, text: str) -> None:
    """A file for its owner only, whole and durable or not there. Raises FileExistsError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.link(temporary, path)  # unlike a rename it never replaces what is there
    temporary.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
