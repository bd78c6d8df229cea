"""SQL of the access room: apps and tokens."""

from __future__ import annotations

from server.base.database import Snapshot, Transaction
from server.features.access.model import Organiser
from server.features.access.store import ACTIVE, ORGANISER, organiser_from

SCRIPT_CLIENT = "script"


async def script_app(tx: Transaction) -> int:
    """The app under which the command line mints tokens, made at first use."""
    await tx.execute(
        "INSERT INTO apps (id, client_id, name, redirect_uris, scopes, created_at)"
        " VALUES (:id, :client, 'Script', '', 'read write follow', :now) ON CONFLICT (client_id) DO NOTHING",
        id=tx.new_id(),
        client=SCRIPT_CLIENT,
        now=tx.now,
    )
    app_id: int = await tx.value("SELECT id FROM apps WHERE client_id = :client", client=SCRIPT_CLIENT)
    return app_id


async def insert_token(tx: Transaction, *, token_hash: str, organiser_id: int, app_id: int, scopes: str) -> None:
    """Remember a bearer token by its hash."""
    await tx.execute(
        "INSERT INTO tokens (token_hash, organiser_id, app_id, scopes, created_at)"
        " VALUES (:hash, :organiser_id, :app_id, :scopes, :day)",
        hash=token_hash,
        organiser_id=organiser_id,
        app_id=app_id,
        scopes=scopes,
        day=tx.now[:10],
    )


async def token(snapshot: Snapshot, token_hash: str) -> tuple[Organiser, str] | None:
    """Whose token this is and what it may do, while the organiser may act."""
    row = await snapshot.one(
        f"SELECT {ORGANISER}, t.scopes FROM tokens t JOIN organisers o ON o.id = t.organiser_id"
        f" WHERE t.token_hash = :hash AND {ACTIVE}",
        hash=token_hash,
        now=snapshot.now,
    )
    return (organiser_from(row, snapshot.now), row["scopes"]) if row else None


async def delete_token(tx: Transaction, token_hash: str) -> None:
    """Revoke one token."""
    await tx.execute("DELETE FROM tokens WHERE token_hash = :hash", hash=token_hash)


async def delete_tokens_of(tx: Transaction, organiser_id: int) -> None:
    """Revoke all tokens of an organiser."""
    await tx.execute("DELETE FROM tokens WHERE organiser_id = :id", id=organiser_id)
