"""gzip for what everybody may read: made once, when the answer is, and sent as often as it is asked for.

Nothing of the Desk comes here: no secret stands beside words that a stranger chose (the BREACH attack).
"""

from __future__ import annotations

import gzip
from typing import Final

ENCODING: Final = "gzip"
#: Below this a packet holds it either way.
MIN_BYTES: Final = 600
_LEVEL: Final = 9
#: Words; pictures are packed already.
_TYPES: Final = ("text/", "application/")


def packed(body: bytes, content_type: str) -> bytes:
    """The body as gzip, the same bytes each time; nothing where that is not worth it."""
    if len(body) < MIN_BYTES or not content_type.startswith(_TYPES):
        return b""
    made = gzip.compress(body, _LEVEL, mtime=0)
    return made if len(made) < len(body) else b""


def takes_gzip(header: bytes) -> bool:
    """True if an Accept-Encoding header (RFC 9110, section 12.5.3) names gzip and does not refuse it."""
    if b"gzip" not in header:
        return False
    return b"q=0" not in header or _weighed(header.decode("latin-1"))


def _weighed(header: str) -> bool:
    for one in header.lower().split(","):
        name, _, weight = one.partition(";")
        if name.strip() == ENCODING:
            return weight.strip().removeprefix("q=").strip("0.") != "" or not weight.strip()
    return False
