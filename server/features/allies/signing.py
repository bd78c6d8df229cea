"""Who stands behind a call-out: allies that boost it or answer it with #signed, and groups that an organiser let sign.

Nothing is counted when they do so. Each page asks, so whatever is undone, deleted, blocked or no longer allied stops counting by itself.
"""

from __future__ import annotations

from typing import Final

from server.base import changes
from server.base.database import Database
from server.base.errors import NotFound
from server.features.access.model import Act, Who
from server.features.actors.service import Actors
from server.features.allies import store_signing as store
from server.features.allies import views_signing as views
from server.features.allies.model import Signature
from server.features.allies.service import Allies
from server.features.audit.service import Audit
from server.features.posts import views as posts_views
from server.features.posts.model import Post, State
from server.features.remote.model import RemoteActor
from server.features.remote.store import actor_by_id
from server.features.safety.service import Safety

#: Of those that do not count, a screen shows so many.
SHOWN: Final = 100


class Signing:
    """Signatures under our call-outs."""

    def __init__(self, database: Database, actors: Actors, allies: Allies, safety: Safety, audit: Audit) -> None:
        self._database = database
        self._actors = actors
        self._allies = allies
        self._safety = safety
        self._audit = audit

    def _may_sign(self, actor: RemoteActor) -> bool:
        """False for whoever is blocked, and for ourselves under another name."""
        return not self._safety.refuses(actor.uri) and actor.uri not in self._actors.campaign().also_known_as

    def _counts(self, one: Signature) -> bool:
        if not self._may_sign(one.actor):
            return False
        return one.decided if one.decided is not None else self._allies.is_ally(one.actor.uri)

    async def signatures(self, post: Post) -> list[Signature]:
        """Those that count, the first one first. Nobody signs what is no call-out."""
        if post.call is None:
            return []
        async with self._database.snapshot() as snapshot:
            found = await views.trusted(snapshot, post.id)
        return sorted((one for one in found if self._counts(one)), key=lambda one: (one.said_at, one.actor.id))

    async def others(self, who: Who, post: Post) -> list[Signature]:
        """Those that do not count: whoever asks by #signed first, then who boosts, the newest first; some were taken off."""
        who.must(Act.READ)
        async with self._database.snapshot() as snapshot:
            found = await views.newest(snapshot, post.id)
        left = [one for one in found if self._may_sign(one.actor) and not self._counts(one)]
        return sorted(left, key=lambda one: (one.by_reply, one.said_at), reverse=True)[:SHOWN]

    async def decide(self, who: Who, public_id: str, remote_actor_id: int, *, counts: bool) -> None:
        """Let a group sign a call-out, or take its signature off. Raises NotFound."""
        who.must(Act.MODERATE)
        async with self._database.transaction() as tx:
            post = await posts_views.by_public_id(tx, public_id)
            actor = await actor_by_id(tx, remote_actor_id)
            if post is None or post.state is not State.LIVE or post.call is None:
                raise NotFound("There is no such call-out.")
            if actor is None or not await views.known(tx, post.id, remote_actor_id):
                raise NotFound("They do not sign it any more.")
            await store.decide(tx, post.id, remote_actor_id, counts=counts)
            await changes.record(tx, "post", public_id)
            await self._audit.record(tx, who.organiser_id, "sign" if counts else "unsign", actor.host)

    async def trim(self) -> None:
        """Forget what was decided about call-outs that are deleted."""
        async with self._database.transaction() as tx:
            await store.erase_of_deleted(tx)
