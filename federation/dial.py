"""Names to addresses, checked: whoever dials gets addresses that may be dialled, and dials exactly those."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeVar

from federation.errors import Unreachable
from federation.identifiers import DEFAULT_PORTS, Origin
from federation.resolving import Lookups, Resolver, Turn, system_resolver
from federation.safe_url import EgressPolicy, check_addresses

P = TypeVar("P", bound=asyncio.BaseProtocol)

CACHE_SECONDS: Final = 300.0
CACHE_ENTRIES: Final = 20_000
MAX_ANSWERS: Final = 16


def _is_address(host: str) -> bool:
    """True for what need not be looked up; whether it may be dialled is judged all the same."""
    return host.startswith("[") or host.replace(".", "").isdigit()


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """One context for all connections: making one costs more than a request."""
    return ssl.create_default_context(cafile=ca_file or None)


class Dialler:
    """Resolves names for a policy. Answers are kept for five minutes; the check is made each time."""

    def __init__(self, policy: EgressPolicy, resolver: Resolver = system_resolver) -> None:
        self._policy = policy
        self._lookups = Lookups(resolver)
        self._known: OrderedDict[tuple[str, int], tuple[float, list[str]]] = OrderedDict()

    async def addresses(self, host: str, port: int, turn: Turn = Turn.USUAL) -> list[str]:
        """Addresses of a host that may be dialled on this port. Raises UnsafeUrl or Unreachable."""
        known = self._known.get((host, port))
        if known is not None and known[0] > time.monotonic():
            return known[1]
        found = [host.strip("[]")] if _is_address(host) else await self._lookups.look_up(host, port, turn)
        addresses = list(dict.fromkeys(found))[:MAX_ANSWERS]
        scheme = "http" if self._policy.allow_http and port != DEFAULT_PORTS["https"] else "https"
        check_addresses(addresses, port, scheme, self._policy)
        self._known[host, port] = (time.monotonic() + CACHE_SECONDS, addresses)
        self._known.move_to_end((host, port))
        while len(self._known) > CACHE_ENTRIES:
            self._known.popitem(last=False)
        return addresses

    async def connect(
        self,
        origin: Origin,
        make: Callable[[], P],
        context: ssl.SSLContext,
        seconds: float,
        most: int = MAX_ANSWERS,
        *,
        turn: Turn = Turn.USUAL,
    ) -> P:
        """A connection to an origin, over TLS if its scheme says so; so many seconds for each of its first addresses.

        Raises UnsafeUrl or Unreachable.
        """
        loop = asyncio.get_running_loop()
        secure = origin.scheme == "https"
        for address in (await self.addresses(origin.host, origin.port, turn))[:most]:
            try:
                async with asyncio.timeout(seconds):
                    _, connection = await loop.create_connection(
                        make,
                        address,
                        origin.port,
                        ssl=context if secure else None,
                        server_hostname=origin.host.strip("[]") if secure else None,
                    )
            except (OSError, TimeoutError):
                continue
            return connection
        raise Unreachable("no connection")
