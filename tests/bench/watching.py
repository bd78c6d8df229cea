"""What the system tells about processes and sockets while something else happens."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path

from tests.loopback.campaign import children

TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1024.0
#: States of /proc/net/tcp: connected, and asked to.
OPEN_STATES = frozenset({"01", "02"})


def memory(pid: int) -> float:
    """MiB of a process and its children, shared pages counted once (PSS)."""
    return sum(_pss(one) for one in (pid, *children(pid))) / MIB


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def processor_seconds(pid: int) -> float:
    """Seconds of a core that a process used, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def sockets(ports: Collection[int]) -> Counter[str]:
    """How many sockets lead to each address on one of these ports."""
    found: Counter[str] = Counter()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        remote, state = line.split(maxsplit=4)[2:4]
        if state in OPEN_STATES and int(remote[9:], 16) in ports:
            found[remote] += 1
    return found


class Watch:
    """Asks for a number again and again in a thread, and remembers all."""

    def __init__(self, ask: Callable[[], float], seconds: float = 0.25) -> None:
        self._ask, self._seconds = ask, seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.seen: list[float] = []

    def _run(self) -> None:
        while not self._over.is_set():
            self.seen.append(self._ask())
            self._over.wait(self._seconds)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def most(self) -> float:
        return max(self.seen)
