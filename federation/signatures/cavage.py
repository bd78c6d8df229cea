"""draft-cavage-http-signatures-12 as the fediverse speaks it: the `Signature` header with RSA or Ed25519."""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from federation.errors import BadSignature, Malformed
from federation.identifiers import split_url
from federation.keys import Algorithm, KeyPair, PublicKey
from federation.signatures.digests import BodyDigest, body_digest, check_digest, digest_header
from federation.signatures.request import MAX_SIGNATURE_CHARS, SignedRequest, check_host, signed_bytes
from federation.signatures.times import check_times, http_date

MAX_PARAMETERS: Final = 16
MAX_COVERED: Final = 32
#: One parameter and the comma behind it. No part can match what the next one matches, so there is nothing to try twice.
_PARAMETER: Final = re.compile(r'([A-Za-z]+)=(?:"([^"\\]*)"|([0-9]+))[ \t]*(?:,[ \t]*|\Z)')
#: hs2019 says "as the key's metadata say": here RSASSA-PKCS1-v1_5 with SHA-256, whatever the draft hoped for.
_ALGORITHMS: Final[dict[Algorithm, frozenset[str | None]]] = {
    "rsa": frozenset({None, "hs2019", "rsa-sha256"}),
    "ed25519": frozenset({None, "hs2019", "ed25519"}),
}
_KNOWN_ALGORITHMS: Final = frozenset().union(*_ALGORITHMS.values())
_TARGET, _CREATED, _EXPIRES = "(request-target)", "(created)", "(expires)"
_ALWAYS: Final = frozenset({_TARGET, "host"})
_WITH_BODY: Final = _ALWAYS | {"digest"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """A Signature header, taken apart. `covered` are the names in the order in which they were signed."""

    key_id: str
    algorithm: str | None
    covered: tuple[str, ...]
    created: str | None
    expires: str | None
    signature: bytes


def read(request: SignedRequest, fields: dict[str, str]) -> Parameters:
    """Read the Signature header, and refuse whatever no key could make good.

    Raises Malformed if it cannot be read, BadSignature if it is missing or does not cover what it must.
    """
    header = fields.get("signature")
    if header is None:
        raise BadSignature("unsigned")
    found = parse(header)
    covered = found.covered
    if not (_WITH_BODY if request.needs_digest else _ALWAYS).issubset(covered):
        raise BadSignature("target, host or digest is not signed")
    if "date" not in covered and _CREATED not in covered:
        raise BadSignature("the time is not signed")
    if found.algorithm not in _KNOWN_ALGORITHMS:
        raise BadSignature("an algorithm that is not used here")
    return found


def parse(header: str) -> Parameters:
    """Take a Signature header apart (draft-cavage-12 2.1 and 4.1). Raises Malformed."""
    values = _values(header.removeprefix("Signature "))
    # Without the list only Date or (created) is covered, which is never enough; so an empty one stands for it.
    covered = tuple(values.get("headers", "").lower().split(" "))
    if len(covered) > MAX_COVERED or len(set(covered)) != len(covered):
        raise Malformed("an unsound list of signed headers")
    try:
        signature = a2b_base64(values["signature"], strict_mode=True)
        key_id = values["keyId"]
    except (KeyError, ValueError):
        raise Malformed("no keyId, or no signature in base64") from None
    return Parameters(
        key_id=key_id,
        algorithm=values.get("algorithm"),
        covered=covered,
        created=values.get("created"),
        expires=values.get("expires"),
        signature=signature,
    )


def _values(text: str) -> dict[str, str]:
    if len(text) > MAX_SIGNATURE_CHARS:
        raise Malformed("a signature too long")
    values: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if match is None or match[1] in values or len(values) == MAX_PARAMETERS:
            raise Malformed("unsound signature parameters")
        values[match[1]] = match[2] if match[3] is None else match[3]
        position = match.end()
    return values


def check(
    request: SignedRequest, fields: dict[str, str], found: Parameters, key: PublicKey, now: datetime, public_origin: str
) -> None:
    """Check a request to us, `fields` being its headers and `found` what was read of them, with and without query. Raises BadSignature or Malformed."""
    if found.algorithm not in _ALGORITHMS[key.algorithm]:
        raise BadSignature("the algorithm is not the key's")
    check_host(request, public_origin)
    date = fields.get("date") if "date" in found.covered else None
    check_times(now, date=date, created=found.created, expires=found.expires)
    if "digest" in found.covered:
        check_digest(fields.get("digest", ""), request.body)
    # Misskey and Akkoma leave the query out of what they sign.
    if not any(
        key.verify(found.signature, signing_string(request.method, target, found, fields))
        for target in dict.fromkeys((request.target, request.path))
    ):
        raise BadSignature("the signature does not hold")


def signing_string(method: str, target: str, found: Parameters, fields: dict[str, str]) -> bytes:
    """Put together what was signed (draft-cavage-12 2.3). Raises BadSignature if a part of it is not there."""
    special: dict[str, str | None] = {_TARGET: f"{method.lower()} {target}"}
    if found.algorithm in {None, "hs2019"}:
        # The draft forbids both beside an algorithm that is named for the kind of key.
        special |= {_CREATED: found.created, _EXPIRES: found.expires}
    lines = []
    for name in found.covered:
        value = special.get(name) if name.startswith("(") else fields.get(name)
        if value is None:
            raise BadSignature("a signed header is not there")
        value = value.strip(" \t")
        lines.append(f"{name}: {value}")
    return signed_bytes(lines)


class CavageSigner:
    """Signs many requests with one key; whatever stays the same is written once."""

    __slots__ = ("_key", "_start")

    def __init__(self, key: KeyPair) -> None:
        algorithm = "rsa-sha256" if key.algorithm == "rsa" else "hs2019"
        self._key = key
        self._start = f'keyId="{key.key_id}",algorithm="{algorithm}",headers="(request-target) host date'

    def get(self, *, host: str, target: str, date: str) -> dict[str, str]:
        """Headers Host, Date and Signature of a GET."""
        message = f"(request-target): get {target}\nhost: {host}\ndate: {date}"
        return {"Host": host, "Date": date, "Signature": self._signed("", message)}

    def headers(
        self, *, host: str, target: str, date: str, digest: BodyDigest, content_type: str | None = None
    ) -> dict[str, str]:
        """Headers Host, Date, Digest, (Content-Type) and Signature of a POST.

        `host` with the port if it is not the scheme's own, `target` the raw path with the query, `date` from http_date.
        """
        digested = digest_header(digest)
        message = f"(request-target): post {target}\nhost: {host}\ndate: {date}\ndigest: {digested}"
        headers = {"Host": host, "Date": date, "Digest": digested}
        names = " digest"
        if content_type is not None:
            message += f"\ncontent-type: {content_type}"
            names += " content-type"
            headers["Content-Type"] = content_type
        headers["Signature"] = self._signed(names, message)
        return headers

    def _signed(self, names: str, message: str) -> str:
        signature = b2a_base64(self._key.sign(message.encode("ascii")), newline=False).decode("ascii")
        return f'{self._start}{names}",signature="{signature}"'


def sign(
    key: KeyPair,
    method: Literal["GET", "POST"],
    url: str,
    body: bytes | None,
    now: datetime,
    *,
    content_type: str | None = None,
    digest: BodyDigest | None = None,
) -> dict[str, str]:
    """Headers to add to a GET or POST: Host, Date, Signature and, with a body, Digest and Content-Type.

    `digest`, from body_digest, spares hashing one body for each of many hosts. Raises Malformed for an unusable URL.
    """
    origin, target = split_url(url)
    signer, date = CavageSigner(key), http_date(now)
    if method == "GET":
        return signer.get(host=origin.authority, target=target, date=date)
    made = digest or body_digest(body or b"")
    return signer.headers(host=origin.authority, target=target, date=date, digest=made, content_type=content_type)
