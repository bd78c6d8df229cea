"""Mutes and word rules: what is decided once, for everything that comes."""

from __future__ import annotations

import asyncio
import json
from typing import Final

from server.base import changes
from server.base.database import Database
from server.base.errors import Conflict, Invalid, NotFound
from server.features.access.model import Act, Who
from server.features.audit.service import Audit
from server.features.conversation import store_rules, views_room
from server.features.conversation.deciding import Deciding
from server.features.conversation.judging import MUTES_CHANGED, RULES_CHANGED
from server.features.conversation.model import Acted, Mute, WordRule
from server.features.conversation.words import MAX_RULES, Matcher, plain, rule_words
from server.features.publishing.stamping import Stamping

ACTS: Final = ("hide", "hold")
SLICE: Final = 200
#: Of what waits, no more is looked through for a new rule; the rest is decided by hand or by the rule's next words.
MAX_LOOKED_AT: Final = 10_000
MAX_PREVIEWED: Final = 2_000
FAR: Final = 2**62


class Rules:
    """Mutes and word rules."""

    def __init__(self, database: Database, audit: Audit, stamping: Stamping) -> None:
        self._database = database
        self._audit = audit
        self._deciding = Deciding(stamping)

    # -- mutes ------------------------------------------------------------------------------------------------------------

    async def mutes(self, before: int | None = None) -> list[Mute]:
        """A page of mutes, the newest first."""
        async with self._database.snapshot() as snapshot:
            return await store_rules.mutes(snapshot, before)

    async def unmute(self, who: Who, target: str) -> None:
        """Listen again; what was hidden stays so. Raises NotFound."""
        who.must(Act.MODERATE)
        async with self._database.transaction() as tx:
            if not await store_rules.delete_mute(tx, target):
                raise NotFound("That is not muted.")
            await self._audit.record(tx, who.organiser_id, "unmute")
            await changes.record(tx, *MUTES_CHANGED)

    # -- word rules -------------------------------------------------------------------------------------------------------

    async def words(self) -> list[WordRule]:
        """All word rules."""
        async with self._database.snapshot() as snapshot:
            return await store_rules.rules(snapshot)

    async def preview(self, text: str) -> Acted:
        """How many of what waits a rule would find; `more` if not all was looked through. Raises Invalid."""
        found, more = await self._find(_rule(text), MAX_PREVIEWED)
        return Acted(done=len(found), more=more)

    async def add_words(self, who: Who, text: str, act: str) -> Acted:
        """A new rule; one that hides is used on what waits already, too: how many it hid. Raises Invalid, Conflict."""
        who.must(Act.MODERATE)
        if act not in ACTS:
            raise Invalid("Choose whether it hides or holds.")
        rule = _rule(text, act)
        async with self._database.transaction() as tx:
            if len(await store_rules.rules(tx)) >= MAX_RULES:
                raise Conflict("There are %(max)s rules already. Remove one first.", max=MAX_RULES)
            number = await store_rules.insert_rule(tx, words=rule.words, act=act)
            await self._audit.record(tx, who.organiser_id, "add-words", act)
            await changes.record(tx, *RULES_CHANGED)
        if act != "hide":
            return Acted(done=0)
        found, more = await self._find(rule, MAX_LOOKED_AT)
        done = 0
        for start in range(0, len(found), SLICE):
            async with self._database.transaction() as tx:
                done += await self._deciding.set_all(tx, found[start : start + SLICE], "hidden", number, quietly=True)
        return Acted(done=done, more=more)

    async def remove_words(self, who: Who, rule_id: int) -> None:
        """A rule no longer counts; what it hid stays hidden. Raises NotFound."""
        who.must(Act.MODERATE)
        async with self._database.transaction() as tx:
            if not await store_rules.delete_rule(tx, rule_id):
                raise NotFound("There is no such rule any more.")
            await self._audit.record(tx, who.organiser_id, "remove-words")
            await changes.record(tx, *RULES_CHANGED)

    async def _find(self, rule: WordRule, most: int) -> tuple[list[int], bool]:
        """What waits and falls under a rule, looked through in slices, off the loop."""
        matcher, found, before, seen = Matcher([rule]), list[int](), FAR, 0
        while seen < most:
            async with self._database.snapshot() as snapshot:
                rows = await views_room.waiting_words(snapshot, before, SLICE)
            if not rows:
                return found, False
            found += await asyncio.to_thread(_matching, matcher, rows)
            seen += len(rows)
            before = rows[-1][0]
        return found, True


def _rule(text: str, act: str = "hide") -> WordRule:
    """A rule that is not kept yet, its words folded the way they are compared, so that the same words are one rule."""
    return WordRule(id=0, words=" ".join(rule_words(text)), act=act, created_at="")


def _matching(matcher: Matcher, rows: list[tuple[int, str, str, str]]) -> list[int]:
    return [
        number
        for number, warning, source, attachments in rows
        if matcher.find(warning, plain(source), *(alt for _, _, alt in json.loads(attachments))) is not None
    ]
