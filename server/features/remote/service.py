"""Knowing others: their keys for verifying, their profiles for showing, their posts when we answer or boost them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeVar

from federation.client import FetchClient
from federation.errors import (
    BadSignature,
    FederationError,
    Gone,
    KeyUnavailable,
    Malformed,
    NotFound,
    Refused,
    Unreachable,
    UnsafeUrl,
    WrongDocument,
)
from federation.identifiers import origin_of, same_origin, without_fragment
from federation.keys import PublicKey
from federation.objects import Actor, ActorKey, Note
from federation.parse import parse_object
from federation.parse_actor import parse_actor, parse_key_document
from federation.webfinger import Finder, parse_handle
from server.base import changes, errors
from server.base.addresses import Addresses
from server.base.clock import Clock
from server.base.database import Database
from server.base.timestamps import from_text, to_text
from server.features.remote import store
from server.features.remote.cleaning import clean_post, clean_profile
from server.features.remote.fetching import Fetches
from server.features.remote.model import RemoteActor, RemotePost, Signer
from server.features.remote.store import ACTORS
from server.features.safety.service import Safety

KEY_SECONDS: Final = 4.0
NEGATIVE_FOR, REFETCH_EVERY = timedelta(minutes=10), timedelta(minutes=10)
REMEMBERED: Final = 10_000
#: Kept in memory: the keys and the profiles of those who talk most. All others are one step into an index away.
CACHED_KEYS, CACHED_ACTORS = 5_000, 5_000
FORGET_AFTER: Final = timedelta(days=90)
MAX_KEY_HOPS: Final = 2

T = TypeVar("T")


class Remote:
    """Everything we learn by fetching, bounded: so many at once, so many a host, one for each thing."""

    def __init__(
        self,
        database: Database,
        client: FetchClient,
        finder: Finder,
        safety: Safety,
        addresses: Addresses,
        clock: Clock,
    ) -> None:
        self._database = database
        self._fetches = Fetches(client, safety, addresses)
        self._finder = finder
        self._safety = safety
        self._addresses = addresses
        self._clock = clock
        self._negative: OrderedDict[str, tuple[str, FederationError]] = OrderedDict()
        self._refetched: OrderedDict[str, str] = OrderedDict()
        self._keys: OrderedDict[str, Signer] = OrderedDict()
        self._actors: OrderedDict[str, RemoteActor] = OrderedDict()
        self._actors_changed = 0
        database.on_change(self._changed)

    def _changed(self, kind: str, subject: str) -> None:
        """Here or in another process a profile was replaced or forgotten."""
        if kind == ACTORS:
            self._actors_changed += 1
            self._actors.pop(subject, None)

    # -- keys ---------------------------------------------------------------------------------------------------------

    async def signer(self, key_id: str) -> Signer:
        """Whose key this is, from memory, the database, or one fetch for all who ask at once.

        Raises BadSignature for keys that are nobody's, KeyUnavailable when it cannot be had for now, Gone when it was deleted.
        """
        cached = self._keys.get(key_id)
        if cached is not None:
            return cached
        before = self._actors_changed
        async with self._database.snapshot() as snapshot:
            stored = await store.key(snapshot, key_id)
        if stored is not None:
            owner_uri, pem, fetched_at, owner = stored
            if owner is not None and before == self._actors_changed:
                self._keep_actor(owner)  # whoever signs is asked for next
            return self._keep(
                Signer(key_id=key_id, actor_uri=owner_uri, key=PublicKey.from_pem(pem), fetched_at=fetched_at)
            )
        self._check_negative(key_id)
        return await self._fetches.single(f"key {key_id}", lambda: self._fetch_key(key_id))

    async def refetch_signer(self, key_id: str) -> Signer | None:
        """The key fetched anew, for signatures that do not hold; None if that was tried in the last ten minutes."""
        now = to_text(self._clock())
        last = self._refetched.get(key_id)
        if last is not None and from_text(last) + REFETCH_EVERY > self._clock():
            return None
        self._remember(self._refetched, key_id, now)
        self._keys.pop(key_id, None)
        return await self._fetches.single(f"key {key_id}", lambda: self._fetch_key(key_id))

    def forget_keys(self, actor_uri: str) -> None:
        """Drop an actor's keys from memory after its profile changed."""
        for key_id in [key_id for key_id, signer in self._keys.items() if signer.actor_uri == actor_uri]:
            del self._keys[key_id]

    def _keep(self, signer: Signer) -> Signer:
        self._keys[signer.key_id] = signer
        while len(self._keys) > CACHED_KEYS:
            self._keys.popitem(last=False)
        return signer

    def _check_negative(self, key_id: str) -> None:
        known = self._negative.get(key_id)
        if known is None:
            return
        if from_text(known[0]) + NEGATIVE_FOR > self._clock():
            raise known[1]
        del self._negative[key_id]

    @staticmethod
    def _remember(memory: OrderedDict[str, T], key: str, value: T) -> None:
        memory[key] = value
        memory.move_to_end(key)
        while len(memory) > REMEMBERED:
            memory.popitem(last=False)

    async def _fetch_key(self, key_id: str) -> Signer:
        try:
            return self._keep(await self._resolved_key(key_id))
        except Gone as error:
            self._remember(self._negative, key_id, (to_text(self._clock()), error))
            raise
        except (NotFound, Refused, WrongDocument, Malformed, UnsafeUrl):
            failure = BadSignature("the key cannot be found")
        except Unreachable:
            raise KeyUnavailable("the key's server does not answer") from None
        self._remember(self._negative, key_id, (to_text(self._clock()), failure))
        raise failure

    async def _resolved_key(self, key_id: str) -> Signer:
        """Fetch the key id; follow a stub or separate document to its owner, who must list this key."""
        url = without_fragment(key_id)
        for _ in range(MAX_KEY_HOPS):
            final, document = await self._fetches.document(url, seconds=KEY_SECONDS)
            found = parse_key_document(document)
            if isinstance(found, ActorKey):
                if not same_origin(found.owner, key_id) or url == found.owner:
                    break
                url = found.owner
                continue
            if found.id != final or not same_origin(found.id, key_id):
                break
            key = next((key for key in found.keys if key.id == key_id), None)
            if key is None:
                break
            return await self._stored_key(found, key)
        raise WrongDocument("nobody lists this key")

    async def _stored_key(self, actor: Actor, key: ActorKey) -> Signer:
        if key.pem is None and key.multibase is None:
            _, document = await self._fetches.document(without_fragment(key.id), seconds=KEY_SECONDS)
            separate = parse_key_document(document)
            if not isinstance(separate, ActorKey) or separate.id != key.id or separate.owner != actor.id:
                raise WrongDocument("the key does not name its owner")
            key = separate
        public = PublicKey.from_pem(key.pem) if key.pem else PublicKey.from_multibase(key.multibase or "")
        stored = await self._store_actor(actor, key=(key.id, public))
        return Signer(key_id=key.id, actor_uri=actor.id, key=public, fetched_at=stored.fetched_at)

    # -- actors -------------------------------------------------------------------------------------------------------

    async def actor(self, uri: str, *, fresh: bool = False) -> RemoteActor:
        """An actor from the database, or fetched. Raises FederationError."""
        if not fresh:
            known = self._actors.get(uri) or await self._known_actor(uri)
            if known is not None:
                return known
        return await self._fetches.single(f"actor {uri}", lambda: self._fetch_actor(uri))

    async def _known_actor(self, uri: str) -> RemoteActor | None:
        before = self._actors_changed
        async with self._database.snapshot() as snapshot:
            known = await store.actor_by_uri(snapshot, uri)
        if known is not None and before == self._actors_changed:
            self._keep_actor(known)
        return known

    def _keep_actor(self, actor: RemoteActor) -> None:
        self._actors[actor.uri] = actor
        while len(self._actors) > CACHED_ACTORS:
            self._actors.popitem(last=False)

    async def _fetch_actor(self, uri: str) -> RemoteActor:
        final, document = await self._fetches.document(uri)
        actor = parse_actor(document)
        if actor.id not in {final, uri} or not same_origin(actor.id, final):
            raise WrongDocument("another actor than was asked for")
        if actor.id != final:
            final, document = await self._fetches.document(actor.id)
            actor = parse_actor(document)
            if actor.id != final:
                raise WrongDocument("the actor does not stand at its id")
        return await self._store_actor(actor)

    async def learn(self, actor: Actor) -> RemoteActor:
        """Keep what an actor said of itself in a well-signed Update."""
        stored = await self._store_actor(actor)
        async with self._database.transaction() as tx:
            await store.delete_keys_of(tx, actor.id, keep=[key.id for key in actor.keys])
            for key in actor.keys:
                if key.pem is not None:
                    await store.upsert_key(tx, key_id=key.id, actor_uri=actor.id, pem=PublicKey.from_pem(key.pem).pem())
        self.forget_keys(actor.id)
        return stored

    async def _store_actor(self, actor: Actor, *, key: tuple[str, PublicKey] | None = None) -> RemoteActor:
        name, bio = await clean_profile(actor)
        async with self._database.snapshot() as snapshot:
            known = await store.actor_by_uri(snapshot, actor.id)
        handle = known.handle if known and known.username == actor.username else await self._handle(actor)
        async with self._database.transaction() as tx:
            if key is not None:
                await store.upsert_key(tx, key_id=key[0], actor_uri=actor.id, pem=key[1].pem())
            stored = await store.upsert_actor(tx, actor, handle=handle, name=name, bio=bio)
            if known is not None and replace(stored, fetched_at=known.fetched_at) != known:
                await changes.record(tx, ACTORS, actor.id)
            elif known is None:
                # What changes it later drops it again, so it is kept before anything else can be committed.
                tx.after_commit(lambda: self._keep_actor(stored))
        return stored

    async def _handle(self, actor: Actor) -> str:
        """`user@host`; another domain than the id's is believed only if its WebFinger points back."""
        plain = f"{actor.username}@{origin_of(actor.id).authority}"
        if actor.webfinger is None or actor.webfinger.lower() == plain.lower():
            return plain
        try:
            claimed = parse_handle(actor.webfinger)
            if await self._finder.find(claimed) == actor.id:
                return str(claimed)
        except FederationError:
            return plain
        return plain

    async def actor_by_handle(self, text: str) -> RemoteActor:
        """An actor by `@user@host`. Raises Invalid for what is no handle, FederationError when it cannot be found."""
        try:
            handle = parse_handle(text)
        except Malformed:
            raise errors.Invalid("Write a handle such as @name@server.") from None
        async with self._database.snapshot() as snapshot:
            known = await store.actor_by_handle(snapshot, str(handle))
        if known is not None:
            return known
        if self._safety.refuses_host(handle.host):
            raise errors.Invalid("That server is blocked here.")
        return await self.actor(await self._finder.find(handle))

    # -- posts --------------------------------------------------------------------------------------------------------

    async def fetch_note(self, uri: str) -> tuple[Note, RemoteActor]:
        """A post from its origin and its author. Raises FederationError."""
        final, document = await self._fetches.document(uri)
        found = parse_object(document)
        if isinstance(found, Note) and found.id != final:
            final, document = await self._fetches.document(found.id)
            found = parse_object(document)
        if not isinstance(found, Note) or found.id != final or not same_origin(found.id, found.attributed_to):
            raise WrongDocument("not a post of the server that serves it")
        return found, await self.actor(found.attributed_to)

    async def text(self, url: str, accept: str, types: Collection[str]) -> tuple[str, bytes]:
        """A text such as a list or a page, and where it came from; the GET says nothing of who asks. Raises FederationError."""
        return await self._fetches.text(url, accept, types)

    async def fetch_object(self, uri: str) -> object:
        """Whatever stands at an address of another server, parsed, as its own id serves it. Raises FederationError."""
        final, document = await self._fetches.document(uri)
        if document.get("id") != final:  # Mastodon serves a post at the address of its page, too
            final, document = await self._fetches.document(str(document.get("id", "")))
        if document.get("id") != final:
            raise WrongDocument("another thing than was asked for")
        return parse_object(document)

    async def known_post(self, uri: str) -> tuple[RemotePost, RemoteActor] | None:
        """A post of others that we keep."""
        async with self._database.snapshot() as snapshot:
            known = await store.post_by_uri(snapshot, uri)
            author = await store.actor_by_id(snapshot, known.actor_id) if known else None
        return (known, author) if known is not None and author is not None else None

    async def post(self, uri: str) -> tuple[RemotePost, RemoteActor]:
        """A post of others, kept; fetched if it is not known. Raises FederationError."""
        known = await self.known_post(uri)
        if known is not None:
            return known
        note, author = await self.fetch_note(uri)
        clean = await clean_post(note, author.followers_uri, self._clock())
        async with self._database.transaction() as tx:
            await store.insert_post(tx, author.id, clean)
            stored = await store.post_by_uri(tx, clean.uri)
        if stored is None:
            raise WrongDocument("the post could not be kept")
        return stored, author

    async def trim(self) -> int:
        """Forget actors that nothing ties to us any more."""
        before = to_text(self._clock() - FORGET_AFTER)
        async with self._database.snapshot() as snapshot:
            found = await store.unneeded(snapshot, before, limit=500)
        async with self._database.transaction() as tx:
            return await store.erase_unneeded(tx, found, before)
