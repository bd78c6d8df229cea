"""Real processes: `callout serve` as an operator runs it, which can be killed and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import httpx

T = TypeVar("T")

START_SECONDS = 30
STOP_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(holds: Callable[[], T | None], what: str, seconds: float = 30) -> T:
    """Ask again and again until there is an answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"never came true: {what}")


def answers(url: str) -> bool:
    """True once there is a 200 at this address."""
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(url, timeout=1).status_code == 200
    return False


def listens(port: int) -> bool:
    """True once somebody takes connections on this port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Served:
    """One program that answers on a port of loopback."""

    def __init__(self, command: list[str], environ: dict[str, str], ready: Callable[[], bool], log: Path) -> None:
        self.command, self.environ, self.ready, self.log = command, environ, ready, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env={**os.environ, **self.environ}, stdout=log, stderr=log, start_new_session=True
            )
        until(self._ready, f"{self.command[0]} answers; it said {self.log.read_text()[-2000:]}", START_SECONDS)

    def _ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()[-2000:]
        return self.ready()

    def kill(self) -> None:
        """kill -9, with every child."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(STOP_SECONDS)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)


def callout(data: Path, port: int, environ: dict[str, str]) -> Served:
    command = [sys.executable, "-m", "server", "serve", "--data", str(data), "--port", str(port)]
    return Served(command, environ, lambda: answers(f"http://127.0.0.1:{port}/livez"), data.parent / f"{data.name}.log")
