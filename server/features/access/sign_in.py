"""Signing in: by one-time link, by password and a second step, by passkey; and the sessions that follow."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Final

from server.base.database import Database, Transaction
from server.base.errors import Unauthorised, Unavailable
from server.base.ids import public_id
from server.base.timestamps import from_text, to_text
from server.base.words import marked
from server.features.access import store, store_factors, store_failures, store_sessions, store_tokens
from server.features.access.factors import Factors
from server.features.access.model import Organiser, SignedIn
from server.features.access.model_factors import Factors as State
from server.features.access.model_factors import SecondFactorWanted
from server.features.access.passkeys import SECOND, SIGN_IN, Passkeys
from server.features.access.passwords import Passwords
from server.features.access.secret import Random, hashed, new_secret
from server.features.access.throttle import Throttle
from server.features.audit.service import Audit

SESSION_LIFETIME: Final = timedelta(days=30)
#: How long the second step waits for its code, and how many codes it looks at.
STEP_LIFETIME: Final = timedelta(minutes=10)
STEP_TRIES: Final = 5
_WRONG: Final = marked("The name or the password is wrong.")
_OLD_LINK: Final = marked("This link was used or is older than a day. Ask a keyholder for a new one.")
_OLD_STEP: Final = marked("That took too long, or too many codes were wrong. Sign in again.")


class SignIn:
    """One-time links, passwords and sessions. A session secret goes into the cookie; only its hash stays here.

    `campaign_words` are what no password may be made of: the campaign's name and handle.
    """

    def __init__(
        self,
        database: Database,
        audit: Audit,
        passwords: Passwords,
        factors: Factors,
        passkeys: Passkeys,
        throttle: Throttle,
        random: Random,
        campaign_words: Callable[[], Collection[str]],
    ) -> None:
        self._database = database
        self._audit = audit
        self._passwords = passwords
        self._factors = factors
        self._passkeys = passkeys
        self._throttle = throttle
        self._random = random
        self._campaign_words = campaign_words

    async def link_holds(self, secret: str) -> Organiser | None:
        """Whose one-time link this is, if it still holds. Looking uses nothing up."""
        async with self._database.snapshot() as snapshot:
            return await store.link_organiser(snapshot, hashed(secret), snapshot.now)

    async def enter(self, secret: str, password: str) -> str:
        """Use a one-time link: set the password, sign in, end earlier sessions and tokens; the session secret.

        Raises Invalid for a password that will not do (the link then still holds), Unauthorised for a used or old link, and
        SecondFactorWanted when the account has a second factor: a link replaces a lost password and nothing else.
        """
        known = await self.link_holds(secret)
        if known is None:
            raise Unauthorised(_OLD_LINK)
        password_hash = await self._passwords.hash(password, self._words(known))
        async with self._database.transaction() as tx:
            organiser = await store.link_organiser(tx, hashed(secret), tx.now)
            if organiser is None:
                raise Unauthorised(_OLD_LINK)
            if not await store.delete_link(tx, hashed(secret)):
                raise Unauthorised(_OLD_LINK)  # somebody else used it while this transaction looked
            await store.set_password_hash(tx, organiser.id, password_hash)
            await self._end_all(tx, organiser.id)
            await self._audit.record(tx, organiser.id, "enter")
            if not (await store_factors.factors(tx, organiser.id)).any:
                await store_failures.clear(tx, organiser.id)
                return await self._new_session(tx, organiser)
            step = await self._new_step(tx, organiser)
        raise SecondFactorWanted(step)

    async def by_password(self, name: str, password: str, *, patient: bool = False) -> str:
        """Sign in; the session secret. Raises SecondFactorWanted where a password is not enough, Unauthorised, or TooMany.

        `patient` is for a caller who has not tried for long: it is looked at although others made the account wait.
        """
        before = (0, "")
        with self._passwords.place():
            async with self._database.transaction() as tx:
                organiser = await store.by_name(tx, name)
                known = await store.password_hash(tx, organiser.id) if organiser else None
                if organiser is not None:
                    before = await self._throttle.charge(tx, organiser.id, "password", patient=patient)
                else:
                    self._throttle.charge_unknown(name, tx.now, patient=patient)
                    await self._decoy(tx)
            if not await self._passwords.matches(password, known):
                raise Unauthorised(_WRONG)
        async with self._database.transaction() as tx:
            current = await store.by_name(tx, name)
            if current is None or not current.active:
                raise Unauthorised(_WRONG)
            if not (await store_factors.factors(tx, current.id)).any:
                await store_failures.clear(tx, current.id)
                return await self._new_session(tx, current)
            await self._throttle.refund(tx, current.id, "password", before)
            step = await self._new_step(tx, current)
        raise SecondFactorWanted(step)

    async def second_step(self, step: str) -> State | None:
        """What may answer a second step that waits, or None if none does."""
        async with self._database.snapshot() as snapshot:
            row = await store_sessions.step(snapshot, hashed(step), SECOND)
            return await store_factors.factors(snapshot, row["organiser_id"]) if row else None

    async def by_code(self, step: str, code: str) -> str:
        """The second step by a code of the app or a recovery code; the session secret. Raises Unauthorised or TooMany."""
        async with self._database.transaction() as tx:
            organiser_id = await store_sessions.try_step(tx, hashed(step), SECOND, STEP_TRIES)
            organiser = await self._active(tx, organiser_id)
            await self._throttle.charge(tx, organiser.id, "code")
            if await self._factors.accepts(tx, organiser.id, code):
                return await self._through(tx, organiser, step)
        raise Unauthorised("That code is wrong or was used before. Wait for the next one.")

    async def by_second_passkey(self, step: str, answer: str) -> str:
        """The second step by a passkey; the session secret. Raises Unauthorised."""
        organiser_id = await self._passkeys.verify(step, SECOND, answer)
        async with self._database.transaction() as tx:
            if await store_sessions.try_step(tx, hashed(step), SECOND, STEP_TRIES) != organiser_id:
                raise Unauthorised(_OLD_STEP)
            return await self._through(tx, await self._active(tx, organiser_id), step)

    async def by_passkey(self, step: str, answer: str) -> str:
        """Sign in by a passkey alone, which is a device and whoever unlocks it; the session secret. Raises Unauthorised."""
        organiser_id = await self._passkeys.verify(step, SIGN_IN, answer)
        async with self._database.transaction() as tx:
            organiser = await self._active(tx, organiser_id)
            await store_failures.clear(tx, organiser.id)
            return await self._new_session(tx, organiser)

    async def _active(self, tx: Transaction, organiser_id: int | None) -> Organiser:
        organiser = await store.by_id(tx, organiser_id) if organiser_id is not None else None
        if organiser is None or not organiser.active:
            raise Unauthorised(_OLD_STEP)
        return organiser

    async def _through(self, tx: Transaction, organiser: Organiser, step: str) -> str:
        await store_sessions.delete_step(tx, hashed(step))
        await store_failures.clear(tx, organiser.id)
        return await self._new_session(tx, organiser)

    async def _new_step(self, tx: Transaction, organiser: Organiser) -> str:
        secret = new_secret(self._random)
        await store_sessions.insert_step(
            tx,
            token_hash=hashed(secret),
            organiser_id=organiser.id,
            purpose=SECOND,
            challenge="",
            expires_at=to_text(from_text(tx.now) + STEP_LIFETIME),
        )
        return secret

    async def _decoy(self, tx: Transaction) -> None:
        """Write something that is over at once: a name that nobody has takes as long as one that somebody has."""
        await store_sessions.insert_step(
            tx,
            token_hash=hashed(new_secret(self._random)),
            organiser_id=None,
            purpose="decoy",
            challenge="",
            expires_at=tx.now,
        )

    async def _new_session(self, tx: Transaction, organiser: Organiser) -> str:
        secret = new_secret(self._random)
        await store_sessions.insert_session(
            tx,
            token_hash=hashed(secret),
            organiser_id=organiser.id,
            csrf=new_secret(self._random),
            public_id=public_id(self._random),
            expires_at=to_text(from_text(tx.now) + SESSION_LIFETIME),
        )
        return secret

    async def session(self, secret: str) -> SignedIn | None:
        """Who is signed in with this secret, or None. The first look of a day is noted."""
        async with self._database.snapshot() as snapshot:
            found = await store.session(snapshot, hashed(secret), snapshot.now)
        if found is not None and found.seen_day != snapshot.now[:10]:
            # A full disk must not keep organisers from looking.
            with contextlib.suppress(Unavailable):
                async with self._database.transaction() as tx:
                    await store_sessions.seen(tx, hashed(secret), found.organiser.id)
        return found

    async def sign_out(self, secret: str) -> None:
        """End one session."""
        async with self._database.transaction() as tx:
            await store.delete_session(tx, hashed(secret))

    async def change_password(self, organiser: Organiser, keep_secret: str, new: str) -> None:
        """Replace the password of somebody who has proved who they are; other sessions and all tokens end. Raises Invalid."""
        password_hash = await self._passwords.hash(new, self._words(organiser))
        async with self._database.transaction() as tx:
            await store.set_password_hash(tx, organiser.id, password_hash)
            await self._end_all(tx, organiser.id, keep=hashed(keep_secret))
            await self._audit.record(tx, organiser.id, "change-password")

    async def _end_all(self, tx: Transaction, organiser_id: int, keep: str = "") -> None:
        await store.delete_sessions_of(tx, organiser_id, keep=keep)
        await store_sessions.delete_steps_of(tx, organiser_id)
        await store_tokens.delete_tokens_of(tx, organiser_id)

    def _words(self, organiser: Organiser) -> tuple[str, ...]:
        return (*self._campaign_words(), organiser.name)
