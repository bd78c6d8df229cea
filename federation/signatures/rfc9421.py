"""RFC 9421 in Mastodon's profile: one label; @method, @target-uri and, with a body, content-digest; created mandatory.

Components with parameters (;sf, ;bs, ;key, ;req, ;tr, @query-param) are not read: nobody on the fediverse sends them,
and a sender that is refused falls back to draft-cavage.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from federation.errors import BadSignature, Malformed
from federation.identifiers import Origin, split_url
from federation.keys import Algorithm, KeyPair, PublicKey
from federation.signatures.digests import BodyDigest, body_digest, check_content_digest, content_digest_header
from federation.signatures.request import MAX_SIGNATURE_CHARS, SignedRequest, check_host, signed_bytes
from federation.signatures.times import check_times, http_date

MAX_COVERED: Final = 32
# RFC 8941 in its canonical spelling only, so that what was signed is what came. Within each expression no part can
# match what the next one matches.
_KEY: Final = r"[a-z*][a-z0-9_.*-]*"
_INPUT: Final = re.compile(rf"({_KEY})=(\(([^()]*)\)(;.*|))")
_COMPONENT: Final = re.compile(r'"(@?[a-z0-9!#$%&\'*+.^_`|~-]+)"')
_PARAMETER: Final = re.compile(r';([a-z]+)=(?:"((?:[ !#-\[\]-~]|\\["\\])*)"|(0|[1-9][0-9]{0,14}))')
_SIGNATURE: Final = re.compile(rf"({_KEY})=:([A-Za-z0-9+/=]*):")
_STRINGS: Final = frozenset({"keyid", "alg", "nonce", "tag"})
_INTEGERS: Final = frozenset({"created", "expires"})
_ALGORITHMS: Final[dict[Algorithm, str]] = {"rsa": "rsa-v1_5-sha256", "ed25519": "ed25519"}
_ALWAYS: Final = frozenset({"@method", "@target-uri"})
_WITH_BODY: Final = _ALWAYS | {"content-digest"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Signature-Input and Signature, taken apart. `text` is signed again as @signature-params."""

    key_id: str
    algorithm: str | None
    covered: tuple[str, ...]
    created: str | None
    expires: str | None
    text: str
    signature: bytes


def read(request: SignedRequest, fields: dict[str, str]) -> Parameters:
    """Read both headers, and refuse whatever no key could make good.

    Raises Malformed if they cannot be read, BadSignature if one is missing or not everything is covered that must be.
    """
    if "signature" not in fields:
        raise BadSignature("unsigned")
    found = parse(fields["signature-input"], fields["signature"])
    if not (_WITH_BODY if request.needs_digest else _ALWAYS).issubset(found.covered):
        raise BadSignature("method, target or digest is not signed")
    if found.created is None:
        raise BadSignature("the time is not signed")
    if found.algorithm is not None and found.algorithm not in _ALGORITHMS.values():
        raise BadSignature("an algorithm that is not used here")
    return found


def parse(signature_input: str, signature: str) -> Parameters:
    """Take both headers apart (RFC 9421 4.1 and 4.2). Raises Malformed unless there is one sound label in both."""
    if len(signature_input) + len(signature) > MAX_SIGNATURE_CHARS:
        raise Malformed("a signature too long")
    given, signed = _INPUT.fullmatch(signature_input.strip()), _SIGNATURE.fullmatch(signature.strip())
    if given is None or signed is None or given[1] != signed[1]:
        raise Malformed("not exactly one signature that can be read")
    values = _values(given[4])
    if "keyid" not in values:
        raise Malformed("no keyid")
    try:
        raw = a2b_base64(signed[2], strict_mode=True)
    except ValueError:
        raise Malformed("a signature that is not base64") from None
    return Parameters(
        key_id=values["keyid"],
        algorithm=values.get("alg"),
        covered=_covered(given[3]),
        created=values.get("created"),
        expires=values.get("expires"),
        text=given[2],
        signature=raw,
    )


def _covered(inner: str) -> tuple[str, ...]:
    matches = [_COMPONENT.fullmatch(item) for item in inner.split(" ")] if inner else []
    names = tuple(match[1] for match in matches if match is not None)
    if len(names) != len(matches) or len(names) > MAX_COVERED or len(set(names)) != len(names):
        raise Malformed("unsound or unknown components")
    return names


def _values(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if match is None or match[1] in values or match[1] not in (_INTEGERS if match[2] is None else _STRINGS):
            raise Malformed("unsound signature parameters")
        values[match[1]] = match[3] if match[2] is None else match[2]
        position = match.end()
    return values


def check(
    request: SignedRequest, fields: dict[str, str], found: Parameters, key: PublicKey, now: datetime, public_origin: str
) -> None:
    """Check a request to us, `fields` being its headers and `found` what was read of them. Raises BadSignature or Malformed."""
    if found.algorithm not in {None, _ALGORITHMS[key.algorithm]}:
        raise BadSignature("the algorithm is not the key's")
    origin = check_host(request, public_origin)
    date = fields.get("date") if "date" in found.covered else None
    check_times(now, date=date, created=found.created, expires=found.expires)
    if "content-digest" in found.covered:
        check_content_digest(fields.get("content-digest", ""), request.body)
    if not key.verify(found.signature, signature_base(request, origin, found, fields)):
        raise BadSignature("the signature does not hold")


def signature_base(request: SignedRequest, origin: Origin, found: Parameters, fields: dict[str, str]) -> bytes:
    """Put together what was signed (RFC 9421 2.5). Raises BadSignature if a part of it is not there."""
    lines = []
    for name in found.covered:
        value = _derived(name, request, origin) if name.startswith("@") else fields.get(name)
        if value is None:
            raise BadSignature("a covered component is not there")
        value = value.strip(" \t")
        lines.append(f'"{name}": {value}')
    lines.append(f'"@signature-params": {found.text}')
    return signed_bytes(lines)


def _derived(name: str, request: SignedRequest, origin: Origin) -> str | None:
    match name:
        case "@method":
            return request.method
        case "@target-uri":
            return f"{origin}{request.target}"
        case "@authority":
            return origin.authority
        case "@scheme":
            return origin.scheme
        case "@request-target":
            return request.target
        case "@path":
            return request.path
        case "@query":
            return "?" + request.target.partition("?")[2]
        case _:
            return None


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
    """Headers to add to a GET or POST: Host, Date, Signature-Input, Signature and, with a body, its digest and type.

    `digest`, from body_digest, spares hashing one body for each of many hosts. Raises Malformed for an unusable URL.
    """
    origin, target = split_url(url)
    headers = {"Host": origin.authority, "Date": http_date(now)}
    covered = [("@method", method), ("@target-uri", f"{origin}{target}")]
    if method == "POST":
        headers["Content-Digest"] = content_digest_header(digest or body_digest(body or b""))
        covered.append(("content-digest", headers["Content-Digest"]))
        if content_type is not None:
            headers["Content-Type"] = content_type
            covered.append(("content-type", content_type))
    names = " ".join(f'"{name}"' for name, _ in covered)
    text = f'({names});created={int(now.timestamp())};keyid="{key.key_id}";alg="{_ALGORITHMS[key.algorithm]}"'
    lines = [f'"{name}": {value}' for name, value in [*covered, ("@signature-params", text)]]
    signature = b2a_base64(key.sign("\n".join(lines).encode("ascii")), newline=False).decode("ascii")
    return {**headers, "Signature-Input": f"sig1={text}", "Signature": f"sig1=:{signature}:"}
