"""A peer that signs whatever it is told to, sound or not: written apart from what it tests."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache

import pytest

from federation.errors import BadSignature, Malformed
from federation.identifiers import KeyId
from federation.keys import KeyPair
from federation.signatures import SignedRequest, key_id_of, verify

NOW = datetime(2026, 9, 28, 9, 30, 12, tzinfo=UTC)
ORIGIN, HOST = "https://here.test", "here.test"
KEY_ID = KeyId("https://peer.test/users/bob#main-key")
BODY = b'{"type":"Like"}'
POST = ("(request-target)", "host", "date", "digest")
GET = ("(request-target)", "host", "date")


@cache
def rsa_key() -> KeyPair:
    return KeyPair.generate_rsa(KEY_ID)


@cache
def ed25519_key() -> KeyPair:
    return KeyPair.generate_ed25519(KEY_ID)


def date(offset: timedelta = timedelta(0)) -> str:
    return format_datetime(NOW + offset, usegmt=True)


def seconds(offset: timedelta = timedelta(0)) -> int:
    return int((NOW + offset).timestamp())


def sha256(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def cavage(
    covered: Iterable[str] | None = POST,
    *,
    key: KeyPair | None = None,
    method: str = "POST",
    target: str = "/inbox",
    signed_target: str | None = None,
    host: str = HOST,
    body: bytes = BODY,
    headers: Iterable[tuple[str, str]] = (),
    **parameters: str | int | None,
) -> SignedRequest:
    """A signed request. `headers` go in front of the usual ones; a parameter that is None is left out."""
    key = key or rsa_key()
    fields = [*headers]
    for name, value in (("host", host), ("date", date()), ("digest", f"SHA-256={sha256(body)}")):
        if name not in dict(fields) and (name != "digest" or method == "POST"):
            fields.append((name, value))
    given: dict[str, str | int | None] = {"keyId": KEY_ID, "algorithm": "hs2019"}
    given |= {"headers": " ".join(covered)} if covered is not None else {}
    given |= parameters
    values = dict(fields) | {"(request-target)": f"{method.lower()} {signed_target or target}"}
    values |= {f"({name})": str(given.get(name) or "") for name in ("created", "expires")}
    names = ["(created)"] if covered is None else list(covered)
    message = "\n".join(f"{name}: {values.get(name.lower(), '')}" for name in names)
    given.setdefault("signature", base64.b64encode(key.sign(message.encode())).decode())
    fields.append(("signature", _parameters(given)))
    fields = [(name, value) for name, value in fields if value]
    return SignedRequest(method=method, target=target, host=host, headers=tuple(fields), body=body)


def _parameters(given: dict[str, str | int | None]) -> str:
    parts = [f"{k}={v}" if isinstance(v, int) else f'{k}="{v}"' for k, v in given.items() if v is not None]
    return ",".join(parts)


def rfc9421(
    covered: Iterable[str] = ("@method", "@target-uri", "content-digest"),
    *,
    key: KeyPair | None = None,
    method: str = "POST",
    target: str = "/inbox",
    origin: str = ORIGIN,
    host: str = HOST,
    body: bytes = BODY,
    label: str = "sig1",
    headers: Iterable[tuple[str, str]] = (),
    **parameters: str | int | None,
) -> SignedRequest:
    """A request signed in the other dialect. Parameters replace or join created and keyid; None leaves one out."""
    key = key or rsa_key()
    fields = [*headers, ("host", host)]
    if method == "POST" and "content-digest" not in dict(fields):
        fields.append(("content-digest", f"sha-256=:{sha256(body)}:"))
    given: dict[str, str | int | None] = {"created": seconds(), "keyid": KEY_ID}
    given |= parameters
    values: dict[str, str] = dict(fields) | {
        "@method": method,
        "@target-uri": origin + target,
        "@authority": re.sub("^https?://", "", origin),
        "@scheme": origin.partition(":")[0],
        "@request-target": target,
        "@path": target.partition("?")[0],
        "@query": "?" + target.partition("?")[2],
    }
    text = "(" + " ".join(f'"{name}"' for name in covered) + ")"
    text += "".join(f";{k}={v}" if isinstance(v, int) else f';{k}="{v}"' for k, v in given.items() if v is not None)
    message = "\n".join([*(f'"{name}": {values.get(name, "")}' for name in covered), f'"@signature-params": {text}'])
    signature = base64.b64encode(key.sign(message.encode())).decode()
    fields += [("signature-input", f"{label}={text}"), ("signature", f"{label}=:{signature}:")]
    return SignedRequest(method=method, target=target, host=host, headers=tuple(fields), body=body)


def without(request: SignedRequest, *names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in request.headers if name not in names)


def header(request: SignedRequest, name: str) -> str:
    return dict(request.headers)[name]


def accepted(request: SignedRequest, key: KeyPair | None = None) -> bool:
    verify(request, (key or rsa_key()).public, NOW, ORIGIN)
    return key_id_of(request) == KEY_ID


def refused(request: SignedRequest, key: KeyPair | None = None) -> None:
    with pytest.raises((BadSignature, Malformed)):
        verify(request, (key or rsa_key()).public, NOW, ORIGIN)
