"""Names of things on the network, and the one comparison that decides who may speak for whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NewType
from urllib.parse import urlsplit

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
DEFAULT_PORTS: Final = {"https": 443, "http": 80}
#: Printable ASCII without what makes parsers disagree: space, quotes, angle brackets, backslash, caret, backtick, braces, pipe.
_ALLOWED: Final = frozenset(chr(c) for c in range(0x21, 0x7F)) - frozenset('"<>\\^`{}|')
_HOST_CHARS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._:[]")


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, raw lower-case host (punycode as written, never decoded) and effective port."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        default = DEFAULT_PORTS[self.scheme] == self.port
        return f"{self.scheme}://{self.host}" if default else f"{self.scheme}://{self.host}:{self.port}"

    @property
    def authority(self) -> str:
        """Host, with the port if it is not the scheme's own: what stands in a Host header."""
        return str(self).split("://", 1)[1]


def origin_of(url: str) -> Origin:
    """The origin of an absolute http(s) URL.

    Raises Malformed for anything two parsers could read in two ways: other schemes, user info, backslashes,
    non-ASCII or odd characters, an empty or odd host, a port outside 1-65535, more than MAX_URL_CHARS.
    """
    if not url or len(url) > MAX_URL_CHARS or not _ALLOWED.issuperset(url):
        raise Malformed("not a usable URL")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Malformed("not a usable URL") from None
    scheme, host = parts.scheme.lower(), (parts.hostname or "")
    if scheme not in DEFAULT_PORTS or "@" in parts.netloc or port == 0:
        raise Malformed("not a usable URL")
    if not host or not _HOST_CHARS.issuperset(host) or host.startswith((".", "-")) or ".." in host:
        raise Malformed("not a usable host")
    shown = f"[{host}]" if ":" in host else host
    return Origin(scheme, shown, port or DEFAULT_PORTS[scheme])


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
