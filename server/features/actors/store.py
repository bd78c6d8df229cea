"""SQL of the actors room: tables actors and actor_keys."""

from __future__ import annotations

import json
from collections.abc import Sequence

from server.base.database import Row, Snapshot, Transaction
from server.base.timestamps import later_than
from server.features.actors.model import ActorKind, OurActor, Profile, ProfileLine, StoredKey


def actor_from(row: Row) -> OurActor:
    """An actor from a row of the table."""
    return OurActor(
        id=row["id"],
        handle=row["handle"],
        kind=row["kind"],
        type=row["type"],
        name=row["name"],
        bio=row["bio"],
        fields=tuple(ProfileLine(name=name, value=value) for name, value in json.loads(row["fields"])),
        language=row["language"],
        time_zone=row["time_zone"],
        avatar_media_id=row["avatar_media_id"],
        header_media_id=row["header_media_id"],
        accent=row["accent"],
        discoverable=bool(row["discoverable"]),
        indexable=bool(row["indexable"]),
        approves_followers=bool(row["approves_followers"]),
        also_known_as=tuple(json.loads(row["also_known_as"])),
        moved_to=row["moved_to"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        suspended=row["suspended_at"] is not None,
        chosen_languages=tuple(json.loads(row["languages"])),
    )


async def insert(
    tx: Transaction, *, handle: str, kind: ActorKind, type_: str, name: str, language: str, time_zone: str
) -> int:
    """A new actor; the id."""
    actor_id = tx.new_id()
    await tx.execute(
        "INSERT INTO actors (id, handle, kind, type, name, language, time_zone, created_at, updated_at)"
        " VALUES (:id, :handle, :kind, :type, :name, :language, :time_zone, :now, :now)",
        id=actor_id,
        handle=handle,
        kind=kind,
        type=type_,
        name=name,
        language=language,
        time_zone=time_zone,
        now=tx.now,
    )
    return actor_id


async def insert_key(tx: Transaction, actor_id: int, key: StoredKey) -> None:
    """A new version of a key."""
    await tx.execute(
        "INSERT INTO actor_keys (id, actor_id, version, fragment, algorithm, public_pem, private_sealed, created_at)"
        " VALUES (:id, :actor_id, :version, :fragment, :algorithm, :public_pem, :private_sealed, :now)",
        id=tx.new_id(),
        actor_id=actor_id,
        version=key.version,
        fragment=key.fragment,
        algorithm=key.algorithm,
        public_pem=key.public_pem,
        private_sealed=key.private_sealed,
        now=tx.now,
    )


async def live_key(snapshot: Snapshot, actor_id: int, fragment: str) -> StoredKey | None:
    """The newest key of that name."""
    row = await snapshot.one(
        "SELECT * FROM actor_keys WHERE actor_id = :actor_id AND fragment = :fragment AND retired_at IS NULL"
        " ORDER BY version DESC LIMIT 1",
        actor_id=actor_id,
        fragment=fragment,
    )
    if row is None:
        return None
    return StoredKey(
        version=row["version"],
        fragment=row["fragment"],
        algorithm=row["algorithm"],
        public_pem=row["public_pem"],
        private_sealed=row["private_sealed"],
    )


async def all_actors(snapshot: Snapshot) -> list[OurActor]:
    """Everybody we are, the oldest first."""
    return [actor_from(row) for row in await snapshot.fetch("SELECT * FROM actors ORDER BY id")]


async def by_id(snapshot: Snapshot, actor_id: int) -> OurActor | None:
    """One of our actors."""
    row = await snapshot.one("SELECT * FROM actors WHERE id = :id", id=actor_id)
    return actor_from(row) if row else None


async def update_profile(tx: Transaction, actor: OurActor, profile: Profile) -> None:
    """Replace what organisers may change; `updated_at` only grows."""
    await tx.execute(
        "UPDATE actors SET name = :name, bio = :bio, fields = :fields, language = :language, time_zone = :time_zone,"
        " avatar_media_id = :avatar, header_media_id = :header, accent = :accent, discoverable = :discoverable,"
        " indexable = :indexable, approves_followers = :approves, also_known_as = :also_known_as,"
        " updated_at = :updated WHERE id = :id",
        id=actor.id,
        name=profile.name,
        bio=profile.bio,
        fields=json.dumps([[line.name, line.value] for line in profile.fields]),
        language=profile.language,
        time_zone=profile.time_zone,
        avatar=profile.avatar_media_id,
        header=profile.header_media_id,
        accent=profile.accent,
        discoverable=int(profile.discoverable),
        indexable=int(profile.indexable),
        approves=int(profile.approves_followers),
        also_known_as=json.dumps(list(profile.also_known_as)),
        updated=later_than(actor.updated_at, tx.now),
    )


async def update_languages(tx: Transaction, actor_id: int, languages: Sequence[str]) -> None:
    """Choose the languages that an actor speaks, in its order."""
    await tx.execute(
        "UPDATE actors SET languages = :languages WHERE id = :id", languages=json.dumps(list(languages)), id=actor_id
    )
