"""Readers who want to follow, boost or answer from their own server: where it takes them."""

from __future__ import annotations

import asyncio
from typing import Final

from federation.errors import FederationError, Malformed
from federation.identifiers import origin_of
from federation.intents import onward, usual
from federation.webfinger import Finder, parse_handle
from server.base.addresses import Addresses
from server.base.errors import Invalid, NotFound, TooMany
from server.features.safety.service import Safety

#: Strangers make us ask others: few at once, and not for long.
AT_ONCE: Final = 4
SECONDS: Final = 5.0
MAX_CHARS: Final = 320


class Onward:
    """Finds the door of somebody's own server. Nothing about whoever asks is kept."""

    def __init__(self, finder: Finder, safety: Safety, addresses: Addresses, scheme: str) -> None:
        self._finder = finder
        self._safety = safety
        self._addresses = addresses
        self._scheme = scheme
        self._busy = 0

    async def address(self, account: str, target: str, *, following: bool) -> str:
        """The address on the server of `account` (a handle, or a server's name) at which to act on `target`, which is ours.

        Raises Invalid for what is no account, NotFound if its server does not know it, TooMany when too many ask at once.
        """
        text = account.strip()[:MAX_CHARS].removeprefix("https://").rstrip("/")
        if "@" not in text:
            return self._by_host(text, target)
        try:
            handle = parse_handle(text)
        except Malformed:
            raise Invalid("Write your account like name@server, or the name of your server.") from None
        if handle.host == self._addresses.handle_domain or self._safety.refuses_host(handle.host):
            raise Invalid("That server cannot be used here.")
        if self._busy >= AT_ONCE:
            raise TooMany("Too many ask right now. Try again in a moment.", retry_after=5)
        self._busy += 1
        try:
            async with asyncio.timeout(SECONDS):
                document = await self._finder.document(handle)
        except (FederationError, TimeoutError):
            raise NotFound("Your server did not answer for that account. Look at the spelling.") from None
        finally:
            self._busy -= 1
        return onward(document, handle.host, target, following=following, scheme=self._scheme)

    def _by_host(self, text: str, target: str) -> str:
        host = text.lower()
        if "." not in host.partition(":")[0] or any(char in host for char in "/?#\\@ "):
            raise Invalid("Write your account like name@server, or the name of your server.")
        try:
            origin_of(f"{self._scheme}://{host}/")
            if self._safety.refuses_host(host):
                raise Invalid("That server cannot be used here.")
            return usual(host, target, self._scheme)
        except Malformed:
            raise Invalid("Write your account like name@server, or the name of your server.") from None
