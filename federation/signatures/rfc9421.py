"""RFC 9421 in Mastodon's profile: one label; @method, @target-uri and (POST) content-digest covered; created mandatory."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from federation.errors import BadSignature
from federation.identifiers import origin_of
from federation.keys import KeyPair, PublicKey
from federation.signatures.digests import check_content_digest, content_digest_header
from federation.signatures.request import SignedRequest, check_times

MAX_COMPONENTS: Final = 24
_LABEL: Final = r"([a-z*][a-z0-9_.*-]{0,63})"
_INPUT: Final = re.compile(_LABEL + r"=\(([^()]{0,1024})\)((?:;[a-z]{1,16}=(?:\"[^\"\\]{0,2048}\"|-?\d{1,15}))*)")
_COMPONENT: Final = re.compile(r'"([a-z0-9@_-]{1,64})"')
_PARAMETER: Final = re.compile(r";([a-z]{1,16})=(?:\"([^\"\\]*)\"|(-?\d+))")
_SIGNATURE: Final = re.compile(_LABEL + r"=:([A-Za-z0-9+/]{1,1024}={0,2}):")
_ALGORITHMS: Final = {"rsa": "rsa-v1_5-sha256", "ed25519": "ed25519"}


@dataclass(frozen=True, slots=True)
class MessageSignature:
    """The parts of Signature-Input and Signature; `parameters` is the text that is signed again as @signature-params."""

    components: tuple[str, ...]
    parameters: str
    key_id: str
    algorithm: str
    created: str | None
    expires: str | None
    signature: bytes


def parse(request: SignedRequest) -> MessageSignature:
    """Read both headers. Raises BadSignature for anything but one sound label."""
    given = _INPUT.fullmatch((request.only("signature-input") or "").strip())
    signed = _SIGNATURE.fullmatch((request.only("signature") or "").strip())
    if given is None or signed is None or given[1] != signed[1]:
        raise BadSignature("exactly one well-formed signature is needed")
    pieces = given[2].split(" ") if given[2] else []
    components = [_COMPONENT.fullmatch(piece) for piece in pieces]
    names = tuple(match[1] for match in components if match is not None)
    if len(names) != len(pieces) or len(names) > MAX_COMPONENTS or len(set(names)) != len(names):
        raise BadSignature("the covered components are unsound")
    found = [(match[1], match[2] if match[2] is not None else match[3]) for match in _PARAMETER.finditer(given[3])]
    values = dict(found)
    if len(values) != len(found) or not values.get("keyid"):
        raise BadSignature("the parameters are unsound")
    try:
        signature = base64.b64decode(signed[2], validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("signature is not base64") from None
    return MessageSignature(
        components=names,
        parameters=f"({given[2]}){given[3]}",
        key_id=values["keyid"],
        algorithm=values.get("alg", ""),
        created=values.get("created"),
        expires=values.get("expires"),
        signature=signature,
    )


def _component(request: SignedRequest, name: str, origin: str) -> str:
    path, _, query = request.target.partition("?")
    derived = {
        "@method": request.method.upper(),
        "@target-uri": f"{origin}{request.target}",
        "@authority": origin_of(origin).authority,
        "@scheme": origin_of(origin).scheme,
        "@request-target": request.target,
        "@path": path,
        "@query": f"?{query}",
    }
    if name.startswith("@"):
        if name not in derived:
            raise BadSignature("a covered component is not known")
        return derived[name]
    value = request.only(name)
    if value is None:
        raise BadSignature("a covered header is not there")
    return value.strip()


def signature_base(request: SignedRequest, parsed: MessageSignature, origin: str) -> bytes:
    """The signature base (RFC 9421 2.5)."""
    lines = [f'"{name}": {_component(request, name, origin)}' for name in parsed.components]
    lines.append(f'"@signature-params": {parsed.parameters}')
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def verify(request: SignedRequest, key: PublicKey, now: datetime, origin: str) -> None:
    """Check the message signature of a request to our public `origin` (scheme and authority). Raises BadSignature."""
    parsed = parse(request)
    needed = {"@method", "@target-uri"} | ({"content-digest"} if request.method == "POST" else set())
    if not needed.issubset(parsed.components):
        raise BadSignature("not everything that matters is signed")
    if parsed.created is None:
        raise BadSignature("created is missing")
    if parsed.algorithm not in {"", _ALGORITHMS[key.algorithm]}:
        raise BadSignature("the algorithm is not the key's")
    check_times(parsed.created, parsed.expires, now)
    if request.method == "POST" or request.body:
        check_content_digest(request.only("content-digest"), request.body)
    if not key.verify(parsed.signature, signature_base(request, parsed, origin)):
        raise BadSignature("the signature does not hold")


def sign(key: KeyPair, method: str, url: str, body: bytes | None, now: datetime) -> dict[str, str]:
    """Headers Host, (Content-Digest), Signature-Input and Signature for a request."""
    names = ['"@method"', '"@target-uri"']
    lines = [f'"@method": {method.upper()}', f'"@target-uri": {url}']
    headers = {"Host": origin_of(url).authority}
    if body is not None:
        headers["Content-Digest"] = content_digest_header(body)
        names.append('"content-digest"')
        lines.append(f'"content-digest": {headers["Content-Digest"]}')
    parameters = (
        f'({" ".join(names)});created={int(now.timestamp())};keyid="{key.key_id}";alg="{_ALGORITHMS[key.algorithm]}"'
    )
    lines.append(f'"@signature-params": {parameters}')
    signature = base64.b64encode(key.sign("\n".join(lines).encode())).decode("ascii")
    return {**headers, "Signature-Input": f"sig1={parameters}", "Signature": f"sig1=:{signature}:"}
