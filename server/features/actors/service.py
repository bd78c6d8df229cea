"""Our actors and their keys, kept in memory: asked for by every request and every delivery."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Final

from federation.identifiers import KeyId
from federation.keys import KeyPair
from server.base import changes
from server.base.addresses import Addresses
from server.base.database import Database, Transaction
from server.base.errors import Conflict, Invalid, NotFound
from server.base.sealing import Sealer
from server.features.actors import store
from server.features.actors.model import ActorKind, OurActor, Profile, StoredKey, dressed

MAIN_KEY: Final = "main-key"
_HANDLE: Final = re.compile(r"[a-z0-9_]{1,30}")
#: Names that would look like the house itself, or that other software treats specially.
RESERVED_HANDLES: Final = frozenset(
    {"actor", "admin", "administrator", "instance", "moderator", "root", "security", "support", "system", "webmaster"}
)


def checked_handle(handle: str) -> str:
    """A handle that every peer takes (PROTOCOL: `[a-z0-9_]`, 1 to 30). Raises Invalid."""
    if not _HANDLE.fullmatch(handle) or handle in RESERVED_HANDLES:
        raise Invalid("A handle has 1 to 30 of the letters a to z, digits and _, and is not a reserved word.")
    return handle


class Actors:
    """Everybody we are. `load` before use; own changes are seen from their commit on."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        addresses: Addresses,
        new_pair: Callable[[KeyId], KeyPair] = KeyPair.generate_rsa,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._addresses = addresses
        self._new_pair = new_pair
        self._by_handle: dict[str, OurActor] = {}
        self._by_kind: dict[ActorKind, OurActor] = {}
        self._by_id: dict[int, OurActor] = {}
        self._stored_keys: dict[int, StoredKey] = {}
        self._pairs: dict[int, KeyPair] = {}

    async def load(self) -> None:
        """Read all actors and the public halves of their keys."""
        async with self._database.snapshot() as snapshot:
            actors = await store.all_actors(snapshot)
            keys = {actor.id: await store.live_key(snapshot, actor.id, MAIN_KEY) for actor in actors}
        self._by_id = {actor.id: actor for actor in actors}
        self._dress()
        self._stored_keys = {actor_id: key for actor_id, key in keys.items() if key is not None}
        self._pairs.clear()

    def _dress(self) -> None:
        """Let the agenda show itself as the campaign does."""
        self._by_kind = {actor.kind: actor for actor in self._by_id.values()}
        campaign, agenda = self._by_kind.get("campaign"), self._by_kind.get("agenda")
        if campaign is not None and agenda is not None:
            self._by_id[agenda.id] = self._by_kind["agenda"] = self.agenda_of(campaign) or agenda
        self._by_handle = {actor.handle: actor for actor in self._by_id.values()}

    def campaign(self) -> OurActor:
        """The campaign's actor. Raises NotFound before `init`."""
        return self._founded("campaign")

    def instance(self) -> OurActor:
        """The actor that signs fetches. Raises NotFound before `init`."""
        return self._founded("instance")

    def _founded(self, kind: ActorKind) -> OurActor:
        found = self._by_kind.get(kind)
        if found is None:
            raise NotFound("There is no campaign here yet. Run `callout init`.")
        return found

    def agenda(self) -> OurActor | None:
        """The actor that says call-outs as events; None in a house that was opened by an older version alone."""
        return self._by_kind.get("agenda")

    def voices(self) -> tuple[OurActor, ...]:
        """Those of ours who speak to people: the campaign first, then its agenda."""
        return tuple(
            actor for actor in (self._by_kind.get("campaign"), self._by_kind.get("agenda")) if actor is not None
        )

    def by_handle(self, handle: str) -> OurActor | None:
        """One of our actors by handle (any case: WebFinger compares so)."""
        return self._by_handle.get(handle) or self._by_handle.get(handle.lower())

    def by_id(self, actor_id: int) -> OurActor:
        """One of our actors. Raises NotFound."""
        try:
            return self._by_id[actor_id]
        except KeyError:
            raise NotFound("There is no such actor.") from None

    def uri(self, actor: OurActor) -> str:
        """The id of one of our actors."""
        return self._addresses.actor_uri(actor.handle, actor.kind)

    def by_uri(self, uri: str) -> OurActor | None:
        """Which of our actors an id or a profile page names."""
        local = self._addresses.local(uri)
        if local is None:
            return None
        if local.kind == "instance":
            return self._by_kind.get("instance")
        return self._by_handle.get(local.handle) if local.kind == "actor" else None

    def public_key(self, actor: OurActor) -> StoredKey:
        """The key that others check our signatures with."""
        return self._stored_keys[actor.id]

    def key_pair(self, actor_id: int) -> KeyPair:
        """The signing key, unsealed once per process and version."""
        pair = self._pairs.get(actor_id)
        if pair is None:
            actor, stored = self.by_id(actor_id), self._stored_keys[actor_id]
            key_id = KeyId(self._addresses.key_id(self.uri(actor), stored.fragment))
            pair = KeyPair.from_pem(key_id, self._sealer.unseal(stored.private_sealed))
            self._pairs[actor_id] = pair
        return pair

    def key_version(self, actor_id: int) -> int:
        """Which version of the signing key is in use."""
        return self._stored_keys[actor_id].version

    async def create(
        self, *, handle: str, kind: ActorKind, type_: str, name: str, language: str = "en", time_zone: str = "UTC"
    ) -> OurActor:
        """A new actor with a fresh RSA key. Raises Invalid for the handle, Conflict if it is taken."""
        fresh = await self._fresh_key(version=1)
        async with self._database.transaction() as tx:
            if any(known.handle == handle for known in await store.all_actors(tx)):
                raise Conflict("That handle is taken.")
            actor_id = await store.insert(
                tx, handle=handle, kind=kind, type_=type_, name=name, language=language, time_zone=time_zone
            )
            await store.insert_key(tx, actor_id, fresh)
            await changes.record(tx, "actor", handle)
        await self.load()
        return self.by_id(actor_id)

    async def _fresh_key(self, version: int) -> StoredKey:
        pair = await asyncio.to_thread(self._new_pair, KeyId(MAIN_KEY))
        return StoredKey(
            version=version,
            fragment=MAIN_KEY,
            algorithm="rsa",
            public_pem=pair.public_pem(),
            private_sealed=self._sealer.seal(pair.private_pem()),
        )

    async def change_profile(self, tx: Transaction, actor: OurActor, profile: Profile) -> OurActor:
        """Replace the profile; the actor as it is from the commit on."""
        await store.update_profile(tx, actor, profile)
        await changes.record(tx, "actor", actor.handle)
        changed = await store.by_id(tx, actor.id)
        if changed is None:
            raise NotFound("There is no such actor.")
        fresh = changed
        tx.after_commit(lambda: self._remember(fresh))
        return fresh

    async def choose_languages(self, tx: Transaction, actor: OurActor, languages: Sequence[str]) -> None:
        """Choose the languages of an actor, in its order; every page knows from the commit on."""
        await store.update_languages(tx, actor.id, languages)
        await changes.record(tx, "actor", actor.handle)
        changed = await store.by_id(tx, actor.id)
        if changed is not None:
            fresh = changed
            tx.after_commit(lambda: self._remember(fresh))

    def agenda_of(self, campaign: OurActor) -> OurActor | None:
        """The agenda as it will show itself beside this campaign."""
        agenda = self.agenda()
        if agenda is None:
            return None
        return dressed(agenda, campaign, self._addresses.home(), self._addresses.calendar())

    def _remember(self, actor: OurActor) -> None:
        self._by_id[actor.id] = actor
        self._dress()
