"""What is signed: a request as it came over the wire, before anything was parsed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from federation.errors import BadSignature, Malformed
from federation.identifiers import Origin, origin_of

MAX_HEADERS: Final = 128
#: A key of 4096 bits signs in 684 characters, a keyId has at most 2,048.
MAX_SIGNATURE_CHARS: Final = 4_096
#: Headers that mean one thing only: whoever sends two hopes that we check one and use the other.
SINGLE: Final = frozenset(
    {
        "content-digest",
        "content-length",
        "content-type",
        "date",
        "digest",
        "host",
        "signature",
        "signature-input",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request as it was received.

    `target` is the raw path, not decoded, with "?" and query if there is one; `host` the Host header as it came through
    the proxy. Names of headers are lower case, repeated ones are kept, values are text decoded as Latin-1.
    """

    method: str
    target: str
    host: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def needs_digest(self) -> bool:
        """Whether there is a body that has to be signed for."""
        return bool(self.body) or self.method not in {"GET", "HEAD"}

    def fields(self) -> dict[str, str]:
        """Every header once, repeated ones joined (RFC 9110 5.3). Raises BadSignature or Malformed for unsound ones."""
        if len(self.headers) > MAX_HEADERS or not self.target.startswith("/"):
            raise Malformed("too many headers, or a target that is no path")
        found = dict(self.headers)
        if len(found) != len(self.headers):
            found = _joined(self.headers)
        if found.setdefault("host", self.host) != self.host:
            raise BadSignature("two hosts")
        return found


def _joined(headers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    lines: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in headers:
        lines[name].append(value.strip(" \t"))
    if any(len(lines[name]) > 1 for name in SINGLE.intersection(lines)):
        raise BadSignature("a header that must be single came twice")
    return {name: ", ".join(values) for name, values in lines.items()}


def signed_bytes(lines: list[str]) -> bytes:
    """Put the lines together as they are signed. Raises BadSignature if a value could pass for another line."""
    text = "\n".join(lines)
    if text.count("\n") >= len(lines) or "\r" in text:
        raise BadSignature("a line break in a signed value")
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        raise BadSignature("a signed value that is not bytes") from None


@lru_cache(maxsize=8)
def _origin(public_origin: str) -> Origin:
    return origin_of(public_origin)


def check_host(request: SignedRequest, public_origin: str) -> Origin:
    """Our origin, if the request was meant for it and not for another server. Raises BadSignature."""
    origin = _origin(public_origin)
    if request.host.lower() != origin.authority:
        raise BadSignature("meant for another host")
    return origin
