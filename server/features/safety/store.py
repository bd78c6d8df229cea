"""SQL of the safety room: tables blocks and lock_level. Codes that lock: store_codes.py; lists and the allow-list: store_lists.py."""

from __future__ import annotations

from server.base.database import Row, Snapshot, Transaction
from server.features.safety.model import Block, BlockKind, LockLevel


def block_from(row: Row) -> Block:
    """A block from a row of the table."""
    return Block(
        id=row["id"],
        kind=row["kind"],
        target=row["target"],
        label=row["label"],
        announced_as=row["announced_as"],
        created_at=row["created_at"],
        list_id=row["list_id"],
    )


async def insert_block(tx: Transaction, *, kind: BlockKind, target: str, label: str, announced_as: str | None) -> bool:
    """Remember a block; False if it was there already. What a list brought is from now on set by hand."""
    rows = await tx.execute(
        "INSERT INTO blocks (id, kind, target, label, announced_as, created_at)"
        " VALUES (:id, :kind, :target, :label, :announced_as, :now) ON CONFLICT (target) DO NOTHING",
        id=tx.new_id(),
        kind=kind,
        target=target,
        label=label,
        announced_as=announced_as,
        now=tx.now,
    )
    if not rows:
        await tx.execute("UPDATE blocks SET list_id = NULL WHERE target = :target", target=target)
    return rows == 1


async def delete_block(tx: Transaction, target: str) -> Block | None:
    """Forget a block and return it, or None if there was none."""
    row = await tx.one("DELETE FROM blocks WHERE target = :target RETURNING *", target=target)
    return block_from(row) if row else None


async def blocks(snapshot: Snapshot) -> list[Block]:
    """All blocks, newest first."""
    return [block_from(row) for row in await snapshot.fetch("SELECT * FROM blocks ORDER BY id DESC")]


async def lock_level(snapshot: Snapshot) -> LockLevel:
    """The level in force."""
    return LockLevel(await snapshot.value("SELECT level FROM lock_level WHERE one = 1"))


async def set_lock_level(tx: Transaction, level: LockLevel) -> None:
    """Change the level."""
    await tx.execute("UPDATE lock_level SET level = :level, since = :now WHERE one = 1", level=int(level), now=tx.now)


async def lock_level_for_change(tx: Transaction) -> LockLevel:
    """The level in force, held: whoever else wants to change it waits for this transaction."""
    return LockLevel(await tx.value("UPDATE lock_level SET level = level WHERE one = 1 RETURNING level"))


async def locked_since(snapshot: Snapshot) -> str:
    """When the level was changed last."""
    since: str = await snapshot.value("SELECT since FROM lock_level WHERE one = 1")
    return since
