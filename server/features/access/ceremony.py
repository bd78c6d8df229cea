"""WebAuthn through its library, without a database: what a device is asked, and whether what it answers holds.

Only `passkeys.py` knows this file and loads it at the first use: the library takes 80 ms and 5 MB, which most days nobody needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import webauthn
from cryptography.exceptions import UnsupportedAlgorithm
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

TIMEOUT_MS: Final = 240_000
ALGORITHMS: Final = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
#: What an answer that is none brings the library to.
BAD_ANSWER: Final = (
    WebAuthnException,
    UnsupportedAlgorithm,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Whom passkeys are for: the host, and the origin that pages come from."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """The public half of a passkey that was just made, as text."""

    credential_id: str
    public_key: str
    sign_count: int


class RefusedError(Exception):
    """What the device answered does not hold."""


def ask_for_new(site: Site, challenge: str, user_id: bytes, label: str, known: Sequence[str]) -> str:
    """What a device needs to make a passkey, as JSON. One that holds a known passkey is told to make none."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=site.host,
        user_id=user_id,
        user_name=label,
        user_display_name=label,
        challenge=base64url_to_bytes(challenge),
        timeout=TIMEOUT_MS,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_described(known),
        supported_pub_key_algs=ALGORITHMS,
    )
    return webauthn.options_to_json(options)


def ask_for_proof(site: Site, challenge: str, known: Sequence[str]) -> str:
    """What a device needs to show a passkey, as JSON. Without known ones it lets its owner choose."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=base64url_to_bytes(challenge),
        timeout=TIMEOUT_MS,
        allow_credentials=_described(known),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def check_new(site: Site, challenge: str, answer: str) -> NewKey:
    """The passkey that a device made. Raises RefusedError."""
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
    except BAD_ANSWER as error:
        raise RefusedError(type(error).__name__) from None
    return NewKey(
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=bytes_to_base64url(made.credential_public_key),
        sign_count=made.sign_count,
    )


def check_proof(site: Site, challenge: str, answer: str, public_key: str, sign_count: int) -> int:
    """The new count of signatures of the passkey that a device showed. Raises RefusedError, also if the count went back."""
    try:
        shown = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(public_key),
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except BAD_ANSWER as error:
        raise RefusedError(type(error).__name__) from None
    return shown.new_sign_count


def _described(known: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in known]
