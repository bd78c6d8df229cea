"""Instructions of the tight loops, counted by valgrind's callgrind: the same on a busy machine as on a quiet one.

valgrind knows no AVX-512, so signatures are counted as older processors make them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

from federation.identifiers import KeyId
from federation.keys import KeyPair
from tests.bench.figures import Figure
from tests.bench.loops import LOOPS
from tests.bench.world import World

_COLLECTED = re.compile(r"Collected : (\d+)")


def program() -> str | None:
    """Where valgrind is, if it is here."""
    return shutil.which("valgrind")


def collected(valgrind: str, name: str, times: int, pem: str) -> int:
    """Instructions of a process that does a loop so often and nothing else that differs."""
    counted = [valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    ran = subprocess.run(
        [*counted, sys.executable, "-m", "tests.bench.loops", name, str(times)],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        input=pem,
        capture_output=True,
        text=True,
        check=True,
    )
    found = _COLLECTED.search(ran.stderr)
    assert found is not None, ran.stderr[-300:]
    return int(found[1])


def counting(world: World) -> Iterator[Figure]:
    """What one turn of each loop costs."""
    valgrind = program()
    if valgrind is None:
        yield Figure(name="instructions of the tight loops", value=0, unit="", note="no valgrind here")
        return
    pem = KeyPair.generate_rsa(KeyId("http://localhost/key")).private_pem()
    few, many = world.size.turns
    for name in world.size.loops or LOOPS:
        spent = [collected(valgrind, name, times, pem) for times in (few, many)]
        each = (spent[1] - spent[0]) / (many - few)
        yield Figure(name=f"{name}, instructions", value=each / 1_000, unit="thousand", note=f"{many - few} turns")
