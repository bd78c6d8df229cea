"""SQL of the access room: organisers, one-time links and sessions. More of sessions, second factors, tokens: the other store_*.py."""

from __future__ import annotations

from server.base.database import Row, Snapshot, Transaction
from server.features.access.model import Organiser, Role, SignedIn

_ORGANISER = "o.id, o.name, o.role, o.password_hash, o.suspended_at, o.created_day, o.last_seen_day"


def organiser_from(row: Row) -> Organiser:
    """An organiser from a row that selects the columns of the table under their names."""
    return Organiser(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        has_password=row["password_hash"] is not None,
        suspended=row["suspended_at"] is not None,
        created_day=row["created_day"],
        last_seen_day=row["last_seen_day"],
    )


async def insert_organiser(tx: Transaction, *, name: str, role: Role) -> int:
    """A new organiser without a password; the id."""
    organiser_id = tx.new_id()
    await tx.execute(
        "INSERT INTO organisers (id, name, role, created_day) VALUES (:id, :name, :role, :day)",
        id=organiser_id,
        name=name,
        role=role.value,
        day=tx.now[:10],
    )
    return organiser_id


async def organisers(snapshot: Snapshot) -> list[Organiser]:
    """Everybody, in the order they came."""
    return [organiser_from(row) for row in await snapshot.fetch(f"SELECT {_ORGANISER} FROM organisers o ORDER BY o.id")]


async def by_name(snapshot: Snapshot, name: str) -> Organiser | None:
    """One organiser by the name used inside."""
    row = await snapshot.one(f"SELECT {_ORGANISER} FROM organisers o WHERE o.name = :name", name=name)
    return organiser_from(row) if row else None


async def by_id(snapshot: Snapshot, organiser_id: int) -> Organiser | None:
    """One organiser by id."""
    row = await snapshot.one(f"SELECT {_ORGANISER} FROM organisers o WHERE o.id = :id", id=organiser_id)
    return organiser_from(row) if row else None


async def password_hash(snapshot: Snapshot, organiser_id: int) -> str | None:
    """The Argon2id hash, if a password was set."""
    value: str | None = await snapshot.value("SELECT password_hash FROM organisers WHERE id = :id", id=organiser_id)
    return value


async def set_password_hash(tx: Transaction, organiser_id: int, hashed: str) -> None:
    """Replace the hash."""
    await tx.execute("UPDATE organisers SET password_hash = :hash WHERE id = :id", hash=hashed, id=organiser_id)


async def set_suspended(tx: Transaction, organiser_id: int, *, suspended: bool) -> None:
    """Suspend or take back."""
    at = tx.now[:10] if suspended else None
    await tx.execute("UPDATE organisers SET suspended_at = :at WHERE id = :id", at=at, id=organiser_id)


async def other_keyholders(snapshot: Snapshot, organiser_id: int) -> int:
    """How many active keyholders there are beside this one."""
    count: int = await snapshot.value(
        "SELECT count(*) FROM organisers WHERE role = 'keyholder' AND suspended_at IS NULL AND id <> :id",
        id=organiser_id,
    )
    return count


async def insert_link(tx: Transaction, *, token_hash: str, organiser_id: int, expires_at: str) -> None:
    """A one-time link in place of any earlier one of the same organiser."""
    await tx.execute(
        "DELETE FROM sign_in_links WHERE organiser_id = :id OR expires_at < :now", id=organiser_id, now=tx.now
    )
    await tx.execute(
        "INSERT INTO sign_in_links (token_hash, organiser_id, expires_at) VALUES (:hash, :id, :expires_at)",
        hash=token_hash,
        id=organiser_id,
        expires_at=expires_at,
    )


async def link_organiser(snapshot: Snapshot, token_hash: str, now: str) -> Organiser | None:
    """Whose link this is, while it holds."""
    row = await snapshot.one(
        f"SELECT {_ORGANISER} FROM sign_in_links l JOIN organisers o ON o.id = l.organiser_id"
        " WHERE l.token_hash = :hash AND l.expires_at > :now AND o.suspended_at IS NULL",
        hash=token_hash,
        now=now,
    )
    return organiser_from(row) if row else None


async def open_links(snapshot: Snapshot) -> int:
    """How many links wait to be used."""
    return int(await snapshot.value("SELECT count(*) FROM sign_in_links WHERE expires_at > :now", now=snapshot.now))


async def delete_link(tx: Transaction, token_hash: str) -> None:
    """A used link is no link."""
    await tx.execute("DELETE FROM sign_in_links WHERE token_hash = :hash", hash=token_hash)


async def session(snapshot: Snapshot, token_hash: str, now: str) -> SignedIn | None:
    """Who is signed in with this secret."""
    row = await snapshot.one(
        f"SELECT {_ORGANISER}, s.csrf, s.public_id, s.proved_at, s.last_seen_day AS seen_day"
        " FROM sessions s JOIN organisers o ON o.id = s.organiser_id"
        " WHERE s.token_hash = :hash AND s.expires_at > :now AND o.suspended_at IS NULL",
        hash=token_hash,
        now=now,
    )
    if row is None:
        return None
    return SignedIn(
        organiser=organiser_from(row),
        csrf=row["csrf"],
        session_id=row["public_id"],
        proved_at=row["proved_at"],
        seen_day=row["seen_day"],
    )


async def delete_session(tx: Transaction, token_hash: str) -> None:
    """Sign one browser out."""
    await tx.execute("DELETE FROM sessions WHERE token_hash = :hash", hash=token_hash)


async def delete_sessions_of(tx: Transaction, organiser_id: int, *, keep: str = "") -> None:
    """Sign all browsers of an organiser out, but for the one kept."""
    await tx.execute(
        "DELETE FROM sessions WHERE organiser_id = :id AND token_hash <> :keep", id=organiser_id, keep=keep
    )
