"""How this house reaches others: what may be dialled, who signs a GET, which processes send."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from federation.client import FetchClient
from federation.dial import Dialler, tls_context
from federation.errors import Unreachable
from federation.exchange import Answer
from federation.fetching import Fetch, Fetcher, Hop
from federation.gate import MAX_BODY_BYTES
from federation.safe_url import EgressPolicy
from federation.wire import Wire, WireAnswer
from server.base.clock import Clock
from server.base.settings import Settings
from server.features.actors.service import Actors
from server.features.delivery.here import SenderHere
from server.features.delivery.model import Sender
from server.features.delivery.pool import SenderPool

VERSION: Final = "1"


def egress_policy(settings: Settings) -> EgressPolicy:
    """What this house may dial, and never itself."""
    own = {urlsplit(settings.base_url).netloc.lower()}
    return EgressPolicy(
        allow_networks=settings.allow_networks, allow_http=settings.allow_http, own_hosts=frozenset(own)
    )


def user_agent(settings: Settings) -> str:
    """Who we say we are to others."""
    return f"Callout/{VERSION} (+{settings.base_url}/)"


def sender_for(settings: Settings, clock: Clock) -> Sender:
    """Processes beside this one, or this very process if the settings want none."""
    policy = egress_policy(settings)
    if settings.senders == 0:
        wire = Wire(policy, Dialler(policy), tls_context(settings.ca_file or None))

        async def post(url: str, headers: dict[str, str], body: bytes) -> WireAnswer:
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if name != "Host")
            return await wire.post(url, lambda: f"{lines}User-Agent: {user_agent(settings)}\r\n", body, clock())

        return SenderHere(post, clock)
    config: dict[str, Any] = {
        "allow_networks": [str(network) for network in policy.allow_networks],
        "allow_http": policy.allow_http,
        "own_hosts": sorted(policy.own_hosts),
        "ca_file": settings.ca_file or None,
        "user_agent": user_agent(settings),
    }
    return SenderPool(settings.senders, config)


def fetching(
    settings: Settings, clock: Clock, actors: Actors, transport: httpx.AsyncBaseTransport | None, sender: Sender
) -> FetchClient:
    """Reads other servers, in the name of the instance actor: in the senders while they run, else in this process.

    In a sender a handshake holds up no reader, and who just said its key is answered over the same connection.
    """
    policy = egress_policy(settings)
    hop = hop_through(transport) if transport else wire_for(settings, policy).get
    here = Fetcher(policy, hop, user_agent=user_agent(settings), clock=clock)
    fetch: Fetch = here.fetch
    if transport is None and isinstance(sender, SenderPool):
        fetch = partial(sender.fetch, here=here.fetch)
    return FetchClient(fetch, signer=lambda: actors.key_pair(actors.instance().id))


def wire_for(settings: Settings, policy: EgressPolicy) -> Wire:
    """GETs from this process: a fresh connection for each, as hundreds of hosts are each asked once."""
    return Wire(policy, Dialler(policy), tls_context(settings.ca_file or None), max_idle=0)


def hop_through(transport: httpx.AsyncBaseTransport) -> Hop:
    """GETs over a transport of httpx instead of our own wire, as two servers in one process need it."""

    async def hop(url: str, headers: Callable[[], str]) -> Answer:
        lines = [line.split(": ", 1) for line in headers().splitlines()]
        request = httpx.Request("GET", url, headers=[(name, value) for name, value in lines])
        try:
            response = await transport.handle_async_request(request)
            try:
                body = bytearray()
                async for chunk in response.aiter_raw():
                    body += chunk[: MAX_BODY_BYTES + 1 - len(body)]
            finally:
                await response.aclose()
        except (httpx.HTTPError, OSError, ValueError):
            raise Unreachable("no usable answer") from None
        return Answer(
            response.status_code, {name.lower(): value for name, value in response.headers.items()}, bytes(body)
        )

    return hop


def scheme(settings: Settings) -> str:
    """WebFinger asks over https; over http only where a closed network is all there is."""
    return "http" if settings.allow_http and not settings.secure else "https"
