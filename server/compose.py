"""The one place that constructs everything: settings in, a house out."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from federation.identifiers import KeyId
from federation.keys import KeyPair
from federation.webfinger import Finder
from server.base.addresses import Addresses
from server.base.clock import Clock
from server.base.database import Database
from server.base.database.migrate import (
    keep_node,
)
from server.base.jobs.steps import JOBS, Waits
from server.base.jobs.worker import Worker
from server.base.pictures import Pictures
from server.base.sealing import Sealer, read_or_make_key
from server.base.settings import Settings
from server.features.access.factors import Factors
from server.features.access.locking import Locking
from server.features.access.oversight import Oversight
from server.features.access.passkeys import Passkeys
from server.features.access.passwords import Passwords
from server.features.access.preferences import Preferences
from server.features.access.secret import Random as RandomBytes
from server.features.access.service import Access
from server.features.access.sessions import Sessions
from server.features.access.sign_in import SignIn
from server.features.access.throttle import Throttle
from server.features.access.tokens import Tokens
from server.features.actors.service import Actors
from server.features.agenda.service import Agenda
from server.features.allies.service import Allies
from server.features.allies.signing import Signing
from server.features.audit.service import Audit
from server.features.callouts.service import CallOuts
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
from server.features.offers.desk import OfferDesk
from server.features.offers.pictures import SealedPictures
from server.features.offers.service import Offering
from server.features.offers.tickets import Tickets
from server.features.publishing.about import About
from server.features.publishing.acting import Acting
from server.features.publishing.allowing import Allowing
from server.features.publishing.announcing import Announcing
from server.features.publishing.answering import Answering
from server.features.publishing.bench import Bench
from server.features.publishing.blocking import CUT_JOB, Blocking
from server.features.publishing.calling import Calling
from server.features.publishing.correcting import Correcting
from server.features.publishing.drafting import Drafting
from server.features.publishing.forgetting import Forgetting
from server.features.publishing.pinning import Pinning
from server.features.publishing.previewing import Previewing
from server.features.publishing.profiles import Profiles
from server.features.publishing.quoting import Quoting
from server.features.publishing.reviewing import Reviewing
from server.features.publishing.saying import Saying
from server.features.publishing.service import ANNOUNCE_JOB, Publishing
from server.features.publishing.stamping import Stamping
from server.features.publishing.translating import Translating
from server.features.publishing.translating_drafts import TranslatingDrafts
from server.features.remote.onward import Onward
from server.features.remote.service import Remote
from server.features.reviews.service import Reviews
from server.features.safety.service import Safety
from server.features.search.service import Search
from server.features.timelines.service import BOOST_JOB, Timelines
from server.house import Ground, House
from server.housekeeping import Housekeeping, days
from server.network import egress_policy, fetching, scheme, sender_for
from server.opening import node_of, ready_database

#: What waits for a time, and is moved along when the clock is set.
WAITS: Final = (
    JOBS,
    Waits(table="deliveries", key="id", until=("due_at", "leased_until")),
    Waits(table="hosts", key="host", until=("paused_until",), since=("failing_since",)),
)


async def open_house(
    settings: Settings,
    clock: Clock,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    sender: Sender | None = None,
    random: RandomBytes = os.urandom,
    new_pair: Callable[[KeyId], KeyPair] = KeyPair.generate_rsa,
) -> House:
    """Put everything together. `transport` and `sender` replace the network in tests. Raises SettingsError."""
    database = await ready_database(settings, clock)
    try:
        node = 0 if settings.is_sqlite else await node_of(database, clock, random)
        return await _composed(settings, clock, database, transport, sender, random, new_pair, node)
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
    new_pair: Callable[[KeyId], KeyPair],
    node: int,
) -> House:
    hands = sender or sender_for(settings, clock)
    ground = await _ground(settings, clock, database, transport, hands, random, new_pair)
    people, voice = _people(ground), _voice(ground)
    await voice["agenda"].settle()
    publishing = voice["publishing"]
    circle = await _circle(ground, publishing)
    ears = {**_ears(ground, voice, circle), **_offers(ground)}
    moving = Moving(ground.followers, ground.remote)
    return House(
        **{field.name: getattr(ground, field.name) for field in fields(ground)},
        **people,
        **voice,
        **circle,
        **ears,
        pump=Pump(
            database, hands, lambda one: signing_key(ground.actors, one), clock, _jitter(), ground.safety.refuses_host
        ),
        worker=_worker(database, clock, ears["inbox"], Announcing(publishing, ground.remote), moving, circle),
        housekeeping=_housekeeping(ground, {**people, **voice, **circle, **ears}, node),
        node=node,
    )


async def _ground(
    settings: Settings,
    clock: Clock,
    database: Database,
    transport: httpx.AsyncBaseTransport | None,
    hands: Sender,
    random: RandomBytes,
    new_pair: Callable[[KeyId], KeyPair],
) -> Ground:
    addresses = Addresses(settings.base_url, settings.handle_domain or None)
    sealer = Sealer(read_or_make_key(settings.data / "secret.key", random), random)
    safety, actors = Safety(database), Actors(database, sealer, addresses, new_pair)
    await safety.load()
    await actors.load()
    client = fetching(settings, clock, actors, transport, hands)
    finder = Finder(client, scheme(settings))
    remote = Remote(database, client, finder, safety, addresses, clock)
    delivery, audit = Delivery(database, safety), Audit(database, days(settings.keep_audit_days))
    return Ground(
        settings=settings,
        clock=clock,
        random=random,
        database=database,
        addresses=addresses,
        sealer=sealer,
        policy=egress_policy(settings),
        client=client,
        finder=finder,
        safety=safety,
        audit=audit,
        actors=actors,
        remote=remote,
        delivery=delivery,
        followers=Followers(database, delivery, remote, actors, safety, audit, addresses, random),
        media=Media(database, Pictures(), settings.data / "media", random),
    )


def _people(on: Ground) -> dict[str, Any]:
    """The rooms about people, by their names in the house."""
    throttle, actors = Throttle(on.random), on.actors
    host = urlsplit(on.settings.base_url).hostname or ""
    factors = Factors(on.database, on.audit, on.sealer, throttle, on.random, host)
    passkeys = Passkeys(on.database, on.audit, factors, on.random, on.settings.base_url)
    proofs = (Passwords(), factors, passkeys, throttle, on.random)
    return {
        "access": Access(on.database, on.audit, on.random),
        "sign_in": SignIn(on.database, on.audit, *proofs, lambda: (actors.campaign().name, actors.campaign().handle)),
        "sessions": Sessions(on.database, on.audit, *proofs),
        "factors": factors,
        "passkeys": passkeys,
        "preferences": Preferences(on.database),
        "tokens": Tokens(on.database, on.audit, on.random),
        "locking": Locking(on.database, on.safety, on.audit, on.random),
        "oversight": Oversight(on.database, on.audit),
        "onward": Onward(on.finder, on.safety, on.addresses, scheme(on.settings)),
    }


def _voice(on: Ground) -> dict[str, Any]:
    """The rooms that say something."""
    said = (on.safety, on.audit, on.addresses, on.random)
    reviews = Reviews(on.database, on.actors, on.media, on.audit, on.random, days(on.settings.keep_audit_days))
    callouts = CallOuts(on.random)
    agenda = Agenda(on.database, on.delivery, on.actors, on.addresses, on.random)
    asked = (on.actors, on.media, on.safety, on.audit, reviews, callouts)
    search, quoting = Search(on.database), Quoting(on.delivery, on.addresses, on.random)
    pinning = Pinning(on.delivery, on.actors, on.addresses, on.random)
    saying = Saying(on.delivery, on.actors, on.addresses, quoting, on.random, heralds=(agenda,))
    forgetting = Forgetting(on.database, saying, on.media, on.actors, on.safety, on.audit, on.addresses, search)
    publishing = Publishing(on.database, saying, pinning, forgetting, *asked, on.addresses, on.random)
    correcting = Correcting(publishing, on.actors, on.addresses)
    calling = Calling(on.database, publishing, correcting, callouts, reviews, on.actors, on.audit, on.addresses)
    drafting = Drafting(on.database, publishing, correcting, on.media, on.actors, on.audit, reviews, on.random)
    return {
        "profiles": Profiles(on.actors, on.media, on.addresses),
        "agenda": agenda,
        "about": About(on.database, publishing, on.actors, on.audit),
        "publishing": publishing,
        "forgetting": forgetting,
        "search": search,
        "calling": calling,
        "drafting": drafting,
        "reviews": reviews,
        "reviewing": Reviewing(on.database, drafting, publishing, reviews, on.media, on.addresses),
        "translating": Translating(on.database, publishing, reviews, on.actors, on.audit, on.safety),
        "translating_drafts": TranslatingDrafts(on.database, drafting, reviews, on.actors, on.audit),
        "bench": Bench(drafting, on.media),
        "previewing": Previewing(on.database, on.actors, on.media, on.remote, on.addresses),
        "stamping": Stamping(on.database, on.delivery, on.actors, *said),
    }


async def _circle(on: Ground, publishing: Publishing) -> dict[str, Any]:
    """Whom we boost, follow, trust and shut out, by their names in the house."""
    said = (on.safety, on.audit, on.addresses, on.random)
    acting = Acting(on.database, publishing, on.delivery, on.followers, on.actors, *said)
    allies = Allies(on.database, on.safety, on.audit)
    await allies.load()
    return {
        "acting": acting,
        "blocking": Blocking(on.database, on.safety, on.followers, on.remote, on.audit, on.addresses),
        "allowing": Allowing(on.database, on.safety, on.audit),
        "allies": allies,
        "signing": Signing(on.database, on.actors, allies, on.safety, on.audit),
        "timelines": Timelines(on.database, on.actors, allies, on.remote, acting, on.safety, on.clock),
    }


def _ears(on: Ground, voice: dict[str, Any], circle: dict[str, Any]) -> dict[str, Any]:
    """The rooms that hear others, and the one that finds what was said."""
    stamping = voice["stamping"]
    keep = days(on.settings.keep_messages_days), days(on.settings.keep_audit_days)
    conversation = Conversation(on.database, on.actors, on.safety, on.audit, on.addresses, *keep, stamping)
    answering = Answering(voice["publishing"], Quoting(on.delivery, on.addresses, on.random))
    hearing = (conversation, circle["timelines"], answering, stamping, voice["agenda"])
    applying = Applying(on.actors, on.followers, *hearing, on.addresses)
    return {
        "conversation": conversation,
        "moderation": Moderation(on.database, circle["acting"], on.followers, on.safety, on.audit, stamping),
        "rules": Rules(on.database, on.audit, stamping),
        "inbox": Inbox(on.database, on.remote, on.safety, on.delivery, applying, on.addresses, on.clock),
    }


def _offers(on: Ground) -> dict[str, Any]:
    """What readers offer, as they and as organisers see it."""
    pictures = SealedPictures(on.media, on.sealer, on.settings.data / "offers", on.random)
    tickets = Tickets(on.sealer, on.clock, on.random)
    keep = days(on.settings.keep_offers_days)
    offering = Offering(on.database, on.safety, on.sealer, pictures, tickets, keep, on.random)
    return {"offering": offering, "offers": OfferDesk(on.database, offering, pictures, on.sealer, on.audit)}


def _housekeeping(on: Ground, made: dict[str, Any], node: int) -> Housekeeping:
    """What is done each hour, and each minute."""
    named = (
        made[name]
        for name in (
            "sessions",
            "publishing",
            "stamping",
            "reviews",
            "timelines",
            "signing",
            "conversation",
            "inbox",
            "offering",
        )
    )
    rooms = [on.remote, on.delivery, *named, on.audit]
    hourly = [
        *(room.trim for room in rooms),
        on.media.sweep,
        made["blocking"].refresh_lists,
        lambda: keep_node(on.database, node),
    ]
    publishing = made["publishing"]
    calling = made["calling"]
    minutely = [publishing.announce_polls, publishing.delete_expired, made["drafting"].publish_due]
    minutely += [calling.end_due, calling.erase_points]
    minutely += [on.safety.refresh, made["allies"].refresh]
    before = [on.safety.catch_up, made["allies"].catch_up]
    return Housekeeping(on.database, on.clock, hourly, minutely, waits=WAITS, before_telling=before)


def _jitter() -> Random:
    return Random()  # noqa: S311 - spreads retries, guards nothing


def _worker(
    database: Database,
    clock: Clock,
    inbox: Inbox,
    announcing: Announcing,
    moving: Moving,
    circle: dict[str, Any],
) -> Worker:
    """Who does the jobs, by their kinds."""
    handlers = {
        ANNOUNCE_JOB: lambda payload: announcing.announce(payload["public_id"], edit=payload.get("edit", False)),
        FETCH_JOB: lambda payload: inbox.fetch(payload["uri"]),
        MOVE_JOB: lambda payload: moving.follow_move(payload["old"], payload["new"]),
        CUT_JOB: lambda _: circle["blocking"].cut(),
        BOOST_JOB: lambda payload: circle["timelines"].fetch_boosted(payload["uri"], payload["by"]),
    }
    return Worker(database, handlers, clock, _jitter())


def signing_key(actors: Actors, actor_id: int) -> Key:
    """The key of one of our actors for a sender."""
    pair = actors.key_pair(actor_id)
    return Key(actor_id, pair.key_id, pair.private_pem())
