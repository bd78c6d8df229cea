"""Digests of bodies: `Digest` (RFC 3230, with draft-cavage) and `Content-Digest` (RFC 9530, with RFC 9421)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import Final

from federation.errors import BadSignature

_CONTENT_DIGEST: Final = re.compile(r"([a-z0-9-]{1,32})=:([A-Za-z0-9+/]{1,128}={0,2}):")


def sha256_of(body: bytes) -> str:
    """SHA-256 in base64."""
    return base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")


def digest_header(body: bytes) -> str:
    """A Digest header as every peer reads it (Misskey wants the token in capitals)."""
    return f"SHA-256={sha256_of(body)}"


def content_digest_header(body: bytes) -> str:
    """A Content-Digest header."""
    return f"sha-256=:{sha256_of(body)}:"


def _check(claimed: list[str], body: bytes) -> None:
    if len(claimed) != 1:
        raise BadSignature("exactly one SHA-256 digest is needed")
    try:
        value = base64.b64decode(claimed[0], validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("digest is not base64") from None
    if not hmac.compare_digest(value, hashlib.sha256(body).digest()):
        raise BadSignature("digest does not fit the body")


def check_digest(header: str | None, body: bytes) -> None:
    """Compare a Digest header with the raw body; other algorithms beside SHA-256 are ignored. Raises BadSignature."""
    pairs = [part.strip().partition("=") for part in (header or "").split(",")]
    _check([value for name, _, value in pairs if name.lower() == "sha-256"], body)


def check_content_digest(header: str | None, body: bytes) -> None:
    """Compare a Content-Digest header with the raw body. Raises BadSignature."""
    parts = [part.strip() for part in (header or "").split(",")]
    found = [_CONTENT_DIGEST.fullmatch(part) for part in parts]
    if any(match is None for match in found):
        raise BadSignature("Content-Digest is malformed")
    _check([match[2] for match in found if match is not None and match[1] == "sha-256"], body)
