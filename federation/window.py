"""How many letters are under way at once: as many as bring more answers, fewer where they only make each other late.

No answer comes from hosts that are dead, and none where our own machine or line has no time for us. The two are told apart as TCP does
it (RFC 5681, 3.1 and 3.2): whoever was overtaken by later letters is passed by; where all get late, fewer go out.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

#: With the first ones it is found out how long an answer takes here; a few are always let out.
FIRST_SIZE, LEAST_SIZE = 8, 4
#: Where answers came and then none, it is tried with so many at first.
TRIAL_SIZE: Final = 16
#: More than are ever in hand.
MOST_SIZE: Final = 8_192
#: Answers that say how long one takes of late, and how many come before it is reckoned again.
RECENT, RECKON_EACH = 23, 8
#: How often it is looked who waits for too long: for so many seconds if later ones had their answer. If nobody had one, so many looks:
#: a process that hardly gets a turn looks rarely. Where answers take their time, nobody is passed by before so many times that.
LOOK_SECONDS, OVERTAKEN_SECONDS, SILENT_LOOKS = 0.025, 0.15, 32
PATIENCE: Final = 3
#: The quicker ones (a quarter) say whether letters wait for each other: so much longer than when it went best, and it is made smaller.
LATE_TIMES, LATE_SECONDS = 2, 0.8
#: What that did is seen after so many times as long as an answer took.
SEEN_AFTER: Final = 3
#: Once it was too large it grows by an eighth each time it has passed, else to twice its size.
CAREFULLY: Final = 1 / 8
#: If it was not full for so long all is found out anew, and it is as large as was needed: line and machine may have changed.
FORGET_SECONDS: Final = 10.0


class Window:
    """Counts letters under way. All times are seconds of a clock that only goes forward."""

    def __init__(self) -> None:
        self._number, self._full_at = 0, -math.inf
        self._began: OrderedDict[int, float] = OrderedDict()
        self._forget()

    def _forget(self) -> None:
        self._size: float = FIRST_SIZE
        self._took: deque[float] = deque(maxlen=RECENT)
        self._answers = self._silent_looks = 0
        self._heard = self._careful = self._again = False
        self._latest = -math.inf
        self._usual: float | None = None
        self._least = math.inf
        self._seen_at = -math.inf

    @property
    def free(self) -> int:
        """How many more may go; below zero after it was made smaller."""
        return int(self._size) - len(self._began)

    @property
    def size(self) -> int:
        """How many may be under way."""
        return int(self._size)

    def begin(self, now: float) -> int:
        """One goes. What is given back stands for it."""
        if now - self._full_at > FORGET_SECONDS:
            self._forget()
            self._size, self._full_at = max(FIRST_SIZE, len(self._began) + 1), now
        self._number += 1
        self._began[self._number] = now
        self._is_full(now)
        return self._number

    def answered(self, number: int, took: float, now: float) -> None:
        """It has its answer after so many seconds, passed by or not."""
        self._heard, self._silent_looks = True, 0
        self._latest = max(self._latest, now - took)
        full = self._is_full(now)
        self._give_place(number, now, grow=full)
        self._took.append(took)
        self._answers += 1
        if self._answers % RECKON_EACH == 0:
            self._reckon(now, full=full)

    def failed(self, number: int, now: float) -> None:
        """It has no answer and waits no longer."""
        self._give_place(number, now, grow=False)

    def _is_full(self, now: float) -> bool:
        full = self.free <= 0
        if full:
            self._full_at = now
        return full

    def look(self, now: float) -> None:
        """Who waits for too long is passed by: it keeps waiting, but holds no place any more. To be called every LOOK_SECONDS."""
        patience = max(OVERTAKEN_SECONDS, PATIENCE * (self._usual or 0.0))
        full = self.free <= 0
        while self._began:
            number, began = next(iter(self._began.items()))
            if now - began <= patience:
                return
            if self._latest < began:
                self._look_at_silence()
                return
            self._give_place(number, now, grow=full)

    def _look_at_silence(self) -> None:
        """Nobody was overtaken. After so many looks without an answer all are passed by, and more are tried, but few at first."""
        self._silent_looks += 1
        if self._silent_looks <= SILENT_LOOKS:
            return
        twice = min(MOST_SIZE, 2 * self._size)
        self._size = min(twice, TRIAL_SIZE) if self._heard else twice
        self._heard, self._silent_looks, self._careful = False, 0, False
        self._began.clear()

    def _give_place(self, number: int, now: float, *, grow: bool) -> None:
        if self._began.pop(number, None) is not None and grow and now >= self._seen_at:
            more = max(CAREFULLY, 1 / self._size) if self._careful else 1
            self._size = min(MOST_SIZE, self._size + more)

    def _reckon(self, now: float, *, full: bool) -> None:
        took = sorted(self._took)
        self._usual, quick = took[len(took) // 2], took[len(took) // 4]
        if now < self._seen_at:
            return
        self._least = min(self._least, quick)
        if not full:  # at the end of a fan-out only those who take long are left
            return
        late = LATE_TIMES * self._least + LATE_SECONDS
        if quick <= late:
            self._again = False
            return
        # An answer tells of when its letter went: since then it has doubled. And what is late again needs more.
        smaller = min(self._size, len(self._began)) / (2 if self._careful and not self._again else 4)
        if smaller < LEAST_SIZE and self._again:  # then it is not for us that it takes so long
            self._least = min(quick, late)
            self._careful = self._again = False
            return
        self._again = self._careful = True
        self._size = max(LEAST_SIZE, smaller)
        self._seen_at = now + SEEN_AFTER * self._usual


class Places:
    """Those who wait for a place in a window, in their order; who goes first may go when it is twice as full."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._window, self._clock = Window(), clock
        self._waiting: tuple[deque[asyncio.Future[int]], deque[asyncio.Future[int]]] = (deque(), deque())
        self._look: asyncio.TimerHandle | None = None

    async def take(self, *, first: bool = False) -> int:
        """Wait for a place; what is given back stands for it. To be given back by `answered` or `failed`."""
        place = asyncio.get_running_loop().create_future()
        self._waiting[not first].append(place)
        self._let_go()
        if not place.done() and self._look is None:
            self._look_later()
        try:
            number: int = await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.failed(place.result())
            raise
        return number

    def answered(self, place: int, took: float) -> None:
        """Its answer came after so many seconds."""
        self._window.answered(place, took, self._clock())
        self._let_go()

    def failed(self, place: int) -> None:
        """There will be no answer."""
        self._window.failed(place, self._clock())
        self._let_go()

    def _let_go(self) -> None:
        firsts, others = self._waiting
        while firsts and self._window.free > -self._window.size:
            self._begin(firsts)
        while others and self._window.free > 0:
            self._begin(others)

    def _begin(self, waiting: deque[asyncio.Future[int]]) -> None:
        place = waiting.popleft()
        if not place.done():  # who was cancelled needs none
            place.set_result(self._window.begin(self._clock()))

    def _look_later(self) -> None:
        self._look = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._looked)

    def _looked(self) -> None:
        self._look = None
        self._window.look(self._clock())
        self._let_go()
        if any(self._waiting):
            self._look_later()
