"""One line of the audit log."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What was done on a day. `organiser_id` is None for the console; `subject` names the thing, never a person."""

    id: int
    day: str
    organiser_id: int | None
    act: str
    subject: str
