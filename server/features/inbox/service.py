"""An activity comes in: verify, parse, authorise, apply in one transaction; 202 only after the commit.

No raw body is kept. Whatever else must be fetched is a job, never part of the request.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from federation.activities import Activity, Create, Delete, Update
from federation.authority import authorise, is_forwarded
from federation.errors import BadSignature, FederationError, Gone, NotAuthorised
from federation.gate import Document, read_json
from federation.identifiers import ActorId, origin_of
from federation.objects import Actor, Note
from federation.parse import Peek, parse_activity, peek
from federation.signatures import Claim, SignedRequest, claim_of
from server.base import errors
from server.base.addresses import Addresses
from server.base.clock import Clock
from server.base.database import Database, IntegrityViolation
from server.base.jobs import queue
from server.base.timestamps import to_text
from server.features.delivery.service import Delivery
from server.features.inbox import store
from server.features.inbox.applying import FETCH_JOB, Applying
from server.features.remote import store as remote_store
from server.features.remote.cleaning import clean_post
from server.features.remote.model import CleanPost, RemoteActor, Signer
from server.features.remote.service import Remote
from server.features.safety.service import Safety

SEEN_KEPT: Final = timedelta(days=30)
EARLY_KEPT: Final = timedelta(days=1)


class Inbox:
    """The one way in."""

    def __init__(
        self,
        database: Database,
        remote: Remote,
        safety: Safety,
        delivery: Delivery,
        applying: Applying,
        addresses: Addresses,
        clock: Clock,
    ) -> None:
        self._database = database
        self._remote = remote
        self._safety = safety
        self._delivery = delivery
        self._applying = applying
        self._addresses = addresses
        self._clock = clock

    async def receive(self, request: SignedRequest) -> None:
        """Take an activity in; when this returns it is durable, or was not wanted.

        Raises BadSignature, Malformed, TooLarge, KeyUnavailable, errors.Forbidden (blocked), errors.Unavailable.
        """
        claim = claim_of(request)
        key_id = claim.key_id
        if self._addresses.is_local(key_id) or "?" in request.target:
            raise BadSignature("not a key of another server, or a query")
        if self._safety.refuses(key_id):
            raise errors.Forbidden("This server does not take that from you.")
        document = read_json(request.body)
        asked = peek(document)
        if await self._nothing_to_us(asked):
            return
        signer = await self._verified(claim, asked)
        if signer is None:
            return
        if self._safety.refuses(signer.actor_uri) or self._safety.refuses(asked.actor):
            raise errors.Forbidden("This server does not take that from you.")
        await self._taken(document, signer)

    async def _nothing_to_us(self, asked: Peek) -> bool:
        """A deletion of an actor that we never knew: its key is gone, so it is neither checked nor fetched."""
        if asked.type not in {"Delete", "Update"} or asked.object_id != asked.actor:
            return False
        async with self._database.snapshot() as snapshot:
            return await remote_store.actor_by_uri(snapshot, asked.actor) is None

    async def _verified(self, claim: Claim, asked: Peek) -> Signer | None:
        """Who signed. None for the Delete of an actor whose key has gone with it. Raises BadSignature."""
        try:
            signer = await self._remote.signer(claim.key_id)
        except Gone:
            if asked.type == "Delete":
                return None
            raise BadSignature("the key was deleted") from None
        try:
            claim.verify(signer.key, self._clock(), self._addresses.base)
        except BadSignature:
            fresh = await self._remote.refetch_signer(claim.key_id)
            if fresh is None:
                raise
            claim.verify(fresh.key, self._clock(), self._addresses.base)
            return fresh
        return signer

    async def _taken(self, document: Document, signer: Signer) -> None:
        activity = parse_activity(document)
        signed_by = ActorId(signer.actor_uri)
        if is_forwarded(activity, signed_by):
            await self._look_at_origin(activity)
            return
        try:
            authorise(activity, signed_by)
        except NotAuthorised:
            return
        actor = await self._remote.actor(signer.actor_uri)
        await self.apply(activity, actor)

    async def _look_at_origin(self, activity: Activity) -> None:
        """Forwarded by somebody else: nothing of it is believed, but its post may be fetched where it lives."""
        match activity:
            case Create(object=Note() as note) | Update(object=Note() as note):
                uri: str = note.id
            case Create(object=str() as object_id) | Update(object=str() as object_id):
                uri = object_id
            case Delete():
                uri = activity.object_id
            case _:
                return
        if not self._addresses.is_local(uri) and not self._safety.refuses(uri):
            async with self._database.transaction() as tx:
                await queue.add(tx, FETCH_JOB, {"uri": uri}, key=f"fetch {uri}")

    async def apply(self, activity: Activity, actor: RemoteActor) -> None:
        """Apply what was verified and authorised: everything that costs time before, then one transaction."""
        if actor.suspended:
            return
        clean = await self._cleaned(activity, actor)
        if isinstance(activity, Update) and isinstance(activity.object, Actor) and not await self._seen(activity):
            actor = await self._remote.learn(activity.object)
        try:
            await self._applied(activity, actor, clean)
        except IntegrityViolation:
            # The actor was forgotten between the look and the transaction: whoever sends it again is looked up anew.
            raise errors.Unavailable from None

    async def _applied(self, activity: Activity, actor: RemoteActor, clean: CleanPost | None) -> None:
        async with self._database.transaction() as tx:
            if activity.id is not None and not await store.first_time(tx, activity.actor, activity.id):
                await self._applying.again(tx, activity, actor)
                return
            await self._delivery.alive(tx, origin_of(actor.uri).authority)
            await self._applying.apply(tx, activity, actor, clean)

    async def _seen(self, activity: Update) -> bool:
        """True for a profile that was taken in before: a replayed one must not bring old words or keys back."""
        if activity.id is None:
            return False
        async with self._database.snapshot() as snapshot:
            return await store.seen(snapshot, activity.actor, activity.id)

    async def _cleaned(self, activity: Activity, actor: RemoteActor) -> CleanPost | None:
        if isinstance(activity, (Create, Update)) and isinstance(activity.object, Note):
            return await clean_post(activity.object, actor.followers_uri, self._clock())
        return None

    # -- jobs -------------------------------------------------------------------------------------------------------------

    async def fetch(self, uri: str) -> None:
        """Fetch a post from its origin and hear it as if its author had sent it; gone means deleted."""
        try:
            note, author = await self._remote.fetch_note(uri)
        except Gone:
            async with self._database.transaction() as tx:
                await self._applying.vanished(tx, uri)
            return
        except FederationError:
            return
        if self._safety.refuses(author.uri):
            return
        clean = await clean_post(note, author.followers_uri, self._clock())
        async with self._database.transaction() as tx:
            await self._applying.heard(tx, author, clean)

    async def trim(self) -> None:
        """Forget what no sender repeats any more."""
        now, more = self._clock(), True
        while more:
            async with self._database.transaction() as tx:
                more = await store.trim(tx, to_text(now - SEEN_KEPT), to_text(now - EARLY_KEPT))
