"""SQL of the access room: sessions and what is half-way to one."""

from __future__ import annotations

from server.base.database import Row, Snapshot, Transaction


async def insert_session(
    tx: Transaction, *, token_hash: str, organiser_id: int, csrf: str, public_id: str, expires_at: str
) -> None:
    """Remember a signed-in browser and the day. Signing in is proof enough for a while."""
    await tx.execute(
        "INSERT INTO sessions (token_hash, organiser_id, csrf, created_at, expires_at, last_seen_day, public_id, proved_at)"
        " VALUES (:hash, :id, :csrf, :day, :expires_at, :day, :public_id, :now)",
        hash=token_hash,
        id=organiser_id,
        csrf=csrf,
        day=tx.now[:10],
        expires_at=expires_at,
        public_id=public_id,
        now=tx.now,
    )
    await tx.execute("UPDATE organisers SET last_seen_day = :day WHERE id = :id", day=tx.now[:10], id=organiser_id)
    await tx.execute("DELETE FROM sessions WHERE expires_at < :now", now=tx.now)


async def seen(tx: Transaction, token_hash: str, organiser_id: int) -> None:
    """This browser was here today."""
    day = tx.now[:10]
    await tx.execute("UPDATE sessions SET last_seen_day = :day WHERE token_hash = :hash", day=day, hash=token_hash)
    await tx.execute("UPDATE organisers SET last_seen_day = :day WHERE id = :id", day=day, id=organiser_id)


async def sessions(snapshot: Snapshot, organiser_id: int) -> list[Row]:
    """All browsers of an organiser that are signed in, the last one first."""
    return await snapshot.fetch(
        "SELECT token_hash, public_id, name, created_at, last_seen_day FROM sessions"
        " WHERE organiser_id = :id AND expires_at > :now ORDER BY last_seen_day DESC, created_at DESC, token_hash",
        id=organiser_id,
        now=snapshot.now,
    )


async def set_public_id(tx: Transaction, token_hash: str, public_id: str) -> None:
    """Give one a name for the list."""
    await tx.execute("UPDATE sessions SET public_id = :id WHERE token_hash = :hash", id=public_id, hash=token_hash)


async def name_session(tx: Transaction, organiser_id: int, public_id: str, name: str) -> int:
    """Its owner's own word for a browser; how many there were."""
    return await tx.execute(
        "UPDATE sessions SET name = :name WHERE organiser_id = :id AND public_id = :public_id AND public_id <> ''",
        name=name,
        id=organiser_id,
        public_id=public_id,
    )


async def delete_one(tx: Transaction, organiser_id: int, public_id: str) -> int:
    """Sign one browser of an organiser out; how many there were."""
    return await tx.execute(
        "DELETE FROM sessions WHERE organiser_id = :id AND public_id = :public_id AND public_id <> ''",
        id=organiser_id,
        public_id=public_id,
    )


async def set_proved(tx: Transaction, token_hash: str) -> None:
    """Somebody proved just now, in this browser, who they are."""
    await tx.execute("UPDATE sessions SET proved_at = :now WHERE token_hash = :hash", now=tx.now, hash=token_hash)


async def insert_step(
    tx: Transaction, *, token_hash: str, organiser_id: int | None, purpose: str, challenge: str, expires_at: str
) -> None:
    """Something that waits for its next step. What is too old goes."""
    await tx.execute("DELETE FROM sign_in_steps WHERE expires_at <= :now", now=tx.now)
    await tx.execute(
        "INSERT INTO sign_in_steps (token_hash, organiser_id, purpose, challenge, expires_at)"
        " VALUES (:hash, :organiser_id, :purpose, :challenge, :expires_at)",
        hash=token_hash,
        organiser_id=organiser_id,
        purpose=purpose,
        challenge=challenge,
        expires_at=expires_at,
    )


async def open_steps(snapshot: Snapshot) -> int:
    """How many wait."""
    return int(await snapshot.value("SELECT count(*) FROM sign_in_steps WHERE expires_at > :now", now=snapshot.now))


async def step(snapshot: Snapshot, token_hash: str, purpose: str) -> Row | None:
    """A step that waits, with whose it is."""
    return await snapshot.one(
        "SELECT organiser_id, challenge, tries FROM sign_in_steps"
        " WHERE token_hash = :hash AND purpose = :purpose AND expires_at > :now",
        hash=token_hash,
        purpose=purpose,
        now=snapshot.now,
    )


async def try_step(tx: Transaction, token_hash: str, purpose: str, most: int) -> int | None:
    """Count one try of a step; whose it is, or None if there is no such step or no try is left."""
    row = await tx.one(
        "UPDATE sign_in_steps SET tries = tries + 1"
        " WHERE token_hash = :hash AND purpose = :purpose AND expires_at > :now AND tries < :most RETURNING organiser_id",
        hash=token_hash,
        purpose=purpose,
        now=tx.now,
        most=most,
    )
    return int(row["organiser_id"]) if row and row["organiser_id"] is not None else None


async def set_challenge(tx: Transaction, token_hash: str, purpose: str, challenge: str) -> int | None:
    """Put a fresh challenge to a step that waits; whose it is."""
    row = await tx.one(
        "UPDATE sign_in_steps SET challenge = :challenge"
        " WHERE token_hash = :hash AND purpose = :purpose AND expires_at > :now RETURNING organiser_id",
        challenge=challenge,
        hash=token_hash,
        purpose=purpose,
        now=tx.now,
    )
    return int(row["organiser_id"]) if row and row["organiser_id"] is not None else None


async def take_challenge(tx: Transaction, token_hash: str, purpose: str) -> tuple[str, int | None] | None:
    """The challenge that waits and whose it is; from now on it waits no more."""
    found = await step(tx, token_hash, purpose)
    if found is None or not found["challenge"]:
        return None
    taken = await tx.execute(
        "UPDATE sign_in_steps SET challenge = '' WHERE token_hash = :hash AND challenge = :challenge",
        hash=token_hash,
        challenge=found["challenge"],
    )
    return (found["challenge"], found["organiser_id"]) if taken else None


async def delete_step(tx: Transaction, token_hash: str) -> None:
    """A step that was taken is no step."""
    await tx.execute("DELETE FROM sign_in_steps WHERE token_hash = :hash", hash=token_hash)


async def delete_steps_of(tx: Transaction, organiser_id: int) -> None:
    """Whatever an organiser began is begun no more."""
    await tx.execute("DELETE FROM sign_in_steps WHERE organiser_id = :id", id=organiser_id)


async def forget(tx: Transaction, proved_before: str) -> int:
    """Erase what has run out: steps, links and sessions, and when somebody last proved who they are."""
    gone = await tx.execute("DELETE FROM sign_in_steps WHERE expires_at <= :now", now=tx.now)
    gone += await tx.execute("DELETE FROM sign_in_links WHERE expires_at <= :now", now=tx.now)
    gone += await tx.execute("DELETE FROM sessions WHERE expires_at <= :now", now=tx.now)
    gone += await tx.execute("UPDATE sessions SET proved_at = NULL WHERE proved_at < :before", before=proved_before)
    return gone
