"""What can go wrong between two servers.

FederationError
├── Malformed            the bytes are not what the protocol says (answer 400)
│   └── TooLarge         more bytes, depth or items than we read (413)
├── BadSignature         no signature, or one that does not hold (401)
├── KeyUnavailable       the signer's key cannot be had for now (503, so that the sender tries again)
├── NotAuthorised        well signed, but not the signer's to say (202, dropped)
├── UnsafeUrl            an address we do not dial
└── FetchFailed          the other side did not give us the document
    ├── Unreachable      no answer: DNS, TCP, TLS, time
    ├── NotFound         404
    ├── Gone             410: the thing was deleted
    ├── Refused          401 or 403
    └── WrongDocument    not ActivityPub, not the id that was asked for, too large
"""

from __future__ import annotations

__all__ = [
    "BadSignature",
    "FederationError",
    "FetchFailed",
    "Gone",
    "KeyUnavailable",
    "Malformed",
    "NotAuthorised",
    "NotFound",
    "Refused",
    "TooLarge",
    "Unreachable",
    "UnsafeUrl",
    "WrongDocument",
]


class FederationError(Exception):
    """Base of everything this library raises on purpose. The message never repeats untrusted bytes."""


class Malformed(FederationError):
    """The document is not what the protocol says."""


class TooLarge(Malformed):
    """The document is larger, deeper or has more items than we read."""


class BadSignature(FederationError):
    """There is no signature, or it does not hold."""


class KeyUnavailable(FederationError):
    """The signer's key cannot be had for now; the sender should try again."""


class NotAuthorised(FederationError):
    """The signature holds, but this is not the signer's to say."""


class UnsafeUrl(FederationError):
    """An address that we do not dial."""


class FetchFailed(FederationError):
    """The other side did not give us the document."""


class Unreachable(FetchFailed):
    """No answer: DNS, TCP, TLS or time."""


class NotFound(FetchFailed):
    """404: not there, perhaps never was."""


class Gone(FetchFailed):
    """410: it was deleted."""


class Refused(FetchFailed):
    """401 or 403: we may not see it."""


class WrongDocument(FetchFailed):
    """Something came, but not the document that was asked for."""
