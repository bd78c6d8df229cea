"""Browsers that are signed in: the list of one's own, their end; and the proof before dangerous acts."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from server.base.database import Database
from server.base.errors import Invalid, NotFound, Unauthorised
from server.base.ids import public_id as new_id
from server.base.timestamps import from_text, to_text
from server.features.access import store, store_factors, store_failures, store_sessions, store_tokens
from server.features.access.factors import Factors
from server.features.access.model import Act, Organiser, Who
from server.features.access.model_factors import Session
from server.features.access.passkeys import PROVE, Passkeys
from server.features.access.passwords import Passwords
from server.features.access.secret import Random, hashed
from server.features.access.throttle import Throttle
from server.features.audit.service import Audit

#: How long a proof is good for.
PROVED: Final = timedelta(minutes=10)
FAILURES_KEPT: Final = timedelta(days=1)
MAX_NAME_CHARS: Final = 40


class Sessions:
    """The secret of a session comes from the cookie; only its hash is known here."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        passwords: Passwords,
        factors: Factors,
        passkeys: Passkeys,
        throttle: Throttle,
        random: Random,
    ) -> None:
        self._database = database
        self._audit = audit
        self._passwords = passwords
        self._factors = factors
        self._passkeys = passkeys
        self._throttle = throttle
        self._random = random

    async def of(self, organiser: Organiser, secret: str) -> list[Session]:
        """One's own browsers, the one that asks first."""
        async with self._database.transaction() as tx:
            rows = await store_sessions.sessions(tx, organiser.id)
            nameless = [row["token_hash"] for row in rows if not row["public_id"]]
            for token_hash in nameless:
                await store_sessions.set_public_id(tx, token_hash, new_id(self._random))
            if nameless:
                rows = await store_sessions.sessions(tx, organiser.id)
        here = hashed(secret)
        found = [
            Session(
                public_id=row["public_id"],
                name=row["name"],
                created_day=row["created_at"][:10],
                last_seen_day=row["last_seen_day"],
                here=row["token_hash"] == here,
            )
            for row in rows
        ]
        return sorted(found, key=lambda one: not one.here)

    async def rename(self, organiser: Organiser, public_id: str, name: str) -> None:
        """One's own word for a browser. Raises Invalid or NotFound."""
        plain = " ".join(name.split())
        if len(plain) > MAX_NAME_CHARS or not plain.isprintable():
            raise Invalid("A name has up to %(max)s letters.", max=MAX_NAME_CHARS)
        async with self._database.transaction() as tx:
            if not await store_sessions.name_session(tx, organiser.id, public_id, plain):
                raise NotFound("That browser is signed out already.")

    async def end(self, organiser: Organiser, public_id: str) -> None:
        """Sign one of one's own browsers out. Raises NotFound."""
        async with self._database.transaction() as tx:
            if not await store_sessions.delete_one(tx, organiser.id, public_id):
                raise NotFound("That browser is signed out already.")

    async def end_others(self, organiser: Organiser, keep_secret: str) -> None:
        """Sign all of one's other browsers out, and end all tokens of apps."""
        async with self._database.transaction() as tx:
            await store.delete_sessions_of(tx, organiser.id, keep=hashed(keep_secret))
            await store_tokens.delete_tokens_of(tx, organiser.id)
            await self._audit.record(tx, organiser.id, "end-sessions")

    async def end_all(self, who: Who, name: str) -> None:
        """Sign somebody out everywhere, tokens of apps too. Raises NotFound."""
        who.must(Act.ORGANISE)
        async with self._database.transaction() as tx:
            organiser = await store.by_name(tx, name)
            if organiser is None:
                raise NotFound("There is no organiser of that name.")
            await store.delete_sessions_of(tx, organiser.id)
            await store_sessions.delete_steps_of(tx, organiser.id)
            await store_tokens.delete_tokens_of(tx, organiser.id)
            await self._audit.record(tx, who.organiser_id, "end-sessions")

    async def prove(self, organiser: Organiser, secret: str, password: str, code: str) -> None:
        """Prove by password, and by code where there is a second factor. Raises Invalid or TooMany."""
        with self._passwords.place():
            async with self._database.transaction() as tx:
                await self._throttle.charge(tx, organiser.id, "code")
                known = await store.password_hash(tx, organiser.id)
                factors = await store_factors.factors(tx, organiser.id)
            right = await self._passwords.matches(password, known)
        if right:
            async with self._database.transaction() as tx:
                if not factors.any or await self._factors.accepts(tx, organiser.id, code):
                    await store_sessions.set_proved(tx, hashed(secret))
                    await store_failures.clear(tx, organiser.id)
                    return
        if factors.any:
            raise Invalid("The password or the code is wrong.")
        raise Invalid("The password is wrong.")

    async def prove_by_passkey(self, organiser: Organiser, secret: str, step: str, answer: str) -> None:
        """Prove by a passkey of one's own. Raises Unauthorised."""
        if await self._passkeys.verify(step, PROVE, answer) != organiser.id:
            raise Unauthorised("That passkey is somebody else's.")
        async with self._database.transaction() as tx:
            await store_sessions.set_proved(tx, hashed(secret))

    async def trim(self) -> int:
        """Erase what has run out."""
        async with self._database.transaction() as tx:
            now = from_text(tx.now)
            gone = await store_failures.forget(tx, to_text(now - FAILURES_KEPT))
            return gone + await store_sessions.forget(tx, to_text(now - PROVED))
