"""The readers' side of offers: what is asked for, taking one in, and what whoever has the code may do with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from server.base.database import Database, Row, Snapshot
from server.base.errors import Conflict, Invalid, NotFound, Unavailable
from server.base.ids import public_id
from server.base.sealing import Sealer, UnsealError
from server.base.timestamps import from_text, to_text
from server.base.words import marked
from server.features.access.secret import Random
from server.features.offers import store, views
from server.features.offers.fields import message
from server.features.offers.model import About, Asking, DraftOffer, Kind, Looked, OfferPicture, OfferState, Sent
from server.features.offers.pictures import SealedPictures
from server.features.offers.tickets import Tickets
from server.features.offers.words import same_words, seal_offer, unseal_answers
from server.features.safety.model import LockLevel
from server.features.safety.service import Safety

#: What an organiser can still look through; beyond it the form asks to come again.
MAX_KEPT: Final = 5_000
MAX_COPIES: Final = 5
MAX_PICTURES: Final = 2
#: All pictures of all offers; beyond it the form takes words only.
MAX_KEPT_PICTURES: Final = 400
SOME: Final = 200
_NOTHING_THERE: Final = marked("Nothing is kept under this code: it is mistyped, or the offer was deleted.")


def hour_of(now: str) -> str:
    """A time rounded down to the hour: finer than that nothing is kept of when an offer came."""
    return f"{now[:13]}:00:00.000000Z"


class Offering:
    """Takes offers in. `keep` is how long they stay."""

    def __init__(
        self,
        database: Database,
        safety: Safety,
        sealer: Sealer,
        pictures: SealedPictures,
        tickets: Tickets,
        keep: timedelta,
        random: Random,
    ) -> None:
        self._database = database
        self._safety = safety
        self._sealer = sealer
        self._pictures = pictures
        self._tickets = tickets
        self._keep = keep
        self._random = random

    def ticket(self) -> str:
        """A token for a form that is shown now."""
        return self._tickets.make()

    def check(self, token: str) -> None:
        """Raise TooSoon or Expired unless the token of a form is good."""
        self._tickets.read(token)

    async def asking(self) -> Asking:
        """What is asked for now."""
        async with self._database.snapshot() as snapshot:
            return await self._asking(snapshot)

    async def asks(self) -> bool:
        """True if offers are asked for at all."""
        async with self._database.snapshot() as snapshot:
            chosen = await store.form(snapshot)
        return chosen is None or chosen[0]

    async def _asking(self, snapshot: Snapshot) -> Asking:
        chosen = await store.form(snapshot)
        on, names = chosen or (True, " ".join(Kind))
        kinds = tuple(kind for kind in Kind if kind.value in names.split())
        return Asking(
            on=on and bool(kinds),
            kinds=kinds,
            locked=self._safety.level >= LockLevel.CONVERSATION_CLOSED,
            pictures=await store.how_many_pictures(snapshot) < MAX_KEPT_PICTURES,
            kept_days=self._keep.days,
        )

    async def about(self, code: str) -> About | None:
        """The call-out that a form is about; None for a code that names none."""
        async with self._database.snapshot() as snapshot:
            return await views.about(snapshot, code)

    async def send(self, token: str, draft: DraftOffer, uploads: Sequence[bytes] = ()) -> Sent:
        """Take an offer in. The same form sent again comes to the same code, and to nothing else.

        Raises TooSoon or Expired, NotFound where this kind is not asked for, Unavailable while locked or full, Conflict for copies, Invalid
        for pictures that cannot be read.
        """
        ticket = self._tickets.read(token)
        code, same = self._tickets.code(ticket), same_words(self._sealer, draft)
        async with self._database.snapshot() as snapshot:
            known = await store.by_code(snapshot, self._tickets.mark(code))
            if known is not None:
                return self._again(known, code, same)
            about = await self._welcome(snapshot, draft, same, len(uploads))
            now = hour_of(snapshot.now)
        kept = await self._kept(uploads, now)
        due, name = to_text(from_text(now) + self._keep), public_id(self._random)
        sealed = seal_offer(self._sealer, draft)
        try:
            async with self._database.transaction() as tx:
                fresh = await store.insert(
                    tx,
                    name=name,
                    code_mark=self._tickets.mark(code),
                    same=same,
                    kind=draft.kind,
                    about_post_id=about,
                    page_language=draft.page_language,
                    language=draft.language,
                    sealed=sealed,
                    arrived_at=now,
                    due_at=due,
                )
                for position, picture in enumerate(kept if fresh else []):
                    await store.insert_picture(tx, name, position, picture)
        except BaseException:
            await self._pictures.erase([one.name for one in kept])
            raise
        if not fresh:  # the same form was on its way twice
            await self._pictures.erase([one.name for one in kept])
        return Sent(code=code, due_at=due)

    def _again(self, known: Row, code: str, same: str) -> Sent:
        if known["same"] != same:
            raise Conflict("This form was sent already. Begin a new one for something else.")
        return Sent(code=code, due_at=known["due_at"])

    async def _welcome(self, snapshot: Snapshot, draft: DraftOffer, same: str, pictures: int) -> int | None:
        """The inner id of the call-out it is about. Raises for what is not taken now."""
        asking = await self._asking(snapshot)
        if not asking.on or draft.kind not in asking.kinds:
            raise NotFound("This is not asked for here.")
        if asking.locked:
            raise Unavailable("Offers cannot be taken in right now. Come back later.", retry_after=3600)
        if await store.how_many(snapshot) >= MAX_KEPT:
            raise Unavailable("So many offers wait that no more can be read. Come back tomorrow.", retry_after=3600)
        if await store.copies(snapshot, same) >= MAX_COPIES:
            raise Conflict("The same words came several times already. Say it in your own words.")
        if pictures > MAX_PICTURES:
            raise Invalid("At most %(max)s pictures.", max=MAX_PICTURES)
        if pictures and not asking.pictures:
            raise Unavailable("No more pictures can be kept right now. Send it without.", retry_after=3600)
        found = await views.about(snapshot, draft.about) if draft.about else None
        return found.post_id if found else None

    async def _kept(self, uploads: Sequence[bytes], hour: str) -> list[OfferPicture]:
        """Redraw and seal all pictures, or none of them stays."""
        kept: list[OfferPicture] = []
        try:
            for data in uploads:
                kept.append(await self._pictures.keep(data, hour))  # noqa: PERF401 - those before a bad one are erased
        except BaseException:
            await self._pictures.erase([one.name for one in kept])
            raise
        return kept

    async def _by_code(self, snapshot: Snapshot, code: str) -> Row:
        row = await store.by_code(snapshot, self._tickets.mark(code))
        if row is None:
            raise NotFound(_NOTHING_THERE)
        return row

    async def look(self, code: str) -> Looked:
        """How the offer of this code stands. Raises NotFound, the same for a wrong code and a deleted offer."""
        async with self._database.snapshot() as snapshot:
            row = await self._by_code(snapshot, code)
        state = OfferState(row["state"])
        try:
            answers = unseal_answers(self._sealer, row["answers"])
        except UnsealError:
            raise Unavailable("The answer cannot be read right now. Come back later.") from None
        spam = state is OfferState.SPAM  # told to nobody, the shorter time neither
        return Looked(
            kind=Kind(row["kind"]),
            state=OfferState.WAITING if spam else state,
            arrived_at=row["arrived_at"],
            due_at=to_text(from_text(row["arrived_at"]) + self._keep) if spam else row["due_at"],
            answers=answers,
            replied=row["reply"] != "",
        )

    async def reply(self, code: str, text: str) -> None:
        """Add the one message that whoever sent the offer may add. Raises Invalid, NotFound, or Conflict for a second one."""
        sealed = self._sealer.seal(message(text))
        async with self._database.transaction() as tx:
            await self._by_code(tx, code)
            if not await store.set_reply(tx, self._tickets.mark(code), sealed):
                raise Conflict("You added a message already. It waits with your offer.")

    async def take_back(self, code: str) -> None:
        """Erase the offer of this code at once, its pictures first. Raises NotFound."""
        async with self._database.snapshot() as snapshot:
            row = await self._by_code(snapshot, code)
        await self.erase([row["name"]])

    async def erase(self, names: Sequence[str]) -> int:
        """Erase offers, their pictures first; how many."""
        async with self._database.snapshot() as snapshot:
            files = [one.name for name in names for one in await store.pictures(snapshot, name)]
        await self._pictures.erase(files)
        async with self._database.transaction() as tx:
            return await store.delete(tx, names)

    async def trim(self) -> int:
        """Erase what is due, and files that no offer holds; how many offers."""
        erased = 0
        while True:
            async with self._database.snapshot() as snapshot:
                before = to_text(from_text(snapshot.now) - self._keep - timedelta(hours=1))
                names = await store.due(snapshot, before, SOME)
                now = snapshot.now
            if not names:
                break
            erased += await self.erase(names)
        await self._sweep(now)
        return erased

    async def _sweep(self, now: str) -> None:
        for name in await self._pictures.old_names(now):
            async with self._database.snapshot() as snapshot:
                known = await store.picture_known(snapshot, name)
            if not known:
                await self._pictures.erase([name])
