"""Letters under way: hosts that are dead hold up nobody, and a line or machine that is slow is not given more than it can carry."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import deque
from collections.abc import Callable
from itertools import count

import pytest

from federation.window import FIRST_SIZE, FORGET_SECONDS, LOOK_SECONDS, TRIAL_SIZE, Places, Window

pytestmark = pytest.mark.anyio

#: Exchanges of a letter (connection, handshake twice, answer), and seconds after which it is given up: those of a connection.
STEPS, GIVEN_UP_SECONDS = 4, 5.0
DEAD_SECONDS = 10.0


class Line:
    """A line, or a machine, that carries so many letters a second of all senders; each letter also takes its host some time."""

    def __init__(
        self, rate: float, letters: int, dead: Callable[[int], bool] = lambda _: False, senders: int = 1
    ) -> None:
        self.rate, self.letters, self.dead, self.senders = rate, letters, dead, senders
        self.host_seconds: Callable[[], float] = lambda: 0.002
        self.rate_after: tuple[float, float] | None = None
        self.look_seconds = LOOK_SECONDS
        self.most_open = letters
        self.windows = [Window() for _ in range(senders)]
        self.now = 0.0
        self.arrived: list[float] = []
        self.failed = 0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()
        self._work: deque[Callable[[], None]] = deque()
        self._busy = False
        self._next = list(range(senders))
        self._open: set[int] = set()

    def run(self) -> Line:
        """Until each letter has arrived or was given up."""
        self._at(0, self._look)
        self._let_go()
        while self._open or min(self._next) < self.letters:
            self.now, _, happens = heapq.heappop(self._events)
            happens()
        return self

    def _at(self, seconds: float, happens: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._number), happens))

    def _look(self) -> None:
        for window in self.windows:
            window.look(self.now)
        self._let_go()
        self._at(self.look_seconds, self._look)

    def _let_go(self) -> None:
        for sender, window in enumerate(self.windows):
            while self._next[sender] < self.letters and window.free > 0 and len(self._open) < self.most_open:
                letter = self._next[sender]
                self._next[sender] += self.senders
                self._send(window, letter)

    def _send(self, window: Window, letter: int) -> None:
        self._open.add(letter)
        began, dead = self.now, self.dead(letter)
        place = window.begin(began)

        def give_up() -> None:
            if letter in self._open:
                self._open.discard(letter)
                self.failed += not dead
                window.failed(place, self.now)
                self._let_go()

        def answer() -> None:
            if letter in self._open:
                self._open.discard(letter)
                self.arrived.append(self.now)
                window.answered(place, self.now - began, self.now)
                self._let_go()

        self._at(DEAD_SECONDS if dead else GIVEN_UP_SECONDS, give_up)
        if not dead:
            self._exchange(answer, STEPS, self.host_seconds() / STEPS)

    def _exchange(self, answer: Callable[[], None], left: int, seconds: float) -> None:
        if left == 0:
            answer()
        else:
            self._at(seconds, lambda: self._queue(lambda: self._exchange(answer, left - 1, seconds)))

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


@pytest.mark.parametrize(
    ("rate", "senders"), [(20, 1), (20, 2), *((rate, few) for few in (1, 2, 3) for rate in (30, 50, 74, 100, 200))]
)
def test_a_slow_line_gets_no_more_than_it_carries_and_is_never_idle(rate: int, senders: int) -> None:
    seconds = 100 if rate < 100 else 20
    line = Line(rate, letters=rate * seconds, senders=senders).run()
    assert line.failed == 0
    assert line.now < seconds * 1.03


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


def _some(quick: int, of: int, seconds: tuple[float, float]) -> Callable[[], float]:
    chance = random.Random(5)
    return lambda: seconds[0] if chance.random() < quick / of else seconds[1]


@pytest.mark.parametrize("quick", [2, 4, 5, 8])
def test_hosts_near_by_and_far_away_do_not_pass_for_a_line_that_is_full(quick: int) -> None:
    line = Line(3_000, letters=5_000)
    line.host_seconds = _some(quick, 10, (0.05, 0.8))
    assert line.run().failed == 0
    assert line.now < 7


@pytest.mark.parametrize("seconds", [0.45, 1.0, 2.0])
def test_nor_do_those_far_away_behind_a_hundred_near_by(seconds: float) -> None:
    line = Line(3_000, letters=5_000)
    begun = count()
    line.host_seconds = lambda: 0.02 if next(begun) < 100 else seconds
    assert line.run().failed == 0
    assert line.now < 20 * seconds


def test_a_window_that_is_not_full_does_not_become_larger() -> None:
    window = Window()
    for number in range(100):
        window.answered(window.begin(number / 100), 0.001, number / 100 + 0.001)
    assert window.size == FIRST_SIZE


def _answers(window: Window, seconds: float, since: float, number: int) -> float:
    """So many answers to a window that is kept full, each after so many seconds; when the last one came. None is under way then."""
    under_way: deque[tuple[int, float]] = deque()
    at = since
    for _ in range(number):
        while window.free > 0:
            under_way.append((window.begin(at), at))
        place, began = under_way.popleft()
        at = max(at, began + seconds)
        window.answered(place, at - began, at)
    for place, _ in under_way:
        window.failed(place, at)
    return at


def test_where_answers_get_late_the_window_becomes_smaller() -> None:
    window = Window()
    now = _answers(window, 0.05, 0.0, 100)
    before = window.size
    _answers(window, 2.0, now, 64)
    assert window.size <= before / 2


def test_once_it_was_too_large_it_grows_slowly() -> None:
    window = Window()
    now = _answers(window, 0.05, 0.0, 100)
    now = _answers(window, 2.0, now, 64)
    before = window.size
    now = _answers(window, 0.05, now, 32)
    assert window.size <= before, "what that did is not seen yet"
    before = window.size
    _answers(window, 0.05, now + 8, 40)
    assert before < window.size <= before + 40 / 8 + 1


def test_where_everything_takes_longer_for_good_the_window_grows_again() -> None:
    window = Window()
    now = _answers(window, 0.05, 0.0, 50)
    _answers(window, 2.0, now, 1_000)
    assert window.size > 8 * FIRST_SIZE


def test_a_quick_refusal_is_no_sign_that_the_line_carries_more() -> None:
    window = Window()
    for number in range(1_000):
        for place in [window.begin(number) for _ in range(window.free)]:
            window.failed(place, number + 0.01)
    assert window.size == FIRST_SIZE


def test_after_a_sudden_silence_few_are_tried_at_first() -> None:
    window = Window()
    now = _answers(window, 0.05, 0.0, 100)
    before = [window.begin(now) for _ in range(window.free)]
    assert len(before) > TRIAL_SIZE
    for _ in range(60):
        now += LOOK_SECONDS
        window.look(now)
    assert window.free == window.size == TRIAL_SIZE


def test_where_answers_take_their_time_nobody_is_passed_by_soon() -> None:
    window = Window()
    now = _answers(window, 0.4, 0.0, 16)
    window.begin(now)
    window.answered(window.begin(now + 0.1), 0.4, now + 0.5)
    free = window.free
    window.look(now + 0.5)
    assert window.free == free
    window.look(now + 1.3)
    assert window.free == free + 1


def test_at_the_end_of_a_fan_out_slow_answers_do_not_make_it_smaller() -> None:
    window = Window()
    now = _answers(window, 0.05, 0.0, 100)
    size = window.size
    last = [window.begin(now) for _ in range(size // 2)]
    for place in last:
        window.answered(place, 3.0, now + 3.0)
    assert window.size == size


def test_while_it_is_not_full_it_is_found_out_what_is_needed() -> None:
    window = Window()
    now = _answers(window, 0.05, 0.0, 200)
    assert window.size > 3 * FIRST_SIZE
    under_way = deque((window.begin(now), now) for _ in range(2 * FIRST_SIZE))
    for _ in range(200):
        place, began = under_way.popleft()
        now += 0.1
        window.answered(place, now - began, now)
        under_way.append((window.begin(now), now))
        assert window.free >= 0
    assert 2 * FIRST_SIZE <= window.size < 3 * FIRST_SIZE


def test_after_a_rest_all_is_found_out_anew() -> None:
    window = Window()
    now = _answers(window, 0.01, 0.0, 50)
    assert window.size > FIRST_SIZE
    window.failed(window.begin(now + FORGET_SECONDS + 1), now + FORGET_SECONDS + 1)
    assert window.size == FIRST_SIZE
    _answers(window, 2.0, now + FORGET_SECONDS + 1, 64)
    assert window.size > 4 * FIRST_SIZE, "far away, not late"


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
    async with asyncio.timeout(0.5):  # before anybody could be taken for silent
        await next_one


async def test_who_waits_behind_silent_ones_gets_a_place_without_anything_happening() -> None:
    places = Places()
    for _ in range(FIRST_SIZE):
        await places.take()
    async with asyncio.timeout(10):
        await places.take()
