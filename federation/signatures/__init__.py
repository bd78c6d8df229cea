"""One door to both dialects of HTTP signatures: draft-cavage-12, which everybody speaks, and RFC 9421.

A request with a Signature-Input header is read as RFC 9421 and never as the other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from federation.errors import BadSignature, Malformed
from federation.identifiers import KeyId, origin_of
from federation.keys import PublicKey
from federation.signatures import cavage, rfc9421
from federation.signatures.cavage import CavageSigner
from federation.signatures.cavage import sign as sign_cavage
from federation.signatures.request import SignedRequest
from federation.signatures.rfc9421 import sign as sign_rfc9421

__all__ = ["CavageSigner", "SignedRequest", "key_id_of", "sign_cavage", "sign_rfc9421", "verify"]

MAX_KEY_ID_CHARS: Final = 2_048


def _is_rfc9421(request: SignedRequest) -> bool:
    return bool(request.all("signature-input"))


def key_id_of(request: SignedRequest) -> KeyId:
    """Which key a request says it was signed with; nothing is verified yet. Raises BadSignature."""
    if _is_rfc9421(request):
        key_id = rfc9421.parse(request).key_id
    else:
        header = request.only("signature")
        if header is None:
            raise BadSignature("unsigned")
        key_id = cavage.parse(header).key_id
    try:
        origin_of(key_id)
    except Malformed:
        raise BadSignature("keyId is not an address that can be used") from None
    return KeyId(key_id)


def verify(request: SignedRequest, key: PublicKey, now: datetime, origin: str) -> None:
    """Check the signature of a request to our public `origin`, such as `https://here.example`. Raises BadSignature."""
    if _is_rfc9421(request):
        rfc9421.verify(request, key, now, origin)
    else:
        cavage.verify(request, key, now, origin_of(origin).authority)
