"""The one place that constructs everything: settings in, a house out."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from federation.client import FetchClient
from federation.dial import Dialler, tls_context
from federation.fetching import CheckedTransport
from federation.safe_url import EgressPolicy
from federation.webfinger import Finder
from federation.wire import Wire, WireAnswer
from server.base.addresses import Addresses
from server.base.clock import Clock
from server.base.database import Database
from server.base.database.migrate import (
    claim_node,
    house_value,
    keep_node,
    leave_node,
    migrate,
    open_database,
    pending,
    set_house_value,
)
from server.base.ids import IdSource
from server.base.jobs.steps import JOBS, Waits
from server.base.jobs.worker import Worker
from server.base.pictures import Pictures
from server.base.sealing import Sealer, read_or_make_key
from server.base.settings import Settings, SettingsError
from server.base.timestamps import to_text
from server.features.access.passwords import Passwords
from server.features.access.secret import Random as RandomBytes
from server.features.access.service import Access
from server.features.access.sign_in import SignIn
from server.features.access.tokens import Tokens
from server.features.actors.service import Actors
from server.features.audit.service import Audit
from server.features.conversation.service import Conversation
from server.features.delivery.here import SenderHere
from server.features.delivery.model import Key, Sender
from server.features.delivery.pool import SenderPool
from server.features.delivery.pump import Pump
from server.features.delivery.service import Delivery
from server.features.followers.moving import Moving
from server.features.followers.service import Followers
from server.features.inbox.applying import FETCH_JOB, MOVE_JOB, Applying
from server.features.inbox.service import Inbox
from server.features.media.service import Media
from server.features.publishing.acting import Acting
from server.features.publishing.announcing import Announcing
from server.features.publishing.profiles import Profiles
from server.features.publishing.service import ANNOUNCE_JOB, Publishing
from server.features.remote.service import Remote
from server.features.safety.service import Safety
from server.housekeeping import Housekeeping, days

VERSION: Final = "1"
BASE_URL_FACT: Final = "base_url"
NODE_LAPSES_AFTER: Final = timedelta(days=1)
#: What waits for a time, and is moved along when the clock is set.
WAITS: Final = (
    JOBS,
    Waits(table="deliveries", key="id", until=("due_at", "leased_until")),
    Waits(table="hosts", key="host", until=("paused_until",), since=("failing_since",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything, put together."""

    settings: Settings
    clock: Clock
    random: RandomBytes
    database: Database
    addresses: Addresses
    policy: EgressPolicy
    client: FetchClient
    safety: Safety
    audit: Audit
    access: Access
    sign_in: SignIn
    tokens: Tokens
    actors: Actors
    profiles: Profiles
    remote: Remote
    delivery: Delivery
    followers: Followers
    media: Media
    publishing: Publishing
    acting: Acting
    conversation: Conversation
    inbox: Inbox
    pump: Pump
    worker: Worker
    housekeeping: Housekeeping
    node: int = 0

    async def run(self) -> None:
        """Deliver, work and keep house until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.pump.run(release=self.settings.is_sqlite))
            group.create_task(self.worker.run(release=self.settings.is_sqlite))
            group.create_task(self.housekeeping.run())

    async def close(self) -> None:
        """Close what is open."""
        await self.client.aclose()
        if self.node:
            await leave_node(self.database, self.node)
        await self.database.close()


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


async def ready_database(settings: Settings, clock: Clock, *, may_migrate: bool = True) -> Database:
    """The database with today's schema, under the address it was federated with. Raises SettingsError."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = await open_database(settings, clock)
    try:
        if may_migrate:
            await migrate(database)
        elif await pending(database):
            raise SettingsError("the database needs `callout migrate` first")  # noqa: TRY301 - closed below
        await _same_address(database, settings)
    except BaseException:
        await database.close()
        raise
    return database


async def _same_address(database: Database, settings: Settings) -> None:
    """Every id out there holds the base URL: another one would orphan them all."""
    async with database.snapshot() as snapshot:
        before = await house_value(snapshot, BASE_URL_FACT)
    if before is None:
        await set_house_value(database, BASE_URL_FACT, settings.base_url)
    elif before != settings.base_url:
        raise SettingsError(
            f"this campaign lives at {before}; other servers know it by that address and CALLOUT_BASE_URL cannot change"
        )


async def open_house(
    settings: Settings,
    clock: Clock,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    sender: Sender | None = None,
    random: RandomBytes = os.urandom,
) -> House:
    """Put everything together. `transport` and `sender` replace the network in tests. Raises SettingsError."""
    database = await ready_database(settings, clock)
    try:
        node = 0 if settings.is_sqlite else await _node(database, clock, random)
        return await _composed(settings, clock, database, transport, sender, random, node)
    except BaseException:
        await database.close()
        raise


async def _node(database: Database, clock: Clock, random: RandomBytes) -> int:
    """A number of our own among the processes on this database, so that no two make the same id."""
    node = await claim_node(database, random(8).hex(), to_text(clock() - NODE_LAPSES_AFTER))
    database.use_ids(IdSource(node, clock))
    return node


async def _composed(
    settings: Settings,
    clock: Clock,
    database: Database,
    transport: httpx.AsyncBaseTransport | None,
    sender: Sender | None,
    random: RandomBytes,
    node: int,
) -> House:
    addresses = Addresses(settings.base_url, settings.handle_domain or None)
    sealer = Sealer(read_or_make_key(settings.data / "secret.key", random), random)
    safety, actors = Safety(database), Actors(database, sealer, addresses)
    await safety.load()
    await actors.load()
    policy = egress_policy(settings)
    client = _fetching(settings, clock, policy, actors, transport)
    audit = Audit(database, days(settings.keep_audit_days))
    remote = Remote(database, client, Finder(client, _scheme(settings)), safety, addresses, clock)
    delivery = Delivery(database, safety)
    followers = Followers(database, delivery, remote, actors, safety, addresses, random)
    media = Media(database, Pictures(), settings.data / "media", random)
    publishing = Publishing(database, delivery, actors, media, safety, audit, addresses, random)
    conversation = Conversation(
        database, actors, safety, audit, addresses, days(settings.keep_messages_days), days(settings.keep_audit_days)
    )
    applying = Applying(actors, followers, conversation, delivery, addresses, random)
    inbox = Inbox(database, remote, safety, delivery, applying, addresses, clock)
    hands = sender or sender_for(settings, clock)
    trims = [remote.trim, delivery.trim, publishing.trim, conversation.trim, inbox.trim, audit.trim, media.sweep]
    chores = [*trims, lambda: keep_node(database, node)]
    return House(
        settings=settings,
        clock=clock,
        random=random,
        database=database,
        addresses=addresses,
        policy=policy,
        client=client,
        safety=safety,
        audit=audit,
        access=Access(database, audit, random),
        sign_in=SignIn(database, audit, Passwords(), random),
        tokens=Tokens(database, audit, random),
        actors=actors,
        profiles=Profiles(actors, media, addresses),
        remote=remote,
        delivery=delivery,
        followers=followers,
        media=media,
        publishing=publishing,
        acting=Acting(database, publishing, delivery, followers, actors, safety, audit, addresses, random),
        conversation=conversation,
        inbox=inbox,
        pump=Pump(database, hands, lambda one: signing_key(actors, one), clock, _jitter()),
        worker=_worker(database, clock, inbox, Announcing(publishing, remote), Moving(followers, remote)),
        housekeeping=Housekeeping(database, clock, chores, polls=publishing.announce_polls, waits=WAITS),
        node=node,
    )


def _jitter() -> Random:
    return Random()  # noqa: S311 - spreads retries, guards nothing


def _worker(database: Database, clock: Clock, inbox: Inbox, announcing: Announcing, moving: Moving) -> Worker:
    """Who does the jobs, by their kinds."""
    handlers = {
        ANNOUNCE_JOB: lambda payload: announcing.announce(payload["public_id"], edit=payload.get("edit", False)),
        FETCH_JOB: lambda payload: inbox.fetch(payload["uri"]),
        MOVE_JOB: lambda payload: moving.follow_move(payload["old"], payload["new"]),
    }
    return Worker(database, handlers, clock, _jitter())


def _fetching(
    settings: Settings, clock: Clock, policy: EgressPolicy, actors: Actors, transport: httpx.AsyncBaseTransport | None
) -> FetchClient:
    """Reads other servers, in the name of the instance actor."""
    return FetchClient(
        policy,
        transport or CheckedTransport(policy, settings.ca_file or None),
        user_agent=user_agent(settings),
        clock=clock,
        signer=lambda: actors.key_pair(actors.instance().id),
    )


def _scheme(settings: Settings) -> str:
    """WebFinger asks over https; over http only where a closed network is all there is."""
    return "http" if settings.allow_http and not settings.secure else "https"


def signing_key(actors: Actors, actor_id: int) -> Key:
    """The key of one of our actors for a sender."""
    pair = actors.key_pair(actor_id)
    return Key(actor_id, pair.key_id, pair.private_pem())
