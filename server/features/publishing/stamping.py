"""Consent to others: who may quote a post of ours, and whose replies may stand with it (FEP-044f, GoToSocial's interaction controls)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from federation.activities import Accept, Delete, Inner, QuoteRequest, Reject, ReplyRequest
from federation.errors import Malformed
from federation.identifiers import ActivityId, ActorId, ObjectId, same_origin
from federation.objects import Stamp
from federation.render import render_activity
from server.base import changes
from server.base.addresses import Addresses
from server.base.database import Database, Snapshot, Transaction
from server.base.errors import Conflict, NotFound
from server.base.ids import public_id
from server.base.timestamps import from_text, to_text
from server.features.access.model import Act, Who
from server.features.actors.service import Actors
from server.features.audit.service import Audit
from server.features.delivery.model import Priority
from server.features.delivery.service import Delivery
from server.features.followers import store as followers_store
from server.features.posts import views
from server.features.posts.model import Glimpse, ReplyPolicy
from server.features.publishing import store_stamps as store
from server.features.publishing.store_stamps import Consent, StampState
from server.features.remote.model import RemoteActor
from server.features.safety.model import LockLevel
from server.features.safety.service import Safety

_TYPES: Final = {"quote": "QuoteAuthorization", "reply": "ReplyAuthorization"}
#: So much one account may ask of us in a day; the rest is not noted and gets no answer.
MAX_ASKED_A_DAY: Final = 20
#: A request that nobody answered, and a refusal, are forgotten after this time.
KEPT_UNANSWERED: Final = timedelta(days=30)
_REQUESTS: Final = {"quote": "QuoteRequest", "reply": "ReplyRequest"}


def decided(policy: ReplyPolicy, *, known: bool) -> StampState:
    """What becomes of a request to quote: pure."""
    if policy is ReplyPolicy.OPEN or (policy is ReplyPolicy.KNOWN and known):
        return "given"
    return "asked" if policy is ReplyPolicy.APPROVAL else "refused"


class Stamping:
    """Our stamps: asked for, given, refused, taken back."""

    def __init__(
        self,
        database: Database,
        delivery: Delivery,
        actors: Actors,
        safety: Safety,
        audit: Audit,
        addresses: Addresses,
        random: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self._delivery = delivery
        self._actors = actors
        self._safety = safety
        self._audit = audit
        self._addresses = addresses
        self._random = random

    # -- inside the inbox's transaction -----------------------------------------------------------------------------------

    async def asked(self, tx: Transaction, actor: RemoteActor, request: QuoteRequest | ReplyRequest) -> bool:
        """Somebody asks. A quote is decided by the policy of the post at once; a reply waits until the conversation decides.

        True for a reply that may be fetched and heard.
        """
        local = self._addresses.local(request.object)
        post = await views.live_glimpse(tx, local.public_id) if local and local.kind == "post" else None
        if post is None or not post.readable or request.id is None or not _theirs(actor, request.instrument):
            return False
        if await store.of(tx, str(request.instrument)) is None and await self._asked_enough(tx, actor):
            return False
        consent = await store.ask(
            tx,
            public_id=public_id(self._random),
            kind="quote" if isinstance(request, QuoteRequest) else "reply",
            post_id=post.id,
            remote_actor_id=actor.id,
            interacting_uri=str(request.instrument),
            request_uri=request.id,
        )
        if consent is None or consent.post_id != post.id or consent.actor_uri != actor.uri:
            return False
        await self._answer_asked(tx, actor, consent)
        return isinstance(request, ReplyRequest) and consent.state == "asked"

    async def _asked_enough(self, snapshot: Snapshot, actor: RemoteActor) -> bool:
        yesterday = to_text(from_text(snapshot.now) - timedelta(days=1))
        return await store.asked_since(snapshot, actor.id, yesterday) >= MAX_ASKED_A_DAY

    async def _answer_asked(self, tx: Transaction, actor: RemoteActor, consent: Consent) -> None:
        state = consent.state
        if state == "asked" and consent.kind == "quote":
            state = decided(await views.quote_policy(tx, consent.post_id), known=await self._knows(tx, actor))
            if state == "given" and self._safety.level >= LockLevel.CONVERSATION_CLOSED:
                state = "asked"
        if state == "asked":
            await changes.record(tx, "inboxes")
        else:
            await self._settle(tx, consent, state)

    async def _knows(self, snapshot: Snapshot, actor: RemoteActor) -> bool:
        ours = self._actors.campaign()
        tie = await followers_store.followed(snapshot, ours.id, actor.id)
        return (tie is not None and tie.state == "accepted") or await followers_store.is_follower(
            snapshot, ours.id, actor.uri
        )

    async def reply_stands(self, tx: Transaction, post: Glimpse, author: RemoteActor, reply_uri: str) -> None:
        """A reply is shown from now on: where our policy said that this needs a yes, its server gets one with a stamp."""
        if post.reply_policy is ReplyPolicy.OPEN or not post.readable:
            return
        consent = await store.ask(
            tx,
            public_id=public_id(self._random),
            kind="reply",
            post_id=post.id,
            remote_actor_id=author.id,
            interacting_uri=reply_uri,
            request_uri=None,
        )
        if consent is not None and consent.state != "given" and consent.actor_uri == author.uri:
            await self._settle(tx, consent, "given")

    async def reply_falls(self, tx: Transaction, reply_uri: str, *, quietly: bool = False) -> None:
        """A reply is hidden: a stamp is taken back; who asked is refused, and nobody else is told anything.

        `quietly` tells not even them: the stamp is simply found no more.
        """
        consent = await store.of(tx, reply_uri)
        if consent is None or consent.kind != "reply":
            return
        if quietly:
            if consent.state == "given":
                await store.delete(tx, consent.id)
        elif consent.state == "given":
            await self._take_back(tx, consent)
        elif consent.state == "asked" and consent.request_uri:
            await self._settle(tx, consent, "refused")

    async def gone(self, tx: Transaction, author: RemoteActor, uri: str) -> None:
        """Its author deleted a reply or a quote: whatever we said about it is over."""
        consent = await store.of(tx, uri)
        if consent is not None and consent.actor_uri == author.uri:
            await self._take_back(tx, consent)

    # -- what organisers decide -------------------------------------------------------------------------------------------

    async def answer(self, who: Who, stamp_id: int, *, yes: bool) -> None:
        """Say yes or no to a quote that waits. Raises NotFound, Conflict."""
        who.must(Act.MODERATE)
        async with self._database.transaction() as tx:
            consent = await self._one(tx, stamp_id)
            if consent.state != "asked":
                raise Conflict("This was answered already.")
            await self._settle(tx, consent, "given" if yes else "refused")
            await self._audit.record(tx, who.organiser_id, "quote-given" if yes else "quote-refused")

    async def take_back(self, who: Who, stamp_id: int) -> None:
        """Consent no more: other servers stop showing our post inside that one. Raises NotFound."""
        who.must(Act.MODERATE)
        async with self._database.transaction() as tx:
            await self._take_back(tx, await self._one(tx, stamp_id))
            await self._audit.record(tx, who.organiser_id, "quote-taken-back")

    async def _one(self, tx: Transaction, stamp_id: int) -> Consent:
        consent = await store.by_id(tx, stamp_id)
        if consent is None or consent.kind != "quote":
            raise NotFound("That is not here any more.")
        return consent

    async def quotes(self, state: StampState) -> list[Consent]:
        """Quotes of us that wait, stand or were refused, the newest first.

        Not by people blocked since, but for those that stand: what was given to them can still be taken back.
        """
        async with self._database.snapshot() as snapshot:
            found = await store.listed(snapshot, "quote", state)
        return [one for one in found if state == "given" or not self._safety.refuses(one.actor_uri)]

    async def stamp(self, name: str) -> Stamp | None:
        """A stamp that stands, for whoever checks it; none for people blocked since."""
        async with self._database.snapshot() as snapshot:
            consent = await store.given(snapshot, name)
        if consent is None or self._safety.refuses(consent.actor_uri):
            return None
        ours = self._actors.campaign()
        return Stamp(
            id=self._addresses.stamp(ours.handle, name),
            type=_TYPES[consent.kind],
            attributed_to=ActorId(self._actors.uri(ours)),
            interacting=consent.interacting_uri,
            target=ObjectId(self._addresses.post(ours.handle, consent.post)),
        )

    async def trim(self) -> int:
        """Forget requests that were refused or that nobody answered in a month."""
        async with self._database.transaction() as tx:
            erased = await store.erase_unanswered(tx, to_text(from_text(tx.now) - KEPT_UNANSWERED))
            if erased:
                await changes.record(tx, "inboxes")
        return erased

    # -- what their server hears ------------------------------------------------------------------------------------------

    async def _settle(self, tx: Transaction, consent: Consent, state: StampState) -> None:
        await store.set_state(tx, consent.id, state)
        ours = self._actors.campaign()
        name = public_id(self._random)
        uri, actor = ActivityId(self._addresses.activity(ours.handle, name)), ActorId(self._actors.uri(ours))
        inner = Inner(id=consent.interacting_uri)
        if consent.request_uri:
            inner = Inner(
                id=consent.request_uri,
                type=_REQUESTS[consent.kind],
                actor=ActorId(consent.actor_uri),
                object=self._addresses.post(ours.handle, consent.post),
                instrument=consent.interacting_uri,
            )
        to = (consent.actor_uri,)
        activity: Accept | Reject = Reject(id=uri, actor=actor, to=to, inner=inner)
        if state == "given":
            stamp = self._addresses.stamp(ours.handle, consent.public_id)
            activity = Accept(id=uri, actor=actor, to=to, inner=inner, result=stamp)
        await self._say(tx, consent, name, activity)
        await changes.record(tx, "inboxes")

    async def _take_back(self, tx: Transaction, consent: Consent) -> None:
        await store.delete(tx, consent.id)
        ours = self._actors.campaign()
        name = public_id(self._random)
        stamp = self._addresses.stamp(ours.handle, consent.public_id)
        activity = Delete(
            id=ActivityId(self._addresses.activity(ours.handle, name)),
            actor=ActorId(self._actors.uri(ours)),
            to=(consent.actor_uri,),
            object=ObjectId(stamp),
        )
        if consent.state == "given":
            await self._say(tx, consent, name, activity)
        await changes.record(tx, "inboxes")

    async def _say(self, tx: Transaction, consent: Consent, name: str, activity: Accept | Reject | Delete) -> None:
        ours = self._actors.campaign()
        await self._delivery.say(
            tx,
            actor=ours,
            activity_public_id=name,
            type_=type(activity).__name__,
            object_uri=self._addresses.stamp(ours.handle, consent.public_id),
            body=render_activity(activity),
            to_followers=False,
            inboxes=[consent.inbox],
            priority=Priority.PERSON,
        )


def _theirs(actor: RemoteActor, instrument: str | None) -> bool:
    """Only what lies on the asker's own server can be stamped for them."""
    try:
        return instrument is not None and same_origin(instrument, actor.uri)
    except Malformed:
        return False
