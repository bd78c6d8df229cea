"""Readers who want to follow, boost or answer from their own server: where it takes them."""

from __future__ import annotations

import asyncio
import re
from typing import Final

from federation.errors import FederationError, Malformed
from federation.gate import Document
from federation.identifiers import origin_of
from federation.intents import onward, share, usual, usual_share
from federation.webfinger import Finder, Handle, parse_handle
from server.base.addresses import Addresses
from server.base.errors import Invalid, NotFound, TooMany
from server.base.words import marked
from server.features.safety.service import Safety

#: Strangers make us ask others: few at once, and not for long.
AT_ONCE: Final = 4
SECONDS: Final = 5.0
MAX_CHARS: Final = 320
#: The page of an account, as it stands in a browser: `server/@name`.
_PAGE: Final = re.compile(r"([^/@]+)/@([^/@]+)")
_HOW: Final = marked("Write your account like name@server, or the name of your server.")


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
        text = _plain(account)
        if "@" not in text:
            return usual(self._host(text), target, self._scheme)
        handle = self._handle(text)
        document = await self._document(handle)
        return onward(document, handle.host, target, following=following, scheme=self._scheme)

    async def sharing(self, account: str, words: str) -> str:
        """The address there at which to pass `words` on in a post of one's own. Raises as `address`."""
        text = _plain(account)
        if "@" not in text:
            return usual_share(self._host(text), words, self._scheme)
        handle = self._handle(text)
        return share(await self._document(handle), handle.host, words, self._scheme)

    def _handle(self, text: str) -> Handle:
        try:
            handle = parse_handle(text)
        except Malformed:
            raise Invalid(_HOW) from None
        self._check_server(handle.host)
        return handle

    def _check_server(self, host: str) -> None:
        """Raise Invalid for our own server, on which no reader has an account, and for those that we refuse."""
        if host in {self._addresses.host, self._addresses.handle_domain} or self._safety.refuses_host(host):
            raise Invalid("That server cannot be used here.")

    async def _document(self, handle: Handle) -> Document:
        if self._busy >= AT_ONCE:
            raise TooMany("Too many ask right now. Try again in a moment.", retry_after=5)
        self._busy += 1
        try:
            async with asyncio.timeout(SECONDS):
                return await self._finder.document(handle)
        except (FederationError, TimeoutError):
            raise NotFound("Your server did not answer for that account. Look at the spelling.") from None
        finally:
            self._busy -= 1

    def _host(self, text: str) -> str:
        """The name of a server. Raises Invalid."""
        host = text.lower()
        if "." not in host.partition(":")[0] or any(char in host for char in "/?#\\@ "):
            raise Invalid(_HOW)
        try:
            if origin_of(f"{self._scheme}://{host}/").authority != host:
                raise Invalid(_HOW)
        except Malformed:
            raise Invalid(_HOW) from None
        self._check_server(host)
        return host


def _plain(account: str) -> str:
    """An account as its server knows it, also from the address of its page; a name in another script as it stands in the DNS."""
    text = account.strip()[:MAX_CHARS].removeprefix("https://").rstrip("/")
    page = _PAGE.fullmatch(text)
    user, at, host = (page[2], "@", page[1]) if page else text.rpartition("@")
    try:
        return f"{user}{at}{host if host.isascii() else host.encode('idna').decode('ascii')}"
    except UnicodeError:
        return text
