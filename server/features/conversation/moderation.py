"""What organisers do about what others say: look through it, and decide about one, several, a whole group or server at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from server.base import changes
from server.base.database import Database
from server.base.errors import Invalid, NotFound
from server.features.access.model import Act, Who
from server.features.audit.service import Audit
from server.features.conversation import store, store_rules, views_room
from server.features.conversation.deciding import Deciding
from server.features.conversation.judging import MUTES_CHANGED, bare_host
from server.features.conversation.model import (
    MAX_MARKED,
    STATES,
    WORDS,
    Acted,
    Facets,
    Filter,
    Interaction,
    Listing,
    Report,
    Selection,
)
from server.features.followers import views as followers_views
from server.features.followers.service import Followers
from server.features.publishing.acting import Acting
from server.features.publishing.stamping import Stamping
from server.features.remote import store as remote_store
from server.features.remote.model import RemoteActor
from server.features.safety.service import Safety, normal_host

#: Rows of one transaction, and of one act in all: whoever has more to decide about presses once more.
SLICE: Final = 500
MAX_ROWS: Final = 10_000
#: To show costs more: each author may be owed a letter.
SLICE_SHOWN: Final = 50
#: Accounts or servers that one act mutes or blocks.
MAX_AUTHORS: Final = 500
AUTHORS_AT_ONCE: Final = 50
MAX_SERVERS: Final = 50
FAR: Final = 2**62

#: An author: inner id, and (id, handle, host).
Found = tuple[int, tuple[str, str, str]]


class Moderation:
    """Bulk acts, mutes and blocks from the conversation, and reports. Each act is repeatable: what is done stays done."""

    def __init__(
        self, database: Database, acting: Acting, followers: Followers, safety: Safety, audit: Audit, stamping: Stamping
    ) -> None:
        self._database = database
        self._acting = acting
        self._followers = followers
        self._safety = safety
        self._audit = audit
        self._deciding = Deciding(stamping)

    # -- looking ----------------------------------------------------------------------------------------------------------

    async def listing(self, wanted: Filter, before: int | None = None) -> Listing:
        """A page of what was said to us, equal texts as one line. What people blocked since said alone is left out."""
        async with self._database.snapshot() as snapshot:
            found = await views_room.listing(snapshot, wanted, before)
        lines = tuple(
            line for line in found.lines if line.copies > 1 or not self._safety.refuses(line.heard.author.uri)
        )
        return Listing(lines=lines, older=found.older)

    async def facets(self, state: str, kinds: tuple[str, ...] = WORDS) -> Facets:
        """What can be filtered by."""
        async with self._database.snapshot() as snapshot:
            return await views_room.facets(snapshot, state, kinds)

    async def interactions(
        self, before: int | None = None, kind: str = "", server: str = ""
    ) -> tuple[list[Interaction], int | None]:
        """A page of boosts and likes, and where the next one begins."""
        async with self._database.snapshot() as snapshot:
            return await views_room.interactions(snapshot, before, kind, server)

    async def reports(self) -> list[Report]:
        """Reports, the open ones first, with what they are about where others said it."""
        async with self._database.snapshot() as snapshot:
            found = await views_room.reports(snapshot)
            uris = [uri for one in found for uri in one.objects[: views_room.MAX_OBJECTS]]
            heard = await views_room.about(snapshot, list(dict.fromkeys(uris)))
        return [
            Report(
                id=one.id,
                host=one.host,
                objects=one.objects,
                content=one.content,
                state=one.state,
                created_at=one.created_at,
                about=tuple(heard[uri] for uri in one.objects[: views_room.MAX_OBJECTS] if uri in heard),
            )
            for one in found
        ]

    # -- showing, hiding, holding -----------------------------------------------------------------------------------------

    async def decide(self, who: Who, selection: Selection, state: str) -> Acted:
        """Show, hide or hold what was selected, on every page at once. Raises Invalid, NotFound."""
        who.must(Act.MODERATE)
        if state not in STATES:
            raise Invalid("Choose what to do.")
        done, noted, more = 0, 0, False
        async for ids in self._slices(selection, SLICE_SHOWN if state == "approved" else SLICE):
            async with self._database.transaction() as tx:
                changed = await self._deciding.set_all(tx, ids, state)
                if changed and not noted:
                    noted = changed
                    await self._audit.record(tx, who.organiser_id, state, str(noted))
            done += changed
            more = done >= MAX_ROWS
        if not done:
            async with self._database.snapshot() as snapshot:
                if not await store.any_in(snapshot, selection.ids[:MAX_MARKED], state):
                    raise NotFound("There is nothing like that here any more.")
        if done > noted or not done:
            await self._note(who, state, done - noted)
        return Acted(done=done, more=more)

    async def _note(self, who: Who, act: str, done: int) -> None:
        """The rest of an act of several transactions: the first one is noted with itself, so that none goes unwritten."""
        async with self._database.transaction() as tx:
            await self._audit.record(tx, who.organiser_id, act, str(done))

    async def _slices(self, selection: Selection, size: int = 0) -> AsyncIterator[list[int]]:
        """The numbers of a selection, so many at a time; each slice is looked for when the one before is done with."""
        size = size or SLICE
        for start in range(0, len(selection.ids[:MAX_MARKED]), size):
            yield list(selection.ids[start : start + size])
        parts = [_narrowed(selection.within, same) for same in selection.same[:MAX_MARKED]]
        left = MAX_ROWS
        for part in [*parts, *([selection.within] if selection.everything else [])]:
            for kind in part.kinds:
                before = FAR
                while left > 0:
                    async with self._database.snapshot() as snapshot:
                        ids = await views_room.matching(snapshot, part, kind, before, min(size, left))
                    if not ids:
                        break
                    left -= len(ids)
                    before = ids[-1]
                    yield ids

    # -- those who say it -------------------------------------------------------------------------------------------------

    async def authors(self, selection: Selection) -> dict[int, tuple[str, str, str]]:
        """Who said what was selected, up to a bound: inner id to (id, handle, host)."""
        found: dict[int, tuple[str, str, str]] = {}
        async for ids in self._slices(selection):
            async with self._database.snapshot() as snapshot:
                found.update(await views_room.authors(snapshot, ids))
            if len(found) > MAX_AUTHORS:
                break
        return found

    async def servers(self, selection: Selection) -> list[tuple[str, int]]:
        """The servers of what was selected, with the followers that blocking each would lose."""
        hosts = sorted({bare_host(host) for _, _, host in (await self.authors(selection)).values()})
        async with self._database.snapshot() as snapshot:
            return [(host, await followers_views.below(snapshot, host)) for host in hosts]

    async def mute_authors(self, who: Who, selection: Selection) -> Acted:
        """Leave the authors of what was selected talking, and hide what they said. Raises NotFound."""
        who.must(Act.MODERATE)
        found, more = await self._several(selection)
        for part in _in_parts(found):
            async with self._database.transaction() as tx:
                for _, (uri, handle, _) in part:
                    await store_rules.insert_mute(tx, kind="actor", target=uri, label=f"@{handle}")
                if part[0] == found[0]:
                    await self._audit.record(tx, who.organiser_id, "mute", str(len(part)))
                await changes.record(tx, *MUTES_CHANGED)
            await self._hide_said_by([actor_id for actor_id, _ in part])
        if len(found) > AUTHORS_AT_ONCE:
            await self._note(who, "mute", len(found) - AUTHORS_AT_ONCE)
        return Acted(done=len(found), more=more)

    async def block_authors(self, who: Who, selection: Selection) -> Acted:
        """Block the authors of what was selected, and hide what they said. Raises NotFound."""
        who.must(Act.BLOCK)
        found, more = await self._several(selection)
        for part in _in_parts(found):
            async with self._database.transaction() as tx:
                await self._safety.block_several(tx, [(uri, f"@{handle}") for _, (uri, handle, _) in part])
                for actor_id, _ in part:
                    actor = await remote_store.actor_by_id(tx, actor_id)
                    if actor is not None:
                        await self._followers.gone(tx, actor)
                if part[0] == found[0]:
                    await self._audit.record(tx, who.organiser_id, "block", str(len(part)))
                await changes.record(tx, "conversation")
            await self._hide_said_by([actor_id for actor_id, _ in part])
        if len(found) > AUTHORS_AT_ONCE:
            await self._note(who, "block", len(found) - AUTHORS_AT_ONCE)
        return Acted(done=len(found), more=more)

    async def _several(self, selection: Selection) -> tuple[list[Found], bool]:
        found = sorted((await self.authors(selection)).items())
        if not found:
            raise NotFound("There is nothing like that here any more.")
        return found[:MAX_AUTHORS], len(found) > MAX_AUTHORS

    async def _hide_said_by(self, actor_ids: list[int]) -> None:
        """So that what they said does not come back when they are heard again."""
        while True:
            async with self._database.transaction() as tx:
                ids = await views_room.said_by(tx, actor_ids, SLICE)
                if ids:
                    await self._deciding.set_all(tx, ids, "hidden", quietly=True)
            if len(ids) < SLICE:
                return

    async def block_actor(self, who: Who, actor: RemoteActor, *, announce: bool = False) -> None:
        """Block one account, and hide what it said."""
        await self._acting.block_actor(who, actor, announce=announce)
        await self._hide_said_by([actor.id])

    async def block_servers(self, who: Who, names: list[str]) -> Acted:
        """Block servers and all below their names, and hide what was said from there. Raises Invalid."""
        who.must(Act.BLOCK)
        if not names:
            raise NotFound("There is nothing like that here any more.")
        for name in names[:MAX_SERVERS]:
            await self.block_server(who, name)
        return Acted(done=len(names[:MAX_SERVERS]), more=len(names) > MAX_SERVERS)

    async def block_servers_of(self, who: Who, selection: Selection) -> Acted:
        """Block the servers of what was selected, and all below their names."""
        return await self.block_servers(who, [host for host, _ in await self.servers(selection)])

    async def block_server(self, who: Who, text: str) -> str:
        """Block a server and all below its name, and hide what was said from there. The name as kept."""
        host = await self._acting.block_host(who, text)
        await self._hide_said_from(host)
        return host

    async def _hide_said_from(self, host: str) -> None:
        async with self._database.snapshot() as snapshot:
            hosts = await views_room.hosts_below(snapshot, host)
        for one in hosts:
            for state in ("held", "approved"):
                within = Filter(state=state, kinds=(*WORDS, "direct"), server=one)
                async for ids in self._slices(Selection(within=within, everything=True)):
                    async with self._database.transaction() as tx:
                        await self._deciding.set_all(tx, ids, "hidden", quietly=True)

    # -- mutes ------------------------------------------------------------------------------------------------------------

    async def mute_server(self, who: Who, text: str) -> str:
        """Leave a server and all below its name talking, and hide what was said from there. The name as kept."""
        who.must(Act.MODERATE)
        host = normal_host(text)
        async with self._database.transaction() as tx:
            await store_rules.insert_mute(tx, kind="host", target=host, label=host)
            await self._audit.record(tx, who.organiser_id, "mute", host)
            await changes.record(tx, *MUTES_CHANGED)
        await self._hide_said_from(host)
        return host

    async def mute_actor(self, who: Who, actor: RemoteActor) -> None:
        """Leave one account talking, and hide what it said."""
        who.must(Act.MODERATE)
        async with self._database.transaction() as tx:
            await store_rules.insert_mute(tx, kind="actor", target=actor.uri, label=f"@{actor.handle}")
            await self._audit.record(tx, who.organiser_id, "mute", actor.host)
            await changes.record(tx, *MUTES_CHANGED)
        await self._hide_said_by([actor.id])

    # -- reports ----------------------------------------------------------------------------------------------------------

    async def on_report(self, who: Who, report_id: int, act: str, number: int = 0) -> None:
        """Hide what a report is about, block who said it or their server, and put the report away. Raises NotFound."""
        who.must(Act.MODERATE)
        found = next((one for one in await self.reports() if one.id == report_id), None)
        heard = next((one for one in found.about if one.post.id == number), None) if found else None
        if found is None or (heard is None and act != "settle"):
            raise NotFound("There is no such report.")
        if heard is not None:
            match act:
                case "hide" if heard.state == "hidden":
                    pass
                case "hide":
                    await self.decide(who, Selection(ids=(heard.post.id,)), "hidden")
                case "block":
                    await self.block_actor(who, heard.author)
                case "block-host":
                    await self.block_server(who, bare_host(heard.author.host))
                case _:
                    raise Invalid("Choose what to do.")
        async with self._database.transaction() as tx:
            if not await store.settle_report(tx, report_id):
                raise NotFound("There is no such report.")
            await self._audit.record(tx, who.organiser_id, "settle-report")
            await changes.record(tx, "inboxes")


def _in_parts(found: list[Found]) -> list[list[Found]]:
    return [found[start : start + AUTHORS_AT_ONCE] for start in range(0, len(found), AUTHORS_AT_ONCE)]


def _narrowed(within: Filter, same: str) -> Filter:
    """One group of equal texts of a filter."""
    return Filter(
        state=within.state,
        kinds=within.kinds,
        language=within.language,
        server=within.server,
        first=within.first,
        same=same,
    )
