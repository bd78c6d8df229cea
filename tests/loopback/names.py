"""Names of a closed network: a server of ours that answers for all of them or never, and programs that ask nobody else."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

#: Resolvers ask at port 53 only; addresses of this network are everybody's own.
SERVER: Final = "127.0.0.99"
ADDRESS: Final = "127.0.0.9"
TYPE_A, HEADER = 1, struct.Struct("!2sHHHHH")
ANSWERED: Final = 0x8180
#: A file that is another one for a program and whatever it starts.
WITHIN: Final = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"')


def possible() -> bool:
    """Whether this machine lets us ask a name server of our own: it takes root, as in a container."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    return subprocess.run([*WITHIN, "/etc/resolv.conf", "true"], capture_output=True, check=False).returncode == 0


class Names:
    """Every name leads to one address after `delay` seconds; those that begin with `dead` lead nowhere and are never answered."""

    def __init__(self, folder: Path, delay: float = 0.03) -> None:
        self._file, self._delay = folder / "resolv.conf", delay
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._ended = False

    def __enter__(self) -> Names:
        self._file.write_text(f"nameserver {SERVER}\n")
        self._socket.bind((SERVER, 53))
        self._socket.settimeout(0.2)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended = True
        self._thread.join()
        self._socket.close()

    def within(self, command: Sequence[str]) -> list[str]:
        """The same command, for which there is no other name server."""
        return [*WITHIN, str(self._file), *command]

    def _serve(self) -> None:
        while not self._ended:
            try:
                question, asker = self._socket.recvfrom(512)
            except TimeoutError:
                continue
            answer = _answer(question)
            if answer is not None:
                threading.Timer(self._delay, self._socket.sendto, (answer, asker)).start()


def _answer(question: bytes) -> bytes | None:
    """By RFC 1035: the question again, and one address if one was asked for."""
    if question[13:17] == b"dead":
        return None
    end = question.index(b"\0", 12) + 5
    (kind,) = struct.unpack("!H", question[end - 4 : end - 2])
    found = kind == TYPE_A
    head = HEADER.pack(question[:2], ANSWERED, 1, int(found), 0, 0) + question[12:end]
    return head + (b"\xc0\x0c" + struct.pack("!HHIH", TYPE_A, 1, 60, 4) + socket.inet_aton(ADDRESS) if found else b"")
