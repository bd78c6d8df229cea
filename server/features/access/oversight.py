"""Reading the audit log: keyholders alone, with the names that only they see."""

from __future__ import annotations

import csv
import io
import json
from typing import Final

from server.base.database import Database
from server.features.access.model import Act, Who
from server.features.audit import views
from server.features.audit.model import Line
from server.features.audit.service import Audit

PAGE: Final = 50
#: A copy of the log is made in memory: more lines than a campaign makes before they are erased.
MAX_EXPORTED: Final = 50_000
COLUMNS: Final = ("day", "by", "name", "act", "words", "subject")
_FORMULA: Final = ("=", "+", "-", "@", "\t")


class Oversight:
    """What was done in the campaign's name, and by whom."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    @property
    def kept_days(self) -> int:
        """For how many days lines are kept."""
        return self._audit.kept_days

    async def page(self, who: Who, before: int | None = None, limit: int = PAGE) -> list[Line]:
        """Lines, newest first; `before` is the id of the last line seen."""
        who.must(Act.AUDIT)
        async with self._database.snapshot() as snapshot:
            return await views.lines(snapshot, before, limit)

    async def export(self, who: Who) -> list[Line]:
        """Everything that is kept, newest first. That a copy was taken is noted."""
        who.must(Act.AUDIT)
        async with self._database.transaction() as tx:
            found = await views.lines(tx, None, MAX_EXPORTED)
            await self._audit.record(tx, who.organiser_id, "export-audit")
        return found


def as_fields(line: Line) -> dict[str, str]:
    """A line for other programs."""
    entry = line.entry
    values = (entry.day, line.by, line.name or "", entry.act, entry.words, entry.subject)
    return dict(zip(COLUMNS, values, strict=True))


def as_json(lines: list[Line]) -> str:
    """Lines as JSON."""
    return json.dumps([as_fields(line) for line in lines], ensure_ascii=False, indent=1) + "\n"


def as_csv(lines: list[Line]) -> str:
    """Lines as a table. What a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow(f"'{one}" if one.startswith(_FORMULA) else one for one in as_fields(line).values())
    return out.getvalue()
