"""Names of things on the network, and the one comparison that decides who may speak for whom."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from typing import Final, NewType

from federation.errors import Malformed

ActorId = NewType("ActorId", str)
ObjectId = NewType("ObjectId", str)
ActivityId = NewType("ActivityId", str)
InboxUrl = NewType("InboxUrl", str)
KeyId = NewType("KeyId", str)

PUBLIC: Final = "https://www.w3.org/ns/activitystreams#Public"
#: Every spelling that receivers must take for Public (ActivityPub 5.6).
PUBLIC_SPELLINGS: Final = frozenset({PUBLIC, "as:Public", "Public"})

MAX_URL_CHARS: Final = 2_048
#: One activity asks for the same few origins again and again.
KNOWN_URLS: Final = 2_048
DEFAULT_PORTS: Final = {"https": 443, "http": 80}
MAX_HOST_CHARS: Final = 253
MAX_PORT: Final = 65_535
#: Only what every parser reads alike: no user info, no empty port, one fragment; printable ASCII without space, quotes,
#: angle brackets, backslash, caret, backtick, braces and pipe.
_URL: Final = re.compile(
    r"([Hh][Tt][Tt][Pp][Ss]?)://([A-Za-z0-9_][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?"
    r"((?:/[!$-;=@-\[\]_a-z~]*)?(?:\?[!$-;=?-\[\]_a-z~]*)?)(?:#[!$-;=?-\[\]_a-z~]*)?"
)
_DOT_SEGMENTS: Final = frozenset({".", ".."})


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, raw lower-case host (punycode as written, never decoded) and effective port."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """Host, with the port if it is not the scheme's own: what stands in a Host header."""
        return self.host if DEFAULT_PORTS[self.scheme] == self.port else f"{self.host}:{self.port}"


def origin_of(url: str) -> Origin:
    """The origin of an absolute http(s) URL.

    Raises Malformed for anything two parsers could read in two ways: other schemes, user info, backslashes, dot
    segments, non-ASCII or odd characters, an empty or odd host, a port outside 1-65535, more than MAX_URL_CHARS.
    """
    return split_url(url)[0]


@lru_cache(maxsize=KNOWN_URLS)
def split_url(url: str) -> tuple[Origin, str]:
    """Origin and request target (path and query as they are written, without the fragment). Raises Malformed."""
    match = _URL.fullmatch(url) if len(url) <= MAX_URL_CHARS else None
    if match is None:
        raise Malformed("not a usable URL")
    scheme, host, port, target = match.groups()
    scheme, host = scheme.lower(), _usable_host(host.lower())
    number = DEFAULT_PORTS[scheme] if port is None else int(port)
    if not 1 <= number <= MAX_PORT:
        raise Malformed("not a usable port")
    # Some clients send /a/../b as /b: not the path that was signed, nor the id that was asked for.
    if "/." in target and not _DOT_SEGMENTS.isdisjoint(target.partition("?")[0].split("/")):
        raise Malformed("not a usable path")
    return Origin(scheme, host, number), target if target.startswith("/") else f"/{target}"


def _usable_host(host: str) -> str:
    if host.startswith("["):
        try:
            IPv6Address(host[1:-1])
        except AddressValueError:
            raise Malformed("not a usable host") from None
    elif len(host) > MAX_HOST_CHARS or ".." in host:
        raise Malformed("not a usable host")
    return host


def same_origin(first: str, second: str) -> bool:
    """True if both are usable URLs of one scheme, host and port (FEP-fe34)."""
    try:
        return origin_of(first) == origin_of(second)
    except Malformed:
        return False


def without_fragment(url: str) -> str:
    """The URL up to its fragment."""
    return url.split("#", 1)[0]


def is_public(address: str) -> bool:
    """True for any of the three spellings of the public collection."""
    return address in PUBLIC_SPELLINGS
