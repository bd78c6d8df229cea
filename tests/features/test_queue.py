"""The queue of deliveries: bounded looks, and nobody behind somebody who is slow or down."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from random import Random

import pytest

from federation.resolving import Turn
from server.base.database.migrate import migrations
from server.base.timestamps import from_text
from server.features.delivery import retry, store, store_fanouts, store_queue
from server.features.delivery.model import Key, Letter, News, Outcome, Priority
from server.features.delivery.pool import merged
from server.features.delivery.pump import (
    FAILING_EVERY_SECONDS,
    FAILING_IN_HAND,
    IN_HAND,
    PERSONAL_AFTER_SECONDS,
    PERSONAL_IN_HAND,
    QUICK,
    Pump,
)
from server.features.delivery.store_queue import FAILING, WELL, Hand
from server.features.delivery.store_results import Result, write_results
from server.features.posts.model import Draft
from server.house import House
from server.sender import OPEN_FILES, working_files
from tests.features.test_delivery import followed, rows
from tests.world import CONSOLE, World, later

pytestmark = pytest.mark.anyio


async def queued(house: House, *hosts: str, name: str = "said", priority: Priority = Priority.FANOUT) -> None:
    """One delivery for an inbox of its own on each of these hosts, in this order."""
    async with house.database.transaction() as tx:
        outbox_id = await store.insert_outbox(
            tx,
            public_id=name,
            actor_id=house.actors.campaign().id,
            type_="Create",
            object_uri=f"https://here.test/{name}",
            body="{}",
            listed=False,
        )
        for number, host in enumerate(hosts):
            inbox = await store.living_inbox(tx, await store.inbox_id(tx, f"https://{host}/{name}/{number}/inbox"))
            assert inbox is not None
            await store.insert_deliveries(
                tx,
                outbox_id=outbox_id,
                object_uri=f"https://here.test/{name}/{number}",
                inboxes=[inbox],
                priority=priority,
            )


class Deaf:
    """A sender that keeps whatever it is given until it is told how it went."""

    def __init__(self) -> None:
        self.given: list[Letter] = []
        self.slow = 0
        self.room = IN_HAND
        self.done = asyncio.Event()

    async def send(
        self, letters: Sequence[Letter], bodies: dict[int, str], keys: Sequence[Key]
    ) -> AsyncGenerator[News, None]:
        assert bodies
        assert keys
        self.given += letters
        yield News([], slow=self.slow and len(letters))
        await self.done.wait()
        yield News([Outcome(letter.delivery_id, 202) for letter in letters])

    async def stop(self) -> None:
        self.done.set()

    def hosts(self) -> list[str]:
        return [letter.url.split("/")[2] for letter in self.given]


def pump_with(house: House, sender: Deaf) -> Pump:
    key = Key(1, "https://here.test/actor#main-key", "")
    return Pump(house.database, sender, lambda _: key, house.clock, Random(1))


async def running(pump: Pump, seconds: float = 0.3) -> None:
    """Run for a moment, then end in good order."""
    task = asyncio.create_task(pump.run(release=True))
    await asyncio.sleep(seconds)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_rows_that_must_wait_are_passed_over_in_bounded_looks(world: World, house: House) -> None:
    await queued(house, *["busy.test"] * 600, "calm.test")
    hand, taken = Hand(), []
    async with house.database.transaction() as tx:
        for _ in range(10):
            claim = await store_queue.claim(tx, 64, WELL, hand)
            taken += [one.host for one in claim.taken]
            if "calm.test" in taken:
                break
    assert taken == ["busy.test"] * 2 + ["calm.test"]


async def test_the_hand_comes_round_to_what_was_passed_over(world: World, house: House) -> None:
    await queued(house, *["busy.test"] * 200)
    hand, taken = Hand(), []
    async with house.database.transaction() as tx:
        for _ in range(1_000):
            claim = await store_queue.claim(tx, 64, WELL, hand)
            assert len(claim.taken) <= store_queue.MAX_A_HOST
            taken += [one.id for one in claim.taken]
            await tx.execute_many("DELETE FROM deliveries WHERE id = :id", [{"id": one.id} for one in claim.taken])
            if claim.seen_all and not claim.taken:
                break
    assert (len(taken), len(set(taken))) == (200, 200)


async def test_a_host_that_failed_waits_on_a_way_of_its_own(world: World, house: House) -> None:
    await followed(world, house, "down.test", "well.test")
    world.net.down.add("down.test")
    await world.publish(house, "first")
    later(world, seconds=1)
    await house.publishing.submit(CONSOLE, Draft(text="second", language="en"))
    async with house.database.transaction() as tx:
        assert await store_fanouts.expand_some(tx)
        assert await store_fanouts.expand_some(tx)
        assert not await store_fanouts.expand_some(tx)
    found = await rows(house, "SELECT host, class FROM deliveries ORDER BY id")
    assert {(row["host"], row["class"]) for row in found} == {
        ("down.test", int(Priority.FAILING)),
        ("well.test", int(Priority.FANOUT)),
    }
    async with house.database.transaction() as tx:
        assert [one.host for one in (await store_queue.claim(tx, 64, WELL)).taken] == ["well.test"]
        assert [one.host for one in (await store_queue.claim(tx, 64, FAILING)).taken] == ["down.test"]


async def test_hosts_that_failed_are_written_down_when_all_others_are(world: World, house: House) -> None:
    await followed(world, house, "a.test", "down.test", "b.test")
    world.net.down.add("down.test")
    await world.publish(house, "first")
    post = await house.publishing.submit(CONSOLE, Draft(text="second", language="en"))
    async with house.database.transaction() as tx:
        await store_fanouts.expand_some(tx)
    second = "SELECT host FROM deliveries WHERE outbox_id = (SELECT MAX(id) FROM outbox) ORDER BY host"
    assert [row["host"] for row in await rows(house, second)] == ["a.test", "b.test"]
    assert (await house.delivery.status(world.uri(house, post))).expected == 3
    async with house.database.transaction() as tx:
        await store_fanouts.expand_some(tx)
    assert [row["host"] for row in await rows(house, second)] == ["a.test", "b.test", "down.test"]
    assert (await house.delivery.status(world.uri(house, post))).expected == 3
    assert await rows(house, "SELECT 1 FROM fanouts WHERE done <> 1") == []


async def test_hundreds_of_hosts_that_failed_are_passed_over_in_one_look_and_none_is_forgotten(
    world: World, house: House
) -> None:
    down = [f"d{number}.test" for number in range(2 * store_fanouts.CHUNK)]
    async with house.database.transaction() as tx:
        for host in (*down[:300], "well.test", *down[300:], "also.test"):
            inbox = await store.inbox_id(tx, f"https://{host}/inbox")
            await tx.execute(
                "INSERT INTO followed_inboxes (id, actor_id, inbox_id, followers) VALUES (:id, :actor, :inbox, 1)",
                id=tx.new_id(),
                actor=house.actors.campaign().id,
                inbox=inbox,
            )
        await tx.execute_many(
            "INSERT INTO hosts (host, failures, failing_since) VALUES (:host, 1, :now)",
            [{"host": host, "now": tx.now} for host in down],
        )
    post = await house.publishing.submit(CONSOLE, Draft(text="to all", language="en"))
    async with house.database.transaction() as tx:
        await store_fanouts.expand_some(tx)
    written = "SELECT DISTINCT host FROM deliveries ORDER BY host"
    assert [row["host"] for row in await rows(house, written)] == ["also.test", "well.test"]
    assert (await house.delivery.status(world.uri(house, post))).expected == 502
    async with house.database.transaction() as tx:
        for _ in range(3):
            await store_fanouts.expand_some(tx)
        assert not await store_fanouts.expand_some(tx)
    assert {row["host"] for row in await rows(house, written)} == {*down, "well.test", "also.test"}
    assert (await house.delivery.status(world.uri(house, post))).expected == 502


async def test_what_a_fan_out_left_is_kept_when_the_schema_changes_meanwhile(world: World, house: House) -> None:
    bob, carl, _ = await followed(world, house, "a.test", "b.test", "well.test")
    world.net.down |= {"a.test", "b.test"}
    await world.publish(house, "before")
    await house.publishing.submit(CONSOLE, Draft(text="in between", language="en"))
    async with house.database.transaction() as tx:
        await store_fanouts.expand_some(tx)
    (note,) = await rows(house, "SELECT outbox_id, inboxes FROM fanout_leftovers")
    (step,) = [step for step in migrations() if step.number == 13]
    await house.database.script(
        "DROP TABLE fanout_leftovers; CREATE TABLE fanout_leftovers (outbox_id BIGINT NOT NULL REFERENCES"
        " fanouts (outbox_id) ON DELETE CASCADE, inbox_id BIGINT NOT NULL REFERENCES inboxes (id),"
        " PRIMARY KEY (outbox_id, inbox_id));"
    )
    async with house.database.transaction() as tx:
        await tx.execute_many(
            "INSERT INTO fanout_leftovers (outbox_id, inbox_id) VALUES (:outbox_id, :inbox_id)",
            [{"outbox_id": int(str(note["outbox_id"])), "inbox_id": one} for one in json.loads(str(note["inboxes"]))],
        )
    await house.database.script(step.sql)
    world.net.down.clear()
    later(world, minutes=10)
    await world.settle()
    assert [sum("in between" in str(one) for one in who.received) for who in (bob, carl)] == [1, 1]


async def test_that_hosts_failed_stays_known_when_all_are_asked_again(world: World, house: House) -> None:
    (bob, _) = await followed(world, house, "down.test", "well.test")
    world.net.down.add("down.test")
    for number in range(6):
        await world.publish(house, f"number {number}")
    await house.delivery.retry()
    await house.publishing.submit(CONSOLE, Draft(text="to those who are well first", language="en"))
    async with house.database.transaction() as tx:
        await store_fanouts.expand_some(tx)
        assert [one.host for one in (await store_queue.claim(tx, 64, WELL)).taken] == ["well.test"]
    world.net.down.clear()
    later(world, minutes=2)
    await world.settle()
    assert len(bob.of_type("Create")) == 7


async def test_an_edit_overtakes_its_post_at_no_host_that_recovers_in_between(world: World, house: House) -> None:
    (bob, _) = await followed(world, house, "back.test", "well.test")
    world.net.down.add("back.test")
    await world.publish(house, "before")
    post = await house.publishing.submit(CONSOLE, Draft(text="old words", language="en"))
    async with house.database.transaction() as tx:
        await store_fanouts.expand_some(tx)
    world.net.down.clear()
    later(world, seconds=1)
    await house.publishing.edit(CONSOLE, post.public_id, Draft(text="new words", language="en"))
    await bob.send(house, bob.activity("Like", world.uri(house, post)))
    await world.settle()
    said = [one["type"] for one in bob.received if world.uri(house, post) in str(one)]
    assert said[:2] == ["Create", "Update"]


async def test_a_deletion_takes_back_what_waits_for_hosts_that_failed(world: World, house: House) -> None:
    (bob, _) = await followed(world, house, "down.test", "well.test")
    world.net.down.add("down.test")
    await world.publish(house, "before")
    post = await house.publishing.submit(CONSOLE, Draft(text="a mistake", language="en"))
    async with house.database.transaction() as tx:
        await store_fanouts.expand_some(tx)
    await house.publishing.delete(CONSOLE, post.public_id)
    assert await rows(house, "SELECT 1 FROM fanout_leftovers") == []
    world.net.down.clear()
    later(world, minutes=10)
    await world.settle()
    assert world.uri(house, post) not in str(bob.of_type("Create"))


async def test_a_host_that_calls_is_among_the_others_again(world: World, house: House) -> None:
    (bob,) = await followed(world, house, "a.test")
    world.net.down.add("a.test")
    post = await world.publish(house, "while you were out")
    world.net.down.clear()
    await bob.send(house, bob.activity("Like", world.uri(house, post)))
    assert [row["class"] for row in await rows(house, "SELECT class FROM deliveries")] == [int(Priority.FANOUT)]
    await world.settle()
    assert len(bob.of_type("Create")) == 1


async def test_nothing_for_a_paused_host_is_due(world: World, house: House) -> None:
    await followed(world, house, "a.test")
    world.net.down.add("a.test")
    for number in range(6):
        await world.publish(house, f"number {number}")
    (host,) = await rows(house, "SELECT paused_until FROM hosts")
    due = {row["due_at"] for row in await rows(house, "SELECT due_at FROM deliveries")}
    assert len(due) >= 1
    assert min(str(one) for one in due) >= str(host["paused_until"])


async def test_somebody_named_who_follows_gets_one_copy(world: World, house: House) -> None:
    bob, carl = await followed(world, house, "a.test", "b.test")
    await house.publishing.submit(CONSOLE, Draft(text="@bob@a.test and all of you", language="en"))
    await world.settle()
    assert (len(bob.of_type("Create")), len(carl.of_type("Create"))) == (1, 1)


async def test_a_fan_out_says_how_far_it_has_to_go_before_it_is_expanded(world: World, house: House) -> None:
    await followed(world, house, *[f"h{number}.test" for number in range(5)])
    post = await house.publishing.submit(CONSOLE, Draft(text="To everybody", language="en"))
    status = await house.delivery.status(world.uri(house, post))
    assert (status.expected, status.delivered) == (5, 0)
    await world.settle()
    status = await house.delivery.status(world.uri(house, post))
    assert (status.expected, status.delivered) == (5, 5)


async def test_no_more_than_a_window_is_in_hand_while_hosts_answer_at_once(world: World, house: House) -> None:
    await queued(house, *[f"h{number}.test" for number in range(QUICK * 2)])
    sender = Deaf()
    task = asyncio.create_task(running(pump_with(house, sender)))
    await asyncio.sleep(0.2)
    assert len(sender.given) == QUICK
    await task
    left = await rows(house, "SELECT state FROM deliveries WHERE state = 'leased'")
    assert left == []


async def test_slow_hosts_make_room_for_others_until_no_more_files_can_be_open(world: World, house: House) -> None:
    sender = Deaf()
    sender.slow, sender.room = 1, 1_000
    await queued(house, *[f"h{number}.test" for number in range(sender.room + 100)])
    task = asyncio.create_task(running(pump_with(house, sender), 2.0))
    while len(sender.given) < sender.room and not task.done():
        await asyncio.sleep(0.05)
    assert sender.room - QUICK < len(sender.given) <= sender.room
    sender.done.set()
    await task


async def test_what_one_person_waits_for_goes_when_all_that_may_be_in_hand_waits_for_slow_hosts(
    world: World, house: House
) -> None:
    sender = Deaf()
    sender.slow, sender.room = 1, 200
    await queued(house, *[f"h{number}.test" for number in range(300)])
    task = asyncio.create_task(running(pump_with(house, sender), 1.0))
    while len(sender.given) <= sender.room - QUICK and not task.done():
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.2)
    before = len(sender.given)
    await queued(house, *[f"p{number}.test" for number in range(100)], name="answer", priority=Priority.PERSON)
    await asyncio.sleep(0.3)
    assert sum(host.startswith("p") for host in sender.hosts()) == PERSONAL_IN_HAND
    assert len(sender.given) == before + PERSONAL_IN_HAND
    await task


async def test_what_one_person_waits_for_goes_where_all_others_are_only_late(world: World, house: House) -> None:
    await queued(house, *[f"h{number}.test" for number in range(QUICK * 2)])
    sender = Deaf()
    task = asyncio.create_task(pump_with(house, sender).run(release=True))
    await _given(sender, QUICK)
    await queued(house, *[f"p{number}.test" for number in range(100)], name="answer", priority=Priority.PERSON)
    await _given(sender, QUICK + PERSONAL_IN_HAND)
    await asyncio.sleep(PERSONAL_AFTER_SECONDS + 0.1)
    assert len(sender.given) == QUICK + PERSONAL_IN_HAND
    assert sum(host.startswith("p") for host in sender.hosts()) == PERSONAL_IN_HAND
    sender.done.set()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _given(sender: Deaf, letters: int) -> None:
    async with asyncio.timeout(9):
        while len(sender.given) < letters:
            await asyncio.sleep(0.02)


def test_letters_under_way_leave_files_for_idle_connections() -> None:
    for files in (256, 1_024, 4_096, 8_192, 1 << 20):
        assert 128 <= working_files(files) < files - 64
    assert working_files(OPEN_FILES) == IN_HAND


async def test_where_few_may_be_in_hand_those_that_are_down_leave_most_of_it(world: World, house: House) -> None:
    down = [f"d{number}.test" for number in range(300)]
    async with house.database.transaction() as tx:
        await tx.execute_many(
            "INSERT INTO hosts (host, failures, failing_since) VALUES (:host, 1, :now)",
            [{"host": host, "now": tx.now} for host in down],
        )
    await queued(house, *down)
    sender = Deaf()
    sender.room = 200
    task = asyncio.create_task(running(pump_with(house, sender), 0.5))
    await asyncio.sleep(0.2)
    assert len(sender.given) == 50
    await queued(house, *[f"w{number}.test" for number in range(40)], name="later")
    await asyncio.sleep(0.2)
    assert sum(host.startswith("w") for host in sender.hosts()) == 40
    await task


async def test_names_are_looked_up_in_the_turn_of_their_lane(world: World, house: House) -> None:
    async with house.database.transaction() as tx:
        await tx.execute("INSERT INTO hosts (host, failures, failing_since) VALUES ('down.test', 1, :now)", now=tx.now)
    await queued(house, "all.test", "down.test")
    await queued(house, "person.test", name="answer", priority=Priority.PERSON)
    sender = Deaf()
    await running(pump_with(house, sender), FAILING_EVERY_SECONDS + 0.3)
    assert dict(zip(sender.hosts(), [letter.turn for letter in sender.given], strict=True)) == {
        "person.test": Turn.FIRST,
        "all.test": Turn.USUAL,
        "down.test": Turn.DOUBTFUL,
    }


async def test_hosts_that_are_down_fill_their_own_part_only(world: World, house: House) -> None:
    down = [f"d{number}.test" for number in range(FAILING_IN_HAND + 50)]
    async with house.database.transaction() as tx:
        await tx.execute_many(
            "INSERT INTO hosts (host, failures, failing_since) VALUES (:host, 1, :now)",
            [{"host": host, "now": tx.now} for host in down],
        )
    await queued(house, *down, *[f"w{number}.test" for number in range(50)])
    sender = Deaf()
    task = asyncio.create_task(running(pump_with(house, sender)))
    await asyncio.sleep(0.25)
    hosts = sender.hosts()
    assert sum(host.startswith("d") for host in hosts) <= FAILING_IN_HAND
    assert sum(host.startswith("w") for host in hosts) == 50
    await task


async def test_news_of_several_processes_come_together() -> None:
    async def one(first: int, slow: int) -> AsyncGenerator[News, None]:
        yield News([Outcome(first, 202)], slow)
        await asyncio.sleep(0.01)
        yield News([Outcome(first + 1, 202)])

    news = [some async for some in merged([one(1, 3), one(10, 4)])]
    assert sorted(outcome.delivery_id for some in news for outcome in some.outcomes) == [1, 2, 10, 11]
    assert max(some.slow for some in news) == 7
    assert news[-1].slow == 0


async def test_a_wait_is_counted_by_the_clock_of_the_moment_when_it_is_written_down(world: World, house: House) -> None:
    await queued(house, "one.test")
    async with house.database.transaction() as tx:
        (claimed,) = (await store_queue.claim(tx, 1, hand=Hand())).taken
    failed = Result(claimed, Outcome(claimed.id, 429), retry.decide(429, None, claimed.attempts, 0.0))
    world.clock.now -= timedelta(days=365)
    async with house.database.transaction() as tx:
        await write_results(tx, [failed])
        due = await tx.value("SELECT due_at FROM deliveries")
    assert from_text(due) == world.clock.now + retry.WAITS[0]
