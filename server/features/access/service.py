"""Organisers: invite, change, suspend, remove, list; and the one-time links by which they come in."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from server.base import changes
from server.base.database import Database, Transaction
from server.base.errors import Conflict, Invalid, NotFound
from server.base.timestamps import from_text, to_text
from server.features.access import store, store_tokens
from server.features.access.model import Act, Organiser, Role, Who
from server.features.access.secret import Random, hashed, new_secret
from server.features.audit.service import Audit

LINK_LIFETIME: Final = timedelta(hours=24)
#: The kind of change under which caches and counts hear of the team. Nothing public shows it.
TEAM: Final = "team"
_NAME: Final = re.compile(r"[\w.-]{1,40}")
_LAST: Final = "This is the last keyholder who can stay. Give somebody else the role of keyholder first."


class Access:
    """Who belongs to the campaign. Links are paths below the base URL: `/desk/enter/<secret>`."""

    def __init__(self, database: Database, audit: Audit, random: Random) -> None:
        self._database = database
        self._audit = audit
        self._random = random

    async def invite(self, who: Who, name: str, role: Role, until: str | None = None) -> str:
        """Add an organiser; the path of the one-time link to hand over. `until` is the moment at which the role ends.

        Raises Invalid or Conflict for a name, Invalid for an end that is past.
        """
        who.must(Act.ORGANISE)
        if not _NAME.fullmatch(name):
            raise Invalid("A name inside has 1 to 40 letters, digits, dots or dashes.")
        async with self._database.transaction() as tx:
            _check_end(tx, until)
            if await store.by_name(tx, name) is not None:
                raise Conflict("There is an organiser of that name already.")
            organiser_id = await store.insert_organiser(tx, name=name, role=role, until=until)
            await self._audit.record(tx, who.organiser_id, "invite", role.value)
            return await self._link(tx, organiser_id)

    async def new_link(self, who: Who, name: str) -> str:
        """A fresh one-time link for an organiser who lost the password; the path. Raises Conflict for who may not come in."""
        who.must(Act.ORGANISE)
        async with self._database.transaction() as tx:
            organiser = await self._named(tx, name)
            if not organiser.active:
                raise Conflict("They may not come in now. Let them in again, or give them a role, first.")
            await self._audit.record(tx, who.organiser_id, "new-link")
            return await self._link(tx, organiser.id)

    async def first_link(self) -> str | None:
        """A link for the first keyholder while nobody ever came in and none is open; else None."""
        async with self._database.transaction() as tx:
            everybody = await store.organisers(tx)
            if any(one.has_password for one in everybody) or await store.open_links(tx):
                return None
            first = next((one for one in everybody if one.role is Role.KEYHOLDER and one.active), None)
            return await self._link(tx, first.id) if first else None

    async def _link(self, tx: Transaction, organiser_id: int) -> str:
        secret = new_secret(self._random)
        expires = to_text(from_text(tx.now) + LINK_LIFETIME)
        await store.insert_link(tx, token_hash=hashed(secret), organiser_id=organiser_id, expires_at=expires)
        return f"/desk/enter/{secret}"

    async def _named(self, tx: Transaction, name: str) -> Organiser:
        organiser = await store.by_name(tx, name) if _NAME.fullmatch(name) else None
        if organiser is None:
            raise NotFound("There is no organiser of that name.")
        return organiser

    async def _to_change(self, tx: Transaction, name: str) -> Organiser:
        """Somebody whose standing is about to change: one change of the team after the other, so that none counts a keyholder twice."""
        await changes.record(tx, TEAM)
        return await self._named(tx, name)

    async def _keep_a_keyholder(self, tx: Transaction, organiser: Organiser) -> None:
        """Raise Conflict if without this one no keyholder is left who can stay. An invitation nobody used yet is no keyholder."""
        lasting = organiser.role is Role.KEYHOLDER and organiser.active and organiser.until is None
        if lasting and await store.other_keyholders(tx, organiser.id, came_in=organiser.came_in) == 0:
            raise Conflict(_LAST)

    async def set_role(self, who: Who, name: str, role: Role, until: str | None = None) -> None:
        """Give an organiser a role, for good or until a moment. Another role, and one that had ended, begins with a new sign-in.

        Raises Conflict for the last keyholder, Invalid for an end that is past.
        """
        who.must(Act.ORGANISE)
        async with self._database.transaction() as tx:
            organiser = await self._to_change(tx, name)
            _check_end(tx, until)
            if role is not Role.KEYHOLDER or until is not None:
                await self._keep_a_keyholder(tx, organiser)
            await store.set_role(tx, organiser.id, role, until)
            if organiser.role is not role or organiser.ended:
                await self._shut_out(tx, organiser.id)
            await self._audit.record(tx, who.organiser_id, "role", role.value)

    async def suspend(self, who: Who, name: str) -> None:
        """Shut an organiser out at once: sessions, tokens and links end with the commit. The last keyholder stays."""
        who.must(Act.ORGANISE)
        async with self._database.transaction() as tx:
            organiser = await self._to_change(tx, name)
            await self._keep_a_keyholder(tx, organiser)
            await store.set_suspended(tx, organiser.id, suspended=True)
            await self._shut_out(tx, organiser.id)
            await self._audit.record(tx, who.organiser_id, "suspend")

    async def unsuspend(self, who: Who, name: str) -> None:
        """Let an organiser in again."""
        who.must(Act.ORGANISE)
        async with self._database.transaction() as tx:
            organiser = await self._to_change(tx, name)
            await store.set_suspended(tx, organiser.id, suspended=False)
            await self._audit.record(tx, who.organiser_id, "unsuspend")

    async def remove(self, who: Who, name: str) -> None:
        """Erase an organiser with name and ways in; the log says "somebody who left" from now on. The last keyholder stays."""
        who.must(Act.ORGANISE)
        async with self._database.transaction() as tx:
            organiser = await self._to_change(tx, name)
            await self._keep_a_keyholder(tx, organiser)
            await self._shut_out(tx, organiser.id)
            await store.delete_organiser(tx, organiser.id)
            await self._audit.record(tx, who.organiser_id, "remove")

    async def _shut_out(self, tx: Transaction, organiser_id: int) -> None:
        await store.delete_ways_in(tx, organiser_id)
        await store_tokens.delete_tokens_of(tx, organiser_id)

    async def organisers(self, who: Who) -> list[Organiser]:
        """Everybody, for keyholders."""
        who.must(Act.ORGANISE)
        async with self._database.snapshot() as snapshot:
            return await store.organisers(snapshot)


def _check_end(tx: Transaction, until: str | None) -> None:
    if until is not None and until <= tx.now:
        raise Invalid("Choose a last day that is still to come.")
