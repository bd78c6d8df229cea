"""What the system tells about processes and sockets while something else happens."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path

from tests.loopback.campaign import children

TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1024.0
OURSELVES = "0100007F:"
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


class Spent:
    """What the server and its senders used of the cores within a `with`: the same however much else the machine does."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before = self._now()

    def _now(self) -> tuple[float, float]:
        return processor_seconds(self._pid), sum(processor_seconds(one) for one in children(self._pid))

    def each(self, count: float) -> str:
        """In words, for one of so many things."""
        server, senders = ((now - before) / count * 1e6 for now, before in zip(self._now(), self._before, strict=True))
        return f"{server:,.0f} µs of the server's core each" + (f", {senders:,.0f} of senders" if senders > 1 else "")


def busy_cores(seconds: float) -> float:
    """How many cores the machine uses, whoever uses them."""
    before = _busy()
    time.sleep(seconds)
    return (_busy() - before) / TICKS / seconds


def _busy() -> int:
    user, nice, system, _, _, interrupts, soft, stolen = (
        int(one) for one in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    return user + nice + system + interrupts + soft + stolen


def sockets(ports: Collection[int]) -> Counter[str]:
    """How many sockets lead to each address on one of these ports."""
    # The file is read in pieces, and a socket may stand in two of them: by both its ends it is one.
    found: set[tuple[str, str]] = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, remote, state = line.split(maxsplit=4)[1:4]
        # What leads to 127.0.0.1 is the other end of a socket, whose number may be one of ours by chance.
        if state in OPEN_STATES and not remote.startswith(OURSELVES) and int(remote[9:], 16) in ports:
            found.add((local, remote))
    return Counter(remote for _, remote in found)


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
