"""Changing what is shown, inside a transaction: the rows, the counts, and who must hear of it."""

from __future__ import annotations

from collections.abc import Sequence

from server.base import changes
from server.base.database import Transaction
from server.features.conversation import store
from server.features.posts import views as posts_views


async def set_all(tx: Transaction, ids: Sequence[int], state: str, rule_id: int | None = None) -> int:
    """Show, hide or hold several; how many were not so already. Each post that shows them is drawn anew at once."""
    changed = await store.set_states(tx, ids, state, rule_id)
    for post_id in changed.posts:
        post = await posts_views.glimpse(tx, post_id)
        if post is not None:
            await changes.record(tx, "conversation", post.public_id)
    await changes.record(tx, "inboxes")
    return len(changed.ids)
