"""The token of a form: made when the form is shown, worth one offer, and the seed of the offer's code.

Nothing is kept of it. A form that is sent twice, as phones on bad networks do, leads to the same code and to no second offer.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from typing import Final

from server.base.clock import Clock
from server.base.errors import Invalid
from server.base.sealing import Sealer
from server.base.words import marked
from server.features.access.locking import ALPHABET, normal_code
from server.features.access.secret import Random

#: Nobody has read and filled in a form before; programs have.
MIN_SECONDS: Final = 3
#: A form may lie open for a night.
MAX_SECONDS: Final = 24 * 3600
NONCE_BYTES, TIME_BYTES, MAC_BYTES = 16, 5, 16
#: 16 of 32 letters: 80 bits.
CODE_GROUPS, GROUP_CHARS = 4, 4
MAX_CHARS: Final = 64
_EXPIRED: Final = marked("This form is no longer good. Nothing is lost: send it once more.")


class TooSoon(Invalid):
    """The form came back faster than anybody can have filled it in."""


class Expired(Invalid):
    """The form is not ours, or from yesterday: it needs a new token."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A good token, read."""

    nonce: bytes


class Tickets:
    """Makes and reads the tokens. `sealer` holds the key that every process of the house shares."""

    def __init__(self, sealer: Sealer, clock: Clock, random: Random) -> None:
        self._sealer = sealer
        self._clock = clock
        self._random = random

    def _mac(self, body: bytes) -> bytes:
        return self._sealer.mark("offer form", body)[:MAC_BYTES]

    def make(self) -> str:
        """A fresh token."""
        body = self._random(NONCE_BYTES) + int(self._clock().timestamp()).to_bytes(TIME_BYTES, "big")
        return base64.urlsafe_b64encode(body + self._mac(body)).rstrip(b"=").decode("ascii")

    def read(self, text: str) -> Ticket:
        """A token that came back. Raises TooSoon or Expired."""
        try:
            data = base64.b64decode(text[:MAX_CHARS] + "=" * (-len(text) % 4), b"-_", validate=True)
        except (binascii.Error, ValueError):
            data = b""
        body, mac = data[:-MAC_BYTES], data[-MAC_BYTES:]
        if len(body) != NONCE_BYTES + TIME_BYTES or not hmac.compare_digest(mac, self._mac(body)):
            raise Expired(_EXPIRED)
        age = self._clock().timestamp() - int.from_bytes(body[NONCE_BYTES:], "big")
        if age > MAX_SECONDS:
            raise Expired(_EXPIRED)
        if age < MIN_SECONDS:
            raise TooSoon(marked("That was very fast. Look it over, and send it once more."))
        return Ticket(body[:NONCE_BYTES])

    def code(self, ticket: Ticket) -> str:
        """The code that this token's offer is looked up by; only who holds the key outside the database can derive it."""
        drawn = self._sealer.mark("offer code", ticket.nonce)
        letters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in drawn[: CODE_GROUPS * GROUP_CHARS])
        return "-".join(letters[start : start + GROUP_CHARS] for start in range(0, len(letters), GROUP_CHARS))

    def mark(self, code: str) -> str:
        """What is kept of a code, however it was typed."""
        return self._sealer.mark("offer look-up", normal_code(code).encode()).hex()
