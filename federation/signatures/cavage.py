"""draft-cavage-http-signatures-12 as the fediverse speaks it: the `Signature` header with RSA or Ed25519."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final
from urllib.parse import urlsplit

from federation.errors import BadSignature
from federation.identifiers import origin_of
from federation.keys import KeyPair, PublicKey
from federation.signatures.digests import check_digest, digest_header
from federation.signatures.request import SignedRequest, check_times, check_window, http_date

MAX_PARAMETERS, MAX_SIGNED_HEADERS = 16, 32
_PARAMETER: Final = re.compile(r'([a-zA-Z]{1,32})=(?:"([^"\\]*)"|(\d{1,12}))')
_ALGORITHMS: Final = {"rsa": {"", "hs2019", "rsa-sha256"}, "ed25519": {"", "hs2019", "ed25519"}}
POST_HEADERS: Final = "(request-target) host date digest"
GET_HEADERS: Final = "(request-target) host date"


@dataclass(frozen=True, slots=True)
class CavageSignature:
    """The parts of a Signature header."""

    key_id: str
    algorithm: str
    headers: tuple[str, ...]
    signature: bytes
    created: str | None
    expires: str | None


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    for _ in range(MAX_PARAMETERS):
        match = _PARAMETER.match(text, position)
        if match is None:
            raise BadSignature("Signature is malformed")
        yield match[1], match[2] if match[2] is not None else match[3]
        position = match.end()
        if position == len(text):
            return
        if text[position] != ",":
            raise BadSignature("Signature is malformed")
        position += 1
        while position < len(text) and text[position] == " ":
            position += 1
    raise BadSignature("Signature has too many parameters")


def parse(header: str) -> CavageSignature:
    """Read a Signature header. Raises BadSignature for anything unsound, parameters given twice among it."""
    text = header.removeprefix("Signature ").strip()
    values: dict[str, str] = {}
    for name, value in _parameters(text):
        if name in values:
            raise BadSignature("a parameter came twice")
        values[name] = value
    if not values.get("keyId") or not values.get("signature"):
        raise BadSignature("keyId or signature is missing")
    names = tuple(values.get("headers", "(created)" if "created" in values else "date").lower().split())
    if not names or len(names) > MAX_SIGNED_HEADERS or len(set(names)) != len(names):
        raise BadSignature("the list of signed headers is unsound")
    try:
        signature = base64.b64decode(values["signature"], validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("signature is not base64") from None
    return CavageSignature(
        key_id=values["keyId"],
        algorithm=values.get("algorithm", "").lower(),
        headers=names,
        signature=signature,
        created=values.get("created"),
        expires=values.get("expires"),
    )


def _required(request: SignedRequest, parsed: CavageSignature) -> None:
    needed = {"(request-target)", "host"} | ({"digest"} if request.method == "POST" else set())
    if not needed.issubset(parsed.headers) or not {"date", "(created)"} & set(parsed.headers):
        raise BadSignature("not everything that matters is signed")


def _signing_string(request: SignedRequest, parsed: CavageSignature, target: str) -> bytes:
    lines = []
    for name in parsed.headers:
        if name == "(request-target)":
            value = f"{request.method.lower()} {target}"
        elif name in {"(created)", "(expires)"}:
            value = (parsed.created if name == "(created)" else parsed.expires) or ""
            if not value or parsed.algorithm == "rsa-sha256":
                raise BadSignature(f"{name} cannot be used here")
        else:
            found = request.only(name)
            if found is None:
                raise BadSignature("a signed header is not there")
            value = found.strip()
        lines.append(f"{name}: {value}")
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def verify(request: SignedRequest, key: PublicKey, now: datetime, authority: str) -> None:
    """Check the Signature header of a request to `authority`, with its query and then without. Raises BadSignature."""
    header = request.only("signature")
    if header is None:
        raise BadSignature("unsigned")
    parsed = parse(header)
    _required(request, parsed)
    if parsed.algorithm not in _ALGORITHMS[key.algorithm]:
        raise BadSignature("the algorithm is not the key's")
    if (request.only("host") or "").lower() != authority:
        raise BadSignature("signed for another host")
    check_times(parsed.created, parsed.expires, now)
    if "date" in parsed.headers:
        check_window(http_date(request.only("date") or ""), now)
    if request.method == "POST" or request.body:
        check_digest(request.only("digest"), request.body)
    targets = dict.fromkeys((request.target, request.target.split("?", 1)[0]))
    if not any(key.verify(parsed.signature, _signing_string(request, parsed, target)) for target in targets):
        raise BadSignature("the signature does not hold")


class CavageSigner:
    """Signs many requests with one key; what does not change is put together once."""

    def __init__(self, key: KeyPair) -> None:
        self._key = key
        algorithm = "rsa-sha256" if key.algorithm == "rsa" else "hs2019"
        self._prefix = f'keyId="{key.key_id}",algorithm="{algorithm}",headers="'

    def post(self, target: str, host: str, date: str, digest: str) -> str:
        """The Signature header of a POST."""
        message = f"(request-target): post {target}\nhost: {host}\ndate: {date}\ndigest: {digest}"
        return self._signed(POST_HEADERS, message)

    def get(self, target: str, host: str, date: str) -> str:
        """The Signature header of a GET."""
        return self._signed(GET_HEADERS, f"(request-target): get {target}\nhost: {host}\ndate: {date}")

    def _signed(self, names: str, message: str) -> str:
        signature = base64.b64encode(self._key.sign(message.encode("ascii"))).decode("ascii")
        return f'{self._prefix}{names}",signature="{signature}"'


def target_of(url: str) -> str:
    """Path and query of a URL as they are sent."""
    parts = urlsplit(url)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def sign(
    key: KeyPair, method: str, url: str, body: bytes | None, now: datetime, *, digest: str | None = None
) -> dict[str, str]:
    """Headers Host, Date, (Digest) and Signature for a GET or POST. `digest` spares hashing a body sent to many."""
    host, date, target = origin_of(url).authority, format_datetime(now, usegmt=True), target_of(url)
    signer = CavageSigner(key)
    if method.upper() == "GET":
        return {"Host": host, "Date": date, "Signature": signer.get(target, host, date)}
    digest = digest or digest_header(body or b"")
    return {"Host": host, "Date": date, "Digest": digest, "Signature": signer.post(target, host, date, digest)}
