"""The one place that constructs everything: settings in, a house out."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import httpx

from federation.client import FetchClient
from federation.safe_url import EgressPolicy
from federation.webfinger import Finder
from server.base.addresses import Addresses
from server.base.clock import Clock
from server.base.database import Database
from server.base.database.migrate import (
    keep_node,
    leave_node,
)
from server.base.jobs.steps import JOBS, Waits
from server.base.jobs.worker import Worker
from server.base.pictures import Pictures
from server.base.sealing import Sealer, read_or_make_key
from server.base.settings import Settings
from server.features.access.passwords import Passwords
from server.features.access.secret import Random as RandomBytes
from server.features.access.service import Access
from server.features.access.sign_in import SignIn
from server.features.access.tokens import Tokens
from server.features.actors.service import Actors
from server.features.audit.service import Audit
from server.features.conversation.moderation import Moderation
from server.features.conversation.rules import Rules
from server.features.conversation.service import Conversation
from server.features.delivery.model import Key, Sender
from server.features.delivery.pump import Pump
from server.features.delivery.service import Delivery
from server.features.followers.moving import Moving
from server.features.followers.service import Followers
from server.features.inbox.applying import FETCH_JOB, MOVE_JOB, Applying
from server.features.inbox.service import Inbox
from server.features.media.service import Media
from server.features.publishing.acting import Acting
from server.features.publishing.announcing import Announcing
from server.features.publishing.drafting import Drafting
from server.features.publishing.profiles import Profiles
from server.features.publishing.service import ANNOUNCE_JOB, Publishing
from server.features.remote.service import Remote
from server.features.safety.service import Safety
from server.housekeeping import Housekeeping, days
from server.network import egress_policy, fetching, scheme, sender_for
from server.opening import node_of, ready_database

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
    drafting: Drafting
    acting: Acting
    conversation: Conversation
    moderation: Moderation
    rules: Rules
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
        node = 0 if settings.is_sqlite else await node_of(database, clock, random)
        return await _composed(settings, clock, database, transport, sender, random, node)
    except BaseException:
        await database.close()
        raise


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
    client = fetching(settings, clock, policy, actors, transport)
    audit = Audit(database, days(settings.keep_audit_days))
    remote = Remote(database, client, Finder(client, scheme(settings)), safety, addresses, clock)
    delivery = Delivery(database, safety)
    followers = Followers(database, delivery, remote, actors, safety, audit, addresses, random)
    media = Media(database, Pictures(), settings.data / "media", random)
    publishing = Publishing(database, delivery, actors, media, safety, audit, addresses, random)
    drafting = Drafting(database, publishing, media, actors, audit, random)
    conversation = Conversation(
        database, actors, safety, audit, addresses, days(settings.keep_messages_days), days(settings.keep_audit_days)
    )
    acting = Acting(database, publishing, delivery, followers, actors, safety, audit, addresses, random)
    applying = Applying(actors, followers, conversation, delivery, addresses, random)
    inbox = Inbox(database, remote, safety, delivery, applying, addresses, clock)
    hands = sender or sender_for(settings, clock)
    trims = [remote.trim, delivery.trim, publishing.trim, conversation.trim, inbox.trim, audit.trim, media.sweep]
    minutely = [publishing.announce_polls, drafting.publish_due]
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
        actors=actors,
        remote=remote,
        delivery=delivery,
        followers=followers,
        media=media,
        publishing=publishing,
        drafting=drafting,
        conversation=conversation,
        inbox=inbox,
        **_people(database, audit, random),
        profiles=Profiles(actors, media, addresses),
        acting=acting,
        **_talk(database, acting, followers, safety, audit),
        pump=Pump(database, hands, lambda one: signing_key(actors, one), clock, _jitter()),
        worker=_worker(database, clock, inbox, Announcing(publishing, remote), Moving(followers, remote)),
        housekeeping=Housekeeping(database, clock, [*trims, lambda: keep_node(database, node)], minutely, waits=WAITS),
        node=node,
    )


def _talk(database: Database, acting: Acting, followers: Followers, safety: Safety, audit: Audit) -> dict[str, Any]:
    """What organisers do about what others say, by its names in the house."""
    return {
        "moderation": Moderation(database, acting, followers, safety, audit),
        "rules": Rules(database, audit),
    }


def _people(database: Database, audit: Audit, random: RandomBytes) -> dict[str, Any]:
    """The rooms about organisers, by their names in the house."""
    return {
        "access": Access(database, audit, random),
        "sign_in": SignIn(database, audit, Passwords(), random),
        "tokens": Tokens(database, audit, random),
    }


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


def signing_key(actors: Actors, actor_id: int) -> Key:
    """The key of one of our actors for a sender."""
    pair = actors.key_pair(actor_id)
    return Key(actor_id, pair.key_id, pair.private_pem())
