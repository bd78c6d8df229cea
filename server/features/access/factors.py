"""What stands beside the password: codes of an app, recovery codes, and the end of them."""

from __future__ import annotations

from typing import Final

from server.base.database import Database, Snapshot, Transaction
from server.base.errors import Conflict, Invalid, NotFound
from server.base.sealing import Sealer
from server.base.timestamps import from_text
from server.features.access import recovery, store, store_factors, store_failures, store_sessions, store_tokens, totp
from server.features.access.model import Act, Organiser, Who
from server.features.access.model_factors import Factors as State
from server.features.access.secret import Random
from server.features.access.throttle import Throttle
from server.features.audit.service import Audit

#: What an app shows beside the campaign's host. Apps copy themselves to clouds: the organiser's name is not for them.
ACCOUNT: Final = "desk"


class Factors:
    """Second factors of organisers. The verbs about oneself are for somebody who has proved who they are: faces ask."""

    def __init__(
        self, database: Database, audit: Audit, sealer: Sealer, throttle: Throttle, random: Random, issuer: str
    ) -> None:
        self._database = database
        self._audit = audit
        self._sealer = sealer
        self._throttle = throttle
        self._random = random
        self._issuer = issuer

    async def state(self, organiser_id: int) -> State:
        """What stands beside the password of an organiser."""
        async with self._database.snapshot() as snapshot:
            return await store_factors.factors(snapshot, organiser_id)

    async def begin_totp(self, organiser: Organiser) -> None:
        """Make a secret for an app; it is good for nothing before a code confirms it."""
        sealed = self._sealer.seal(totp.new_secret(self._random))
        async with self._database.transaction() as tx:
            await store_factors.set_new_totp(tx, organiser.id, sealed)

    async def totp_to_confirm(self, organiser: Organiser) -> tuple[str, str]:
        """The secret that waits to be confirmed, and what its QR code says. Raises NotFound."""
        async with self._database.snapshot() as snapshot:
            sealed = await store_factors.new_totp(snapshot, organiser.id)
        if sealed is None:
            raise NotFound("Nothing waits to be confirmed. Begin again.")
        secret = self._sealer.unseal(sealed)
        return secret, totp.address(secret, self._issuer, ACCOUNT)

    async def confirm_totp(self, organiser: Organiser, code: str) -> tuple[str, ...]:
        """Take the secret into use; fresh recovery codes if there were none. Raises Invalid for a wrong code, TooMany."""
        async with self._database.transaction() as tx:
            await self._throttle.charge(tx, organiser.id, "code")
            sealed = await store_factors.new_totp(tx, organiser.id)
            step = totp.matching_step(self._sealer.unseal(sealed), _plain(code), _seconds(tx)) if sealed else None
            if sealed and step is not None and await store_factors.confirm_totp(tx, organiser.id, sealed, step):
                await store_failures.clear(tx, organiser.id)
                await self._audit.record(tx, organiser.id, "totp-on")
                return await self.first_codes(tx, organiser.id)
        raise Invalid(
            "That is not the code that the app shows now. Look at the time of your phone, and try the next one."
        )

    async def end_totp(self, organiser: Organiser) -> None:
        """No codes of an app any more."""
        async with self._database.transaction() as tx:
            await store_factors.end_totp(tx, organiser.id)
            await self.drop_codes_of_nothing(tx, organiser.id)
            await self._audit.record(tx, organiser.id, "totp-off")

    async def renew_codes(self, organiser: Organiser) -> tuple[str, ...]:
        """Fresh recovery codes; the earlier ones are worth nothing from now on. Raises Conflict without a second factor."""
        async with self._database.transaction() as tx:
            if not (await store_factors.factors(tx, organiser.id)).any:
                raise Conflict("Recovery codes stand in for an app or a passkey. Set one of them up first.")
            await self._audit.record(tx, organiser.id, "recovery-codes")
            return await self._fresh_codes(tx, organiser.id)

    async def reset(self, who: Who, name: str) -> None:
        """Take all second factors from somebody who lost them; their sessions and tokens end. The password stays."""
        who.must(Act.ORGANISE)
        async with self._database.transaction() as tx:
            organiser = await store.by_name(tx, name)
            if organiser is None:
                raise NotFound("There is no organiser of that name.")
            await store_factors.delete_all(tx, organiser.id)
            await store.delete_sessions_of(tx, organiser.id)
            await store_sessions.delete_steps_of(tx, organiser.id)
            await store_tokens.delete_tokens_of(tx, organiser.id)
            await self._audit.record(tx, who.organiser_id, "reset-factors")

    async def accepts(self, tx: Transaction, organiser_id: int, typed: str) -> bool:
        """True if it is the app's code or a recovery code, which is used up by this."""
        sealed, plain = await store_factors.totp(tx, organiser_id), _plain(typed)
        if sealed and len(plain) == totp.DIGITS and plain.isdecimal():
            step = totp.matching_step(self._sealer.unseal(sealed), plain, _seconds(tx))
            return step is not None and await store_factors.use_step(tx, organiser_id, step)
        code_hash = recovery.code_hash(typed)
        return code_hash is not None and await store_factors.use_recovery_code(tx, organiser_id, code_hash)

    async def first_codes(self, tx: Transaction, organiser_id: int) -> tuple[str, ...]:
        """Recovery codes for whoever has none yet; else nothing."""
        if (await store_factors.factors(tx, organiser_id)).codes_left:
            return ()
        return await self._fresh_codes(tx, organiser_id)

    async def drop_codes_of_nothing(self, tx: Transaction, organiser_id: int) -> None:
        """Recovery codes stand in for something; without it they would only be a way in."""
        if not (await store_factors.factors(tx, organiser_id)).any:
            await store_factors.replace_recovery_codes(tx, organiser_id, ())

    async def _fresh_codes(self, tx: Transaction, organiser_id: int) -> tuple[str, ...]:
        codes = recovery.new_codes(self._random)
        hashes = [recovery.code_hash(code) or "" for code in codes]
        await store_factors.replace_recovery_codes(tx, organiser_id, hashes)
        return codes


def _plain(code: str) -> str:
    return "".join(code[:64].split())


def _seconds(snapshot: Snapshot) -> float:
    return from_text(snapshot.now).timestamp()
