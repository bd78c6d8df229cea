"""Codes of an authenticator app (RFC 6238: SHA-1, six digits, thirty seconds, which is what every app knows)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from typing import Final
from urllib.parse import quote

from server.features.access.secret import Random

SECRET_BYTES: Final = 20
STEP_SECONDS: Final = 30
DIGITS: Final = 6
#: Phones whose clock is up to a step off still come in.
WINDOW: Final = 1


def new_secret(random: Random) -> str:
    """A fresh secret as people can type it."""
    return base64.b32encode(random(SECRET_BYTES)).decode("ascii")


def code_at(secret: str, step: int) -> str:
    """The code of a time step (RFC 4226 over the count of steps)."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number: int = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def matching_step(secret: str, code: str, seconds: float) -> int | None:
    """The time step near this time whose code it is, or None."""
    now = int(seconds) // STEP_SECONDS
    steps = range(now - WINDOW, now + WINDOW + 1)
    found = [step for step in steps if hmac.compare_digest(code_at(secret, step).encode(), code.encode())]
    return found[-1] if found else None


def address(secret: str, issuer: str, account: str) -> str:
    """What the QR code says to the app."""
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?secret={secret}&issuer={quote(issuer)}"
