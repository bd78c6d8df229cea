"""How what we say gets to others: once, in order, fairly, and not for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.features.delivery import store_fanouts, store_queue
from server.features.posts.model import Audience, Draft
from server.house import House
from tests.world import CONSOLE, Peer, World, later

pytestmark = pytest.mark.anyio


async def rows(house: House, sql: str) -> list[dict[str, object]]:
    async with house.database.snapshot() as snapshot:
        return [dict(row) for row in await snapshot.fetch(sql)]  # type: ignore[call-overload]


async def followed(world: World, house: House, *hosts: str) -> list[Peer]:
    peers = [world.peer(host) for host in hosts]
    for peer in peers:
        assert (await peer.follow(house)).status_code == 202
    await world.settle()
    return peers


async def test_an_update_reaches_each_shared_inbox_once(world: World, house: House) -> None:
    bob, eve = world.peer("a.test", "bob"), world.peer("a.test", "eve")
    for peer in (bob, eve):
        await peer.follow(house)
    (carl,) = await followed(world, house, "b.test")
    post = await world.publish(house)
    creates = [len(peer.of_type("Create")) for peer in (bob, eve, carl)]
    assert sum(creates[:2]) == 1, "one shared inbox, one delivery"
    assert creates[2] == 1
    status = await house.delivery.status(world.uri(house, post))
    assert (status.expected, status.delivered) == (2, 2)


async def test_a_host_that_is_down_is_tried_again_by_the_schedule(world: World, house: House) -> None:
    (bob,) = await followed(world, house, "a.test")
    world.net.down.add("a.test")
    post = await world.publish(house)
    status = await house.delivery.status(world.uri(house, post))
    assert (status.delivered, status.retrying) == (0, 1)
    world.net.down.clear()
    later(world, seconds=30)
    await world.settle()
    assert bob.of_type("Create") == []
    later(world, seconds=60)
    await world.settle()
    assert len(bob.of_type("Create")) == 1
    status = await house.delivery.status(world.uri(house, post))
    assert (status.delivered, status.retrying) == (1, 0)


async def test_retry_after_is_kept_to(world: World, house: House) -> None:
    (bob,) = await followed(world, house, "a.test")
    bob.inbox_status, bob.inbox_headers = 429, {"Retry-After": "7200"}
    await world.publish(house)
    bob.inbox_status = 202
    later(world, minutes=110)
    await world.settle()
    assert len(bob.of_type("Create")) == 1, "only the try that was refused"
    later(world, minutes=11)
    await world.settle()
    assert len(bob.of_type("Create")) == 2


@pytest.mark.parametrize("status", [400, 403, 404, 410, 422])
async def test_an_answer_that_no_repetition_changes_ends_it(world: World, house: House, status: int) -> None:
    (bob,) = await followed(world, house, "a.test")
    bob.inbox_status = status
    post = await world.publish(house)
    after = await house.delivery.status(world.uri(house, post))
    assert (after.given_up, after.retrying) == (1, 0)
    assert await house.delivery.queue() == []


async def test_an_inbox_that_is_gone_is_not_written_to_again(world: World, house: House) -> None:
    (bob,) = await followed(world, house, "a.test")
    bob.inbox_status = 410
    await world.publish(house)
    bob.inbox_status = 202
    post = await world.publish(house, "second")
    assert len(bob.of_type("Create")) == 1
    assert (await house.delivery.status(world.uri(house, post))).expected == 0


async def test_five_failures_open_the_breaker_for_half_an_hour(world: World, house: House) -> None:
    (bob,) = await followed(world, house, "a.test")
    world.net.down.add("a.test")
    for number in range(5):
        await world.publish(house, f"number {number}")
    (host,) = await rows(house, "SELECT failures, paused_until FROM hosts")
    assert host["failures"] == 5
    assert host["paused_until"] is not None
    world.net.down.clear()
    before = len(world.net.seen)
    later(world, minutes=20)
    await world.settle()
    assert len(world.net.seen) == before, "nobody knocks while the host is left alone"
    later(world, minutes=15)
    await world.settle()
    assert len(bob.of_type("Create")) == 5
    assert await rows(house, "SELECT * FROM hosts") == []


async def test_a_host_that_fails_for_fourteen_days_is_dead_until_it_calls(world: World, house: House) -> None:
    (bob,) = await followed(world, house, "a.test")
    world.net.down.add("a.test")
    first = await world.publish(house)
    for _ in range(40):
        later(world, hours=12)
        await world.publish(house, "again")
        await world.settle()
    assert await house.delivery.queue() == []
    assert (await house.delivery.status(world.uri(house, first))).given_up == 1
    lost = await world.publish(house, "to the living")
    assert (await house.delivery.status(world.uri(house, lost))).expected == 0

    world.net.down.clear()
    await bob.send(house, bob.activity("Like", world.uri(house, first)))
    await world.publish(house, "back again")
    assert [one["object"]["content"] for one in bob.of_type("Create")] == ["<p>back again</p>"]


async def test_a_delete_never_overtakes_the_create(world: World, house: House) -> None:
    bob, carl = await followed(world, house, "a.test", "b.test")
    world.net.down.add("a.test")
    post = await world.publish(house, "Not for long")
    await house.publishing.delete(CONSOLE, post.public_id)
    await world.settle()
    assert [one["type"] for one in carl.received][-2:] == ["Create", "Delete"]
    world.net.down.clear()
    later(world, hours=2)
    await world.settle()
    later(world, hours=2)
    await world.settle()
    kinds = [one["type"] for one in bob.received if one["type"] in {"Create", "Delete"}]
    assert kinds == ["Create", "Delete"]


async def test_what_was_never_sent_is_not_sent_after_its_deletion(world: World, house: House) -> None:
    (bob,) = await followed(world, house, "a.test")
    post = await house.publishing.submit(CONSOLE, Draft(text="A slip", language="en"))
    await house.publishing.delete(CONSOLE, post.public_id)
    await world.settle()
    assert bob.of_type("Create") == []


async def test_an_answer_to_a_person_does_not_wait_behind_a_fan_out(world: World, house: House) -> None:
    peers = await followed(world, house, *[f"h{number}.test" for number in range(30)])
    await house.publishing.submit(CONSOLE, Draft(text="To everybody", language="en"))
    newcomer = world.peer("new.test")
    await newcomer.follow(house)
    world.net.seen.clear()
    await house.pump.run_until_idle()
    order = [request.url.host for request in world.net.seen if request.method == "POST"]
    assert order.index("new.test") == 0
    assert len(order) == len(peers) + 1


async def test_a_slow_host_with_much_to_get_lets_others_through(world: World, house: House) -> None:
    await followed(world, house, "busy.test", "calm.test")
    for number in range(20):
        await house.publishing.submit(CONSOLE, Draft(text=f"number {number}", language="en"))
    world.net.seen.clear()
    await house.pump.run_until_idle()
    hosts = [request.url.host for request in world.net.seen if request.method == "POST"]
    for start in range(0, 36, 4):
        assert set(hosts[start : start + 4]) == {"busy.test", "calm.test"}


async def test_a_lease_of_a_process_that_died_is_taken_up_again(world: World, house: House) -> None:
    (bob,) = await followed(world, house, "a.test")
    await house.publishing.submit(CONSOLE, Draft(text="Held in dead hands", language="en"))
    async with house.database.transaction() as tx:
        await store_fanouts.expand_some(tx)
        assert len((await store_queue.claim(tx, 10)).taken) == 1
    await world.settle()
    assert bob.of_type("Create") == []
    world.clock.forward(timedelta(seconds=61))
    await world.settle()
    assert len(bob.of_type("Create")) == 1


async def test_retry_tries_everything_now(world: World, house: House) -> None:
    (bob,) = await followed(world, house, "a.test")
    world.net.down.add("a.test")
    await world.publish(house)
    world.net.down.clear()
    (line,) = await house.delivery.queue()
    assert (line.host, line.waiting) == ("a.test", 1)
    assert await house.delivery.retry() == 1
    await world.settle()
    assert len(bob.of_type("Create")) == 1


async def test_a_server_that_refuses_cavage_gets_rfc_9421(world: World, house: House) -> None:
    (bob,) = await followed(world, house, "a.test")
    bob.inbox_status = 401
    world.net.seen.clear()
    await world.publish(house)
    knocks = [request for request in world.net.seen if request.method == "POST"]
    assert ["signature-input" in request.headers for request in knocks] == [False, True]
    assert "content-digest" in knocks[1].headers


async def test_a_post_for_named_people_goes_to_them_alone(world: World, house: House) -> None:
    bob, carl = await followed(world, house, "a.test", "b.test")
    await world.publish(house, "@bob@a.test just you", audience=Audience.DIRECT)
    assert len(bob.of_type("Create")) == 1
    assert carl.of_type("Create") == []
    (create,) = bob.of_type("Create")
    assert create["object"]["to"] == [bob.uri]
    assert create["object"]["cc"] == []


async def test_a_blocked_server_gets_nothing(world: World, house: House) -> None:
    (bob,) = await followed(world, house, "a.test")
    await house.acting.block_host(CONSOLE, "a.test")
    await world.publish(house)
    assert bob.of_type("Create") == []
