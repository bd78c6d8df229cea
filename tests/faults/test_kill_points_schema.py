"""kill -9 after each statement of a change of the schema: the old one or the new one exactly, and the next start goes on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from server.base.database import engine
from server.base.database.migrate import Migration, migrations
from server.base.database.sqlite import engine_statements
from tests.faults.conftest import LONG
from tests.faults.doomed import run_doomed, started
from tests.faults.promises import Promises
from tests.loopback.campaign import Campaign, query, whole
from tests.loopback.sink import Sink

POINT = "half a migration"
#: How many steps of the schema are taken back, and then taken again.
STEPS = 2
TIMES = 5 if LONG else 1
SHAPE = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND name NOT LIKE 'search_posts%' ORDER BY name"
COLUMNS = "SELECT name FROM pragma_table_info('{table}')"
#: How the rows of today stood before steps that gave them another form.
BEFORE = {"fanout_leftovers": "SELECT outbox_id, value AS inbox_id FROM today.fanout_leftovers, json_each(inboxes)"}
#: Passed over by a fan-out that is done since, so that nobody sends it.
LEFTOVER = "INSERT INTO fanout_leftovers (outbox_id, id, inboxes, size) SELECT outbox_id, i.id, '[' || i.id || ']', 1 FROM fanouts, inboxes i"
LEFT = "SELECT outbox_id, inboxes, size FROM fanout_leftovers ORDER BY outbox_id, inboxes"


def built(path: Path, steps: Sequence[Migration]) -> None:
    """A database as it was after these steps, with nothing in it."""
    with closing(engine.sqlite3.connect(path, isolation_level=None)) as made:
        for step in steps:
            for statement in engine_statements(step.sql):
                made.execute(statement)
            made.execute("INSERT INTO migrations VALUES (?, ?, '')", (step.number, step.name))


def aged(path: Path, target: Path, steps: Sequence[Migration]) -> None:
    """The same rows in a database as it was after these steps."""
    built(target, steps)
    with closing(engine.sqlite3.connect(target, isolation_level=None)) as old:
        old.execute("ATTACH ? AS today", (str(path),))
        for (table,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if table != "migrations":
                columns = ", ".join(name for (name,) in old.execute(COLUMNS.format(table=table)))
                old.execute(f"DELETE FROM {table}")
                source = f"({BEFORE[table]})" if table in BEFORE else f"today.{table}"
                old.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {source}")


def shape(path: Path) -> list[Any]:
    return query(path, SHAPE)


def test_a_schema_is_the_old_one_or_the_new_one_wherever_the_change_was_killed(
    campaign: Campaign, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    with Sink(3) as sink:
        campaign.followed_by(sink)
        promises = Promises(campaign, sink)
        for _ in range(5):
            promises.say()
        promises.hear(3)
        promises.settle()
        assert campaign.server.stop() == 0
    steps, database = migrations(), campaign.terminal.data / "callout.db"
    with closing(engine.sqlite3.connect(database, isolation_level=None)) as today:
        today.execute(LEFTOVER)
    left = query(database, LEFT)
    assert left
    shapes = []
    for taken in range(len(steps) - STEPS, len(steps) + 1):
        built(tmp_path / f"{taken}.db", steps[:taken])
        shapes.append(shape(tmp_path / f"{taken}.db"))
    aged(database, tmp_path / "aged.db", steps[:-STEPS])
    words = ("migrate", "--data", str(campaign.terminal.data))
    kills = nth = 0
    for nth in range(1, 1000, 1 if LONG else 3):
        killed = False
        for _ in range(TIMES):
            for file in (database, database.with_name("callout.db-wal"), database.with_name("callout.db-shm")):
                file.unlink(missing_ok=True)
            shutil.copy(tmp_path / "aged.db", database)
            killed = run_doomed(POINT, nth, campaign.terminal.environ, campaign.server.log, *words)
            assert shape(database) in shapes, f"the schema is half changed after {nth} statements"
            kills += killed
        whole(database)
        if not killed or LONG or nth == 4:
            started(campaign)
            campaign.server.kill()
            assert shape(database) == shapes[-1]
            assert query(database, LEFT) == left
            promises.kept()
        if not killed:
            break
    figure(
        f"{kills} kills among {nth - 1} statements of {STEPS} steps of the schema: old or new each time, nothing lost"
    )
