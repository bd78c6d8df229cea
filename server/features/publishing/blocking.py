"""Block lists and the allow-list: looked at before anything is cut, applied as a whole, undone as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from federation.errors import FederationError, Malformed, UnsafeUrl, WrongDocument
from federation.identifiers import origin_of
from server.base import changes
from server.base.addresses import Addresses
from server.base.database import Database, Snapshot, Transaction
from server.base.errors import AppError, Conflict, Invalid, NotFound
from server.base.jobs import queue
from server.base.safe_html import clean_name
from server.base.timestamps import from_text, to_text
from server.features.access.model import Act, Who
from server.features.audit.service import Audit
from server.features.followers.service import Followers
from server.features.publishing import views_ties
from server.features.publishing.model import Cut, Preview, Ties
from server.features.remote.service import Remote
from server.features.safety import store_lists
from server.features.safety.lists import MAX_HOSTS, ReadList, decoded, read_list, server_name, write_list
from server.features.safety.model import WAITS, Block, BlockList
from server.features.safety.service import Safety, suffixes

#: Sees to it that whoever is blocked neither follows nor is followed.
CUT_JOB: Final = "cut_blocked"
CUT_CHUNK, CHUNKS_A_JOB = 200, 20
REFRESH_EVERY: Final = timedelta(days=1)
MAX_LISTS: Final = 50
MAX_NAME_CHARS: Final = 100
LARGEST: Final = 10
PAGE: Final = 100
FAR: Final = 2**62
_ACCEPT: Final = "text/csv, text/plain;q=0.9"
_TYPES: Final = frozenset({"text/csv", "text/plain", "application/csv", "application/octet-stream"})


def cut_by(hosts: Iterable[str], ties: Ties) -> Cut:
    """Whom blocking these servers, and all below their names, would cut off."""
    wanted = frozenset(hosts)
    followers: Counter[str] = Counter()
    following: list[str] = []
    allies: list[str] = []
    risky: set[str] = set()
    dear: set[str] = set()
    for host, count in ties.followers.items():
        if entries := wanted.intersection(suffixes(host)):
            followers[host] += count
            risky |= entries
    for names, dears in ((ties.following, following), (ties.allies, allies)):
        for host, who in names.items():
            if entries := wanted.intersection(suffixes(host)):
                dears.extend(who)
                dear |= entries
    # A server below that of an ally is the ally's, too.
    for entry in wanted:
        for host in suffixes(entry):
            if host != entry and host in ties.allies and entry not in dear:
                allies.extend(ties.allies[host])
                dear.add(entry)
    return Cut(
        followers=followers.total(),
        servers=tuple(followers.most_common(LARGEST)),
        following=tuple(dict.fromkeys(following)),
        allies=tuple(dict.fromkeys(allies)),
        risky=frozenset(risky | dear),
        dear=frozenset(dear),
    )


class Blocking:
    """Everything about lists of servers."""

    def __init__(
        self,
        database: Database,
        safety: Safety,
        followers: Followers,
        remote: Remote,
        audit: Audit,
        addresses: Addresses,
    ) -> None:
        self._database = database
        self._safety = safety
        self._followers = followers
        self._remote = remote
        self._audit = audit
        self._own = addresses.host.partition(":")[0]

    # -- looking ----------------------------------------------------------------------------------------------------------

    async def page(self, who: Who, words: str = "", before: int | None = None) -> list[Block]:
        """A page of what is blocked, newest first."""
        who.must(Act.READ)
        async with self._database.snapshot() as snapshot:
            return await store_lists.page(snapshot, words.strip()[:200], before or FAR, PAGE)

    async def counts(self) -> tuple[int, int]:
        """How many servers and how many accounts are blocked."""
        async with self._database.snapshot() as snapshot:
            return await store_lists.counts(snapshot)

    async def lists(self, who: Who) -> list[BlockList]:
        """All lists, newest first."""
        who.must(Act.READ)
        async with self._database.snapshot() as snapshot:
            return await store_lists.lists(snapshot)

    async def export(self, who: Who) -> str:
        """All blocked servers as Mastodon's CSV."""
        who.must(Act.READ)
        async with self._database.snapshot() as snapshot:
            return write_list(sorted(await store_lists.blocked_hosts(snapshot)))

    async def preview(self, who: Who, text: str, *, limits: bool = False) -> Preview:
        """What a list would do. Raises Invalid, TooLarge."""
        who.must(Act.BLOCK)
        read = read_list(text, limits=limits)
        if not read.hosts:
            raise Invalid("No server stands in that list.")
        async with self._database.snapshot() as snapshot:
            return await self._judged(snapshot, read)

    async def look_at(self, who: Who, url: str) -> Preview:
        """What subscribing to the list at an address would do. Raises Invalid, TooLarge, FederationError."""
        who.must(Act.BLOCK)
        return await self.preview(who, await self._fetched(checked_url(url)))

    async def look_again(self, who: Who, list_id: int) -> tuple[BlockList, Preview]:
        """What a subscribed list would add by now. Raises NotFound, Invalid, FederationError."""
        who.must(Act.BLOCK)
        async with self._database.snapshot() as snapshot:
            found = await store_lists.one_list(snapshot, list_id)
        if found is None or found.url is None:
            raise NotFound("There is no such list.")
        return found, await self.look_at(who, found.url)

    async def _fetched(self, url: str) -> str:
        _, body = await self._remote.text(url, _ACCEPT, _TYPES)
        return decoded(body)

    async def _judged(self, snapshot: Snapshot, read: ReadList) -> Preview:
        kinds = await self._kinds(snapshot, read.hosts)
        counted = Counter(kinds.values())
        fresh = tuple(host for host, kind in kinds.items() if kind == "fresh")
        return Preview(
            fresh=fresh,
            named=tuple(host for host, kind in kinds.items() if kind in {"fresh", "known"}),
            known=counted["known"],
            allowed=counted["allowed"],
            spared=counted["spared"],
            ours=counted["ours"],
            hidden=read.hidden,
            milder=read.milder,
            unreadable=read.unreadable,
            cut=cut_by(fresh, await views_ties.ties(snapshot)),
        )

    async def _kinds(self, snapshot: Snapshot, hosts: Iterable[str]) -> dict[str, str]:
        blocked, spared = await store_lists.blocked_hosts(snapshot), await store_lists.spared(snapshot)

        def kind(host: str) -> str:
            if host in suffixes(self._own) or host == f"www.{self._own}":
                return "ours"
            if host in blocked:
                return "known"
            if self._safety.allows_host(host):
                return "allowed"
            return "spared" if host in spared else "fresh"

        return {host: kind(host) for host in hosts}

    # -- applying and undoing ---------------------------------------------------------------------------------------------

    async def apply(
        self, who: Who, name: str, hosts: Sequence[str], *, url: str = "", spare: bool = True
    ) -> tuple[int, int]:
        """Block what stands in a list, as one thing that can be undone: (its number, how many servers it brought).

        Give it also the servers that are blocked already: they stay blocked when what blocked them first is undone.
        With `spare` servers of allies and of people we follow are left out. With a `url` the list is fetched each day.
        """
        who.must(Act.BLOCK)
        if len(hosts) > MAX_HOSTS:
            raise Invalid("That list names too many servers: at most 10,000. Import it in parts.")
        wanted = dict.fromkeys(server_name(host) for host in hosts)
        address = checked_url(url) if url else None
        async with self._database.transaction() as tx:
            known = await store_lists.list_with_url(tx, address) if address else None
            fresh, named = await self._to_block(tx, wanted, spare=spare)
            if not fresh and address is None:
                raise Conflict("There is nothing new in it: these servers are blocked already, or left out.")
            list_id = known.id if known else await self._new_list(tx, name, address)
            await self._block(tx, list_id, fresh, named)
            if known:
                await store_lists.fetched(tx, list_id, "")
            await self._audit.record(tx, who.organiser_id, "block-list", str(len(fresh)))
        return list_id, len(fresh)

    async def _new_list(self, tx: Transaction, name: str, url: str | None) -> int:
        if len(await store_lists.lists(tx)) >= MAX_LISTS:
            raise Conflict("There are 50 lists. Undo one first.")
        shown = clean_name(name, MAX_NAME_CHARS) or (origin_of(url).host if url else tx.now[:10])
        list_id = await store_lists.insert_list(tx, name=shown, url=url)
        if list_id is None:
            raise Conflict("That list is subscribed to already.")
        return list_id

    async def _to_block(
        self, tx: Transaction, wanted: Iterable[str], *, spare: bool
    ) -> tuple[Sequence[str], Sequence[str]]:
        """Which of them are to be blocked, and which are then blocked and named by the list."""
        kinds = await self._kinds(tx, wanted)
        named = [host for host, kind in kinds.items() if kind in {"fresh", "known"}]
        if spare and named:
            dear = cut_by(named, await views_ties.ties(tx)).dear
            named = [host for host in named if host not in dear]
        return [host for host in named if kinds[host] == "fresh"], named

    async def _block(self, tx: Transaction, list_id: int, fresh: Sequence[str], named: Sequence[str]) -> None:
        await self._safety.named_by_list(tx, list_id, named)
        if not fresh:
            return
        await self._safety.block_from_list(tx, list_id, fresh)
        await queue.add(tx, CUT_JOB, {})
        await changes.record(tx, "conversation")

    async def undo(self, who: Who, list_id: int) -> BlockList:
        """Forget a list and take back what it alone brought: what was set by hand or stands in another list stays.

        Raises NotFound.
        """
        who.must(Act.BLOCK)
        async with self._database.transaction() as tx:
            undone = await self._safety.undo_list(tx, list_id)
            if undone is None:
                raise NotFound("There is no such list.")
            await changes.record(tx, "conversation")
            await self._audit.record(tx, who.organiser_id, "undo-list", str(undone.blocks))
        return undone

    async def cut(self) -> None:
        """The job behind blocks: whoever is blocked neither follows nor is followed. In small steps; what is left is a new job."""
        for _ in range(CHUNKS_A_JOB):
            async with self._database.snapshot() as snapshot:
                hosts = [host for host in await views_ties.tied_hosts(snapshot) if self._safety.blocks_host(host)]
                actors = await views_ties.tied_at(snapshot, hosts[0], CUT_CHUNK) if hosts else []
            if not actors:
                return
            async with self._database.transaction() as tx:
                for actor in actors:
                    await self._followers.gone(tx, actor)
        async with self._database.transaction() as tx:
            await queue.add(tx, CUT_JOB, {})

    # -- subscriptions ----------------------------------------------------------------------------------------------------

    async def refresh_lists(self) -> None:
        """The chore: fetch each list once a day."""
        async with self._database.snapshot() as snapshot:
            due = await store_lists.due(snapshot, to_text(from_text(snapshot.now) - REFRESH_EVERY))
        for one in due:
            await self.refresh(one)

    async def refresh(self, one: BlockList) -> None:
        """Fetch a list: what harms nobody is blocked, what would cut somebody off waits, what it holds no longer is undone."""
        problem, read = "", None
        try:
            read = read_list(await self._fetched(one.url or ""))
            problem = "" if read.hosts else "empty"
        except (AppError, WrongDocument):
            problem = "unreadable"
        except FederationError as error:
            problem = "refused" if isinstance(error, (UnsafeUrl, Malformed)) else "unreachable"
        async with self._database.transaction() as tx:
            if await store_lists.one_list(tx, one.id) is None:
                return
            if read is not None and not problem:
                problem = await self._follow(tx, one.id, read)
            await store_lists.fetched(tx, one.id, problem)
            await changes.record(tx, "inboxes")

    async def _follow(self, tx: Transaction, list_id: int, read: ReadList) -> str:
        before = await store_lists.hosts_of(tx, list_id)
        gone = before - set(read.hosts)
        if gone:
            await self._safety.unblock_from_list(tx, list_id, sorted(gone))
            await changes.record(tx, "conversation")
        seen = await self._judged(tx, read)
        left_out = seen.cut.risky | cut_by(seen.named, await views_ties.ties(tx)).dear | before
        named = [host for host in seen.named if host not in left_out]
        await self._block(tx, list_id, [host for host in seen.fresh if host not in seen.cut.risky], named)
        waiting = len(seen.cut.risky)
        return f"{WAITS} {waiting}" if waiting else ""


def checked_url(text: str) -> str:
    """The address of a list. Raises Invalid."""
    url = text.strip()
    try:
        origin_of(url)
    except Malformed:
        raise Invalid("Give the address of the list, such as https://their.server/list.csv.") from None
    return url
