"""One door to both dialects of HTTP signatures: draft-cavage-12, which everybody speaks, and RFC 9421.

A request with a Signature-Input header is read as RFC 9421 and never as the other.
"""

from __future__ import annotations

from datetime import datetime

from federation.errors import BadSignature, Malformed
from federation.identifiers import KeyId, origin_of
from federation.keys import PublicKey
from federation.signatures import cavage, rfc9421
from federation.signatures.cavage import CavageSigner
from federation.signatures.cavage import sign as sign_cavage
from federation.signatures.digests import BodyDigest, body_digest
from federation.signatures.request import SignedRequest
from federation.signatures.rfc9421 import sign as sign_rfc9421
from federation.signatures.times import http_date

__all__ = [
    "BodyDigest",
    "CavageSigner",
    "SignedRequest",
    "body_digest",
    "http_date",
    "key_id_of",
    "sign_cavage",
    "sign_rfc9421",
    "verify",
]


def key_id_of(request: SignedRequest) -> KeyId:
    """Which key a request says it was signed with; nothing is verified yet, and nothing need be fetched to say no.

    Raises BadSignature or Malformed for whatever no key could make good: no signature, one that cannot be read, one
    that does not cover what it must, a keyId that is no http(s) URL. That it is not ours is for the caller to check.
    """
    fields = request.fields()
    found = rfc9421.read(request, fields) if "signature-input" in fields else cavage.read(request, fields)
    try:
        origin_of(found.key_id)
    except Malformed:
        raise BadSignature("a keyId that is no address") from None
    return KeyId(found.key_id)


def verify(request: SignedRequest, key: PublicKey, now: datetime, public_origin: str) -> None:
    """Check the signature of a request to our `public_origin`, such as `https://here.example`.

    `now` is aware. Raises BadSignature, or Malformed if it cannot be read. A query is tolerated whether it is signed
    or not: where it must not be, the caller refuses it.
    """
    fields = request.fields()
    if "signature-input" in fields:
        rfc9421.verify(request, fields, key, now, public_origin)
    else:
        cavage.verify(request, fields, key, now, public_origin)
