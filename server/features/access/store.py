"""SQL of the access room: organisers, one-time links and sessions. More of sessions, second factors, tokens: the other store_*.py."""

from __future__ import annotations

from server.base.database import Row, Snapshot, Transaction
from server.features.access.model import Organiser, Role, SignedIn

#: What `organiser_from` reads of organisers `o`.
ORGANISER = (
    "o.id, o.name, o.role, o.password_hash, o.suspended_at, o.created_day, o.last_seen_day, o.role_until,"
    " o.language, o.totp_sealed, (SELECT count(*) FROM passkeys p WHERE p.organiser_id = o.id) AS passkeys"
)
#: Who may come in and act: neither suspended nor at the end of a role.
ACTIVE = "o.suspended_at IS NULL AND (o.role_until IS NULL OR o.role_until > :now)"
_CAME_IN = "(o.password_hash IS NOT NULL OR EXISTS (SELECT 1 FROM passkeys p WHERE p.organiser_id = o.id))"


def organiser_from(row: Row, now: str) -> Organiser:
    """An organiser from a row that selects ORGANISER."""
    return Organiser(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        has_password=row["password_hash"] is not None,
        came_in=row["password_hash"] is not None or bool(row["passkeys"]),
        suspended=row["suspended_at"] is not None,
        created_day=row["created_day"],
        last_seen_day=row["last_seen_day"],
        language=row["language"],
        until=row["role_until"],
        ended=row["role_until"] is not None and row["role_until"] <= now,
        second_factor=row["totp_sealed"] is not None or bool(row["passkeys"]),
    )


async def insert_organiser(tx: Transaction, *, name: str, role: Role, until: str | None = None) -> int:
    """A new organiser without a password; the id."""
    organiser_id = tx.new_id()
    await tx.execute(
        "INSERT INTO organisers (id, name, role, role_until, created_day) VALUES (:id, :name, :role, :until, :day)",
        id=organiser_id,
        name=name,
        role=role.value,
        until=until,
        day=tx.now[:10],
    )
    return organiser_id


async def organisers(snapshot: Snapshot) -> list[Organiser]:
    """Everybody, in the order they came."""
    rows = await snapshot.fetch(f"SELECT {ORGANISER} FROM organisers o ORDER BY o.id")
    return [organiser_from(row, snapshot.now) for row in rows]


async def by_name(snapshot: Snapshot, name: str) -> Organiser | None:
    """One organiser by the name used inside."""
    row = await snapshot.one(f"SELECT {ORGANISER} FROM organisers o WHERE o.name = :name", name=name)
    return organiser_from(row, snapshot.now) if row else None


async def by_id(snapshot: Snapshot, organiser_id: int) -> Organiser | None:
    """One organiser by id."""
    row = await snapshot.one(f"SELECT {ORGANISER} FROM organisers o WHERE o.id = :id", id=organiser_id)
    return organiser_from(row, snapshot.now) if row else None


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


async def set_language(tx: Transaction, organiser_id: int | None, language: str) -> None:
    """The language of somebody's Desk; empty leaves it to the browser."""
    await tx.execute("UPDATE organisers SET language = :language WHERE id = :id", language=language, id=organiser_id)


async def other_keyholders(snapshot: Snapshot, organiser_id: int, *, came_in: bool) -> int:
    """How many active keyholders for good there are beside this one; with `came_in` those who have come in already."""
    count: int = await snapshot.value(
        "SELECT count(*) FROM organisers o WHERE o.role = 'keyholder' AND o.suspended_at IS NULL"
        f" AND o.role_until IS NULL AND o.id <> :id{f' AND {_CAME_IN}' if came_in else ''}",
        id=organiser_id,
    )
    return count


async def set_role(tx: Transaction, organiser_id: int, role: Role, until: str | None) -> None:
    """Another role, or another end of it."""
    await tx.execute(
        "UPDATE organisers SET role = :role, role_until = :until WHERE id = :id",
        role=role.value,
        until=until,
        id=organiser_id,
    )


async def delete_organiser(tx: Transaction, organiser_id: int) -> None:
    """Erase somebody, the name and all that hangs on it; what they did keeps a number that leads to nobody."""
    await tx.execute("DELETE FROM organisers WHERE id = :id", id=organiser_id)


async def delete_ways_in(tx: Transaction, organiser_id: int) -> None:
    """Sign all browsers of an organiser out; links and half-done sign-ins hold no more."""
    for table in ("sessions", "sign_in_links", "sign_in_steps"):
        await tx.execute(f"DELETE FROM {table} WHERE organiser_id = :id", id=organiser_id)


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
        f"SELECT {ORGANISER} FROM sign_in_links l JOIN organisers o ON o.id = l.organiser_id"
        " WHERE l.token_hash = :hash AND l.expires_at > :now AND " + ACTIVE,
        hash=token_hash,
        now=now,
    )
    return organiser_from(row, snapshot.now) if row else None


async def open_links(snapshot: Snapshot) -> int:
    """How many links wait to be used."""
    return int(await snapshot.value("SELECT count(*) FROM sign_in_links WHERE expires_at > :now", now=snapshot.now))


async def delete_link(tx: Transaction, token_hash: str) -> int:
    """A used link is no link; 0 if it was none any more."""
    return await tx.execute("DELETE FROM sign_in_links WHERE token_hash = :hash", hash=token_hash)


async def session(snapshot: Snapshot, token_hash: str, now: str) -> SignedIn | None:
    """Who is signed in with this secret."""
    row = await snapshot.one(
        f"SELECT {ORGANISER}, s.csrf, s.public_id, s.proved_at, s.last_seen_day AS seen_day"
        " FROM sessions s JOIN organisers o ON o.id = s.organiser_id"
        " WHERE s.token_hash = :hash AND s.expires_at > :now AND " + ACTIVE,
        hash=token_hash,
        now=now,
    )
    if row is None:
        return None
    return SignedIn(
        organiser=organiser_from(row, now),
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
