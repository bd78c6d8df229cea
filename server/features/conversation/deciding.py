"""Changing what is shown, inside a transaction: the rows, the counts, who must hear of it, and the consent that goes with it."""

from __future__ import annotations

from collections.abc import Sequence

from server.base import changes
from server.base.database import Transaction
from server.features.conversation import store, views_room
from server.features.posts import views as posts_views
from server.features.publishing.stamping import Stamping
from server.features.remote import store as remote_store


class Deciding:
    """Shows, hides and holds."""

    def __init__(self, stamping: Stamping) -> None:
        self._stamping = stamping

    async def set_all(
        self, tx: Transaction, ids: Sequence[int], state: str, rule_id: int | None = None, *, quietly: bool = False
    ) -> int:
        """Show, hide or hold several; how many were not so already. Each post that shows them is drawn anew at once.

        What the reply policy owes the authors goes out with it: a stamp, or its end. `quietly` tells nobody.
        """
        changed = await store.set_states(tx, ids, state, rule_id)
        for post_id in changed.posts:
            post = await posts_views.glimpse(tx, post_id)
            if post is not None:
                await changes.record(tx, "conversation", post.public_id)
        await changes.record(tx, "inboxes")
        if state == "approved":
            await self._stand(tx, changed.ids)
        else:
            for uri in await views_room.stamped(tx, changed.ids):
                await self._stamping.reply_falls(tx, uri, quietly=quietly)
        return len(changed.ids)

    async def _stand(self, tx: Transaction, ids: Sequence[int]) -> None:
        for remote_post_id in ids:
            place = await store.reply_of(tx, remote_post_id)
            said = await remote_store.post_by_id(tx, remote_post_id)
            author = await remote_store.actor_by_id(tx, said.actor_id) if said else None
            if place is None or place.post_id is None or said is None or author is None:
                continue
            parent = await posts_views.glimpse(tx, place.post_id)
            if parent is not None:
                await self._stamping.reply_stands(tx, parent, author, said.uri)
