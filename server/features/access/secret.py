"""Secrets that people and programs carry. The house keeps only their hashes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Final

SECRET_BYTES: Final = 32
MAX_SECRET_CHARS: Final = 128

Random = Callable[[int], bytes]


def new_secret(random: Random) -> str:
    """A fresh secret of 256 bits in URL-safe letters."""
    return base64.urlsafe_b64encode(random(SECRET_BYTES)).rstrip(b"=").decode("ascii")


def hashed(secret: str) -> str:
    """What the house keeps of a secret: it is random enough that one round of SHA-256 holds."""
    return hashlib.sha256(secret[:MAX_SECRET_CHARS].encode()).hexdigest()
