"""Organisers: invite, suspend, list; and the one-time links by which they come in."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from server.base.database import Database, Transaction
from server.base.errors import Conflict, Invalid, NotFound
from server.base.timestamps import from_text, to_text
from server.features.access import store, store_tokens
from server.features.access.model import Act, Organiser, Role, Who
from server.features.access.secret import Random, hashed, new_secret
from server.features.audit.service import Audit

LINK_LIFETIME: Final = timedelta(hours=24)
_NAME: Final = re.compile(r"[\w.-]{1,40}")


class Access:
    """Who belongs to the campaign. Links are paths below the base URL: `/desk/enter/<secret>`."""

    def __init__(self, database: Database, audit: Audit, random: Random) -> None:
        self._database = database
        self._audit = audit
        self._random = random

    async def invite(self, who: Who, name: str, role: Role) -> str:
        """Add an organiser; the path of the one-time link to hand over. Raises Invalid or Conflict for a name."""
        who.must(Act.ORGANISE)
        if not _NAME.fullmatch(name):
            raise Invalid("A name inside has 1 to 40 letters, digits, dots or dashes.")
        async with self._database.transaction() as tx:
            if await store.by_name(tx, name) is not None:
                raise Conflict("There is an organiser of that name already.")
            organiser_id = await store.insert_organiser(tx, name=name, role=role)
            await self._audit.record(tx, who.organiser_id, "invite", role.value)
            return await self._link(tx, organiser_id)

    async def new_link(self, who: Who, name: str) -> str:
        """A fresh one-time link for an organiser who lost the password; the path."""
        who.must(Act.ORGANISE)
        async with self._database.transaction() as tx:
            organiser = await self._named(tx, name)
            await self._audit.record(tx, who.organiser_id, "new-link")
            return await self._link(tx, organiser.id)

    async def first_link(self) -> str | None:
        """A link for the first keyholder while nobody ever came in and none is open; else None."""
        async with self._database.transaction() as tx:
            everybody = await store.organisers(tx)
            if any(one.has_password for one in everybody) or await store.open_links(tx):
                return None
            first = next((one for one in everybody if one.role is Role.KEYHOLDER and not one.suspended), None)
            return await self._link(tx, first.id) if first else None

    async def _link(self, tx: Transaction, organiser_id: int) -> str:
        secret = new_secret(self._random)
        expires = to_text(from_text(tx.now) + LINK_LIFETIME)
        await store.insert_link(tx, token_hash=hashed(secret), organiser_id=organiser_id, expires_at=expires)
        return f"/desk/enter/{secret}"

    async def _named(self, tx: Transaction, name: str) -> Organiser:
        organiser = await store.by_name(tx, name)
        if organiser is None:
            raise NotFound("There is no organiser of that name.")
        return organiser

    async def suspend(self, who: Who, name: str) -> None:
        """Shut an organiser out at once: sessions and tokens end with the commit. The last keyholder stays."""
        who.must(Act.ORGANISE)
        async with self._database.transaction() as tx:
            organiser = await self._named(tx, name)
            if organiser.role is Role.KEYHOLDER and await store.other_keyholders(tx, organiser.id) == 0:
                raise Conflict("The last keyholder cannot be suspended.")
            await store.set_suspended(tx, organiser.id, suspended=True)
            await store.delete_sessions_of(tx, organiser.id)
            await store_tokens.delete_tokens_of(tx, organiser.id)
            await self._audit.record(tx, who.organiser_id, "suspend")

    async def unsuspend(self, who: Who, name: str) -> None:
        """Let an organiser in again."""
        who.must(Act.ORGANISE)
        async with self._database.transaction() as tx:
            organiser = await self._named(tx, name)
            await store.set_suspended(tx, organiser.id, suspended=False)
            await self._audit.record(tx, who.organiser_id, "unsuspend")

    async def organisers(self, who: Who) -> list[Organiser]:
        """Everybody, for keyholders."""
        who.must(Act.ORGANISE)
        async with self._database.snapshot() as snapshot:
            return await store.organisers(snapshot)
