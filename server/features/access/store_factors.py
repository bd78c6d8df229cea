"""SQL of the access room: second factors. A TOTP secret comes and goes sealed."""

from __future__ import annotations

from collections.abc import Iterable

from server.base.database import Row, Snapshot, Transaction
from server.features.access.model_factors import Factors, Passkey
from server.features.access.store import ACTIVE


async def factors(snapshot: Snapshot, organiser_id: int) -> Factors:
    """What stands beside the password."""
    sealed = await totp(snapshot, organiser_id)
    rows = await snapshot.fetch(
        "SELECT id, name, created_day, last_used_day FROM passkeys WHERE organiser_id = :id ORDER BY id",
        id=organiser_id,
    )
    left = await snapshot.value("SELECT count(*) FROM recovery_codes WHERE organiser_id = :id", id=organiser_id)
    passkeys = (
        Passkey(id=row["id"], name=row["name"], created_day=row["created_day"], last_used_day=row["last_used_day"])
        for row in rows
    )
    return Factors(totp=sealed is not None, passkeys=tuple(passkeys), codes_left=int(left))


async def totp(snapshot: Snapshot, organiser_id: int) -> str | None:
    """The sealed secret in use."""
    value: str | None = await snapshot.value("SELECT totp_sealed FROM organisers WHERE id = :id", id=organiser_id)
    return value


async def new_totp(snapshot: Snapshot, organiser_id: int) -> str | None:
    """The sealed secret that waits to be confirmed by a code."""
    value: str | None = await snapshot.value("SELECT totp_new_sealed FROM organisers WHERE id = :id", id=organiser_id)
    return value


async def set_new_totp(tx: Transaction, organiser_id: int, sealed: str) -> None:
    """A secret that is not in use before a code confirms it."""
    await tx.execute("UPDATE organisers SET totp_new_sealed = :sealed WHERE id = :id", sealed=sealed, id=organiser_id)


async def confirm_totp(tx: Transaction, organiser_id: int, sealed: str, step: int) -> bool:
    """Take the secret that waits into use, unless another took its place; its first code is used up."""
    touched = await tx.execute(
        "UPDATE organisers SET totp_sealed = totp_new_sealed, totp_new_sealed = NULL, totp_last_step = :step"
        " WHERE id = :id AND totp_new_sealed = :sealed",
        step=step,
        id=organiser_id,
        sealed=sealed,
    )
    return bool(touched)


async def end_totp(tx: Transaction, organiser_id: int) -> None:
    """No codes of an app any more."""
    await tx.execute(
        "UPDATE organisers SET totp_sealed = NULL, totp_new_sealed = NULL, totp_last_step = NULL WHERE id = :id",
        id=organiser_id,
    )


async def use_step(tx: Transaction, organiser_id: int, step: int) -> bool:
    """Use the code of a time step up; False if this one or a later one was used before."""
    touched = await tx.execute(
        "UPDATE organisers SET totp_last_step = :step"
        " WHERE id = :id AND (totp_last_step IS NULL OR totp_last_step < :step)",
        step=step,
        id=organiser_id,
    )
    return bool(touched)


async def use_recovery_code(tx: Transaction, organiser_id: int, code_hash: str) -> bool:
    """Use a recovery code up; False if it is none of this organiser's."""
    touched = await tx.execute(
        "DELETE FROM recovery_codes WHERE code_hash = :hash AND organiser_id = :id", hash=code_hash, id=organiser_id
    )
    return bool(touched)


async def replace_recovery_codes(tx: Transaction, organiser_id: int, hashes: Iterable[str]) -> None:
    """New codes in place of all earlier ones."""
    await tx.execute("DELETE FROM recovery_codes WHERE organiser_id = :id", id=organiser_id)
    await tx.execute_many(
        "INSERT INTO recovery_codes (code_hash, organiser_id) VALUES (:hash, :id)",
        [{"hash": one, "id": organiser_id} for one in hashes],
    )


async def insert_passkey(
    tx: Transaction, *, organiser_id: int, credential_id: str, public_key: str, sign_count: int, name: str
) -> bool:
    """Remember the public half of a passkey; False if somebody has that one already."""
    touched = await tx.execute(
        "INSERT INTO passkeys (id, organiser_id, credential_id, public_key, sign_count, name, created_day)"
        " VALUES (:id, :organiser_id, :credential_id, :public_key, :sign_count, :name, :day)"
        " ON CONFLICT (credential_id) DO NOTHING",
        id=tx.new_id(),
        organiser_id=organiser_id,
        credential_id=credential_id,
        public_key=public_key,
        sign_count=sign_count,
        name=name,
        day=tx.now[:10],
    )
    return bool(touched)


async def passkey(snapshot: Snapshot, credential_id: str) -> Row | None:
    """A passkey of somebody who may come in."""
    return await snapshot.one(
        "SELECT p.id, p.organiser_id, p.public_key, p.sign_count FROM passkeys p"
        f" JOIN organisers o ON o.id = p.organiser_id WHERE p.credential_id = :id AND {ACTIVE}",
        id=credential_id,
        now=snapshot.now,
    )


async def credential_ids(snapshot: Snapshot, organiser_id: int) -> list[str]:
    """The passkeys of an organiser as devices know them."""
    rows = await snapshot.fetch(
        "SELECT credential_id FROM passkeys WHERE organiser_id = :id ORDER BY id", id=organiser_id
    )
    return [row["credential_id"] for row in rows]


async def used_passkey(tx: Transaction, passkey_id: int, before: int, count: int) -> bool:
    """Note a use; False if another use was noted since the count was read, or the passkey is gone."""
    touched = await tx.execute(
        "UPDATE passkeys SET sign_count = :count, last_used_day = :day WHERE id = :id AND sign_count = :before",
        count=count,
        day=tx.now[:10],
        id=passkey_id,
        before=before,
    )
    return bool(touched)


async def delete_passkey(tx: Transaction, organiser_id: int, passkey_id: int) -> bool:
    """Forget one passkey; False if this organiser has no such one."""
    touched = await tx.execute(
        "DELETE FROM passkeys WHERE id = :id AND organiser_id = :organiser_id",
        id=passkey_id,
        organiser_id=organiser_id,
    )
    return bool(touched)


async def delete_all(tx: Transaction, organiser_id: int) -> None:
    """Nothing stands beside the password any more."""
    await end_totp(tx, organiser_id)
    await tx.execute("DELETE FROM passkeys WHERE organiser_id = :id", id=organiser_id)
    await tx.execute("DELETE FROM recovery_codes WHERE organiser_id = :id", id=organiser_id)
