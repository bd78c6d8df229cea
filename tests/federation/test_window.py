"""Letters under way: hosts that are dead hold up nobody, and a line or machine that is slow is not given more than it can carry."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import count

import pytest

from federation.window import FIRST_SIZE, FORGET_SECONDS, LEAST_SIZE, LOOK_SECONDS, Places, Window

pytestmark = pytest.mark.anyio

#: Exchanges of a letter (connection, handshake twice, answer), and seconds after which it is given up: those of a connection.
STEPS, GIVEN_UP_SECONDS = 4, 5.0
DEAD_SECONDS = 10.0


class Line:
    """A line, or a machine, that carries so many letters a second; each letter also takes its host some time."""

    def __init__(self, rate: float, letters: int, dead: Callable[[int], bool] = lambda _: False) -> None:
        self.rate, self.letters, self.dead = rate, letters, dead
        self.host_seconds: Callable[[], float] = lambda: 0.002
        self.rate_after: tuple[float, float] | None = None
        self.look_seconds = LOOK_SECONDS
        self.most_open = letters
        self.window = Window()
        self.now = 0.0
        self.arrived: list[float] = []
        self.failed = 0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()
        self._work: deque[Callable[[], None]] = deque()
        self._busy = False
        self._next = 0
        self._open: set[int] = set()

    def run(self) -> Line:
        """Until each letter has arrived or was given up."""
        self._at(0, self._look)
        self._let_go()
        while self._open or self._next < self.letters:
            self.now, _, happens = heapq.heappop(self._events)
            happens()
        return self

    def _at(self, seconds: float, happens: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._number), happens))

    def _look(self) -> None:
        self.window.look(self.now)
        self._let_go()
        self._at(self.look_seconds, self._look)

    def _let_go(self) -> None:
        while self._next < self.letters and self.window.free > 0 and len(self._open) < self.most_open:
            letter, self._next = self._next, self._next + 1
            self._open.add(letter)
            place, began = self.window.begin(self.now), self.now
            dead = self.dead(letter)
            self._at(DEAD_SECONDS if dead else GIVEN_UP_SECONDS, partial(self._give_up, letter, place, dead=dead))
            if not dead:
                self._exchange(letter, place, began, STEPS, self.host_seconds() / STEPS)

    def _exchange(self, letter: int, place: int, began: float, left: int, seconds: float) -> None:
        if left == 0:
            if letter in self._open:
                self._open.discard(letter)
                self.arrived.append(self.now)
                self.window.answered(place, self.now - began, self.now)
                self._let_go()
            return
        self._at(seconds, lambda: self._queue(lambda: self._exchange(letter, place, began, left - 1, seconds)))

    def _queue(self, done: Callable[[], None]) -> None:
        self._work.append(done)
        self._serve()

    def _serve(self) -> None:
        if self._busy or not self._work:
            return
        self._busy = True
        if self.rate_after is not None and self.now >= self.rate_after[0]:
            self.rate = self.rate_after[1]
        done = self._work.popleft()
        self._at(1 / (self.rate * STEPS), lambda: self._served(done))

    def _served(self, done: Callable[[], None]) -> None:
        self._busy = False
        done()
        self._serve()

    def _give_up(self, letter: int, place: int, *, dead: bool) -> None:
        if letter in self._open:
            self._open.discard(letter)
            self.failed += not dead
            self.window.failed(place, self.now)
            self._let_go()


@pytest.mark.parametrize("rate", [20, 50, 200, 1_000])
def test_a_slow_line_gets_no_more_than_it_carries_and_is_never_idle(rate: int) -> None:
    line = Line(rate, letters=rate * 20).run()
    assert line.failed == 0
    assert line.now < 20 * 1.03


@pytest.mark.parametrize("rate", [80, 200])
def test_a_line_that_becomes_slow_in_the_middle_loses_nothing(rate: int) -> None:
    line = Line(2_000, letters=3_000)
    line.rate_after, line.most_open = (0.5, rate), 192
    assert line.run().failed == 0
    assert line.now < 0.5 + 2_000 / rate * 1.03


@pytest.mark.parametrize("seconds", [0.1, 0.3, 1.0])
def test_hosts_that_are_far_away_are_asked_many_at_once(seconds: float) -> None:
    line, chance = Line(3_000, letters=5_000), random.Random(3)
    line.host_seconds = lambda: min(4.5, seconds * chance.lognormvariate(0, 0.5))
    assert line.run().failed == 0
    assert line.now < 3_000 / 1_000 + 10 * seconds


@pytest.mark.parametrize("seconds", [0.002, 0.1, 0.3])
def test_ten_dead_ones_for_each_living_hold_up_no_living(seconds: float) -> None:
    line = Line(3_000, letters=5_500, dead=lambda letter: letter % 11 != 5)
    line.host_seconds = lambda: seconds
    assert line.run().failed == 0
    assert max(line.arrived) < 2 + 15 * seconds


def test_a_thousand_silent_ones_in_a_row_are_passed_by_within_seconds() -> None:
    line = Line(3_000, letters=1_200, dead=lambda letter: letter < 1_000).run()
    assert line.failed == 0
    assert max(line.arrived) < 7


def test_where_nobody_answers_at_all_more_are_tried_all_the_time() -> None:
    line = Line(3_000, letters=4_000, dead=lambda _: True).run()
    assert line.now < 2 * DEAD_SECONDS


def test_a_process_that_seldom_gets_a_turn_takes_nobody_for_dead_for_it() -> None:
    often, seldom = Window(), Window()
    for window, looks in ((often, 60), (seldom, 6)):
        for _ in range(FIRST_SIZE):
            window.begin(0.0)
        for look in range(looks):
            window.look(look * 1.5 / looks)
    assert often.free > 0
    assert seldom.free == 0


def test_dead_ones_on_a_slow_line_make_it_carry_no_more_than_it_can() -> None:
    line = Line(50, letters=1_000, dead=lambda letter: letter % 5 == 0).run()
    assert line.failed == 0
    assert max(line.arrived) < 800 / 50 * 1.5


def test_one_quick_answer_among_slow_ones_makes_nobody_late() -> None:
    window, sizes = Window(), []
    for number in range(200):
        window.answered(window.begin(number), 0.01 if number == 0 else 0.9, number + 0.9)
        sizes.append(window.size)
    assert min(sizes) == FIRST_SIZE


def test_a_window_that_is_not_full_does_not_become_larger() -> None:
    window = Window()
    for number in range(100):
        window.answered(window.begin(number / 100), 0.001, number / 100 + 0.001)
    assert window.size == FIRST_SIZE


def _answers(window: Window, seconds: float, since: float) -> None:
    for number in range(200):
        at = since + number
        places = [window.begin(at) for _ in range(max(0, window.free))]
        for place in places:
            window.answered(place, seconds, at + seconds)


def test_where_everything_takes_longer_for_good_the_window_grows_again() -> None:
    window = Window()
    _answers(window, 0.01, 0)
    _answers(window, 2.0, 1_000)
    assert window.size > LEAST_SIZE


def test_after_a_rest_all_is_found_out_anew() -> None:
    window = Window()
    _answers(window, 0.01, 0)
    assert window.size > FIRST_SIZE
    window.begin(1_000 + FORGET_SECONDS)
    assert window.size == FIRST_SIZE


async def test_who_waits_for_a_place_gets_it_in_turn_and_one_person_before() -> None:
    places = Places()
    held = [await places.take() for _ in range(FIRST_SIZE)]
    got: list[str] = []

    async def wait(name: str) -> None:
        await places.take()
        got.append(name)

    waiting = [asyncio.create_task(wait(name)) for name in ("one", "two")]
    await asyncio.sleep(0)
    assert got == []
    for _ in range(FIRST_SIZE):
        await places.take(first=True)
    person = asyncio.create_task(places.take(first=True))
    await asyncio.sleep(0)
    assert not person.done(), "twice as many at most"
    places.failed(held[0])
    await person
    assert got == []
    for place in held[1:]:
        places.failed(place)
    assert got == []
    for task in waiting:
        task.cancel()


async def test_who_no_longer_waits_leaves_its_place_to_the_next() -> None:
    places = Places()
    held = [await places.take() for _ in range(FIRST_SIZE)]
    gone, given, next_one = (asyncio.create_task(places.take()) for _ in range(3))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    places.failed(held[0])
    given.cancel()  # it has a place and does not know it yet
    async with asyncio.timeout(1):
        await next_one


async def test_who_waits_behind_silent_ones_gets_a_place_without_anything_happening() -> None:
    places = Places()
    for _ in range(FIRST_SIZE):
        await places.take()
    async with asyncio.timeout(3):
        await places.take()
