"""Names are looked up many at once, and those that never answer hold up nobody."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from federation import resolving
from federation.errors import Unreachable
from federation.resolving import PLACES, THREADS, Lookups, Turn, places_for, prepare, threads_for

pytestmark = pytest.mark.anyio

#: Looks one name up as our processes do; how many threads it has then.
LOOKING = """
import asyncio, os
import uvloop
from federation.resolving import prepare, system_resolver
prepare(os.environ)
uvloop.run(system_resolver("localhost", 80))
print(len(os.listdir("/proc/self/task")))
"""


class Names:
    """Addresses of every name but those of the dead, which are looked for until the end."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.end = asyncio.Event()

    async def __call__(self, host: str, port: int) -> list[str]:  # noqa: ARG002 - a Resolver
        self.asked.append(host)
        if host.startswith("dead"):
            await self.end.wait()
            raise OSError
        return ["93.184.215.14"]


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_names_that_may_not_answer_hold_up_no_other() -> None:
    names = Names()
    lookups = Lookups(names)
    dead = [asyncio.create_task(lookups.look_up(f"dead{n}.test", 443, Turn.DOUBTFUL)) for n in range(200)]
    await settled()
    assert len(names.asked) == PLACES[Turn.DOUBTFUL]
    assert await lookups.look_up("well.test", 443) == ["93.184.215.14"]
    names.end.set()
    ended = await asyncio.gather(*dead, return_exceptions=True)
    assert {type(one) for one in ended} == {Unreachable}
    assert len(names.asked) == 201


async def test_what_one_person_waits_for_is_not_behind_a_thousand_names() -> None:
    names = Names()
    lookups = Lookups(names)
    dead = [asyncio.create_task(lookups.look_up(f"dead{n}.test", 443)) for n in range(1_000)]
    await settled()
    assert len(names.asked) == PLACES[Turn.USUAL]
    assert await lookups.look_up("person.test", 443, Turn.FIRST) == ["93.184.215.14"]
    names.end.set()
    await asyncio.gather(*dead, return_exceptions=True)


async def test_whoever_waits_for_a_place_is_not_given_up_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolving, "RESOLVE_SECONDS", 0.05)
    names = Names()
    lookups = Lookups(names, {Turn.USUAL: 2})
    dead = [asyncio.create_task(lookups.look_up(f"dead{n}.test", 443)) for n in range(2)]
    await settled()
    well = asyncio.create_task(lookups.look_up("well.test", 443))
    assert {type(one) for one in await asyncio.gather(*dead, return_exceptions=True)} == {Unreachable}
    await asyncio.sleep(0.2)
    assert not well.done(), "the system still looks for both: their threads are not free"
    names.end.set()
    assert await well == ["93.184.215.14"]


async def test_whoever_stops_waiting_leaves_the_place_to_others_when_it_is_free() -> None:
    names = Names()
    lookups = Lookups(names, {Turn.USUAL: 1})
    impatient = asyncio.create_task(lookups.look_up("dead.test", 443))
    await settled()
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    well = asyncio.create_task(lookups.look_up("well.test", 443))
    await settled()
    assert not well.done()
    names.end.set()
    assert await well == ["93.184.215.14"]


def test_our_processes_have_threads_for_all_that_they_look_up_at_once() -> None:
    environ = {name: value for name, value in os.environ.items() if name not in resolving.SETTINGS}
    told = subprocess.run([sys.executable, "-c", LOOKING], env=environ, capture_output=True, text=True, check=True)
    assert int(told.stdout) > THREADS >= 2 * sum(PLACES.values())


def test_a_machine_with_many_cores_has_no_more_threads_in_all() -> None:
    for cores in range(1, 129):
        threads = threads_for(cores)
        assert threads * (cores + 1) <= max(resolving.THREADS_IN_ALL, resolving.FEWEST_THREADS * (cores + 1))
        assert min(places_for(threads).values()) >= 1


def test_what_whoever_runs_it_has_set_stays() -> None:
    environ = {"RES_OPTIONS": "timeout:1"}
    prepare(environ)
    assert environ["RES_OPTIONS"] == "timeout:1"
    assert int(environ["UV_THREADPOOL_SIZE"]) // 2 >= sum(PLACES.values())
