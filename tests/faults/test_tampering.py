"""What strace does to a process is known even if that is the last thing that happens to it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.faults.tampering import need_strace, tampered

WRITES = """
import os, sys, time
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
while True:
    os.pwrite(file, b"x", 0)
    time.sleep(0.001)
"""


def test_a_process_that_is_killed_before_anybody_looks_was_tampered_with(tmp_path: Path) -> None:
    need_strace()
    written = tmp_path / "written"
    writing = subprocess.Popen([sys.executable, "-c", WRITES, str(written)])
    try:
        with tampered(writing.pid, tmp_path / "trace", "pwrite64", "signal=SIGKILL:when=1", written):
            assert writing.wait(10) == -signal.SIGKILL
    finally:
        writing.kill()
        writing.wait()
