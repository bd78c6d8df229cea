"""The organisers' side of offers: the queue, and what becomes of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from server.base import changes
from server.base.database import Database, Row, Snapshot
from server.base.errors import Conflict, Invalid, NotFound
from server.base.sealing import Sealer, UnsealError
from server.base.timestamps import from_text, to_text
from server.base.words import marked
from server.features.access.model import Act, Who
from server.features.audit.service import Audit
from server.features.offers import store, views
from server.features.offers.fields import MAX_LANGUAGE_CHARS, message
from server.features.offers.model import Answer, Asking, Kind, Offer, OfferPicture, Wanted
from server.features.offers.pictures import SealedPictures
from server.features.offers.service import Offering, hour_of
from server.features.offers.words import seal_answers, unseal_answers, unseal_offer

#: What was answered goes so long after the last answer, if it would not go before.
ANSWERED_FOR: Final = timedelta(days=14)
SPAM_FOR: Final = timedelta(days=2)
MAX_ANSWERS: Final = 5
MAX_MARKED: Final = 500
_GONE: Final = marked("This offer is not here any more: it was taken back, or its time was over.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A page of offers, and what the list can be filtered by."""

    offers: list[Offer]
    more: bool
    languages: list[str]
    abouts: list[str]


class OfferDesk:
    """Offers as organisers see them."""

    def __init__(
        self, database: Database, offering: Offering, pictures: SealedPictures, sealer: Sealer, audit: Audit
    ) -> None:
        self._database = database
        self._offering = offering
        self._pictures = pictures
        self._sealer = sealer
        self._audit = audit

    async def waiting(self, who: Who) -> dict[Kind, int]:
        """How many wait for an answer, by kind."""
        who.must(Act.OFFERS)
        async with self._database.snapshot() as snapshot:
            return await views.waiting(snapshot)

    async def queue(self, who: Who, wanted: Wanted, number: int = 0) -> Queue:
        """A page of what a filter finds: what waits first, the oldest first."""
        who.must(Act.OFFERS)
        async with self._database.snapshot() as snapshot:
            rows, more = await views.page(snapshot, wanted, number)
            languages, abouts = await views.languages(snapshot), await views.abouts(snapshot)
        return Queue(offers=[self._opened(row) for row in rows], more=more, languages=languages, abouts=abouts)

    async def names(self, who: Who, wanted: Wanted) -> list[str]:
        """Names of all that a filter finds, as many as go at once."""
        who.must(Act.OFFERS)
        async with self._database.snapshot() as snapshot:
            return await views.names(snapshot, wanted)

    async def offer(self, who: Who, name: str) -> Offer:
        """One offer with everything. Raises NotFound."""
        who.must(Act.OFFERS)
        async with self._database.snapshot() as snapshot:
            row = await views.row_of(snapshot, name)
            if row is None:
                raise NotFound(_GONE)
            pictures = await store.pictures(snapshot, name)
        return self._opened(row, *pictures)

    def _opened(self, row: Row, *pictures: OfferPicture) -> Offer:
        line, readable = views.line_from(row), True
        try:
            fields, contact = unseal_offer(self._sealer, row["sealed"])
            answers = unseal_answers(self._sealer, row["answers"])
            reply = self._sealer.unseal(row["reply"]) if row["reply"] else ""
        except UnsealError:
            fields, contact, answers, reply, readable = {}, "", (), "", False
        return Offer(
            line=line,
            readable=readable,
            fields=fields,
            contact=contact,
            answers=answers,
            reply=reply,
            pictures=pictures,
        )

    async def picture(self, who: Who, name: str, number: int) -> tuple[bytes, str]:
        """The pixels of a picture, counted from 1, and their type. Raises NotFound."""
        who.must(Act.OFFERS)
        async with self._database.snapshot() as snapshot:
            listed = await store.pictures(snapshot, name)
        body = await self._pictures.read(listed[number - 1].name) if 0 < number <= len(listed) else None
        if body is None:
            raise NotFound("There is no such picture.")
        return body, listed[number - 1].mime

    async def claim(self, who: Who, name: str) -> None:
        """See to an offer, so that nobody else does. Raises Conflict if somebody else does already."""
        who.must(Act.OFFERS)
        async with self._database.transaction() as tx:
            if not await store.claim(tx, name, who.organiser_id):
                raise await self._taken(tx, name)
            await self._audit.record(tx, who.organiser_id, "claim-offer", name)

    async def _taken(self, tx: Snapshot, name: str) -> Conflict | NotFound:
        row = await views.row_of(tx, name)
        if row is None:
            return NotFound(_GONE)
        if row["state"] == "spam":
            return Conflict("This is put aside as spam. Put it back first.")
        return Conflict("Somebody else sees to this offer. If they cannot go on, give it back to all first.")

    async def release(self, who: Who, name: str) -> None:
        """Let anybody see to it again: one's own, or that of somebody who cannot go on. Raises Conflict if nobody sees to it."""
        who.must(Act.OFFERS)
        async with self._database.transaction() as tx:
            if not await store.release(tx, name):
                raise Conflict("Nobody sees to this offer.")
            await self._audit.record(tx, who.organiser_id, "release-offer", name)

    async def answer(self, who: Who, name: str, text: str, language: str) -> None:
        """Answer: shown to whoever has the code. It is one's own from then on. Raises Conflict if somebody else sees to it."""
        who.must(Act.OFFERS)
        said = Answer(text=message(text), language=_language(language))
        async with self._database.transaction() as tx:
            if not await store.claim(tx, name, who.organiser_id):
                raise await self._taken(tx, name)
            row = await views.row_of(tx, name)
            if row is None:
                raise NotFound(_GONE)
            answers = (*self._opened(row).answers, said)
            if len(answers) > MAX_ANSWERS:
                raise Conflict("It was answered %(max)s times. Go on where you can reach each other.", max=MAX_ANSWERS)
            due = to_text(from_text(hour_of(tx.now)) + ANSWERED_FOR)
            await store.set_answers(tx, name, seal_answers(self._sealer, answers), due)
            await self._audit.record(tx, who.organiser_id, "answer-offer", name)

    async def put_aside(self, who: Who, names: Sequence[str]) -> int:
        """Put offers aside as spam; they go after two days. Whoever sent them is told nothing. How many."""
        who.must(Act.OFFERS)
        async with self._database.transaction() as tx:
            due = to_text(from_text(hour_of(tx.now)) + SPAM_FOR)
            count = await store.set_spam(tx, _some(names), due)
            if count:
                await self._audit.record(tx, who.organiser_id, "spam-offers")
        return count

    async def put_back(self, who: Who, names: Sequence[str]) -> int:
        """Take offers back from the spam; how many."""
        who.must(Act.OFFERS)
        async with self._database.transaction() as tx:
            count = await store.set_waiting(tx, _some(names))
            if count:
                await self._audit.record(tx, who.organiser_id, "unspam-offers")
        return count

    async def delete(self, who: Who, names: Sequence[str]) -> int:
        """Erase offers, their pictures first; how many there were."""
        who.must(Act.OFFERS)
        count = await self._offering.erase(_some(names))
        if count:
            async with self._database.transaction() as tx:
                await self._audit.record(tx, who.organiser_id, "delete-offers")
        return count

    async def choices(self, who: Who) -> Asking:
        """What the campaign asks for."""
        who.must(Act.PROFILE)
        return await self._offering.asking()

    async def choose(self, who: Who, *, on: bool, kinds: Sequence[Kind]) -> None:
        """Ask for offers of these kinds, or for none. Raises Invalid."""
        who.must(Act.PROFILE)
        if on and not kinds:
            raise Invalid("Choose at least one kind, or ask for no offers.")
        async with self._database.transaction() as tx:
            await store.set_form(tx, asks=on, kinds=" ".join(kind.value for kind in Kind if kind in kinds))
            await changes.record(tx, "offer-form")
            await self._audit.record(tx, who.organiser_id, "offer-form")


def _some(names: Sequence[str]) -> Sequence[str]:
    """Raise Invalid for none, or for more than go at once."""
    if not names:
        raise Invalid("Mark at least one and choose what to do.")
    if len(names) > MAX_MARKED:
        raise Invalid("At most %(max)s at once.", max=MAX_MARKED)
    return names


def _language(code: str) -> str:
    """A language code as it stands in a `lang` attribute. Raises Invalid."""
    if not code.replace("-", "").isalnum() or not code.isascii() or len(code) > MAX_LANGUAGE_CHARS:
        raise Invalid("Choose the language that you answer in.")
    return code
