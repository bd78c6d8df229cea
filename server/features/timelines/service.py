"""The home timeline: what those we follow say and boost, kept for boosting. Of nobody else anything is kept or fetched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from federation.errors import FederationError
from server.base import changes
from server.base.clock import Clock
from server.base.database import Database, Transaction
from server.base.errors import NotFound
from server.base.jobs import queue
from server.features.access.model import Act, Who
from server.features.actors.service import Actors
from server.features.allies.service import Allies
from server.features.followers import store as followers_store
from server.features.followers.service import FOLLOWING
from server.features.publishing.acting import Acting
from server.features.remote import store as remote_store
from server.features.remote.cleaning import clean_post
from server.features.remote.model import CleanPost, RemoteActor
from server.features.remote.service import Remote
from server.features.safety.service import Safety
from server.features.timelines import store, views
from server.features.timelines.model import BOOSTABLE, PLAIN, PROPOSED, HomePost, looks_like_a_call_out

#: Fetches what somebody we follow boosted.
BOOST_JOB: Final = "fetch_boosted"
#: Boosted posts that may wait to be fetched; whoever we follow boosts more at once is not followed in that.
MAX_WAITING: Final = 60
KEPT: Final = 800
#: Posts that come in between two trims of the timeline.
TRIM_EVERY: Final = 50
CHUNK: Final = 200


class Timelines:
    """What we see of those we follow."""

    def __init__(
        self,
        database: Database,
        actors: Actors,
        allies: Allies,
        remote: Remote,
        acting: Acting,
        safety: Safety,
        clock: Clock,
    ) -> None:
        self._database = database
        self._actors = actors
        self._allies = allies
        self._remote = remote
        self._acting = acting
        self._safety = safety
        self._clock = clock
        self._followed: frozenset[int] | None = None
        self._came = 0
        database.on_change(self._noticed)

    def _noticed(self, kind: str, subject: str) -> None:  # noqa: ARG002 - the whole is read again
        if kind == FOLLOWING:
            self._followed = None

    async def _follows(self, tx: Transaction, actor: RemoteActor) -> bool:
        """In memory, so that what strangers send costs nothing here."""
        if self._followed is None:
            self._followed = await followers_store.followed_ids(tx, self._actors.campaign().id)
        return actor.id in self._followed

    # -- what others say, inside the inbox's transaction ------------------------------------------------------------------

    async def heard(self, tx: Transaction, author: RemoteActor, post: CleanPost) -> None:
        """A post came in, new or edited. Kept if we follow its author; what an ally calls for is proposed for a boost."""
        ally = self._allies.is_ally(author.uri)
        follows = await self._follows(tx, author)
        if not (ally or follows) or post.visibility not in BOOSTABLE or post.vote is not None:
            return
        proposed = ally and looks_like_a_call_out(post)
        known = await remote_store.post_by_uri(tx, post.uri)
        if not proposed and (not follows or not await self._stands_alone(tx, author, post)):
            return
        if known is None and not follows:
            return  # an ally whom we do not follow is heard where it speaks to us, which the conversation kept
        await self._put(tx, known.id if known else await remote_store.insert_post(tx, author.id, post), None, proposed)

    async def _stands_alone(self, tx: Transaction, author: RemoteActor, post: CleanPost) -> bool:
        """False for what answers others: without the question it is nothing to boost."""
        if post.in_reply_to is None:
            return True
        parent = await remote_store.post_by_uri(tx, post.in_reply_to)
        return parent is not None and parent.actor_id == author.id

    async def _put(self, tx: Transaction, post_id: int | None, boosted_by: int | None, proposed: bool) -> None:
        if post_id is None:
            return
        state = PROPOSED if proposed else PLAIN
        fresh = await store.insert(tx, remote_post_id=post_id, boosted_by=boosted_by, proposed=state)
        if not fresh and not (proposed and await store.propose(tx, post_id)):
            return
        if proposed:
            await changes.record(tx, "inboxes")
        self._came += 1
        if self._came % TRIM_EVERY == 0:
            await self._trim_some(tx)

    async def boosted(self, tx: Transaction, booster: RemoteActor, uri: str) -> None:
        """Somebody boosts a post of others: if we follow them it is put on top, and fetched first if we do not know it."""
        if not await self._follows(tx, booster) or self._safety.refuses(uri):
            return
        known = await remote_store.post_by_uri(tx, uri)
        if known is None:
            if await views.jobs_waiting(tx, BOOST_JOB, MAX_WAITING) < MAX_WAITING:
                await queue.add(tx, BOOST_JOB, {"uri": uri, "by": booster.id}, key=f"boost {uri}")
        elif known.visibility in BOOSTABLE:
            await self._put(tx, known.id, booster.id, proposed=False)

    async def unboosted(self, tx: Transaction, booster: RemoteActor, uri: str | None) -> None:
        """A boost was taken back: what stood here because of it goes."""
        if uri is None or not await self._follows(tx, booster):
            return
        post_id = await store.unboosted(tx, actor_id=booster.id, uri=uri)
        if post_id is not None:
            await self._let_go(tx, [post_id])

    async def _let_go(self, tx: Transaction, post_ids: Sequence[int]) -> None:
        for post_id in await store.unreferenced(tx, post_ids):
            await remote_store.delete_post(tx, post_id)

    # -- jobs and chores --------------------------------------------------------------------------------------------------

    async def fetch_boosted(self, uri: str, booster_id: int) -> None:
        """Fetch what somebody we follow boosted, if we still follow them."""
        async with self._database.snapshot() as snapshot:
            followed = await followers_store.followed_ids(snapshot, self._actors.campaign().id)
        if booster_id not in followed:
            return
        try:
            note, author = await self._remote.fetch_note(uri)
        except FederationError:
            return
        if self._safety.refuses(author.uri) or author.suspended:
            return
        clean = await clean_post(note, author.followers_uri, self._clock())
        if clean.visibility not in BOOSTABLE or clean.vote is not None:
            return
        async with self._database.transaction() as tx:
            known = await remote_store.post_by_uri(tx, clean.uri)
            post_id = known.id if known else await remote_store.insert_post(tx, author.id, clean)
            proposed = self._allies.is_ally(author.uri) and looks_like_a_call_out(clean)
            await self._put(tx, post_id, booster_id, proposed)

    async def trim(self) -> None:
        """Keep the newest only."""
        more = True
        while more:
            async with self._database.transaction() as tx:
                more = await self._trim_some(tx) == CHUNK

    async def _trim_some(self, tx: Transaction) -> int:
        gone = await store.take_off_older(tx, KEPT, CHUNK)
        await self._let_go(tx, gone)
        return len(gone)

    # -- what organisers do -----------------------------------------------------------------------------------------------

    async def take_up(self, who: Who, home_id: int) -> None:
        """Boost something on the timeline; a proposal is settled by it. Raises NotFound, Invalid, Forbidden."""
        who.must(Act.BOOST)
        async with self._database.snapshot() as snapshot:
            found = await views.one(snapshot, self._actors.campaign().id, home_id)
        if found is None or self._safety.refuses(found.author.uri):
            raise NotFound("That is not here any more.")
        if not found.we_boost:
            await self._acting.boost(who, found.post, found.author)
        if found.proposed:
            await self._settle(home_id)

    async def dismiss(self, who: Who, home_id: int) -> None:
        """A proposed call-out is not boosted. Raises NotFound."""
        who.must(Act.BOOST)
        if not await self._settle(home_id):
            raise NotFound("That is not here any more.")

    async def _settle(self, home_id: int) -> bool:
        async with self._database.transaction() as tx:
            settled = await store.decided(tx, home_id)
            await changes.record(tx, "inboxes")
        return settled

    # -- looking ----------------------------------------------------------------------------------------------------------

    async def home(
        self, who: Who, before: int | None = None, *, proposed: bool = False
    ) -> tuple[list[HomePost], int | None]:
        """A page of the timeline, newest first, and where the next begins; nothing of people blocked since."""
        who.must(Act.READ)
        async with self._database.snapshot() as snapshot:
            found = await views.home(snapshot, self._actors.campaign().id, before or views.FAR, proposed=proposed)
        older = found[-1].id if len(found) == views.PAGE else None
        return [one for one in found if not self._safety.refuses(one.author.uri)], older

    async def waiting(self) -> int:
        """How many call-outs of allies wait for a yes or no."""
        async with self._database.snapshot() as snapshot:
            return await views.waiting(snapshot, self._actors.campaign().id)
