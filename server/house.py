"""A house, put together: every room by its name. compose.py constructs it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from federation.client import FetchClient
from federation.safe_url import EgressPolicy
from federation.webfinger import Finder
from server.base.addresses import Addresses
from server.base.clock import Clock
from server.base.database import Database
from server.base.database.migrate import (
    leave_node,
)
from server.base.jobs.worker import Worker
from server.base.sealing import Sealer
from server.base.settings import Settings
from server.features.access.factors import Factors
from server.features.access.locking import Locking
from server.features.access.oversight import Oversight
from server.features.access.passkeys import Passkeys
from server.features.access.preferences import Preferences
from server.features.access.secret import Random as RandomBytes
from server.features.access.service import Access
from server.features.access.sessions import Sessions
from server.features.access.sign_in import SignIn
from server.features.access.tokens import Tokens
from server.features.actors.service import Actors
from server.features.agenda.service import Agenda
from server.features.allies.service import Allies
from server.features.allies.signing import Signing
from server.features.audit.service import Audit
from server.features.conversation.moderation import Moderation
from server.features.conversation.rules import Rules
from server.features.conversation.service import Conversation
from server.features.delivery.pump import Pump
from server.features.delivery.service import Delivery
from server.features.followers.service import Followers
from server.features.inbox.service import Inbox
from server.features.media.service import Media
from server.features.offers.desk import OfferDesk
from server.features.offers.service import Offering
from server.features.publishing.about import About
from server.features.publishing.acting import Acting
from server.features.publishing.allowing import Allowing
from server.features.publishing.bench import Bench
from server.features.publishing.blocking import Blocking
from server.features.publishing.calling import Calling
from server.features.publishing.drafting import Drafting
from server.features.publishing.forgetting import Forgetting
from server.features.publishing.previewing import Previewing
from server.features.publishing.profiles import Profiles
from server.features.publishing.reviewing import Reviewing
from server.features.publishing.service import Publishing
from server.features.publishing.stamping import Stamping
from server.features.publishing.translating import Translating
from server.features.publishing.translating_drafts import TranslatingDrafts
from server.features.remote.onward import Onward
from server.features.remote.service import Remote
from server.features.reviews.service import Reviews
from server.features.safety.service import Safety
from server.features.search.service import Search
from server.features.timelines.service import Timelines
from server.housekeeping import Housekeeping


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the rooms stand on: the rooms that know no other's words come first."""

    settings: Settings
    clock: Clock
    random: RandomBytes
    database: Database
    addresses: Addresses
    sealer: Sealer
    policy: EgressPolicy
    client: FetchClient
    finder: Finder
    safety: Safety
    audit: Audit
    actors: Actors
    remote: Remote
    delivery: Delivery
    followers: Followers
    media: Media


@dataclass(frozen=True, slots=True, kw_only=True)
class House(Ground):
    """Everything, put together."""

    access: Access
    sign_in: SignIn
    sessions: Sessions
    factors: Factors
    passkeys: Passkeys
    preferences: Preferences
    tokens: Tokens
    locking: Locking
    oversight: Oversight
    onward: Onward
    profiles: Profiles
    agenda: Agenda
    about: About
    publishing: Publishing
    forgetting: Forgetting
    calling: Calling
    drafting: Drafting
    reviews: Reviews
    reviewing: Reviewing
    translating: Translating
    translating_drafts: TranslatingDrafts
    stamping: Stamping
    previewing: Previewing
    bench: Bench
    acting: Acting
    blocking: Blocking
    allowing: Allowing
    allies: Allies
    signing: Signing
    timelines: Timelines
    conversation: Conversation
    moderation: Moderation
    rules: Rules
    offering: Offering
    offers: OfferDesk
    search: Search
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
            group.create_task(self.search.run())

    async def close(self) -> None:
        """Close what is open."""
        try:
            await self.pump.close()
            if self.node:
                await leave_node(self.database, self.node)
        finally:
            await self.database.close()
