"""System calls of a server that fail, or kill it, by strace: the kernel says what a broken disk would."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import require
from tests.processes import until

#: Attached to a process it slows every call down, so it comes late and leaves early.
INJECTED = "(INJECTED)"


def need_strace() -> None:
    """Skip where strace is not there or may not look at processes."""
    strace = shutil.which("strace")
    works = strace is not None and subprocess.run([strace, "-qqo", "/dev/null", "true"], check=False).returncode == 0
    require("strace", present=works, hint="apt-get install strace; it needs ptrace")


def threads(pid: int) -> list[int]:
    return [int(one.name) for one in Path(f"/proc/{pid}/task").iterdir()]


class Tampering:
    """What strace did so far."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    @property
    def hits(self) -> int:
        """How many calls were tampered with."""
        return self._trace.read_text().count(INJECTED)


def command(trace: Path, call: str, inject: str, paths: Sequence[Path]) -> list[str]:
    """strace that tampers with one kind of call: `error=EIO:when=3`; only on these files, if any are named."""
    on = [word for path in paths for word in ("-P", str(path))]
    return ["strace", "-o", str(trace), "-e", f"trace={call}", "-e", f"inject={call}:{inject}", *on]


@contextmanager
def tampered(pid: int, trace: Path, call: str, inject: str, *paths: Path) -> Iterator[Tampering]:
    """Tamper with the threads that a process has now; what it starts later is left alone."""
    trace.write_text("")
    now = threads(pid)
    each = [word for thread in now for word in ("-p", str(thread))]
    with subprocess.Popen([*command(trace, call, inject, paths), *each], stderr=subprocess.PIPE, text=True) as strace:
        try:
            until(lambda: all(_is_traced(pid, thread) for thread in now), "strace is attached")
            yield Tampering(trace)
        finally:
            strace.send_signal(signal.SIGTERM)
            strace.communicate(timeout=10)


def _is_traced(pid: int, thread: int) -> bool:
    """Also of a thread that has ended meanwhile, and of a process that its first tampered call killed and nobody has waited for."""
    try:
        status = Path(f"/proc/{pid}/task/{thread}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return "TracerPid:\t0\n" not in status or "State:\tZ" in status
