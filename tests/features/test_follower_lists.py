"""Who follows: by page, by server, by name, and letting many in at once."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from server.base.errors import NotFound
from server.features.followers.model import Tie
from server.features.followers.views import PAGE
from server.house import House
from tests.conftest import FIGURE
from tests.features.flood import crowd, follows
from tests.world import CONSOLE

pytestmark = pytest.mark.anyio

PEOPLE = 12_000


async def all_pages(house: House, host: str = "") -> tuple[list[Tie], int]:
    """Everybody of a list, and how many pages that took."""
    seen: list[Tie] = []
    older: int | None = None
    pages = 0
    while True:
        found, older = await house.followers.page("accepted", host, older)
        seen += found
        pages += 1
        assert len(found) <= PAGE
        if older is None:
            return seen, pages


async def test_lists_are_quick_and_whole_however_many_follow(
    house: House, record_property: Callable[[str, object], None]
) -> None:
    await crowd(house, PEOPLE, "big.test", 300)
    times = {}
    for name, host in (("all", ""), ("a big server", "big.test"), ("a small server", "s3.test")):
        started = time.perf_counter()
        found, _ = await house.followers.page("accepted", host)
        times[name] = round((time.perf_counter() - started) * 1000)
        assert len(found) == min(PAGE, 40 if host == "s3.test" else PAGE)
        assert found == sorted(found, key=lambda tie: -tie.id)
        assert not host or {tie.actor.host for tie in found} == {host}
    started = time.perf_counter()
    servers = await house.followers.servers()
    times["by server"] = round((time.perf_counter() - started) * 1000)
    assert (servers[0].host, servers[0].followers) == ("big.test", PEOPLE * 2 // 3)
    started = time.perf_counter()
    found = await house.followers.named("@fan119")
    times["by name"] = round((time.perf_counter() - started) * 1000)
    assert found
    assert all(tie.actor.handle.startswith("fan119") for tie in found)
    record_property(FIGURE, f"{house.database.dialect}: {PEOPLE} followers, ms: {times}")
    seen, _ = await all_pages(house, "s3.test")
    assert len({tie.id for tie in seen}) == 40


async def test_a_big_server_is_read_to_its_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.features.followers.views.FEW", 10)
    monkeypatch.setattr("server.features.followers.views.WINDOW", 60)
    await crowd(house, 300, "big.test", 7)
    seen, pages = await all_pages(house, "big.test")
    assert len(seen) == len({tie.id for tie in seen}) == 200
    assert pages <= 300 // 40 + 2
    assert len((await all_pages(house))[0]) == 300


async def test_a_handle_a_name_and_capitals_find_people(house: House) -> None:
    await follows(house, "amal@kind.test")
    await follows(house, "Amalia@far.test", "pending")
    await follows(house, "lea@kind.test")
    assert [tie.actor.handle for tie in await house.followers.named("amal@kind")] == ["amal@kind.test"]
    assert [tie.actor.handle for tie in await house.followers.named("Amal")] == ["Amalia@far.test", "amal@kind.test"]
    assert await house.followers.named("%") == []
    assert await house.followers.lost_with("kind.test") == 2
    assert await house.followers.lost_with("far.test") == 0, "who only asks is not lost"


async def test_many_are_let_in_or_refused_at_once_and_each_server_is_told(house: House) -> None:
    asking = [await follows(house, f"asks{number}@far.test", "pending") for number in range(5)]
    assert await house.followers.decide(CONSOLE, asking[:3], accept=True) == 3
    assert await house.followers.decide(CONSOLE, asking, accept=False) == 5
    with pytest.raises(NotFound):
        await house.followers.decide(CONSOLE, asking, accept=False)
    with pytest.raises(NotFound):
        await house.followers.decide(CONSOLE, [], accept=True)
    assert await house.followers.counts(house.actors.campaign().id) == (0, 0)
    async with house.database.snapshot() as snapshot:
        said = await snapshot.fetch("SELECT type FROM outbox ORDER BY id")
    assert [row["type"] for row in said] == ["Accept"] * 3 + ["Reject"] * 5


async def test_letting_in_twice_answers_once(house: House) -> None:
    tie = await follows(house, "asks@far.test", "pending")
    assert await house.followers.decide(CONSOLE, [tie, tie], accept=True) == 1
    with pytest.raises(NotFound):
        await house.followers.approve(CONSOLE, tie)
