"""Bearer tokens for scripts and apps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from server.base.database import Database
from server.base.errors import Invalid, NotFound
from server.features.access import store, store_tokens
from server.features.access.model import Act, TokenHolder, Who
from server.features.access.secret import MAX_SECRET_CHARS, Random, hashed, new_secret
from server.features.audit.service import Audit

#: Scopes as Mastodon names them; a wide one covers its narrow ones.
WIDE_SCOPES: Final = frozenset({"read", "write", "follow", "push", "profile"})


def checked_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """Scopes in order without repeats. Raises Invalid for one that nobody knows."""
    wanted = tuple(dict.fromkeys(scopes))
    if not wanted or any(scope.partition(":")[0] not in WIDE_SCOPES for scope in wanted):
        raise Invalid(
            "A scope is one of %(scopes)s, perhaps with a part like write:statuses.",
            scopes=", ".join(sorted(WIDE_SCOPES)),
        )
    return wanted


class Tokens:
    """Mint, check and revoke bearer tokens; only their hashes are kept."""

    def __init__(self, database: Database, audit: Audit, random: Random) -> None:
        self._database = database
        self._audit = audit
        self._random = random

    async def mint(self, who: Who, name: str, scopes: Iterable[str]) -> str:
        """A token by which a script acts for the organiser of that name; the secret, shown once."""
        who.must(Act.ORGANISE)
        wanted = checked_scopes(scopes)
        secret = new_secret(self._random)
        async with self._database.transaction() as tx:
            organiser = await store.by_name(tx, name)
            if organiser is None or not organiser.active:
                raise NotFound("There is no active organiser of that name.")
            app_id = await store_tokens.script_app(tx)
            await store_tokens.insert_token(
                tx, token_hash=hashed(secret), organiser_id=organiser.id, app_id=app_id, scopes=" ".join(wanted)
            )
            await self._audit.record(tx, who.organiser_id, "token")
        return secret

    async def holder(self, secret: str) -> TokenHolder | None:
        """Who shows this token, or None."""
        if not secret or len(secret) > MAX_SECRET_CHARS:
            return None
        key = hashed(secret)
        async with self._database.snapshot() as snapshot:
            found = await store_tokens.token(snapshot, key)
        return TokenHolder(organiser=found[0], scopes=frozenset(found[1].split()), key=key) if found else None

    async def revoke(self, secret: str) -> None:
        """End one token; nothing happens for an unknown one."""
        async with self._database.transaction() as tx:
            await store_tokens.delete_token(tx, hashed(secret))
