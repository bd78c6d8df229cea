"""Whom we refuse: asked on every request from outside, so the answer is in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from federation.errors import Malformed
from federation.identifiers import origin_of
from server.base import changes
from server.base.database import Database, Transaction
from server.base.errors import Invalid
from server.features.safety import store, store_lists
from server.features.safety.model import Block, BlockKind, BlockList, LockLevel

MAX_HOST_CHARS = 253
#: The kind of change that says how far the house is locked; its subject is the level.
LOCK = "lock"


def normal_host(text: str) -> str:
    """A host name as blocks are kept: lower case, punycode, no port. Raises Invalid for anything else."""
    host = text.strip()[: MAX_HOST_CHARS + 2].rstrip(".").lower()
    try:
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
        origin_of(f"https://{host}/")
    except (UnicodeError, Malformed):
        raise Invalid("That is not the name of a server.") from None
    if "." not in host or len(host) > MAX_HOST_CHARS or ":" in host or "/" in host:
        raise Invalid("That is not the name of a server.")
    return host


def suffixes(host: str) -> Iterator[str]:
    """The host and every name above it: a.b.test, b.test, test."""
    while host:
        yield host
        host = host.partition(".")[2]


def bare_host(host: str) -> str:
    """A host as it stands in an address, in lower case and without its port."""
    name = host.lower()
    return name if name.startswith("[") else name.partition(":")[0]


class Safety:
    """Blocks and the lock level. `load` before use and whenever another process changed them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._hosts: frozenset[str] = frozenset()
        self._actors: frozenset[str] = frozenset()
        self._allowed: frozenset[str] = frozenset()
        self._allowing = False
        self._level = LockLevel.OPEN
        self._stale = False
        database.on_change(self._heard)

    def _heard(self, kind: str, subject: str) -> None:
        """Here or in another process the level was changed: the note says to which, so that nobody waits for a look."""
        if kind == LOCK and subject.isdigit():
            self._level = LockLevel(int(subject))
        self._stale = self._stale or kind in {"blocks", LOCK}

    async def refresh(self) -> None:
        """Read everything again if it was changed, here or in another process."""
        while self._stale:
            try:
                await self.load()
            except BaseException:
                self._stale = True
                raise

    async def catch_up(self, news: Sequence[tuple[str, str]]) -> None:
        """Read what another process changed, before anybody here is told of it and draws its pages anew."""
        for kind, subject in news:
            self._heard(kind, subject)
        await self.refresh()

    async def load(self) -> None:
        """Read blocks, allow-list and lock level into memory."""
        self._stale = False
        async with self._database.snapshot() as snapshot:
            blocks = await store.blocks(snapshot)
            self._level = await store.lock_level(snapshot)
            allowed, allowing = await store_lists.allowed(snapshot), await store_lists.allowing(snapshot)
        self._remember(blocks)
        self._allowed, self._allowing = frozenset(allowed), allowing

    def _remember(self, blocks: Iterable[Block]) -> None:
        kept = list(blocks)
        self._hosts = frozenset(block.target for block in kept if block.kind == "host")
        self._actors = frozenset(block.target for block in kept if block.kind == "actor")

    def refuses_host(self, host: str) -> bool:
        """True if this server, or one above it, is blocked, or the allow-list is on without it. A port does not matter."""
        if not self._hosts and not self._allowing:
            return False
        return self.blocks_host(host) or (self._allowing and not self.allows_host(host))

    def blocks_host(self, host: str) -> bool:
        """True if this server, or one above it, is blocked, whatever the allow-list says."""
        return bool(self._hosts) and any(suffix in self._hosts for suffix in suffixes(bare_host(host)))

    def allows_host(self, host: str) -> bool:
        """True if this server, or one above it, stands on the allow-list, be it on or off."""
        return any(suffix in self._allowed for suffix in suffixes(bare_host(host)))

    @property
    def allowing(self) -> bool:
        """True while only servers on the allow-list may talk with us."""
        return self._allowing

    def refuses(self, uri: str) -> bool:
        """True if this actor, or the server of this id, is blocked; ids that are no usable URL are refused too."""
        if uri in self._actors:
            return True
        try:
            return self.refuses_host(origin_of(uri).host)
        except Malformed:
            return True

    @property
    def level(self) -> LockLevel:
        """How far the house is locked."""
        return self._level

    async def block(
        self, tx: Transaction, *, kind: BlockKind, target: str, label: str, announced_as: str | None = None
    ) -> bool:
        """Block a normal host name or an actor id, from the commit on; False if it was blocked already."""
        if kind == "host":
            await store_lists.delete_spared(tx, target)
        fresh = await store.insert_block(tx, kind=kind, target=target, label=label, announced_as=announced_as)
        await self._changed(tx)
        return fresh

    async def block_several(self, tx: Transaction, actors: Sequence[tuple[str, str]]) -> None:
        """Block actors, given as (id, label), from the commit on: the blocks are read into memory once for all."""
        for target, label in actors:
            await store.insert_block(tx, kind="actor", target=target, label=label, announced_as=None)
        await self._changed(tx)

    async def unblock(self, tx: Transaction, target: str) -> Block | None:
        """Take a block back; None if there was none. A server that a list names is not blocked by any list again."""
        block = await store.delete_block(tx, target)
        if block is not None and block.kind == "host":
            await store_lists.insert_spared(tx, target)
        await self._changed(tx)
        return block

    async def _changed(self, tx: Transaction) -> None:
        await changes.record(tx, "blocks")
        blocks = await store.blocks(tx)
        tx.after_commit(lambda: self._remember(blocks))

    @property
    def statement_only(self) -> bool:
        """True while the public sees what is pinned and nothing else."""
        return self._level >= LockLevel.STATEMENT_ONLY

    async def stored_level(self, tx: Transaction) -> LockLevel:
        """The level as it stands, which nobody else changes before this transaction is over."""
        return await store.lock_level_for_change(tx)

    async def set_level(self, tx: Transaction, level: LockLevel) -> None:
        """Lock or unlock the house, from the commit on, in every process."""
        await store.set_lock_level(tx, level)
        await changes.record(tx, LOCK, str(int(level)))

    async def since(self) -> str:
        """When the level was changed last."""
        async with self._database.snapshot() as snapshot:
            return await store.locked_since(snapshot)

    # -- lists and the allow-list ---------------------------------------------------------------------------------------

    async def block_from_list(self, tx: Transaction, list_id: int, hosts: Iterable[str]) -> None:
        """Block normal host names in the name of a list."""
        await store_lists.insert_blocks(tx, list_id, hosts)
        await self._changed(tx)

    async def named_by_list(self, tx: Transaction, list_id: int, hosts: Iterable[str]) -> None:
        """Remember which blocked servers a list names: none of them is unblocked by undoing another list."""
        await store_lists.insert_names(tx, list_id, hosts)

    async def unblock_from_list(self, tx: Transaction, list_id: int, hosts: Iterable[str]) -> None:
        """Take back what a list no longer names, unless another one does."""
        await store_lists.delete_names(tx, list_id, hosts)
        await self._changed(tx)

    async def undo_list(self, tx: Transaction, list_id: int) -> BlockList | None:
        """Forget a list and take back all that it alone brought; None if there is none."""
        undone = await store_lists.delete_list(tx, list_id)
        await self._changed(tx)
        return undone

    async def allow(self, tx: Transaction, host: str) -> bool:
        """Put a normal host name onto the allow-list, from the commit on; False if it is there."""
        fresh = await store_lists.insert_allowed(tx, host)
        await self._allow_list_changed(tx)
        return fresh

    async def disallow(self, tx: Transaction, host: str) -> bool:
        """Take a server off the allow-list; False if it was not on it."""
        there = await store_lists.delete_allowed(tx, host)
        await self._allow_list_changed(tx)
        return there

    async def set_allowing(self, tx: Transaction, *, on: bool) -> None:
        """Let in only those on the allow-list, or everybody again, from the commit on."""
        await store_lists.set_allowing(tx, on=on)
        await self._allow_list_changed(tx)

    async def _allow_list_changed(self, tx: Transaction) -> None:
        await changes.record(tx, "blocks")
        allowed, allowing = frozenset(await store_lists.allowed(tx)), await store_lists.allowing(tx)

        def remember() -> None:
            self._allowed, self._allowing = allowed, allowing

        tx.after_commit(remember)

    async def blocks(self) -> list[Block]:
        """All blocks, newest first."""
        async with self._database.snapshot() as snapshot:
            return await store.blocks(snapshot)
