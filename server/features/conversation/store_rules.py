"""SQL of the conversation room: mutes and word_rules."""

from __future__ import annotations

from typing import Final

from server.base.database import Row, Snapshot, Transaction
from server.features.conversation.model import Mute, WordRule

MUTES_PAGE: Final = 100
_FAR: Final = 2**62


def _mute(row: Row) -> Mute:
    return Mute(id=row["id"], kind=row["kind"], target=row["target"], label=row["label"], created_at=row["created_at"])


async def insert_mute(tx: Transaction, *, kind: str, target: str, label: str) -> bool:
    """Leave somebody talking; False if we did already."""
    rows = await tx.execute(
        "INSERT INTO mutes (id, kind, target, label, created_at) VALUES (:id, :kind, :target, :label, :now)"
        " ON CONFLICT (target) DO NOTHING",
        id=tx.new_id(),
        kind=kind,
        target=target,
        label=label,
        now=tx.now,
    )
    return rows > 0


async def delete_mute(tx: Transaction, target: str) -> bool:
    """Listen again; False if we did."""
    return await tx.execute("DELETE FROM mutes WHERE target = :target", target=target) > 0


async def mutes(snapshot: Snapshot, before: int | None = None) -> list[Mute]:
    """A page of mutes, the newest first."""
    rows = await snapshot.fetch(
        "SELECT * FROM mutes WHERE id < :before ORDER BY id DESC LIMIT :page", before=before or _FAR, page=MUTES_PAGE
    )
    return [_mute(row) for row in rows]


async def rules(snapshot: Snapshot) -> list[WordRule]:
    """All word rules, the newest first; there are never many."""
    return [
        WordRule(id=row["id"], words=row["words"], act=row["act"], created_at=row["created_at"])
        for row in await snapshot.fetch("SELECT * FROM word_rules ORDER BY id DESC")
    ]


async def insert_rule(tx: Transaction, *, words: str, act: str) -> int:
    """Write a rule; the same words have one rule, which the newer act replaces. Its id."""
    rows = await tx.fetch(
        "INSERT INTO word_rules (id, words, act, created_at) VALUES (:id, :words, :act, :now)"
        " ON CONFLICT (words) DO UPDATE SET act = :act RETURNING id",
        id=tx.new_id(),
        words=words,
        act=act,
        now=tx.now,
    )
    made: int = rows[0]["id"]
    return made


async def delete_rule(tx: Transaction, rule_id: int) -> bool:
    """Forget a rule; False if there was none."""
    return await tx.execute("DELETE FROM word_rules WHERE id = :id", id=rule_id) > 0
