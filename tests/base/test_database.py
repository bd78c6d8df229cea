from __future__ import annotations

import asyncio
import random
import resource
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from server.base import changes
from server.base.database import Database, IntegrityViolation, inside_transaction
from server.base.database.sqlite import SqliteDatabase, statements
from server.base.errors import Unavailable

pytestmark = pytest.mark.anyio


async def put(database: Database, name: str, value: str = "x") -> None:
    async with database.transaction() as tx:
        await tx.execute("INSERT INTO house (name, value) VALUES (:name, :value)", name=name, value=value)


async def names(database: Database) -> set[str]:
    async with database.snapshot() as snapshot:
        return {row["name"] for row in await snapshot.fetch("SELECT name FROM house")}


async def test_what_a_transaction_wrote_is_there_afterwards(database: Database) -> None:
    await put(database, "a")
    assert await names(database) == {"a"}


async def test_a_verb_that_fails_changes_nothing(database: Database) -> None:
    async def half() -> None:
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO house (name, value) VALUES ('a', 'x')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await half()
    assert await names(database) == set()


async def test_a_failing_verb_hurts_no_other_that_shares_its_commit(database: Database) -> None:
    await put(database, "taken")

    async def one(index: int) -> None:
        name = "taken" if index % 3 == 0 else f"n{index}"
        await put(database, name)

    results = await asyncio.gather(*(one(index) for index in range(60)), return_exceptions=True)
    assert [isinstance(result, IntegrityViolation) for result in results] == [index % 3 == 0 for index in range(60)]
    assert len(await names(database)) == 41


async def test_concurrent_verbs_share_commits_on_sqlite(database: Database) -> None:
    if not isinstance(database, SqliteDatabase):
        pytest.skip("PostgreSQL shares commits by itself")
    commits = 0

    def count() -> None:
        nonlocal commits
        commits += 1

    database.on_commit(count)
    await asyncio.gather(*(put(database, f"n{index}") for index in range(200)))
    assert len(await names(database)) == 200
    assert commits < 100


async def test_nobody_is_answered_before_the_commit(database: Database) -> None:
    seen: list[int] = []

    async def one(index: int) -> None:
        await put(database, f"n{index}")
        async with database.snapshot() as snapshot:
            seen.append(await snapshot.value("SELECT count(*) FROM house WHERE name = :name", name=f"n{index}"))

    await asyncio.gather(*(one(index) for index in range(100)))
    assert seen == [1] * 100


async def test_cancelled_verbs_leave_no_half_written_pair(database: Database) -> None:
    chance = random.Random(7)

    async def pair(index: int) -> None:
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO house (name, value) VALUES (:n, 'x')", n=f"a{index}")
            await asyncio.sleep(0)
            await tx.execute("INSERT INTO house (name, value) VALUES (:n, 'x')", n=f"b{index}")

    tasks = [asyncio.create_task(pair(index)) for index in range(200)]
    for task in tasks:
        if chance.random() < 0.5:
            await asyncio.sleep(chance.random() / 500)
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    found = await names(database)
    assert {name[1:] for name in found if name[0] == "a"} == {name[1:] for name in found if name[0] == "b"}
    await put(database, "still-works")
    finished = {f"a{index}" for index, task in enumerate(tasks) if not task.cancelled()}
    assert finished <= await names(database)


async def test_changes_are_numbered_and_told_after_the_commit(database: Database) -> None:
    told: list[tuple[str, str]] = []
    database.on_change(lambda kind, subject: told.append((kind, subject)))
    async with database.transaction() as tx:
        await changes.record(tx, "post", "abc")
        await changes.record(tx, "post", "abc")
        await changes.record(tx, "inboxes")
        assert told == []
    assert told == [("post", "abc"), ("inboxes", "")]
    async with database.snapshot() as snapshot:
        assert [number for number, *_ in await changes.since(snapshot, 0)] == [1, 2]


async def test_code_inside_a_transaction_knows_it(database: Database) -> None:
    assert not inside_transaction()
    async with database.transaction():
        assert inside_transaction()
    assert not inside_transaction()


async def test_a_locked_file_is_unavailable_and_not_an_accident(database: Database) -> None:
    if not isinstance(database, SqliteDatabase):
        pytest.skip("a file lock")
    async with database.transaction() as tx:
        await tx.execute("INSERT INTO house (name, value) VALUES ('a', 'x')")
    await database._writer.execute_fetchall("PRAGMA busy_timeout=50")
    other = await SqliteDatabase.open(
        Path(next(iter(await database._writer.execute_fetchall("PRAGMA database_list")))[2]),
        database._clock,
        database._ids,
    )
    async with other.transaction() as tx:
        await tx.execute("INSERT INTO house (name, value) VALUES ('b', 'x')")
        begun = time.monotonic()
        told = await asyncio.gather(*(put(database, f"n{number}") for number in range(40)), return_exceptions=True)
        assert all(isinstance(one, Unavailable) for one in told)
        assert time.monotonic() - begun < 1, "who waits behind others is told with them, not after forty waits"
    await other.close()
    await put(database, "c")
    assert await names(database) == {"a", "b", "c"}


async def test_scripts_and_checkpoints_come_between_verbs_and_hurt_none(database: Database) -> None:
    async def between(number: int) -> None:
        await database.script(f"CREATE TABLE t{number} (one INTEGER)")
        if isinstance(database, SqliteDatabase):
            await database.checkpoint()

    verbs = [put(database, f"n{number}") for number in range(200)]
    work = [*verbs[:100], *(between(number) for number in range(10)), *verbs[100:]]
    random.Random(5).shuffle(work)
    await asyncio.gather(*work)
    assert len(await names(database)) == 200


async def test_the_log_is_not_cut_while_somebody_reads_it_and_nobody_waits_for_them(
    database: Database, tmp_path: Path
) -> None:
    if not isinstance(database, SqliteDatabase):
        pytest.skip("it keeps a log of its own")
    await put(database, "a")
    with closing(sqlite3.connect(next(tmp_path.rglob("callout.db")), isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM house").fetchone() == (1,)
        await put(database, "b")
        begun = time.monotonic()
        assert not await database.checkpoint()
        assert time.monotonic() - begun < 1
        reader.execute("COMMIT")
        assert await database.checkpoint()
    assert await names(database) == {"a", "b"}


async def test_a_log_that_cannot_be_folded_in_is_kept_and_said_to_be(database: Database, tmp_path: Path) -> None:
    if not isinstance(database, SqliteDatabase):
        pytest.skip("it keeps a log of its own")
    for number in range(20):
        await put(database, f"n{number}", "x" * 50_000)
    size = next(tmp_path.rglob("callout.db")).stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        with pytest.raises(Unavailable):
            await database.checkpoint()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert await database.checkpoint()
    assert len(await names(database)) == 20


def test_statements_are_cut_at_semicolons_outside_of_quotes_and_comments() -> None:
    script = "-- it's; a comment\nINSERT INTO a VALUES ('x;y'); -- more\nSELECT 1;"
    assert statements(script) == ["INSERT INTO a VALUES ('x;y')", "SELECT 1"]


COUNTING = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :most) SELECT max(i) AS i FROM n"


async def test_a_read_that_takes_long_holds_up_nobody_else(database: Database) -> None:
    if not isinstance(database, SqliteDatabase):
        pytest.skip("its reads are made by another process")
    looks = 0

    async def long() -> int:
        async with database.snapshot() as snapshot:
            return int(await snapshot.value(COUNTING, most=2_000_000))

    reading = asyncio.create_task(long())
    while not reading.done():
        assert await names(database) == set()
        looks += 1
        await asyncio.sleep(0.001)
    assert await reading == 2_000_000
    assert looks > 3
    assert database._reader.long_reads == 1
    async with database.snapshot() as snapshot:
        for _ in range(500):
            assert await snapshot.value(COUNTING, most=500) == 500
    assert database._reader.long_reads == 1, "many short ones do not add up to a long one"


async def test_a_verb_of_many_statements_lets_others_run(database: Database) -> None:
    rows = [{"name": f"n{index}", "value": "x" * 100} for index in range(5_000)]
    turns = 0

    async def write() -> None:
        async with database.transaction() as tx:
            await tx.execute_many("INSERT INTO house (name, value) VALUES (:name, :value)", rows)

    writing = asyncio.create_task(write())
    while not writing.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 3
    assert len(await names(database)) == 5_000


async def test_a_long_statement_counts_its_rows_and_fails_like_any_other(database: Database) -> None:
    for name in ("a", "b", "c"):
        await put(database, name)
    async with database.transaction() as tx:
        assert await tx.execute_long("UPDATE house SET value = :value WHERE name <> 'a'", value="y") == 2
    with pytest.raises(IntegrityViolation):
        async with database.transaction() as tx:
            await tx.execute_long("UPDATE house SET name = 'a'")
    assert await names(database) == {"a", "b", "c"}


async def test_a_long_statement_that_is_cancelled_is_taken_back(database: Database) -> None:
    async def long() -> None:
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO house (name, value) VALUES ('a', 'x')")
            most = 300_000
            await tx.execute_long(
                f"INSERT INTO house (name, value) SELECT 'n' || x.i, 'x' FROM ({COUNTING}) x", most=most
            )

    task = asyncio.create_task(long())
    await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await put(database, "b")
    assert await names(database) == {"b"}
