"""`python -m tests.faults.killpoint POINT N serve ...`: callout, which kills itself by -9 when it comes to a point for the N-th time.

The program knows nothing of it: the function of that name is wrapped from outside. A name that is gone is an error.
"""

from __future__ import annotations

import inspect
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from typing import Any, Final

from server.__main__ import main


@dataclass(frozen=True)
class Point:
    """Before or after a function, named `module:Class.function`; counted from the first call of `within` on."""

    where: str
    after: bool = False
    within: str = ""


#: Where a server is killed while it hears, publishes and delivers.
SERVING: Final = {
    "after verify": Point("server.features.inbox.service:Inbox._verified", after=True),
    "before insert": Point("server.features.inbox.store:first_time"),
    "after insert": Point("server.features.inbox.applying:Applying.apply", after=True),
    "half a post": Point("server.features.publishing.service:write_revision", after=True),
    "before commit": Point("server.base.database.sqlite:SqliteDatabase._commit"),
    "after commit, before the answer": Point("server.base.database.model:Database._committed"),
    "half a fan-out": Point("server.features.delivery.store_fanouts:insert_deliveries", after=True),
    "after the claim, before its commit": Point("server.features.delivery.store_queue:claim", after=True),
    "after the lease": Point("server.features.delivery.pump:Pump._deliver"),
    "after send, before the result": Point("server.features.delivery.pump:Pump._write"),
    "half the results": Point("server.features.delivery.store_results:_hosts"),
}
_WRITE: Final = "server.features.media.service:_write"
#: While it keeps a picture or lets one go.
PICTURES: Final = {
    "before the picture is written": Point(_WRITE),
    "before the picture is synced": Point("os:fsync", within=_WRITE),
    "before the picture has its name": Point("pathlib:Path.rename", within=_WRITE),
    "after the picture has its name": Point("pathlib:Path.rename", after=True, within=_WRITE),
    "before the row of the picture": Point("server.features.media.store:insert"),
    "after the row, before its commit": Point("server.features.media.store:insert", after=True),
}
_KEY: Final = "server.compose:read_or_make_key"
_CREATE: Final = "server.features.actors.service:Actors.create"
#: While `init` makes a campaign.
FOUNDING: Final = {
    "half the schema": Point(
        "aiosqlite.core:Connection.execute_fetchall", within="server.base.database.sqlite:engine_statements"
    ),
    "before the key of the house": Point("os:fdopen", within=_KEY),
    "before the key is synced": Point("os:fsync", within=_KEY),
    "after the key of the house": Point(_KEY, after=True),
    "before the key of an actor": Point("server.features.actors.store:insert_key"),
    "after the key of an actor": Point("server.features.actors.store:insert_key", after=True),
    "after an actor": Point(_CREATE, after=True),
    "before the settings": Point("server.commands.cli_house:_found", after=True),
}
#: While the schema is brought up to date; counted are its statements, the first is BEGIN.
MIGRATING: Final = {"half a migration": FOUNDING["half the schema"]}
_PAST: Final = "server.features.posts.store_past"
#: While it erases what a post said before.
FORGETTING: Final = {
    "before earlier versions are erased": Point(f"{_PAST}:erase"),
    "half of what there was is erased": Point(f"{_PAST}:erase", after=True),
    "all is erased, before its commit": Point("server.features.publishing.forgetting:Forgetting.forget_in", after=True),
    "after that commit, before the files go": Point("server.features.media.service:Media._erase_files"),
}
POINTS: Final = SERVING | PICTURES | FOUNDING | MIGRATING | FORGETTING


def found(where: str) -> tuple[Any, str]:
    """What holds the function, and its name there. Raises ImportError or AttributeError for a name that is gone."""
    module, _, path = where.partition(":")
    *outer, name = path.split(".")
    holder: Any = import_module(module)
    for one in outer:
        holder = getattr(holder, one)
    getattr(holder, name)
    return holder, name


def around(where: str, before: Callable[[], None], after: Callable[[], None]) -> None:
    """Have something called before and after each call of a function, also of one that is awaited."""
    holder, name = found(where)
    real = getattr(holder, name)

    async def awaited(result: Awaitable[Any]) -> Any:
        value = await result
        after()
        return value

    @wraps(real)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        before()
        result = real(*args, **kwargs)
        if inspect.isawaitable(result):
            return awaited(result)
        after()
        return result

    setattr(holder, name, wrapped)


def arm(point: Point, nth: int) -> None:
    """From now on this process ends at the N-th time."""
    left, counting = nth, not point.within

    def begin() -> None:
        nonlocal counting
        counting = True

    def strike() -> None:
        nonlocal left
        if counting:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def nothing() -> None:
        return

    around(point.where, *((nothing, strike) if point.after else (strike, nothing)))
    if point.within:
        around(point.within, begin, nothing)


if __name__ == "__main__":
    _, name_of_point, times, *words = sys.argv
    arm(POINTS[name_of_point], int(times))
    sys.argv = ["callout", *words]
    main()
