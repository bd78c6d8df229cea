"""Digests of bodies: `Digest` (RFC 3230, with draft-cavage) and `Content-Digest` (RFC 9530, with RFC 9421)."""

from __future__ import annotations

import hashlib
import re
from binascii import b2a_base64
from collections.abc import Iterable
from typing import Final, NewType

from federation.errors import BadSignature, Malformed

#: SHA-256 of a body in base64: made once, written into the headers of thousands of requests in either dialect.
BodyDigest = NewType("BodyDigest", str)

MAX_DIGEST_HEADER_CHARS: Final = 1_024
#: A member of the dictionary of RFC 9530 3: a byte sequence without parameters.
_MEMBER: Final = re.compile(r"([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):")


def body_digest(body: bytes) -> BodyDigest:
    """SHA-256 of the raw bytes, in base64."""
    return BodyDigest(b2a_base64(hashlib.sha256(body).digest(), newline=False).decode("ascii"))


def digest_header(digest: BodyDigest) -> str:
    """Write a Digest header as every peer reads it (Misskey compares the algorithm in capitals)."""
    return f"SHA-256={digest}"


def content_digest_header(digest: BodyDigest) -> str:
    """Write a Content-Digest header (RFC 9530 2)."""
    return f"sha-256=:{digest}:"


def check_digest(header: str, body: bytes) -> None:
    """Compare a Digest header with the raw body. Raises BadSignature."""
    # RFC 3230 4.1.1: names of algorithms know no case.
    parts = (part.strip(" \t").partition("=") for part in _parts(header))
    _compare(((name.lower(), value) for name, _, value in parts), body)


def check_content_digest(header: str, body: bytes) -> None:
    """Compare a Content-Digest header with the raw body. Raises BadSignature, or Malformed if it is no dictionary."""
    members = [_MEMBER.fullmatch(part.strip(" \t")) for part in _parts(header)]
    if None in members:
        raise Malformed("Content-Digest is not a dictionary of byte sequences")
    _compare(((member[1], member[2]) for member in members if member is not None), body)


def _parts(header: str) -> list[str]:
    if len(header) > MAX_DIGEST_HEADER_CHARS:
        raise Malformed("a digest header too long")
    return header.split(",")


def _compare(claims: Iterable[tuple[str, str]], body: bytes) -> None:
    """Ask for one SHA-256 that fits. Others are not needed, but SHA-512 must not say something else."""
    found: dict[str, str] = {}
    for name, value in claims:
        if name in found:
            raise BadSignature("a digest came twice")
        found[name] = value
    if found.get("sha-256") != body_digest(body):
        raise BadSignature("the digest does not fit the body")
    if "sha-512" in found and found["sha-512"] != _sha512(body):
        raise BadSignature("the digests contradict each other")


def _sha512(body: bytes) -> str:
    return b2a_base64(hashlib.sha512(body).digest(), newline=False).decode("ascii")
