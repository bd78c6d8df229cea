"""Pins: at most five, open call-outs first and by themselves. Other servers hear by Add and Remove."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from federation.activities import Add, Remove
from federation.identifiers import PUBLIC, ActivityId, ActorId
from federation.render import render_activity
from server.base import changes
from server.base.addresses import Addresses
from server.base.database import Transaction
from server.base.ids import public_id
from server.features.actors.service import Actors
from server.features.delivery.service import Delivery
from server.features.posts import store
from server.features.publishing import views_pins
from server.features.publishing.model import Pin

#: Mastodon shows five.
MAX_PINNED: Final = 5


def wanted(pins: Sequence[Pin]) -> frozenset[int]:
    """Which of these are pinned: open call-outs, the soonest to end first, then what was pinned by hand, the longest pinned first.

    One place is kept for what was pinned by hand: it is all that is shown when everything is locked.
    """
    calls = sorted((one for one in pins if one.standing), key=lambda one: (one.ends_at, one.id))
    by_hand = sorted((one for one in pins if one.pinned_at and not one.call), key=lambda one: (one.pinned_at, one.id))
    calls = calls[: MAX_PINNED - bool(by_hand)]
    return frozenset(one.id for one in [*calls, *by_hand][:MAX_PINNED])


class Pinning:
    """What stands first on the profile."""

    def __init__(
        self, delivery: Delivery, actors: Actors, addresses: Addresses, random: Callable[[int], bytes]
    ) -> None:
        self._delivery = delivery
        self._actors = actors
        self._addresses = addresses
        self._random = random

    async def settle(self, tx: Transaction) -> None:
        """Pin the call-outs that are open now and unpin those that are not. Doing it twice does nothing."""
        pins = await views_pins.pins(tx, self._actors.campaign().id)
        chosen = wanted(pins)
        # Who leaves goes first: other servers count, too.
        for one in pins:
            if one.pinned_at and one.id not in chosen:
                await self.pin(tx, one.id, one.public_id, pinned=False)
        for one in pins:
            if not one.pinned_at and one.id in chosen:
                await self.pin(tx, one.id, one.public_id, pinned=True)

    async def pin(self, tx: Transaction, post_id: int, name: str, *, pinned: bool) -> None:
        """Pin or unpin one post, and say so."""
        ours, activity_name = self._actors.campaign(), public_id(self._random)
        await store.set_pinned(tx, post_id, pinned=pinned)
        await changes.record(tx, "post", name)
        about = self._addresses.post(ours.handle, name)
        kind = Add if pinned else Remove
        activity = kind(
            id=ActivityId(self._addresses.activity(ours.handle, activity_name)),
            actor=ActorId(self._actors.uri(ours)),
            to=(PUBLIC,),
            cc=(self._addresses.followers(ours.handle),),
            object=about,
            target=self._addresses.featured(ours.handle),
        )
        await self._delivery.say(
            tx,
            actor=ours,
            activity_public_id=activity_name,
            type_=kind.__name__,
            object_uri=about,
            body=render_activity(activity),
            to_followers=True,
        )
