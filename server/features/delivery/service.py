"""Saying things: in the caller's transaction, so that what was published is delivered or nothing was published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Final

from server.base.database import Database, Row, Transaction
from server.base.timestamps import from_text, to_text
from server.features.actors.model import OurActor
from server.features.delivery import store
from server.features.delivery.model import DeliveryStatus, Priority, QueueLine
from server.features.safety.service import Safety

KEEP_UNLISTED: Final = timedelta(days=14)


class Delivery:
    """The outbox and its deliveries."""

    def __init__(self, database: Database, safety: Safety) -> None:
        self._database = database
        self._safety = safety

    async def say(
        self,
        tx: Transaction,
        *,
        actor: OurActor,
        activity_public_id: str,
        type_: str,
        object_uri: str,
        body: bytes,
        to_followers: bool,
        inboxes: Iterable[str] = (),
        priority: Priority = Priority.FANOUT,
        listed: bool = False,
    ) -> int:
        """Write down an activity of ours for the given inboxes and, if so, for all followers. The id of the saying.

        A Delete first drops what was never sent about the same thing.
        """
        outbox_id = await store.insert_outbox(
            tx,
            public_id=activity_public_id,
            actor_id=actor.id,
            type_=type_,
            object_uri=object_uri,
            body=body.decode(),
            listed=listed,
        )
        if type_ == "Delete":
            await store.unlist(tx, object_uri)
            await store.cancel_unsent(tx, object_uri, outbox_id)
            await store.forget_deleted(tx, object_uri)
        found: dict[int, Row] = {}
        for url in dict.fromkeys(inboxes):
            inbox = await store.living_inbox(tx, await store.inbox_id(tx, url))
            if inbox is not None and not self._safety.refuses(url):
                found[inbox["id"]] = inbox
        single = Priority.PERSON if priority is Priority.FANOUT else priority
        await store.insert_deliveries(
            tx, outbox_id=outbox_id, object_uri=object_uri, inboxes=found.values(), priority=single
        )
        if to_followers:
            besides = list(found)
            await store.insert_fanout(tx, outbox_id=outbox_id, actor_id=actor.id, priority=priority, besides=besides)
        return outbox_id

    async def renew(self, tx: Transaction, object_uri: str, said: Callable[[str], bytes]) -> None:
        """After an Update: who reads the outbox collection later, or is reached late, gets the Create as it would be said now.

        `said` gives the activity under a public id.
        """
        name = await store.listed_create(tx, object_uri)
        if name is not None:
            await store.renew(tx, object_uri, name, said(name).decode())

    async def restate(
        self,
        tx: Transaction,
        object_uri: str,
        said: Callable[[str, str], bytes],
        *,
        only_to: Sequence[str] | None = None,
    ) -> None:
        """Let all that was said of a thing and is not sent yet, or is read later, say what is so now: no earlier words are left.

        `said` gives the activity of a type under a public id; `only_to` are the inboxes that may still get it, if not all may.
        """
        if only_to is not None:
            await store.keep_to(tx, object_uri, only_to)
        for type_, name in await store.restated(tx, object_uri):
            await store.renew(tx, object_uri, name, said(type_, name).decode())

    async def forget(self, tx: Transaction, object_uri: str) -> None:
        """Erase what was said of a thing that is gone."""
        await store.erase_said(tx, object_uri)

    async def alive(self, tx: Transaction, host: str) -> None:
        """A verified request came from this host: it is well."""
        await store.alive(tx, host)

    async def status(self, object_uri: str) -> DeliveryStatus:
        """How far a post got."""
        async with self._database.snapshot() as snapshot:
            return await store.status(snapshot, object_uri)

    async def queue(self) -> list[QueueLine]:
        """What waits, by host."""
        async with self._database.snapshot() as snapshot:
            return await store.queue(snapshot)

    async def retry(self, host: str | None = None) -> int:
        """Try everything that waits (for one host) now."""
        async with self._database.transaction() as tx:
            return await store.retry_now(tx, host)

    async def trim(self) -> int:
        """Forget sayings that nobody waits for."""
        async with self._database.transaction() as tx:
            await store.forget_all_deleted(tx)
            return await store.trim(tx, to_text(from_text(tx.now) - KEEP_UNLISTED))
