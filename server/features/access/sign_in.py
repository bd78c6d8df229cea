"""Signing in: by one-time link, by password; and the sessions that follow."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from server.base.database import Database, Transaction
from server.base.errors import Invalid, TooMany, Unauthorised
from server.base.timestamps import from_text, to_text
from server.features.access import store, store_tokens
from server.features.access.model import Organiser, SignedIn
from server.features.access.passwords import Passwords
from server.features.access.secret import Random, hashed, new_secret
from server.features.audit.service import Audit

SESSION_LIFETIME: Final = timedelta(days=30)
FREE_FAILURES: Final = 4
MAX_DELAY_SECONDS: Final = 60


def delay_after(failures: int) -> int:
    """Seconds to wait after so many wrong passwords: none for the first few, then doubling up to a minute."""
    if failures < FREE_FAILURES:
        return 0
    return int(min(MAX_DELAY_SECONDS, 2 ** min(failures - FREE_FAILURES + 1, 10)))


class SignIn:
    """One-time links, passwords and sessions. A session secret goes into the cookie; only its hash stays here."""

    def __init__(self, database: Database, audit: Audit, passwords: Passwords, random: Random) -> None:
        self._database = database
        self._audit = audit
        self._passwords = passwords
        self._random = random

    async def link_holds(self, secret: str) -> Organiser | None:
        """Whose one-time link this is, if it still holds. Looking uses nothing up."""
        async with self._database.snapshot() as snapshot:
            return await store.link_organiser(snapshot, hashed(secret), snapshot.now)

    async def enter(self, secret: str, password: str) -> str:
        """Use a one-time link: set the password, sign in, end earlier sessions and tokens; the session secret.

        Raises Invalid for a password that will not do (the link then still holds), Unauthorised for a used or old link.
        """
        password_hash = await self._passwords.hash(password)
        async with self._database.transaction() as tx:
            organiser = await store.link_organiser(tx, hashed(secret), tx.now)
            if organiser is None:
                raise Unauthorised("This link was used or is older than a day. Ask a keyholder for a new one.")
            await store.delete_link(tx, hashed(secret))
            await store.set_password_hash(tx, organiser.id, password_hash)
            await store.delete_sessions_of(tx, organiser.id)
            await store_tokens.delete_tokens_of(tx, organiser.id)
            await store.clear_failures(tx, organiser.id)
            await self._audit.record(tx, organiser.id, "enter")
            return await self._new_session(tx, organiser)

    async def by_password(self, name: str, password: str) -> str:
        """Sign in; the session secret. Raises Unauthorised, or TooMany after several wrong passwords in a row."""
        async with self._database.snapshot() as snapshot:
            organiser = await store.by_name(snapshot, name)
            known = await store.password_hash(snapshot, organiser.id) if organiser else None
            await self._check_delay(
                snapshot.now, await store.failures(snapshot, organiser.id) if organiser else (0, "")
            )
        right = await self._passwords.matches(password, known)
        async with self._database.transaction() as tx:
            current = await store.by_name(tx, name)
            if right and current is not None and current.active:
                await store.clear_failures(tx, current.id)
                return await self._new_session(tx, current)
            if current is not None:
                await store.add_failure(tx, current.id)
        raise Unauthorised("The name or the password is wrong.")

    async def _check_delay(self, now: str, failed: tuple[int, str]) -> None:
        failures, last_at = failed
        if failures:
            until = from_text(last_at) + timedelta(seconds=delay_after(failures))
            wait = (until - from_text(now)).total_seconds()
            if wait > 0:
                raise TooMany("Several wrong passwords came for this name. Wait a minute.", retry_after=int(wait) + 1)

    async def _new_session(self, tx: Transaction, organiser: Organiser) -> str:
        secret = new_secret(self._random)
        await store.insert_session(
            tx,
            token_hash=hashed(secret),
            organiser_id=organiser.id,
            csrf=new_secret(self._random),
            expires_at=to_text(from_text(tx.now) + SESSION_LIFETIME),
        )
        return secret

    async def session(self, secret: str) -> SignedIn | None:
        """Who is signed in with this secret, or None."""
        async with self._database.snapshot() as snapshot:
            found = await store.session(snapshot, hashed(secret), snapshot.now)
        return SignedIn(organiser=found[0], csrf=found[1]) if found else None

    async def sign_out(self, secret: str) -> None:
        """End one session."""
        async with self._database.transaction() as tx:
            await store.delete_session(tx, hashed(secret))

    async def sign_out_everywhere(self, organiser_id: int, keep_secret: str) -> None:
        """End all other sessions and all tokens of an organiser."""
        async with self._database.transaction() as tx:
            await store.delete_sessions_of(tx, organiser_id, keep=hashed(keep_secret))
            await store_tokens.delete_tokens_of(tx, organiser_id)

    async def change_password(self, organiser: Organiser, keep_secret: str, old: str, new: str) -> None:
        """Replace the password; other sessions and all tokens end. Raises Invalid if the old one is wrong."""
        async with self._database.snapshot() as snapshot:
            known = await store.password_hash(snapshot, organiser.id)
            await self._check_delay(snapshot.now, await store.failures(snapshot, organiser.id))
        if not await self._passwords.matches(old, known):
            async with self._database.transaction() as tx:
                await store.add_failure(tx, organiser.id)
            raise Invalid("The old password is wrong.")
        password_hash = await self._passwords.hash(new)
        async with self._database.transaction() as tx:
            await store.set_password_hash(tx, organiser.id, password_hash)
            await store.delete_sessions_of(tx, organiser.id, keep=hashed(keep_secret))
            await store_tokens.delete_tokens_of(tx, organiser.id)
            await self._audit.record(tx, organiser.id, "change-password")
