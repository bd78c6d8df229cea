"""Rate limits without memory of people: counters under keys that mean nothing outside this process."""

from __future__ import annotations

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
    """So many a window of seconds for each caller."""

    def __init__(self, clock: Clock, *, count: int, seconds: int) -> None:
        self._clock = clock
        self._count = count
        self._seconds = seconds
        self._secret = os.urandom(32)
        self._used: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def take(self, request: Request) -> None:
        """Count one. Raises TooMany."""
        if not self.free(request):
            raise TooMany(retry_after=self._seconds)

    def free(self, request: Request) -> bool:
        """Count one; True while it is within the limit."""
        return self._counted(client_key(request, self._secret))

    def free_for(self, name: str) -> bool:
        """Count one for a name, whoever calls; True while it is within the limit."""
        return self._counted(hashlib.blake2b(name.encode(), key=self._secret, digest_size=12).hexdigest())

    def _counted(self, key: str) -> bool:
        window = int(self._clock().timestamp()) // self._seconds
        last, used = self._used.get(key, (window, 0))
        used = used + 1 if last == window else 1
        self._used[key] = (window, used)
        self._used.move_to_end(key)
        while len(self._used) > MAX_KEYS:
            self._used.popitem(last=False)
        return used <= self._count
