"""SQL of the offers room: tables offers, offer_pictures and offer_form."""

from __future__ import annotations

from collections.abc import Sequence

from server.base.database import Row, Snapshot, Transaction
from server.features.offers.model import Kind, OfferPicture, OfferState


async def insert(
    tx: Transaction,
    *,
    name: str,
    code_mark: str,
    same: str,
    kind: Kind,
    about_post_id: int | None,
    page_language: str,
    language: str,
    sealed: str,
    arrived_at: str,
    due_at: str,
) -> bool:
    """Take an offer in; False if its code is known already."""
    added = await tx.execute(
        "INSERT INTO offers (name, code_mark, same, kind, state, about_post_id, page_language, language, sealed, arrived_at, due_at)"
        " VALUES (:name, :code_mark, :same, :kind, 'waiting', :about, :page_language, :language, :sealed, :arrived_at, :due_at)"
        " ON CONFLICT (code_mark) DO NOTHING",
        name=name,
        code_mark=code_mark,
        same=same,
        kind=kind.value,
        about=about_post_id,
        page_language=page_language,
        language=language,
        sealed=sealed,
        arrived_at=arrived_at,
        due_at=due_at,
    )
    return added == 1


async def insert_picture(tx: Transaction, offer: str, position: int, picture: OfferPicture) -> None:
    """Lay a picture beside an offer."""
    await tx.execute(
        "INSERT INTO offer_pictures (name, offer, position, mime) VALUES (:name, :offer, :position, :mime)",
        name=picture.name,
        offer=offer,
        position=position,
        mime=picture.mime,
    )


async def by_code(snapshot: Snapshot, code_mark: str) -> Row | None:
    """The row of an offer by what is kept of its code."""
    return await snapshot.one("SELECT * FROM offers WHERE code_mark = :mark", mark=code_mark)


async def how_many(snapshot: Snapshot) -> int:
    """How many offers are kept."""
    return int(await snapshot.value("SELECT count(*) FROM offers"))


async def how_many_pictures(snapshot: Snapshot) -> int:
    """How many pictures are kept."""
    return int(await snapshot.value("SELECT count(*) FROM offer_pictures"))


async def copies(snapshot: Snapshot, same: str) -> int:
    """How many offers say the same."""
    return int(await snapshot.value("SELECT count(*) FROM offers WHERE same = :same", same=same))


async def claim(tx: Transaction, name: str, organiser_id: int | None) -> bool:
    """Let somebody see to an offer that nobody else sees to; False if somebody else does, or it is not there."""
    return (
        await tx.execute(
            "UPDATE offers SET state = CASE state WHEN 'answered' THEN 'answered' ELSE 'claimed' END, claimed_by = :who"
            " WHERE name = :name AND (state = 'waiting' OR (state IN ('claimed', 'answered')"
            " AND (claimed_by = :who OR (claimed_by IS NULL AND :console = 1))))",
            name=name,
            who=organiser_id,
            console=int(organiser_id is None),
        )
        == 1
    )


async def release(tx: Transaction, name: str) -> bool:
    """Let an offer wait for anybody again."""
    return (
        await tx.execute(
            "UPDATE offers SET state = 'waiting', claimed_by = NULL WHERE name = :name AND state IN ('claimed', 'answered')",
            name=name,
        )
        == 1
    )


async def set_answers(tx: Transaction, name: str, sealed: str, due_at: str) -> None:
    """Keep what was answered; it goes earlier now."""
    await tx.execute(
        "UPDATE offers SET state = 'answered', answers = :sealed,"
        " due_at = CASE WHEN due_at < :due THEN due_at ELSE :due END WHERE name = :name",
        name=name,
        sealed=sealed,
        due=due_at,
    )


async def set_reply(tx: Transaction, code_mark: str, sealed: str) -> bool:
    """Keep the one reply of whoever sent it, who waits again; False if there is one."""
    return (
        await tx.execute(
            "UPDATE offers SET reply = :sealed, state = CASE WHEN state = 'answered' THEN 'claimed' ELSE state END"
            " WHERE code_mark = :mark AND reply = ''",
            mark=code_mark,
            sealed=sealed,
        )
        == 1
    )


async def set_spam(tx: Transaction, names: Sequence[str], due_at: str) -> int:
    """Put offers aside; how many."""
    changed = 0
    for name in names:
        changed += await tx.execute(
            "UPDATE offers SET state = 'spam', claimed_by = NULL,"
            " due_at = CASE WHEN due_at < :due THEN due_at ELSE :due END WHERE name = :name AND state <> 'spam'",
            name=name,
            due=due_at,
        )
    return changed


async def set_waiting(tx: Transaction, names: Sequence[str]) -> int:
    """Take offers back from the spam; how many."""
    changed = 0
    for name in names:
        changed += await tx.execute(
            "UPDATE offers SET state = :state WHERE name = :name AND state = 'spam'",
            name=name,
            state=OfferState.WAITING.value,
        )
    return changed


async def pictures(snapshot: Snapshot, offer: str) -> list[OfferPicture]:
    """The pictures of an offer, in order."""
    rows = await snapshot.fetch(
        "SELECT name, mime FROM offer_pictures WHERE offer = :offer ORDER BY position", offer=offer
    )
    return [OfferPicture(name=row["name"], mime=row["mime"]) for row in rows]


async def picture_known(snapshot: Snapshot, name: str) -> bool:
    """True if there is a row for this file."""
    return await snapshot.value("SELECT 1 FROM offer_pictures WHERE name = :name", name=name) is not None


async def delete(tx: Transaction, names: Sequence[str]) -> int:
    """Erase offers and the rows of their pictures; how many offers."""
    erased = 0
    for name in names:
        await tx.execute("DELETE FROM offer_pictures WHERE offer = :name", name=name)
        erased += await tx.execute("DELETE FROM offers WHERE name = :name", name=name)
    return erased


async def due(snapshot: Snapshot, arrived_before: str, limit: int) -> list[str]:
    """Names of offers whose time is over."""
    rows = await snapshot.fetch(
        "SELECT name FROM offers WHERE due_at <= :now OR arrived_at < :before LIMIT :limit",
        now=snapshot.now,
        before=arrived_before,
        limit=limit,
    )
    return [row["name"] for row in rows]


async def form(snapshot: Snapshot) -> tuple[bool, str] | None:
    """Whether offers are asked for and which kinds, as the campaign chose; None if it chose nothing."""
    row = await snapshot.one("SELECT asks, kinds FROM offer_form WHERE one = 1")
    return (bool(row["asks"]), row["kinds"]) if row else None


async def set_form(tx: Transaction, *, asks: bool, kinds: str) -> None:
    """Choose."""
    await tx.execute(
        "INSERT INTO offer_form (one, asks, kinds) VALUES (1, :asks, :kinds)"
        " ON CONFLICT (one) DO UPDATE SET asks = excluded.asks, kinds = excluded.kinds",
        asks=int(asks),
        kinds=kinds,
    )
