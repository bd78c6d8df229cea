"""Who our allies are: asked for whatever comes in, so the answer is in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from federation.errors import Malformed
from federation.identifiers import origin_of
from server.base import changes
from server.base.database import Database, Transaction
from server.base.errors import Conflict, Invalid, NotFound
from server.base.safe_html import clean_name
from server.features.access.model import Act, Who
from server.features.allies import store
from server.features.allies.model import Ally, AllyKind
from server.features.audit.service import Audit
from server.features.remote.model import RemoteActor
from server.features.safety.service import Safety, normal_host

#: The kind of change that says: our allies are others now.
ALLIES: Final = "allies"
MAX_ALLIES: Final = 500
MAX_LABEL_CHARS: Final = 100


class Allies:
    """Groups and servers that we trust. `load` before use."""

    def __init__(self, database: Database, safety: Safety, audit: Audit) -> None:
        self._database = database
        self._safety = safety
        self._audit = audit
        self._actors: frozenset[str] = frozenset()
        self._hosts: frozenset[str] = frozenset()
        self._shown: tuple[Ally, ...] = ()
        self._stale = False
        database.on_change(self._noticed)

    def _noticed(self, kind: str, subject: str) -> None:  # noqa: ARG002 - the whole is read again
        self._stale = self._stale or kind == ALLIES

    async def load(self) -> None:
        """Read all allies into memory."""
        self._stale = False
        async with self._database.snapshot() as snapshot:
            self._remember(await store.allies(snapshot))

    async def refresh(self) -> None:
        """Read them again if they were changed, here or in another process."""
        while self._stale:
            try:
                await self.load()
            except BaseException:
                self._stale = True
                raise

    async def catch_up(self, news: Sequence[tuple[str, str]]) -> None:
        """Read what another process changed, before anybody here is told of it."""
        for kind, subject in news:
            self._noticed(kind, subject)
        await self.refresh()

    def _remember(self, allies: Sequence[Ally]) -> None:
        self._actors = frozenset(one.target for one in allies if one.kind == "actor")
        self._hosts = frozenset(one.target for one in allies if one.kind == "host")
        self._shown = tuple(one for one in allies if one.shown)

    def is_ally(self, uri: str) -> bool:
        """True for an actor that is an ally, or whose very server is one, and who was not blocked since."""
        if not self._actors and not self._hosts:
            return False
        try:
            found = uri in self._actors or origin_of(uri).host in self._hosts
        except Malformed:
            return False
        return found and not self._safety.refuses(uri)

    def _stands(self, ally: Ally) -> bool:
        return not (
            self._safety.refuses(ally.target) if ally.kind == "actor" else self._safety.refuses_host(ally.target)
        )

    @property
    def any_shown(self) -> bool:
        """True if the public page of allies has anything on it."""
        return any(self._stands(one) for one in self._shown)

    # -- what organisers do -----------------------------------------------------------------------------------------------

    async def mark_actor(self, who: Who, actor: RemoteActor, *, label: str = "", shown: bool = False) -> None:
        """Make an actor an ally. Raises Conflict, Invalid."""
        who.must(Act.ALLY)
        if self._safety.refuses(actor.uri):
            raise Invalid("You blocked them, or their server. Take that back first.")
        name = label or actor.shown_name
        await self._mark(who, "actor", actor.uri, name, actor.url or actor.uri, host=actor.host, shown=shown)

    async def mark_host(self, who: Who, text: str, *, label: str = "", shown: bool = False) -> str:
        """Make a whole server an ally; the name as kept. Raises Conflict, Invalid."""
        who.must(Act.ALLY)
        host = normal_host(text)
        if self._safety.refuses_host(host):
            raise Invalid("That server is blocked here.")
        await self._mark(who, "host", host, label or host, f"https://{host}/", host=host, shown=shown)
        return host

    async def _mark(
        self, who: Who, kind: AllyKind, target: str, label: str, url: str, *, host: str, shown: bool
    ) -> None:
        async with self._database.transaction() as tx:
            if await store.count(tx) >= MAX_ALLIES:
                raise Conflict("There are 500 allies. Take one off first.")
            name = clean_name(label, MAX_LABEL_CHARS) or host
            if not await store.insert(tx, kind=kind, target=target, label=name, url=_page(url), shown=shown):
                raise Conflict("That is an ally already.")
            await self._changed(tx)
            await self._audit.record(tx, who.organiser_id, "ally", host)

    async def change(self, who: Who, ally_id: int, *, label: str, shown: bool) -> None:
        """Name an ally otherwise, show it on the public page or not. Raises NotFound, Invalid."""
        who.must(Act.ALLY)
        name = clean_name(label, MAX_LABEL_CHARS)
        if not name:
            raise Invalid("Give the ally a name.")
        async with self._database.transaction() as tx:
            if not await store.update(tx, ally_id, label=name, shown=shown):
                raise NotFound("That ally is not here any more.")
            await self._changed(tx)

    async def forget(self, who: Who, ally_id: int) -> None:
        """No longer an ally. Raises NotFound."""
        who.must(Act.ALLY)
        async with self._database.transaction() as tx:
            target = await store.delete(tx, ally_id)
            if target is None:
                raise NotFound("That ally is not here any more.")
            await self._changed(tx)
            host = origin_of(target).host if "://" in target else target
            await self._audit.record(tx, who.organiser_id, "unally", host)

    async def _changed(self, tx: Transaction) -> None:
        await changes.record(tx, ALLIES)
        allies = await store.allies(tx)
        tx.after_commit(lambda: self._remember(allies))

    # -- looking ----------------------------------------------------------------------------------------------------------

    async def allies(self, who: Who) -> list[Ally]:
        """All allies by their names."""
        who.must(Act.READ)
        async with self._database.snapshot() as snapshot:
            return await store.allies(snapshot)

    async def shown(self) -> list[Ally]:
        """Those that everybody may see; none that were blocked since."""
        async with self._database.snapshot() as snapshot:
            return [one for one in await store.allies(snapshot) if one.shown and self._stands(one)]


def _page(url: str) -> str:
    """An address that a page may link to, else nothing."""
    return url if url.startswith(("https://", "http://")) else ""
