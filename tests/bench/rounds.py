"""All rounds in their order, each on a house of its own; one that fails says so in a line, and the others go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from tests.bench.counting import counting
from tests.bench.dying import dying
from tests.bench.figures import Figure
from tests.bench.growing import growing, starting
from tests.bench.hearing import hearing
from tests.bench.limits import limits
from tests.bench.meeting import follows, strangers
from tests.bench.queueing import queueing
from tests.bench.reading import reading
from tests.bench.sending import sending, sending_securely
from tests.bench.world import World

Round = Callable[[World], Iterator[Figure]]
ROUNDS: Mapping[str, Round] = {
    "limits": limits,
    "sending": sending,
    "sending securely": sending_securely,
    "dying": dying,
    "hearing": hearing,
    "strangers": strangers,
    "follows": follows,
    "reading": reading,
    "starting": starting,
    "growing": growing,
    "queueing": queueing,
    "counting": counting,
}
#: What is measured only if it is named: it takes minutes, and no other program's work changes it.
ON_REQUEST: Final = frozenset({"counting"})


def run(world: World, rounds: Mapping[str, Round] = ROUNDS, only: Iterable[str] = ()) -> Iterator[Figure]:
    """The figures, each as soon as it is known. `only` names the rounds wanted; the limits are always measured."""
    wanted = {*only, "limits"} if only else set(rounds) - ON_REQUEST
    for name, each in rounds.items():
        if name in wanted:
            yield from _timed(name, each, world)


def _timed(name: str, each: Round, world: World) -> Iterator[Figure]:
    world.rested(name)
    begun = time.monotonic()
    try:
        for figure in each(world):
            done = replace(figure, seconds=time.monotonic() - begun)
            world.say(f"{done.seconds:6.1f} s  {done.name}: {done.shown} {done.verdict}")
            yield done
            begun = time.monotonic()
    except Exception as error:
        note = f"{type(error).__name__}: {error}".replace("\n", " ")[:300]
        world.say(f"{name} failed: {note}")
        yield Figure(name=name, value=0, unit="", note=note, failed=True, seconds=time.monotonic() - begun)
