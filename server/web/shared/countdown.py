"""How long a call-out still stands, in words, without a script: the words are true until `changes_at`, and the answer is kept no longer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Protocol

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from server.base.catalogue import SOURCE, catalogue
from server.base.spoken import span
from server.base.timestamps import from_text
from server.base.words import marked
from server.web.shared.language import counted, translated

TICK, MINUTE, HOUR, DAY = timedelta(microseconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: With less than this left, minutes are said too.
CLOSE: Final = timedelta(hours=6)
STARTS, LEFT, ENDED = marked("starts in %(time)s"), marked("%(time)s left"), marked("ended")


class Timed(Protocol):
    """What has a beginning, perhaps, and an end, as UTC text, and clocks by which people are told of both (an IANA name)."""

    @property
    def starts_at(self) -> str | None: ...  # noqa: D102 - as the class
    @property
    def ends_at(self) -> str: ...  # noqa: D102 - as the class
    @property
    def time_zone(self) -> str: ...  # noqa: D102 - as the class


def _step(left: timedelta) -> timedelta:
    return MINUTE if left < CLOSE else HOUR


def _goal(one: Timed, now: datetime) -> tuple[str, datetime] | None:
    """What is counted down to, and the sentence for it; None once it is over."""
    starts = from_text(one.starts_at) if one.starts_at else now
    if now < starts:
        return STARTS, starts
    ends = from_text(one.ends_at)
    return (LEFT, ends) if now < ends else None


def changes_at(one: Timed, now: datetime) -> datetime | None:
    """When the words about it change next; None if they will not."""
    goal = _goal(one, now)
    if goal is None:
        return None
    left = goal[1] - now
    whole = left // _step(left)
    # The words count the whole steps that are left: they change a moment after the last of those is begun.
    return goal[1] - whole * _step(left) + (TICK if whole else timedelta())


@pass_context
def left(context: Context, one: Timed) -> Markup:
    """`3 days 4 hours left`, `starts in 20 minutes`, `ended`: rounded down, so that nobody comes too late, but to no less than a minute."""
    now = from_text(context["now"])
    over = changes_at(one, now)
    if over is not None and "true_until" in context:
        context["true_until"].append(over)
    goal = _goal(one, now)
    if goal is None:
        return translated(context, ENDED)
    sentence, end = goal
    return translated(context, sentence, time=_time(context, end - now))


def _time(context: Context, left: timedelta) -> Markup:
    days, hours, minutes = left // DAY, left % DAY // HOUR, left % HOUR // MINUTE
    parts = [counted(context, "%(num)s day", "%(num)s days", days)] if days else []
    if hours:
        parts.append(counted(context, "%(num)s hour", "%(num)s hours", hours))
    if left < CLOSE and (minutes or not hours):
        parts.append(counted(context, "%(num)s minute", "%(num)s minutes", max(minutes, 1)))
    if len(parts) == 1:
        return parts[0]
    return translated(context, marked("%(more)s %(less)s"), more=parts[0], less=parts[1])


@pass_context
def only_until(context: Context, value: str, until: str) -> str:
    """A value that nobody is told from then on: a page that is kept ends with it."""
    if "true_until" in context:
        context["true_until"].append(from_text(until))
    return value


@pass_context
def when(context: Context, one: Timed) -> str:
    """From when until when, on the clocks that it means, which are named."""
    return span(catalogue(context.get("lang", SOURCE)), one.starts_at, one.ends_at, one.time_zone)


def install(made: Environment) -> None:
    """Give the templates the filters."""
    made.filters.update(left=left, only_until=only_until, when=when)
