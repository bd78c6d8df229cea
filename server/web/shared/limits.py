"""Rate limits without memory of people: counters under keys that mean nothing outside this process."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections import OrderedDict
from typing import Final

from starlette.requests import Request

from server.base.clock import Clock
from server.base.errors import TooMany
from server.web.shared.request import client_key

MAX_KEYS: Final = 20_000


class RateLimit:
    """So many a window of seconds for each caller.

    The secret under which callers are counted lives one window: then it and all counts are thrown away. Whoever seizes the memory of
    this process later cannot ask it who called.
    """

    def __init__(self, clock: Clock, *, count: int, seconds: int) -> None:
        self._clock = clock
        self._count = count
        self._seconds = seconds
        self._secret = os.urandom(32)
        self._used: OrderedDict[str, int] = OrderedDict()
        self._window = -1

    def take(self, request: Request) -> None:
        """Count one. Raises TooMany."""
        if not self.free(request):
            raise TooMany(retry_after=self._seconds)

    def free(self, request: Request) -> bool:
        """Count one; True while it is within the limit."""
        self._renew()
        return self._counted(client_key(request, self._secret))

    def free_for(self, name: str) -> bool:
        """Count one for a name, whoever calls; True while it is within the limit."""
        self._renew()
        return self._counted(hashlib.blake2b(name.encode(), key=self._secret, digest_size=12).hexdigest())

    def _counted(self, key: str) -> bool:
        used = self._used[key] = self._used.get(key, 0) + 1
        self._used.move_to_end(key)
        while len(self._used) > MAX_KEYS:
            self._used.popitem(last=False)
        return used <= self._count

    def _renew(self) -> None:
        window = int(self._clock().timestamp()) // self._seconds
        if window != self._window:
            self._window = window
            self._forget(window)
            # Also if nobody ever calls again.
            asyncio.get_running_loop().call_later(self._seconds, self._forget, window)

    def _forget(self, window: int) -> None:
        """Throw away what was counted in a window, unless another one has begun: that has its own secret already."""
        if window == self._window:
            self._secret = os.urandom(32)
            self._used.clear()
