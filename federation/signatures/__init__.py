"""One door to both dialects of HTTP signatures: draft-cavage-12, which everybody speaks, and RFC 9421.

A request with a Signature-Input header is read as RFC 9421 and never as the other.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    "Claim",
    "SignedRequest",
    "body_digest",
    "claim_of",
    "http_date",
    "key_id_of",
    "sign_cavage",
    "sign_rfc9421",
    "verify",
]


@dataclass(frozen=True, slots=True)
class Claim:
    """A request and what it says of its signature, read once. Nothing is verified yet."""

    request: SignedRequest
    fields: dict[str, str]
    found: cavage.Parameters | rfc9421.Parameters

    @property
    def key_id(self) -> KeyId:
        """Which key it says it was signed with. That it is not ours is for the caller to check."""
        return KeyId(self.found.key_id)

    def verify(self, key: PublicKey, now: datetime, public_origin: str) -> None:
        """Check the signature, as the function of this name does."""
        if isinstance(self.found, rfc9421.Parameters):
            rfc9421.check(self.request, self.fields, self.found, key, now, public_origin)
        else:
            cavage.check(self.request, self.fields, self.found, key, now, public_origin)


def _read(request: SignedRequest) -> Claim:
    fields = request.fields()
    found = rfc9421.read(request, fields) if "signature-input" in fields else cavage.read(request, fields)
    return Claim(request, fields, found)


def claim_of(request: SignedRequest) -> Claim:
    """What a request says of its signature; nothing need be fetched to say no.

    Raises BadSignature or Malformed for whatever no key could make good: no signature, one that cannot be read, one
    that does not cover what it must, a keyId that is no http(s) URL.
    """
    claim = _read(request)
    try:
        origin_of(claim.key_id)
    except Malformed:
        raise BadSignature("a keyId that is no address") from None
    return claim


def key_id_of(request: SignedRequest) -> KeyId:
    """Which key a request says it was signed with. Raises as claim_of."""
    return claim_of(request).key_id


def verify(request: SignedRequest, key: PublicKey, now: datetime, public_origin: str) -> None:
    """Check the signature of a request to our `public_origin`, such as `https://here.example`.

    `now` is aware. Raises BadSignature, or Malformed if it cannot be read. A query is tolerated whether it is signed
    or not: where it must not be, the caller refuses it.
    """
    _read(request).verify(key, now, public_origin)
