"""The allow-list: while it is on, only the servers on it may talk with us. For the worst days; for keyholders."""

from __future__ import annotations

from collections import Counter

from server.base import changes
from server.base.database import Database, Snapshot
from server.base.errors import Conflict, Invalid, NotFound
from server.features.access.model import Act, Who
from server.features.audit.service import Audit
from server.features.publishing import views_ties
from server.features.publishing.blocking import LARGEST
from server.features.publishing.model import Cut
from server.features.safety import store_lists
from server.features.safety.lists import server_name
from server.features.safety.service import Safety


class Allowing:
    """Nobody is cut off for good: who is not on the list hears nothing and is not heard until it is off again."""

    def __init__(self, database: Database, safety: Safety, audit: Audit) -> None:
        self._database = database
        self._safety = safety
        self._audit = audit

    async def hosts(self, who: Who) -> list[str]:
        """The servers on the allow-list."""
        who.must(Act.READ)
        async with self._database.snapshot() as snapshot:
            return await store_lists.allowed(snapshot)

    async def preview(self, who: Who) -> Cut:
        """Whom the list as it is leaves out."""
        who.must(Act.READ)
        async with self._database.snapshot() as snapshot:
            return await self._left_out(snapshot)

    async def _left_out(self, snapshot: Snapshot) -> Cut:
        ties = await views_ties.ties(snapshot)
        followers = Counter(
            {host: count for host, count in ties.followers.items() if not self._safety.allows_host(host)}
        )
        following, allies = (
            tuple(name for host, names in tied.items() if not self._safety.allows_host(host) for name in names)
            for tied in (ties.following, ties.allies)
        )
        return Cut(
            followers=followers.total(),
            servers=tuple(followers.most_common(LARGEST)),
            following=following,
            allies=allies,
        )

    async def allow(self, who: Who, text: str) -> str:
        """Put a server, and all below its name, onto the list. The name as kept. Raises Invalid, Conflict."""
        who.must(Act.ALLOW_LIST)
        host = server_name(text.strip())
        async with self._database.transaction() as tx:
            if not await self._safety.allow(tx, host):
                raise Conflict("That server is on the list already.")
            await self._audit.record(tx, who.organiser_id, "allow", host)
        return host

    async def allow_known(self, who: Who) -> int:
        """Put the servers of all whom we follow, and of all allies, onto the list; how many were new."""
        who.must(Act.ALLOW_LIST)
        fresh = 0
        async with self._database.transaction() as tx:
            ties = await views_ties.ties(tx)
            for host in sorted({*ties.following, *ties.allies} - {""}):
                fresh += await self._safety.allow(tx, host)
            await self._audit.record(tx, who.organiser_id, "allow", str(fresh))
        return fresh

    async def disallow(self, who: Who, host: str) -> None:
        """Take a server off the list. Raises NotFound."""
        who.must(Act.ALLOW_LIST)
        async with self._database.transaction() as tx:
            if not await self._safety.disallow(tx, host.strip().lower()):
                raise NotFound("That server is not on the list.")
            await self._audit.record(tx, who.organiser_id, "disallow", host)

    async def switch(self, who: Who, *, on: bool) -> None:
        """Let in only those on the list, or everybody again. An empty list cannot be turned on. Raises Invalid."""
        who.must(Act.ALLOW_LIST)
        async with self._database.transaction() as tx:
            if on and not await store_lists.allowed(tx):
                raise Invalid("Put at least one server onto the list first: with none, nobody could talk with you.")
            await self._safety.set_allowing(tx, on=on)
            await changes.record(tx, "conversation")
            await self._audit.record(tx, who.organiser_id, "allow-list", "on" if on else "off")
