"""Passkeys: made, shown, forgotten. Each challenge is good for minutes and for one answer.

Devices copy passkeys to the clouds of their makers. So a passkey carries the host, a random number and the organiser's own word
for the device, never the name that is known inside; the id of the passkey alone says whose it is.
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import json
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from server.base.database import Database, Transaction
from server.base.errors import Conflict, Invalid, NotFound, TooMany, Unauthorised
from server.base.timestamps import from_text, to_text
from server.base.words import marked
from server.features.access import store_factors, store_sessions
from server.features.access.factors import Factors
from server.features.access.model import Organiser
from server.features.access.secret import Random, hashed, new_secret
from server.features.audit.service import Audit

if TYPE_CHECKING:
    from server.features.access import ceremony

LIFETIME: Final = timedelta(minutes=5)
MAX_OPEN: Final = 5_000
MAX_PASSKEYS: Final = 20
MAX_NAME_CHARS: Final = 40
MAX_ANSWER_CHARS: Final = 20_000
MAX_CREDENTIAL_ID_CHARS: Final = 1_400
#: What a challenge is for; the purposes know nothing of each other.
SIGN_IN, SECOND, PROVE, REGISTER = "passkey", "second", "prove", "register"
_REFUSED: Final = marked("That passkey did not do. Try again, or use your password.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to ask a device, as JSON, and the secret that its answer comes with."""

    step: str
    options: str


class Passkeys:
    """`site` is the base URL: passkeys are bound to its host and its origin."""

    def __init__(self, database: Database, audit: Audit, factors: Factors, random: Random, base_url: str) -> None:
        self._database = database
        self._audit = audit
        self._factors = factors
        self._random = random
        self._base_url = base_url
        self._loaded: ModuleType | None = None

    async def _library(self) -> tuple[Any, ceremony.Site]:
        """The ceremonies, loaded beside the event loop, and whom passkeys are for."""
        if self._loaded is None:
            self._loaded = await asyncio.to_thread(importlib.import_module, "server.features.access.ceremony")
        parts = urlsplit(self._base_url)
        site = self._loaded.Site(host=parts.hostname or "", origin=f"{parts.scheme}://{parts.netloc}")
        return self._loaded, cast("ceremony.Site", site)

    async def ask_for_new(self, organiser: Organiser, name: str) -> Question:
        """What a device needs to make a passkey of that name. Raises Invalid, or Conflict when there are many."""
        label = checked_name(name)
        library, site = await self._library()
        challenge = self._challenge()
        async with self._database.transaction() as tx:
            known = await store_factors.credential_ids(tx, organiser.id)
            if len(known) >= MAX_PASSKEYS:
                raise Conflict("There are many passkeys already. Forget one first.")
            step = await self._begin(tx, REGISTER, organiser.id, challenge)
        return Question(step=step, options=library.ask_for_new(site, challenge, self._random(32), label, known))

    async def add(self, organiser: Organiser, step: str, answer: str, name: str) -> tuple[str, ...]:
        """Take a passkey in; fresh recovery codes if there were none. Raises Unauthorised or Invalid."""
        label = checked_name(name)
        library, site = await self._library()
        challenge, _ = await self._take(step, REGISTER, organiser.id)
        try:
            key = await asyncio.to_thread(library.check_new, site, challenge, answer[:MAX_ANSWER_CHARS])
        except library.RefusedError:
            raise Unauthorised(_REFUSED) from None
        if len(key.credential_id) > MAX_CREDENTIAL_ID_CHARS:
            raise Unauthorised(_REFUSED)
        async with self._database.transaction() as tx:
            new = await store_factors.insert_passkey(
                tx,
                organiser_id=organiser.id,
                credential_id=key.credential_id,
                public_key=key.public_key,
                sign_count=key.sign_count,
                name=label,
            )
            if not new:
                raise Conflict("That passkey is in use already.")
            await self._audit.record(tx, organiser.id, "passkey-on")
            return await self._factors.first_codes(tx, organiser.id)

    async def remove(self, organiser: Organiser, passkey_id: int) -> None:
        """Forget a passkey. Raises NotFound."""
        async with self._database.transaction() as tx:
            if not await store_factors.delete_passkey(tx, organiser.id, passkey_id):
                raise NotFound("There is no such passkey.")
            await self._factors.drop_codes_of_nothing(tx, organiser.id)
            await self._audit.record(tx, organiser.id, "passkey-off")

    async def ask(self) -> Question:
        """What a device needs to sign in without a name: it knows whose it is. Raises TooMany."""
        library, site = await self._library()
        challenge = self._challenge()
        async with self._database.transaction() as tx:
            if await store_sessions.open_steps(tx) >= MAX_OPEN:
                raise TooMany("Too many sign in at once. Use your password, or wait a few minutes.", retry_after=300)
            step = await self._begin(tx, SIGN_IN, None, challenge)
        return Question(step=step, options=library.ask_for_proof(site, challenge, ()))

    async def ask_to_prove(self, organiser: Organiser) -> Question:
        """What a device needs to show that its owner is still there."""
        library, site = await self._library()
        challenge = self._challenge()
        async with self._database.transaction() as tx:
            known = await store_factors.credential_ids(tx, organiser.id)
            step = await self._begin(tx, PROVE, organiser.id, challenge)
        return Question(step=step, options=library.ask_for_proof(site, challenge, known))

    async def ask_second(self, step: str) -> Question:
        """What a device needs as a second step after the password. Raises Unauthorised."""
        library, site = await self._library()
        challenge = self._challenge()
        async with self._database.transaction() as tx:
            organiser_id = await store_sessions.set_challenge(tx, hashed(step), SECOND, challenge)
            if organiser_id is None:
                raise Unauthorised("That took too long. Sign in again.")
            known = await store_factors.credential_ids(tx, organiser_id)
        return Question(step=step, options=library.ask_for_proof(site, challenge, known))

    async def verify(self, step: str, purpose: str, answer: str) -> int:
        """Whose passkey a device showed, as an organiser's id. Raises Unauthorised."""
        library, site = await self._library()
        challenge, expected = await self._take(step, purpose, None)
        credential_id = _credential_id(answer)
        async with self._database.snapshot() as snapshot:
            row = await store_factors.passkey(snapshot, credential_id)
        if row is None or (expected is not None and row["organiser_id"] != expected):
            raise Unauthorised(_REFUSED)
        public_key, before = row["public_key"], row["sign_count"]
        try:
            count = await asyncio.to_thread(
                library.check_proof, site, challenge, answer[:MAX_ANSWER_CHARS], public_key, before
            )
        except library.RefusedError:
            raise Unauthorised(_REFUSED) from None
        async with self._database.transaction() as tx:
            if not await store_factors.used_passkey(tx, row["id"], before, count):
                raise Unauthorised(_REFUSED)
        return int(row["organiser_id"])

    def _challenge(self) -> str:
        return base64.urlsafe_b64encode(self._random(32)).rstrip(b"=").decode("ascii")

    async def _begin(self, tx: Transaction, purpose: str, organiser_id: int | None, challenge: str) -> str:
        step = new_secret(self._random)
        await store_sessions.insert_step(
            tx,
            token_hash=hashed(step),
            organiser_id=organiser_id,
            purpose=purpose,
            challenge=challenge,
            expires_at=to_text(from_text(tx.now) + LIFETIME),
        )
        return step

    async def _take(self, step: str, purpose: str, organiser_id: int | None) -> tuple[str, int | None]:
        """The challenge of a step, used up by this. Raises Unauthorised."""
        async with self._database.transaction() as tx:
            found = await store_sessions.take_challenge(tx, hashed(step), purpose)
            if found is not None and purpose != SECOND:
                await store_sessions.delete_step(tx, hashed(step))
        if found is None or (organiser_id is not None and found[1] != organiser_id):
            raise Unauthorised("That took too long. Try again.")
        return found


def checked_name(name: str) -> str:
    """The owner's word for a device. Raises Invalid."""
    plain = " ".join(name.split())
    if not plain or len(plain) > MAX_NAME_CHARS or not plain.isprintable():
        raise Invalid("Give it a name of 1 to %(max)s letters, such as: blue phone.", max=MAX_NAME_CHARS)
    return plain


def _credential_id(answer: str) -> str:
    """The id of the passkey that an answer names; empty if it names none."""
    try:
        value = json.loads(answer[:MAX_ANSWER_CHARS])
    except (ValueError, RecursionError):
        return ""
    found = value.get("rawId") if isinstance(value, dict) else None
    return found[:MAX_CREDENTIAL_ID_CHARS].rstrip("=") if isinstance(found, str) else ""
