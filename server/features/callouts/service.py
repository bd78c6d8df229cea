"""Call-outs beside their posts: how they stand, what calendars hear of, and what is forgotten in time. All within the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable

from server.base.database import Snapshot, Transaction
from server.base.ids import short_code
from server.features.callouts import store
from server.features.posts.model import Post
from server.features.posts.model_call import STANDING, DraftCall


class CallOuts:
    """Facts by revision, state beside them (docs/adr/0014)."""

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random

    async def begin(self, tx: Transaction, post_id: int, call: DraftCall) -> None:
        """Let a new post be a call-out, with a code of its own."""
        await store.insert(tx, post_id, short_code(self._random), call.stands)

    async def change(self, tx: Transaction, before: Post, call: DraftCall) -> None:
        """Other words, hours or another state: calendars hear of it once. Where nobody should come any more no exact place is kept."""
        if before.call is not None and before.call.state is not call.stands:
            await store.set_state(tx, before.id, call.stands)
        else:
            await store.changed(tx, before.id)
        if call.stands not in STANDING:
            await store.forget_points(tx, before.id)

    async def due(self, snapshot: Snapshot) -> list[tuple[int, str]]:
        """Open call-outs whose end has come: (id, public id)."""
        return await store.ended(snapshot, snapshot.now)

    async def end(self, tx: Transaction, post_id: int) -> bool:
        """Let a call-out be over if its end has come; False if somebody else did, or moved the end meanwhile."""
        return await store.end(tx, post_id, tx.now)

    async def erase_points(self, tx: Transaction) -> list[str]:
        """Forget exact places whose time is over, in every revision; the public ids of their posts."""
        return await store.erase_points(tx, tx.now)
